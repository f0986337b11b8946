"""Orders over the API: amounts in minor units, each found by what it is, in pages and as a file."""

import pytest

from analytics.models import Contact
from tests.analytics.reports.items import contact, event


@pytest.fixture
def orders(api, workspace, bulk, now):
    bulk("contacts", [contact("ada", "01-10 09:00")])
    said = [
        ("purchase", "ada", {"revenue": 12.3, "currency": "EUR", "order_id": "a1"}),
        ("purchase", "ada", {"revenue": 12.3, "currency": "EUR", "order_id": "a1"}),
        ("purchase", "?d", {"revenue": 500, "currency": "JPY"}),
        ("Order Refunded", "ada", {"revenue": 10, "order_id": "a1"}),
        ("visit", "ada", {"revenue": 10}),
    ]
    bulk("events", [event(name, who, f"03-2{n} 09:00", properties=each) for n, (name, who, each) in enumerate(said)])

    def get(place="", **query):
        return api.get(f"/api/workspaces/{workspace.api_id}/orders{place}", query)

    return get


def test_each_says_what_it_is_worth(orders):
    refund, yen, again, order = orders().json()["results"]
    assert order | {"id": "", "messageId": "", "contactId": ""} == {
        "id": "",
        "messageId": "",
        "type": "purchase",
        "kind": "sale",
        "occurredAt": "2026-03-20T08:00:00Z",
        "order": "a1",
        "contactId": "",
        "contact": "ada",
        "anonymousId": None,
        "amount": 1230,
        "currency": "EUR",
        "exponent": 2,
        "converted": 1230,
        "remarks": [],
    }
    assert (again["kind"], again["remarks"]) == ("duplicate", ["duplicateOrder"])
    assert (yen["amount"], yen["exponent"], yen["converted"], yen["remarks"]) == (500, 0, None, ["unconverted"])
    assert (yen["order"], yen["anonymousId"]) == (None, "?d")
    assert (refund["amount"], refund["remarks"]) == (-1000, ["currencyAssumed"])


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ({"kind": "sale"}, 2),
        ({"kind": "duplicate"}, 1),
        ({"currency": "jpy"}, 1),
        ({"withoutAmount": "true"}, 0),
        ({"withoutAmount": "false"}, 4),
        ({"currencyAssumed": "true"}, 1),
        ({"unconverted": "true"}, 1),
        ({"type": "Order Refunded"}, 1),
        ({"occurredFrom": "2026-03-21", "occurredBefore": "2026-03-23"}, 2),
        ({"occurredBefore": "2026-03-20T08:00:01Z"}, 1),
        ({"occurredBefore": "2026-03-21", "refundsBy": "order"}, 2),
        ({"where": "contact.known:true"}, 3),
        ({"where": "property.order_id:a1"}, 3),
    ],
)
def test_lists_are_filtered(orders, query, number):
    answer = orders(**query)
    assert answer.status_code == 200, answer.content
    assert len(answer.json()["results"]) == number


def test_of_one_contact(orders):
    ada = Contact.objects.get(external_id="ada")
    assert len(orders(contact=ada.api_id).json()["results"]) == 3
    assert orders(contact="ct_999999").status_code == 400


@pytest.mark.parametrize(
    "query",
    [
        {"kind": "gold"},
        {"kind": "sale,refund"},
        {"currency": "gold"},
        {"refundsBy": "day,order"},
        {"withoutAmount": "1"},
        {"type": "no such event"},
        {"where": "channel:email"},
        {"ordering": "amount"},
    ],
)
def test_what_is_not_understood_is_refused(orders, query):
    answer = orders(**query)
    assert answer.status_code == 400
    assert answer.json()["parameter"] in query


@pytest.mark.parametrize("ordering", ["occurredAt", "-occurredAt"])
def test_pages_follow_each_other(orders, api, ordering):
    answer = orders(ordering=ordering, pageSize="1").json()
    found = [*answer["results"]]
    while answer["next"]:
        answer = api.get(answer["next"]).json()
        found += answer["results"]
    assert [row["id"] for row in found] == [row["id"] for row in orders(ordering=ordering).json()["results"]]
    assert len(found) == 4


@pytest.mark.long
def test_one_of_them_and_what_is_none(orders, api, workspace):
    for order in orders().json()["results"]:
        assert orders(f"/{order['id']}").json() == order
    visit = next(
        row for row in api.get(f"/api/workspaces/{workspace.api_id}/events").json()["results"] if row["type"] == "visit"
    )
    assert orders(f"/{visit['id']}").status_code == 404


def test_as_a_file(orders):
    head, *lines = b"".join(orders(".csv").streaming_content).decode().splitlines()
    assert head.startswith("id,messageId,type,kind,occurredAt,order,")
    assert len(lines) == 4
