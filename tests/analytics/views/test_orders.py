"""The page of orders: what is behind a sum, what it amounts to, and the same as a file."""

import csv
from io import StringIO

import pytest

from analytics.models import Contact
from analytics.models.rates import ExchangeRate
from tests.analytics.reports.items import contact, event
from tests.analytics.views.texts import text_of

pytestmark = pytest.mark.either_database("lists are held to recounts on each")


@pytest.fixture
def orders(api, workspace, bulk, now):
    bulk("contacts", [contact("ada", "01-10 09:00")])
    said = [
        ("purchase", {"revenue": 1230, "currency": "EUR", "order_id": "a1"}),
        ("purchase", {"revenue": 1230, "currency": "EUR", "order_id": "a1"}),
        ("purchase", {"revenue": 20, "currency": "USD", "order_id": "a2"}),
        ("purchase", {"revenue": "gratis"}),
        ("Order Refunded", {"revenue": 10, "currency": "EUR", "order_id": "a1"}),
    ]
    bulk("events", [event(name, "ada", f"03-2{n} 09:00", properties=each) for n, (name, each) in enumerate(said)])

    def get(**query):
        response = api.get(f"/w/{workspace.slug}/orders/", query)
        assert response.status_code == 200
        return response

    return get


def test_the_list_says_what_it_amounts_to(orders):
    text = text_of(orders().content.decode())
    assert "5 orders and refunds" in text
    assert (
        "Net 1,220.00 EUR · 1,230.00 EUR sold, 10.00 EUR refunded · 20.00 USD besides · 1 amount in USD has no" in text
    )
    assert "counted before" in text
    assert "−10.00 EUR" in text


def test_with_a_rate_all_is_in_one_sum(orders, workspace):
    ExchangeRate.objects.create(workspace=workspace, day="2026-03-20", source="USD", target="EUR", digits=9, places=1)
    text = text_of(orders().content.decode())
    assert "Net 1,238.00 EUR" in text
    assert "20.00 USD among them" in text
    assert "Net −10.00 EUR" in text_of(orders(kind="refund").content.decode())


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ({"kind": "sale"}, 3),
        ({"kind": "refund"}, 1),
        ({"kind": "duplicate"}, 1),
        ({"currency": "usd"}, 1),
        ({"withoutAmount": "1"}, 1),
        ({"unconverted": "1"}, 1),
        ({"type": "Order Refunded"}, 1),
        ({"from": "2026-03-21", "to": "2026-03-22"}, 2),
        ({"from": "2026-03-20", "to": "2026-03-20", "refundsBy": "order"}, 2),
        ({"from": "2026-03-20", "to": "2026-03-20", "hour": "09:00"}, 1),
        ({"property": "order_id", "value": "a2"}, 1),
        ({"where": "contact.known:false"}, 0),
    ],
)
def test_it_is_filtered_by_its_address(orders, query, number):
    html = orders(**query).content.decode()
    assert f'data-total="{number}"' in html
    assert "cannot be" not in html


@pytest.mark.parametrize("name", ["kind", "currency", "refundsBy", "withoutAmount", "person", "from", "hour"])
def test_what_is_not_understood_is_told(orders, name):
    assert f"{name} cannot be" in text_of(orders(**{name: "gold"}).content.decode())


def test_a_file_has_numbers_in_columns_of_their_own(orders):
    lines = [*csv.DictReader(StringIO(b"".join(orders(format="csv").streaming_content).decode("utf-8-sig")))]
    assert [line["Amount"] for line in lines] == ["-10.00", "", "20.00", "1230.00", "1230.00"]
    assert [line["Currency"] for line in lines] == ["EUR", "", "USD", "EUR", "EUR"]
    assert [line["Converted"] for line in lines] == ["-10.00", "", "", "1230.00", "1230.00"]
    assert {line["Contact's ID"] for line in lines} == {"ada"}


def test_of_one_person_by_name(orders):
    number = Contact.objects.get(external_id="ada").person_number
    assert "By ada" in text_of(orders(person=str(number)).content.decode())


def test_an_empty_list_says_so(api, workspace):
    html = api.get(f"/w/{workspace.slug}/orders/").content.decode()
    assert "No orders and refunds yet" in html
