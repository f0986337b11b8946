"""The pages of what people are worth: lifetime value, and retention by revenue."""

import re
from html import unescape

import pytest

from tests.analytics.reports.items import contact, event
from tests.analytics.views.texts import text_of
from tests.copied_rows import copied

pytestmark = pytest.mark.either_database("a page is made of what reports answer, which their own tests ask of both")

CELL = re.compile(r'<td class="num h\d[^>]*>.*?</td>', re.DOTALL)
LINK = re.compile(r'<a class="opens" href="([^"]+)">([^<]*)')


@pytest.fixture
@copied
def customers(bulk, now):
    bulk("contacts", [contact("ada", "03-02 12:00"), contact("bob", "03-02 12:00"), contact("cy", "03-24 09:00")])

    def sold(who, when, revenue, currency="EUR", **more):
        return event("purchase", who, when, properties={"revenue": revenue, "currency": currency}, **more)

    bulk(
        "events",
        [
            event("visit", "ada", "03-01 11:00", utm={"source": "google"}),
            sold("ada", "03-03 09:00", 30),
            sold("bob", "03-10 09:00", 1234.5),
            sold("cy", "03-25 09:00", 10, "USD"),
            event("Order Refunded", "ada", "03-26 09:00", properties={"revenue": 10, "currency": "EUR"}),
        ],
    )


def cells(html):
    return [text_of(cell) for cell in CELL.findall(html)]


@pytest.fixture
def net_of(api):
    """What the page of a list of orders says that they come to."""

    def get(address):
        text = text_of(api.get(unescape(address)).content.decode())
        found = re.search(r"Net (−?[\d,.]+) EUR", text)
        return found[1] if found else None

    return get


def test_values_by_week_of_signup(page, customers):
    html = page("ltv", by="week", horizon="3", cost="20")
    assert cells(html) == ["15.00", "632.25", "632.25", "0.00", "0.00"]
    assert '<th scope="row">2 – 8 Mar 2026</th>' in html
    assert "The 20.00 EUR that they cost are back in week 1." in text_of(html)
    assert "Amounts: 1 in USD left out, without an exchange rate." in text_of(html)
    assert 'value="20.00"' in html
    assert "Value per person by age EUR" in text_of(html)


@pytest.mark.long
@pytest.mark.parametrize("asked", [{"by": "week"}, {"by": "source"}, {"by": "month", "cohort": "first_order"}])
def test_behind_each_value_are_the_orders_it_is_made_of(page, customers, net_of, asked):
    html, checked = page("ltv", **asked), 0
    for cell in CELL.findall(html):
        told = re.search(r'title="(−?[\d,.]+) EUR of', cell)[1]
        for address, _ in LINK.findall(cell):
            assert net_of(address) == told, cell
            checked += 1
    assert checked > 4


@pytest.mark.long
def test_behind_each_cell_of_retention_by_revenue_are_its_orders(page, customers, net_of):
    html = page("retention", metric="revenue", unit="week")
    links = [link for cell in CELL.findall(html) for link in LINK.findall(cell)]
    assert [text for _, text in links] == ["30.00", "1,234.50", "−10.00"]
    assert [net_of(address) for address, _ in links] == ["30.00", "1,234.50", "−10.00"]
    assert "Total (completed weeks)" in html
    assert re.search(r"Net revenue by signup week\W+EUR", text_of(html))
    assert "Each contact brought in" in text_of(html)


def test_what_is_no_money_of_retention_is_shown_as_shares_and_contacts(page, customers):
    assert cells(page("retention", metric="revenue", unit="week", show="counts"))[:2] == ["1", "1"]
    html = page("retention", metric="events", unit="week", show="money")
    assert "show cannot be money unless metric is revenue" in html
    assert "Net revenue by signup" not in html


def test_the_labels_of_a_list_of_orders_say_whose_they_are(page, customers, api):
    cell = CELL.findall(page("ltv", by="source"))[0]
    text = text_of(api.get(unescape(LINK.findall(cell)[0][0])).content.decode())
    assert "Signed up 1 Apr 2025 – 31 Mar 2026" in text
    assert "Source: google" in text
    assert "Up to week 0" in text


@pytest.mark.parametrize(("name", "value"), [("by", "day"), ("cohort", "x"), ("horizon", "0"), ("cost", "-1")])
def test_what_is_not_understood_falls_back_and_is_told(page, customers, name, value):
    html = page("ltv", **{name: value})
    assert f"{name} cannot be" in html
    assert cells(html)


def test_a_workspace_without_orders_sees_nothing_of_money(page, some_data, workspace):
    workspace.conversion_types = []
    workspace.save()
    assert f'href="/w/{workspace.slug}/settings/money/"' in page("ltv").split("No orders yet")[1]
    assert 'value="revenue"' not in page("retention")
    assert not cells(page("ltv"))


def test_a_file_has_amounts_as_numbers(api, workspace, customers):
    response = api.get(f"/w/{workspace.slug}/reports/ltv/?by=week&horizon=2&format=csv&table=cohorts")
    lines = b"".join(response).decode().lstrip("\ufeff").splitlines()
    assert lines[:2] == ["Signup,People,Week 0 (EUR),Week 1 (EUR)", "2 – 8 Mar 2026,2,15.00,632.25"]


def test_people_of_a_cohort_are_listed(api, workspace, customers):
    address = f"/w/{workspace.slug}/people/?cohort=first_order&from=2026-03-01&to=2026-03-31"
    html = api.get(address).content.decode()
    assert 'data-total="3"' in html
    assert "Ordered for the first time" in html
    assert api.get(f"/w/{workspace.slug}/people/?cohort=first_order").status_code == 404


@pytest.mark.long
def test_a_funnel_says_what_those_who_completed_it_brought_in(page, customers, api, bulk):
    bulk("events", [event("visit", "bob", "03-02 13:00", utm={"source": "bing"}), event("visit", "cy", "03-24 10:00")])
    march = {"from": "2026-03-01", "to": "2026-03-31"}
    html = page("funnel", **march, steps="visit,purchase", breakdown="utm.source")
    assert re.search(r"Net revenue of the funnel\W.*?1,264 EUR", text_of(html.split('id="steps"')[0]))
    assert "Amounts: 1 in USD left out, without an exchange rate." in text_of(html)
    rows = re.search(r'<table[^>]*id="groups".*?</table>', html, re.DOTALL)[0]
    found = re.findall(r'data-head="Net revenue of the funnel \(EUR\)">(.*?)</td>', rows)
    assert [text_of(cell) for cell in found] == ["1,234.50", "30.00", "0.00"]
    text = text_of(api.get(unescape(LINK.findall(found[0])[0][0])).content.decode())
    assert "Net 1,234.50 EUR" in text
    assert "Completed visit → purchase" in text
    assert "Source: bing" in text


def test_a_funnel_without_amounts_says_nothing_of_money(page, some_data):
    assert "Net revenue" not in text_of(page("funnel", steps="visit,purchase"))


def test_orders_of_a_funnel_need_days(api, workspace, customers):
    html = api.get(f"/w/{workspace.slug}/orders/?steps=visit,purchase").content.decode()
    assert "steps cannot be" in html
