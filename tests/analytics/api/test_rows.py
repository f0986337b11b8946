"""Beside every number of every report, asked with `rows=true`, the address of the list of exactly that length."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import pytest

from analytics.metrics import OF_ORDERS
from analytics.models import ABTest, Campaign
from analytics.questions.fields import field_of
from analytics.registry import REPORTS
from tests.analytics.asked_once import EVERY, AskedOnce, largest_of_each, some_of_each
from tests.analytics.reports.items import event
from tests.analytics.shop import add_holdout, add_orders, add_plans_and_amounts, fill_shop, state_rate
from tests.copied_rows import copied

DAYS = {"from": "2026-03-20", "to": "2026-03-31"}
COMPARED = {**DAYS, "compare": "previous"}
TREE = {"breakdown": "utm.campaign"}
METRICS = "delivered,human_opened,enrollments_total,bounced"
ASKED: dict[str, list[dict[str, str]]] = {
    "api-overview": [
        {},
        {**COMPARED, "opens": "human"},
        {**COMPARED, "breakdown": "contact.known"},
        {**DAYS, "breakdown": "utm.source", "limit": "1"},
        {**DAYS, "breakdown": "domain", "opens": "human"},
    ],
    "api-attention": [COMPARED],
    "api-campaigns-report": [{**DAYS, "opens": "human"}, {"channel": "push"}],
    "api-campaign": [COMPARED, {"opens": "human"}, {**COMPARED, "breakdown": "variant"}],
    "api-engagement": [DAYS, {"opens": "human"}],
    "api-campaign-tests": [{}, {"opens": "human"}],
    "api-timeseries": [
        {"from": "2026-03-24", "to": "2026-03-26", "compare": "previous"},
        {**COMPARED, "interval": "week", "metric": f"{METRICS},events,contacts_new,conversion_events,orders"},
        {**DAYS, "interval": "month", "channel": "email", "metric": "clicked"},
        {**DAYS, "interval": "month", "metric": METRICS, "breakdown": "campaign", "limit": "3"},
        {**DAYS, "interval": "week", "metric": "failed", "breakdown": "channel"},
        {**DAYS, "interval": "month", "metric": "enrollments_total,failed", "breakdown": "contact.known"},
        {**DAYS, "interval": "week", "metric": "conversion_events", "breakdown": "event", "limit": "1"},
        {"from": "2026-03-28", "to": "2026-03-30", "interval": "hour", "metric": f"{METRICS},conversion_events"},
        {"days": "2", "interval": "hour", "breakdown": "campaign", "compare": "previous"},
    ],
    "api-attribution": [
        {**COMPARED, **TREE},
        {"range": "all", **TREE},
        {**COMPARED, "breakdown": "contact.known"},
        {**DAYS, "breakdown": "utm.term"},
        {**COMPARED, "model": "linear", "touchpoints": "utm,click,open,delivered"},
        {**DAYS, "model": "last", "breakdown": "campaign"},
    ],
    "api-attribution-models": [{**DAYS, "breakdown": "medium"}, {"reuse": "false", "lookback": "2d"}],
    "api-attribution-paths": [{**DAYS, "touchpoints": "utm,click,open"}, {**DAYS, "limit": "1"}],
    "api-funnel": [
        {**COMPARED, "steps": "visit,purchase,visit"},
        {**DAYS, "steps": "visit,purchase", "breakdown": "utm.source", "limit": "1"},
        {**DAYS, "steps": "visit,visit", "breakdown": "contact.known"},
    ],
    "api-revenue": [
        {**COMPARED, "interval": "week"},
        {**DAYS, "refundsBy": "order", "breakdown": "property.plan", "limit": "1"},
        {**COMPARED, "breakdown": "contact.known"},
        {"from": "2026-03-26", "to": "2026-03-27", "interval": "hour"},
    ],
    "api-cohorts": [
        {"interval": "week", "metric": "opens"},
        {"metric": "opens", "breakdown": "contact.known"},
        {"interval": "month", "metric": "event:visit"},
        {"metric": "conversions"},
        {"metric": "revenue"},
        {"interval": "week", "metric": "revenue", "breakdown": "contact.known"},
        {"unit": "day", "by": "week", "horizon": "5", "breakdown": "contact.known"},
        {**DAYS, "start": "event:visit", "return": "events", "clock": "calendar", "mode": "onOrAfter", "by": "month"},
        {**DAYS, "start": "first:event:visit", "clock": "rolling", "by": "utm.source", "limit": "1", "horizon": "2"},
        {**DAYS, "start": "message:clicked", "unit": "month", "return": "opens", "by": "channel"},
        {**DAYS, "start": "first:event:visit", "unit": "day", "return": "revenue", "by": "utm.source", "horizon": "3"},
        {**DAYS, "unit": "week", "return": "revenue", "mode": "onOrAfter", "breakdown": "contact.known"},
    ],
    "api-holdouts": [{}, {**DAYS, "where": "contact.known:true"}],
    "api-ab-test-report": [{}, {"metric": "open"}, {"metric": "event:visit", "window": "1d"}],
    "api-lifecycle": [
        {**DAYS, "interval": "week", "breakdown": "utm.source", "limit": "1"},
        {**DAYS, "return": "opens", "interval": "month"},
    ],
    "api-stickiness": [DAYS, {**DAYS, "return": "event:visit", "interval": "week", "breakdown": "contact.known"}],
    "api-deliverability": [
        COMPARED,
        {**DAYS, "by": "class", "breakdown": "domain"},
        {**DAYS, "by": "campaign", "where": "contact.known:true"},
        {"days": "3", "by": "day"},
    ],
    "api-list-growth": [{**COMPARED, "interval": "week"}, {**DAYS, "where": "contact.known:true"}],
    "api-list-engagement": [DAYS, {}],
    "api-send-times": [DAYS, {"days": "7"}],
    "api-fatigue": [DAYS, {"days": "20"}],
    "api-what-changed": [
        {"range": "30d"},
        {"range": "7d", "metric": "events", "breakdown": "contact.known"},
        {
            "range": "7d",
            "metric": "clicked",
            "compare": "custom",
            "compareFrom": "2026-03-11",
            "compareTo": "2026-03-20",
        },
        {"range": "14d", "metric": "orders", "breakdown": "event", "limit": "1"},
        {"range": "14d", "metric": "enrollments_total"},
    ],
    "api-ltv": [{**DAYS, "by": "week"}, {"by": "source", "cohort": "first_order"}],
    "api-rfm": [DAYS, {"from": "2026-02-20", "to": "2026-03-30"}],
}
"""By the names of the routes; a new one is asked for its last days without its author knowing."""
NO_LENGTHS = {
    *(
        "period",
        "periods",
        "cohorts",
        "periodsOver",
        "hours",
        "week",
        "weeksOver",
        "weeksComplete",
        "days",
        "messagesMissing",
    ),
    *("age", "touches", "paths", "medianSecondsToConvert"),
    *("weekday", "hour", "number", "size", "taken", "nextLook", "value", "peopleMissing", "unconverted"),
    *("score", "lowest", "highest", "hits", "emails", "peopleCompared"),
}
"""Whole numbers that count no rows."""
AMOUNTS = {"worth", "converted", "net", "revenue", "unconvertedRevenue"}
"""In minor units: what lies behind them is added up, and counts something else."""
OF_REVENUE = ("api-revenue", "api-overview")
"""Which tell amounts by currency, and how many orders these are of."""


@pytest.fixture
@copied
def shop(bulk, workspace, now):
    fill_shop(bulk)
    add_holdout(bulk, workspace, now)
    orders = [(1, 20, "EUR", "a"), (2, 30, "USD", "b"), (2, 30, "USD", "b"), (3, "x", None, "c"), (4, 9.5, None, "d")]
    bulk(
        "events",
        [
            event(
                "purchase",
                f"u{n}",
                f"03-29 1{place}:00",
                properties={"total": total, "currency": code, "order_id": order},
            )
            for place, (n, total, code, order) in enumerate(orders)
        ],
    )
    bulk("events", [event("Order Refunded", "u1", "03-30 15:00", properties={"total": 5, "currency": "EUR"})])


@pytest.fixture
def rows_at(api, workspace, shop, request):
    """The rows of the list at an address. Tests have other rows by their parameters alone."""
    given = getattr(getattr(request.node, "callspec", None), "params", {})
    is_of_plans, is_of_orders = "conditions" in given, given.get("name") in OF_REVENUE
    once = AskedOnce(workspace, __name__, is_of_plans, is_of_orders, given.get("interval"))

    def find(address: str) -> list[dict[str, Any]]:
        def ask() -> bytes:
            answer = api.get(address, QUERY_STRING=f"{address.partition('?')[2]}&pageSize=200")
            assert answer.status_code == 200, (address, answer.content)
            assert answer.json()["next"] is None
            return answer.content

        return json.loads(once(address, ask))["results"]

    return find


@pytest.fixture
def sum_of_orders(rows_at):
    """What the orders at an address come to in the workspace's currency."""

    def find(address: str) -> int:
        orders = rows_at(address)
        return sum(order["converted"] or 0 for order in orders if "duplicateOrder" not in order["remarks"])

    return find


