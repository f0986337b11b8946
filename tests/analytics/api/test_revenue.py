"""The report on revenue over the API: what can be added up by hand, and every parameter."""

import csv
from io import StringIO

import pytest

from tests.analytics.reports.items import META, contact, event
from tests.analytics.shop import state_rate
from tests.conftest import post_json


@pytest.fixture
def revenue(api, workspace, bulk, now):
    bulk("contacts", [contact("ada", "01-10 09:00"), contact("bob", "01-10 09:00")])
    said = [
        ("purchase", "ada", "03-20 09:00", {"revenue": 30, "currency": "EUR", "order_id": "a1", "plan": "pro"}),
        ("purchase", "ada", "03-20 09:05", {"revenue": 30, "currency": "EUR", "order_id": "a1", "plan": "pro"}),
        ("purchase", "bob", "03-25 09:00", {"revenue": 20, "currency": "USD", "plan": "free"}),
        ("purchase", "bob", "03-26 09:00", {"revenue": "gratis"}),
        ("purchase", "ada", "03-26 09:00", {"revenue": 5}),
        ("Order Refunded", "ada", "03-27 09:00", {"revenue": 10, "currency": "EUR", "order_id": "a1", "plan": "pro"}),
        ("visit", "?d", "03-27 09:00", {}),
    ]
    bulk("events", [event(name, who, when, properties=each) for name, who, when, each in said])

    def get(place="", **query):
        return api.get(f"/api/workspaces/{workspace.api_id}/analytics/revenue{place}", query)

    return get


NOTHING = {
    "orders": 0,
    "buyers": 0,
    "gross": {},
    "refunds": {},
    "net": {},
    "aov": {},
    "converted": {"orders": 0, "gross": 0, "refunds": 0, "net": 0, "aov": None},
    "unconverted": {},
    "withoutAmount": 0,
    "duplicateOrders": 0,
    "currencyAssumed": 0,
}


def test_what_can_be_added_up_by_hand(revenue):
    body = revenue().json()
    assert body["total"] == {
        "orders": 4,
        "buyers": 2,
        "gross": {"EUR": 3500, "USD": 2000},
        "refunds": {"EUR": 1000, "USD": 0},
        "net": {"EUR": 2500, "USD": 2000},
        "aov": {"EUR": 1750, "USD": 2000},
        "converted": {"orders": 2, "gross": 3500, "refunds": 1000, "net": 2500, "aov": 1750},
        "unconverted": {"USD": 1},
        "withoutAmount": 1,
        "duplicateOrders": 1,
        "currencyAssumed": 1,
        "activePeople": 3,
        "conversionRate": 0.667,
    }
    assert len(body["series"]) == 30
    by_day = {row.pop("date"): row for row in body["series"]}
    assert by_day["2026-03-19"] == NOTHING
    assert by_day["2026-03-27"]["net"] == {"EUR": -1000}
    assert body["period"] == "30d"
    assert body["meta"] == {**META, "currency": "EUR", "exponents": {"EUR": 2, "USD": 2}}


def test_rates_convert(revenue, workspace):
    state_rate(workspace)
    total = revenue().json()["total"]
    assert total["converted"] == {"orders": 3, "gross": 5330, "refunds": 1000, "net": 4330, "aov": 1777}
    assert total["unconverted"] == {}


def test_refunds_on_the_day_of_their_order(revenue):
    by_day, by_order = (
        revenue(**{"from": "2026-03-20", "to": "2026-03-20", "refundsBy": way}) for way in ("day", "order")
    )
    assert by_day.json()["total"]["refunds"] == {"EUR": 0}
    assert by_order.json()["total"]["refunds"] == {"EUR": 1000}
    assert by_order.json()["meta"]["question"]["refundsBy"] == "order"


def test_weeks_and_hours(revenue):
    weeks = revenue(**{"from": "2026-03-16", "to": "2026-03-29", "interval": "week"}).json()["series"]
    assert [(row["date"], row["orders"], row["buyers"]) for row in weeks] == [
        ("2026-03-16", 1, 1),
        ("2026-03-23", 3, 2),
    ]
    hours = revenue(**{"from": "2026-03-26", "to": "2026-03-26", "interval": "hour"}).json()["series"]
    assert [(row["startsAt"], row["orders"], row["buyers"]) for row in hours if row["orders"]] == [
        ("2026-03-26T09:00:00+01:00", 2, None)
    ]


