"""The overview over the API for who asks more than for the last so many days: conversions and revenue besides."""

import pytest

from tests.analytics.reports.items import contact, event
from tests.copied_rows import copied
from workspaces.conversions import NO_MONEY


@pytest.fixture
@copied
def sales(bulk, now):
    bulk("contacts", [contact("ada", "01-10 09:00")])
    said = [
        ("purchase", "ada", "03-20 09:00", {"revenue": 30, "order_id": "a1"}),
        ("purchase", "ada", "03-21 09:00", {"revenue": 30, "order_id": "a1"}),
        ("purchase", "?d", "03-22 09:00", {"revenue": 20, "currency": "USD"}),
        ("signup", "?e", "03-22 09:00", {}),
        ("Order Refunded", "ada", "03-27 09:00", {"revenue": 10, "order_id": "a1"}),
        ("visit", "?f", "03-27 09:00", {}),
    ]
    bulk("events", [event(name, who, when, properties=each) for name, who, when, each in said])


@pytest.fixture
def overview(api, workspace):
    def get(**query):
        answer = api.get(f"/api/workspaces/{workspace.api_id}/analytics", query)
        assert answer.status_code == 200, answer.content
        return answer.json()

    return get


def test_it_has_conversions_and_revenue(overview, sales, api, workspace):
    body = overview(range="30d")
    assert body["conversions"] == {"total": 3, "people": 2}
    asked = api.get(f"/api/workspaces/{workspace.api_id}/analytics/revenue", {"range": "30d"}).json()
    assert body["revenue"] == {name: asked["total"][name] for name in body["revenue"]}
    assert (body["revenue"]["orders"], body["revenue"]["net"]) == (2, {"EUR": 2000, "USD": 2000})
    assert {*asked["total"]} - {*body["revenue"]} == {"activePeople", "conversionRate"}
    assert body["meta"]["currency"] == "EUR"
    assert body["meta"]["exponents"] == {"EUR": 2, "USD": 2}


def test_asked_for_the_last_so_many_days_alone_it_is_as_ever(overview, sales):
    assert not {"conversions", "revenue"} & {*overview(days="30")}
    assert {*overview()["meta"]} & {"currency", "exponents"} == set()


def test_compared(overview, sales):
    days = {"from": "2026-03-22", "to": "2026-03-23", "compareFrom": "2026-03-20", "compareTo": "2026-03-21"}
    comparison = overview(**days, compare="custom", match="date")["comparison"]
    assert comparison["complete"]["conversions"] == {"total": 1, "people": 1}
    assert comparison["compared"]["conversions"] == {"total": 2, "people": 1}
    assert comparison["compared"]["revenue"]["net"] == {"EUR": 3000}
    assert comparison["changes"]["conversions"] == {"total": None, "people": None}
    assert {*comparison["changes"]["revenue"]} == {"orders", "buyers", "gross", "refunds", "net", "aov"}


def test_a_workspace_without_rules_of_money_has_no_revenue(overview, sales, workspace):
    workspace.money_rules = dict.fromkeys(("purchase", "signup", "Order Refunded"), NO_MONEY.data)
    workspace.save()
    body = overview(range="30d")
    assert "revenue" not in body
    assert body["conversions"] == {"total": 3, "people": 2}


def test_a_workspace_without_conversions(overview, sales, workspace):
    workspace.conversion_types = []
    workspace.save()
    assert overview(range="30d")["conversions"] == {"total": 0, "people": 0}


def test_under_conditions(overview, sales):
    assert overview(where="contact.known:false")["conversions"] == {"total": 1, "people": 1}
    of_orders = overview(where="property.revenue>=25")
    assert (of_orders["conversions"], of_orders["revenue"]["orders"]) == ({"total": 2, "people": 1}, 1)
    of_messages = overview(where="channel:email")
    assert (of_messages["conversions"], of_messages["revenue"]) == ({"total": None, "people": None}, None)
    assert {"conversions.total", "conversions.people", "revenue"} <= {*of_messages["meta"]["notApplicable"]}


def test_groups_have_their_conversions(overview, sales):
    groups = overview(breakdown="contact.known")["groups"]
    assert {group["value"]: group["conversions"] for group in groups} == {"true": {"total": 2}, "false": {"total": 1}}