@pytest.fixture
def length(rows_at):
    """What a list has of a number of a report: how many rows, or their sum in minor units; half of one rounded up of
    an average."""

    def find(address: str, number: str = "") -> int:
        rows, (first, _, last) = rows_at(address), number.partition(".")
        amount = last if first == "converted" else first
        if amount not in ("gross", "refunds", "net", "aov"):
            return len(rows)
        counted = [row for row in rows if row["kind"] != "duplicate"]
        units = [row["converted" if first == "converted" else "amount"] for row in counted]
        total = sum(abs(each) if amount == "refunds" else each for each in units)
        return (2 * total + len(units)) // (2 * len(units)) if amount == "aov" else total

    return find


@pytest.fixture
def behind(length, sum_of_orders):
    """What lies behind a number of a report."""

    def find(linked: "Linked", name: str) -> int:
        is_sum = linked.name.split(".")[0] in AMOUNTS and name not in OF_REVENUE
        return sum_of_orders(linked.address) if is_sum else length(linked.address, linked.name)

    return find


def places(workspace, name: str) -> list[str]:
    """The addresses of a report, of each campaign where it is of one."""
    (endpoint,) = [endpoint for report in REPORTS for endpoint in report.endpoints if endpoint.name == name]
    part = r"(?P<campaign_id>[^/]+?)"
    campaigns = Campaign.objects.filter(external_id__in=["welcome", "push"]) if part in endpoint.place else [None]
    test = ABTest.objects.get(workspace=workspace, external_id="subject").api_id
    places = [endpoint.place.replace(r"(?P<test_id>[^/]+?)", test)] * len(campaigns)
    paths = [
        place.replace(part, campaign.api_id if campaign else "")
        for place, campaign in zip(places, campaigns, strict=True)
    ]
    return [f"/api/workspaces/{workspace.api_id}/analytics{path}" for path in paths]


