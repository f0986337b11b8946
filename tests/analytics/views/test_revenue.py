"""The page of revenue: key figures, what is broken down, by currency, and what should be known of the sums."""

import pytest

from analytics.models import Contact
from tests.analytics.shop import add_orders, fill_shop, state_rate
from tests.analytics.views.texts import text_of
from tests.copied_rows import copied

pytestmark = pytest.mark.either_database("the numbers are those of the API, which are held to recounts on each")


@pytest.fixture
@copied
def shop(bulk, now):
    fill_shop(bulk)
    add_orders(bulk)


@pytest.fixture
def page(api, workspace):
    def get(**query):
        response = api.get(f"/w/{workspace.slug}/reports/revenue/", query)
        assert response.status_code == 200
        return response.content.decode()

    return get


@pytest.mark.long
def test_key_figures_are_those_of_the_api(page, api, workspace, shop):
    state_rate(workspace)
    total = api.get(f"/api/workspaces/{workspace.api_id}/analytics/revenue").json()["total"]["converted"]
    text = text_of(page())
    assert total["net"] == 3000 + 869 + 500 - 200 - 366
    assert "Net revenue 38.03 EUR" in text
    assert "Average order value 14.56 EUR" in text


@pytest.mark.long
def test_what_is_left_out_and_what_is_assumed_is_told(page, shop):
    html = page()
    text = text_of(html)
    assert "1 in JPY left out, without an exchange rate" in text
    assert "1 without a currency, taken for EUR" in text
    assert "4 missing, not stated by the order or refund" in text
    assert 'href="/w/acme/orders/?from=2026-03-02&amp;to=2026-03-31&amp;currency=JPY&amp;unconverted=1"' in html


@pytest.mark.long
def test_refunds_can_count_on_the_day_of_their_order(page, shop):
    day = {"from": "2026-03-24", "to": "2026-03-24"}
    assert "Count them on the day of their order" in text_of(page(**day))
    by_order = text_of(page(**day, refundsBy="order"))
    assert "Refunds count on the day of their order." in by_order
    assert "4.00 USD" in by_order


@pytest.mark.long
def test_broken_down_by_a_property_of_the_orders(page, shop):
    text = text_of(page(breakdown="property.plan"))
    assert "By plan" in text
    assert "pro" in text


@pytest.mark.long
def test_other_currencies_have_a_table(page, shop, workspace):
    assert "By currency" in text_of(page())
    assert "By currency" not in text_of(page(where="contact.known:false"))


@pytest.mark.long
def test_without_rules_it_leads_to_where_they_are_stated(page, api, workspace, shop):
    workspace.conversion_types = []
    workspace.money_rules = {"Order Refunded": {"kind": "none", "amount": [], "currency": [], "order": []}}
    workspace.save()
    text = text_of(page())
    assert "No orders in this period" in text
    assert "No type of event says what it is worth." in text
    assert "Net revenue" not in text
    assert "reports/revenue/" not in api.get(f"/w/{workspace.slug}/reports/overview/").content.decode()


@pytest.mark.long
def test_money_goes_with_the_contact(page, api, workspace, shop):
    contact = Contact.objects.get(external_id="u1")
    api.delete(f"/api/workspaces/{workspace.api_id}/contacts/{contact.api_id}")
    assert "30.00 EUR" not in text_of(page())