def test_compared(revenue):
    asked = {"from": "2026-03-26", "to": "2026-03-27", "compare": "custom"}
    asked |= {"compareFrom": "2026-03-20", "compareTo": "2026-03-21", "match": "date"}
    comparison = revenue(**asked, breakdown="property.plan").json()
    assert comparison["comparison"]["compared"]["total"]["net"] == {"EUR": 3000}
    assert comparison["comparison"]["complete"]["total"]["net"] == {"EUR": -500}
    names = {"orders", "buyers", "gross", "refunds", "net", "aov", "conversionRate"}
    assert comparison["comparison"]["changes"] == dict.fromkeys(names)
    pro = next(group for group in comparison["groups"] if group["value"] == "pro")
    assert pro["comparison"]["compared"]["net"] == {"EUR": 3000}
    assert set(pro["comparison"]["changes"]) == names - {"conversionRate"}


def test_broken_down(revenue):
    groups = revenue(breakdown="property.plan", limit="1").json()["groups"]
    assert [(group["value"], group["name"], group["orders"], group["net"]) for group in groups] == [
        ("pro", "pro", 1, {"EUR": 2000}),
        ("other", "Other (1)", 1, {"USD": 2000}),
        (None, None, 2, {"EUR": 500}),
    ]


def test_under_conditions(revenue):
    assert revenue(where="property.plan:pro").json()["total"]["orders"] == 1
    people = revenue(where="contact.known:false").json()["total"]
    assert (people["orders"], people["activePeople"]) == (0, 1)


def test_segments_side_by_side(revenue, api, workspace):
    made = post_json(
        api, f"/api/workspaces/{workspace.api_id}/segments", {"name": "Known", "where": ["contact.known:true"]}
    )
    body = revenue(breakdown=f"segment:{made.json()['id']}").json()
    assert [(group["name"], group["orders"]) for group in body["groups"]] == [("Known", 4)]
    assert body["meta"]["groupsMayOverlap"]


@pytest.mark.parametrize(
    "query",
    [
        {"refundsBy": "month"},
        {"breakdown": "channel"},
        {"breakdown": "property.nobody"},
        {"limit": "3"},
        {"where": "channel:email"},
        {"interval": "year"},
        {"compare": "never"},
        {"opens": "all"},
        {"metric": "events"},
        {"days": "0"},
    ],
)
def test_what_is_not_understood_is_refused(revenue, query):
    answer = revenue(**query)
    assert answer.status_code == 400
    assert answer.json()["parameter"] in query


def test_asked_by_a_body(revenue, api, workspace):
    place = f"/api/workspaces/{workspace.api_id}/analytics/revenue"
    answer = post_json(api, f"{place}/query", {"range": "30d", "refundsBy": "order", "breakdown": "property.plan"})
    assert answer.json() == revenue(range="30d", refundsBy="order", breakdown="property.plan").json()


def test_as_a_file(revenue):
    lines = [*csv.DictReader(StringIO(b"".join(revenue(".csv").streaming_content).decode()))]
    assert len(lines) == 30
    by_day = {line["date"]: line for line in lines}
    assert by_day["2026-03-20"]["net.EUR"] == "3000"
    assert by_day["2026-03-20"]["converted.net"] == "3000"
    groups = [
        *csv.DictReader(StringIO(b"".join(revenue(".csv", breakdown="property.plan").streaming_content).decode()))
    ]
    assert [line["value"] for line in groups] == ["pro", "free", ""]


def test_an_empty_workspace(api, workspace, now):
    body = api.get(f"/api/workspaces/{workspace.api_id}/analytics/revenue", {"days": "1"}).json()
    assert body["total"] == {**NOTHING, "activePeople": 0, "conversionRate": 0.0}
    assert body["meta"]["exponents"] == {"EUR": 2}


def test_the_number_of_queries_is_the_same_however_long(revenue, django_assert_num_queries):
    for days in ("1", "90"):
        with django_assert_num_queries(7):
            revenue(days=days)