def objects(body: Any) -> Iterator[dict[str, Any]]:
    if isinstance(body, dict):
        yield body
        for value in body.values():
            yield from objects(value)
    for value in body if isinstance(body, list) else ():
        yield from objects(value)


@dataclass(frozen=True)
class Linked:
    """A number that has an address."""

    part: dict[str, Any]
    name: str
    address: str

    @property
    def value(self) -> Any:
        return number_of(self.part, self.name)

    @property
    def key(self) -> str:
        return f"{self.name} {self.address}"


def numbers_with_rows(body: Any) -> Iterator[Linked]:
    """The numbers that have an address; of hours since a message was sent, the 24th."""
    for part in objects(body):
        for name, address in part.get("rows", {}).items():
            if address and ("hours=" not in address or "hours=24" in address):
                yield Linked(part, name, address)


def number_of(body: dict[str, Any], name: str) -> Any:
    value: Any = body
    for part in name.split(".", 1):
        value = value[part]
    return value


def add_some_orders(bulk, workspace, name: str) -> None:
    """For a report that tells amounts by currency."""
    if name in OF_REVENUE:
        add_orders(bulk)
        state_rate(workspace)


@pytest.mark.long
@pytest.mark.parametrize("name", [endpoint.name for report in REPORTS for endpoint in report.endpoints])
def test_every_number_has_the_address_of_as_many_rows(api, workspace, bulk, shop, behind, name):
    add_some_orders(bulk, workspace, name)
    checked = 0
    for query in ASKED.get(name, [{}]):
        for place in places(workspace, name):
            body = api.get(place, {**query, "rows": "true"}).json()
            assert list(counts_without_rows(body)) == [], query
            for linked in some_of_each(numbers_with_rows(body), attrgetter("key"), attrgetter("value")):
                assert behind(linked, name) == linked.value, (name, linked)
                checked += 1
    assert checked > 1 or name == "api-attention"


