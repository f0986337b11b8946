"""What people bought, in lists of people and on the page of a contact."""

import csv
import re
from html import unescape
from io import StringIO

import pytest

from analytics.lists import ContactList
from analytics.lists.contacts import contact_order
from analytics.models import Contact
from analytics.models.rates import ExchangeRate
from tests.analytics.reports.items import contact, event
from tests.analytics.views.texts import text_of
from tests.copied_rows import copied
from workspaces.conversions import NO_MONEY

MONEY = "id,value,orders,lastOrder"


@pytest.fixture
@copied
def customers(bulk, now):
    names = ("ada", "bob", "cy", "dora", "eve")
    bulk("contacts", [contact(name, f"03-0{n} 12:00") for n, name in enumerate(names, start=1)])

    def sold(who, when, revenue, currency="EUR", order=None):
        return event("purchase", who, when, properties={"revenue": revenue, "currency": currency, "order_id": order})

    bulk(
        "events",
        [
            sold("ada", "03-03 09:00", 30, order="a1"),
            sold("ada", "03-04 09:00", 30, order="a1"),
            event("Order Refunded", "ada", "03-26 09:00", properties={"revenue": 40, "currency": "EUR"}),
            sold("bob", "03-10 09:00", 1234.5),
            sold("bob", "03-11 09:00", 10),
            sold("cy", "03-25 09:00", 2, "USD"),
            sold("?d", "03-25 09:00", 7),
        ],
    )


@pytest.fixture
def get(api, workspace):
    def page(name, **query):
        response = api.get(f"/w/{workspace.slug}/{name}/", query)
        assert response.status_code == 200
        return response.content.decode() if not response.streaming else b"".join(response.streaming_content).decode()

    return page


def lines(text):
    return list(csv.reader(StringIO(text.removeprefix("\ufeff"))))


def test_columns_of_money_say_what_somebody_bought(get, customers):
    head, *rows = lines(get("contacts", columns=MONEY, format="csv", sort="id"))
    assert head == ["ID", "Net revenue (EUR)", "Orders", "Last order"]
    assert rows == [
        ["ada", "-10.00", "1", "2026-03-03T09:00:00+01:00"],
        ["bob", "1244.50", "2", "2026-03-11T09:00:00+01:00"],
        ["cy", "2.00 USD", "1", "2026-03-25T09:00:00+01:00"],
        ["dora", "0.00", "0", ""],
        ["eve", "0.00", "0", ""],
    ]


def test_with_a_rate_other_amounts_are_converted(get, customers, workspace):
    ExchangeRate.objects.create(workspace=workspace, day="2026-03-24", source="USD", target="EUR", digits=5, places=1)
    assert lines(get("contacts", columns="value", format="csv", q="cy"))[1] == ["1.00"]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("-value", ["bob", "eve", "dora", "cy", "ada"]),
        ("value", ["ada", "eve", "dora", "cy", "bob"]),
        ("-orders", ["bob", "cy", "ada", "eve", "dora"]),
        ("-lastOrder", ["cy", "bob", "ada", "eve", "dora"]),
    ],
)
def test_contacts_are_sorted_by_money(get, customers, sort, expected):
    """An amount without a rate is worth nothing here; of equal ones the last seen comes first."""
    assert [row[0] for row in lines(get("contacts", columns="id", sort=sort, format="csv"))[1:]] == expected


def test_sorted_by_money_a_page_goes_on_where_the_one_before_ended(customers, workspace, now):
    found = ContactList().find(workspace, now=now, order=contact_order("-value"))
    seen, after = [], ""
    while True:
        page = found.page(after, size=2)
        seen += [each.external_id for each in page.rows]
        after = page.following
        if not after:
            break
    assert seen == ["bob", "eve", "dora", "cy", "ada"]
    assert found.total == 5
    assert [each.external_id for each in found.page("77777", size=2).rows] == ["bob", "eve"]


def test_sorting_by_money_keeps_to_the_conditions(get, customers):
    html = get("contacts", columns="id,value", sort="-value", q="a")
    assert re.findall(r"ct_\d+/\">(\w+)<", html) == ["dora", "ada"]


def test_amounts_and_orders_open_their_list(get, api, customers):
    html = get("contacts", columns=MONEY, q="bob")
    value, orders = re.findall(r'<a class="opens" href="([^"]+)">([^<]*)', html)
    assert (value[1], orders[1]) == ("1,244.50", "2")
    assert "Net 1,244.50 EUR" in text_of(api.get(unescape(value[0])).content.decode())
    assert 'data-total="2"' in api.get(unescape(orders[0])).content.decode()


def test_people_who_are_not_known_have_bought_as_well(get, customers):
    people = {"from": "2026-03-01", "to": "2026-03-31", "steps": "purchase", "columns": "contact,value"}
    assert ["Anonymous visitor", "7.00"] in lines(get("people", **people, format="csv"))


def test_the_page_of_a_contact_says_what_they_are_worth(api, workspace, customers):
    ada = Contact.objects.get(external_id="ada")
    text = text_of(api.get(f"/w/{workspace.slug}/contacts/{ada.api_id}/").content.decode())
    assert "Net revenue, ever −10.00 EUR" in text
    assert "Orders, ever 1" in text
    assert re.search(r"Last order 3 Mar 2026, 09:00", text)
    dora = Contact.objects.get(external_id="dora")
    assert "Net revenue" not in text_of(api.get(f"/w/{workspace.slug}/contacts/{dora.api_id}/").content.decode())


def test_columns_of_money_are_offered_where_there_is_any(get, customers, workspace):
    assert 'value="lastOrder"' in get("contacts")
    workspace.conversion_types, workspace.money_rules = [], {"Order Refunded": NO_MONEY.data}
    workspace.save()
    assert 'value="lastOrder"' not in get("contacts")


def test_what_is_told_of_money_is_read_once_for_all_pages_of_a_file(
    customers, workspace, django_assert_num_queries, now
):
    contacts = ContactList()
    rows = list(Contact.objects.filter(workspace=workspace))
    contacts.full_rows(workspace, rows[:2], ("value",))
    with django_assert_num_queries(2):
        assert [row.bought.money.orders for row in contacts.full_rows(workspace, rows[2:], ("value",))] == [1, 0, 0]