PEOPLE = {"where": ["contact.plan:pro"], "filter": '{"not":{"did":"purchase","times":{"gte":2},"within":"10d"}}'}
EVENTS = {"where": ["property.amount>=30", "contact.plan:*", "utm.source!:direct"]}
MESSAGES = {"where": ["channel:email", "contact.plan!:nobodys"]}
UNDER_CONDITIONS: list[tuple[str, dict[str, Any]]] = [
    *((name, PEOPLE) for name in ASKED if name not in ("api-attention", "api-campaign-tests", "api-send-times")),
    *((name, EVENTS) for name in ("api-overview", "api-attribution", "api-funnel", "api-cohorts", "api-revenue")),
    *((name, MESSAGES) for name in ("api-overview", "api-campaign", "api-campaigns-report", "api-engagement")),
    ("api-timeseries", MESSAGES),
    ("api-send-times", MESSAGES),
    ("api-cohorts", MESSAGES),
]


def can_be_asked(name: str, query: dict[str, str], conditions: dict[str, Any]) -> bool:
    """Whether the conditions are about what a report of these parameters counts."""
    if name == "api-cohorts":
        return conditions is PEOPLE or (conditions is MESSAGES) == (query.get("metric", query.get("return")) == "opens")
    split = field_of(query.get("breakdown", ""))
    if split and name not in ("api-attribution", "api-funnel"):
        never = {id(EVENTS): "messages", id(MESSAGES): "events"}.get(id(conditions))
        if split.subject == never:
            return False
    of_all = {"events", "enrollments_total", "conversion_events"} & {*query.get("metric", "").split(",")}
    return name != "api-timeseries" or conditions is PEOPLE or not of_all


@pytest.mark.long
@pytest.mark.parametrize(("name", "conditions"), UNDER_CONDITIONS)
def test_under_conditions_too(api, workspace, bulk, shop, behind, name, conditions):
    add_plans_and_amounts(bulk)
    add_some_orders(bulk, workspace, name)
    checked = 0
    for query in ASKED[name]:
        for place in places(workspace, name) if can_be_asked(name, query, conditions) else ():
            answer = api.get(place, {**query, **conditions, "rows": "true"})
            assert answer.status_code == 200, answer.content
            assert answer.json()["meta"]["question"]["where"]
            assert list(counts_without_rows(answer.json())) == [], query
            for linked in largest_of_each(numbers_with_rows(answer.json()), attrgetter("key"), attrgetter("value")):
                assert behind(linked, name) == linked.value, (name, linked)
                checked += 1
    assert checked > 1


def counts_without_rows(body: Any, beside: frozenset[str] = frozenset(), inside: str = "") -> Iterator[str]:
    """`beside` are the names that the object around it has rows for, `inside` is what it is called there."""
    for part in body if isinstance(body, list) else ():
        yield from counts_without_rows(part)
    if not isinstance(body, dict):
        return
    rows = {name for name, address in body.get("rows", {}).items() if address}
    for name, value in body.items():
        has_rows = isinstance(value, dict) and "rows" in value
        if name in ("meta", "rows", "matched", "changes", "exponents", *AMOUNTS) and not has_rows:
            continue
        is_count = isinstance(value, int) and not isinstance(value, bool)
        if is_count and value and name not in NO_LENGTHS and name not in rows and f"{inside}.{name}" not in beside:
            yield f"{inside}.{name}"
        yield from counts_without_rows(value, frozenset(rows), name)


SALES = [
    ("03-24 10:00", {"revenue": 30, "order_id": "a1"}),
    ("03-24 11:00", {"revenue": 30, "order_id": "a1"}),
    ("03-25 10:00", {"revenue": 5, "currency": "USD"}),
    ("03-25 11:00", {"revenue": -2}),
    ("03-26 11:00", {}),
]


@pytest.mark.long
@pytest.mark.parametrize("interval", ["hour", "day", "week"])
def test_an_amount_is_the_sum_of_its_rows(api, workspace, bulk, shop, length, interval):
    bulk("events", [event("purchase", "u1", when, properties=said) for when, said in SALES])
    query = {"from": "2026-03-23", "to": "2026-03-29", "interval": interval, "metric": ",".join(OF_ORDERS)}
    body = api.get(f"/api/workspaces/{workspace.api_id}/analytics/timeseries", {**query, "rows": "true"}).json()
    of_shop = 2000 + 950
    assert body["total"] == {
        "orders": 3 + 4 + 4, "revenue": 2800 + of_shop, "gross_revenue": 3000 + of_shop, "refunds": 200,
    }  # fmt: skip
    assert body["meta"]["money"] == {
        "currency": "EUR", "exponent": 2, "unconverted": {"USD": 2}, "withoutAmount": 5 + 1, "currencyAssumed": 3 + 1,
    }  # fmt: skip
    told = [(row, row["numbers"]) for row in body["series"]]
    of_money = [each for each in told if any(each[1][name] for name in OF_ORDERS)]
    others = [each for each in told if each not in of_money]
    for row, amounts in [*of_money, *(others if EVERY else others[::12]), (body, body["total"])]:
        numbers = {name.rpartition(".")[2]: address for name, address in row["rows"].items()}
        for name in OF_ORDERS:
            listed = api.get(numbers[name], QUERY_STRING=numbers[name].partition("?")[2]).json()["results"]
            sums = {"orders": len(listed), "refunds": -sum(order["converted"] or 0 for order in listed)}
            of_all = sum(order["converted"] or 0 for order in listed if order["kind"] != "duplicate")
            assert amounts[name] == sums.get(name, of_all), (name, numbers[name])


def test_rows_are_told_where_they_are_asked_for_alone(api, workspace, shop):
    place = f"/api/workspaces/{workspace.api_id}/analytics"
    assert not any("rows" in found for found in objects(api.get(place).json()))
    assert not any("rows" in found for found in objects(api.get(place, {"rows": "false", **COMPARED}).json()))
    refused = api.get(place, {"rows": "only"})
    assert (refused.status_code, refused.json()["parameter"]) == (400, "rows")


def test_a_file_has_the_addresses_beside_the_numbers(api, workspace, shop):
    place = f"/api/workspaces/{workspace.api_id}/analytics/timeseries.csv"
    head, line, *_ = b"".join(api.get(place, {"rows": "true", **DAYS}).streaming_content).decode().split("\r\n")
    assert head.split(",")[:2] == ["date", "events"]
    assert "rows.events" in head
    assert f"/api/workspaces/{workspace.api_id}/events?occurredFrom=2026-03-20&occurredBefore=2026-03-21" in line


@pytest.mark.long
def test_who_sees_no_addresses_is_led_to_no_list_that_names_one(api, viewer_client, workspace, bulk, shop):
    bulk("events", [event("visit", "u1", "03-28 10:00", utm={"source": "mallory@example.com"})])
    place = f"/api/workspaces/{workspace.api_id}/analytics/attribution"
    query = {**DAYS, "rows": "true"}
    assert b"mallory%40example.com" in api.get(place, query).content
    answer = viewer_client.get(place, query)
    assert b"mallory" not in answer.content
    (row,) = [row for row in answer.json()["sources"] if "example.com" in row["source"]]
    assert row["rows"] == {"uniqueVisitors": None, "totalEvents": None}
