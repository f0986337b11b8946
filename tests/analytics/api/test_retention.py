"""Cohorts over the API by what people begin with, in any periods, on any clock."""

import pytest

from analytics.models import Campaign
from tests.analytics.reports.items import contact, event, message
from tests.copied_rows import copied

pytestmark = pytest.mark.usefixtures("now")
WINTER = {"from": "2026-01-01", "to": "2026-03-31"}


@pytest.fixture
@copied
def visits(bulk):
    """Ada of January comes back in each month, Bob of January never, Cy of March on the next day."""
    bulk("campaigns", [{"externalId": "welcome", "name": "Welcome"}])
    bulk("contacts", [contact("ada", "01-31 10:00"), contact("bob", "01-20 12:00"), contact("cy", "03-24 09:00")])
    source = {"utm": {"source": "news"}}
    visits = [("ada", "01-31 12:00"), ("ada", "02-28 09:00"), ("ada", "03-30 09:00"), ("cy", "03-25 09:00")]
    bulk("events", [event("visit", who, when, **source) for who, when in visits])
    bulk("events", [event("visit", "?x", "03-30 10:00")])
    bulk("messages", [message("m1", "03-24 10:00", clicked="03-24 11:00")])


@pytest.fixture
def get(api, workspace):
    def ask(**query):
        return api.get(f"/api/workspaces/{workspace.api_id}/analytics/cohorts", {**WINTER, **query})

    return ask


def test_cohorts_by_month_that_can_be_added_up_by_hand(visits, get):
    body = get(unit="month", clock="calendar").json()
    asked = {"unit": "month", "by": "month", "start": "signup", "mode": "on", "clock": "calendar", "horizon": "12"}
    assert body["meta"].pop("question") == {**WINTER, **asked, "metric": "events"}
    assert body["meta"].pop("runningWeeks") == {"2026-01-01": "month_2", "2026-03-01": "month_0"}
    del body["meta"]
    assert body == {
        "period": "90d",
        "metric": "events",
        "unit": "month",
        "provisional": False,
        "cohorts": [
            {
                "cohort": "2026-01-01",
                "to": "2026-01-31",
                "size": 2,
                "activeContacts": 1,
                "retentionRate": 0.5,
                "retention": {"month_0": 1, "month_1": 1, "month_2": 1},
                "retentionRates": {"month_0": 0.5, "month_1": 0.5, "month_2": 0.5},
                "sizes": {"month_0": 2, "month_1": 2, "month_2": 2},
                "periodsOver": 2,
            },
            {
                "cohort": "2026-03-01",
                "to": "2026-03-31",
                "size": 1,
                "activeContacts": 1,
                "retentionRate": 1.0,
                "retention": {"month_0": 1},
                "retentionRates": {"month_0": 1.0},
                "sizes": {"month_0": 1},
                "periodsOver": 0,
            },
        ],
        "average": {
            "size": 3,
            "periods": [
                {
                    "period": number,
                    "cohorts": 1,
                    "size": 2,
                    "active": 1,
                    "retentionRate": 0.5,
                    "interval": [0.095, 0.905],
                }
                for number in (0, 1)
            ],
        },
    }


def test_weeks_since_signup_are_those_of_the_page_owners_call(visits, get):
    plain = get(interval="day").json()["cohorts"]
    asked = get(unit="week", by="day", horizon="53").json()["cohorts"]
    assert [{name: row[name] for name in ("cohort", "size", "retention")} for row in asked] == [
        {name: row[name] for name in ("cohort", "size", "retention")} for row in plain
    ]
    assert [row["periodsOver"] for row in asked] == [row["weeksOver"] for row in plain]


def test_the_page_owners_call_says_nothing_of_periods(visits, get, report):
    assert report("/cohorts").keys() == {"period", "metric", "cohorts", "meta"}


def test_by_what_people_began_with(visits, get):
    body = get(unit="week", start="event:visit", by="utm.source", horizon="1").json()
    assert [(group["value"], group["size"]) for group in body["groups"]] == [("news", 4), (None, 1)]
    assert sum(row["size"] for row in body["cohorts"]) == 5
    body = get(unit="week", start="first:event:visit", breakdown="utm.source", horizon="1").json()
    assert [(group["value"], group["size"]) for group in body["groups"]] == [("news", 2), (None, 1)]


def test_a_group_of_one_cohort_opens_to_those_who_were_in_it_then(visits, get, api, bulk):
    """Cy came by a link in the week before, and without one in this."""
    bulk("events", [event("visit", "cy", "03-31 10:00")])
    body = get(unit="week", start="event:visit", by="utm.source", horizon="1", rows="true").json()
    direct = next(group for group in body["groups"] if group["value"] is None)
    assert direct["size"] == 2
    address = direct["rows"]["size"]
    assert len(api.get(address, QUERY_STRING=address.partition("?")[2]).json()["results"]) == 2


WITH_JANUARY = {
    **{"from": "2026-03-02", "to": "2026-03-29"},
    **{"compare": "custom", "compareFrom": "2026-01-05", "compareTo": "2026-02-01"},
}


def test_cohorts_are_compared_at_the_same_age(visits, get, bulk):
    """Of March one of two came back on their first day, of January one of two: the second of January came later."""
    bulk("contacts", [contact("di", "03-02 09:00")])
    bulk("events", [event("visit", "di", "03-02 10:00")])
    body = get(**WITH_JANUARY, unit="week", rows="true").json()
    comparison = body["comparison"]
    weeks = [(week["period"], week["size"], week["active"]) for week in comparison["complete"]["average"]["periods"]]
    assert weeks == [(0, 2, 2), (1, 1, 0), (2, 1, 0), (3, 1, 0)]
    before = comparison["compared"]["average"]["periods"]
    assert [(week["size"], week["active"]) for week in before[:5]] == [(2, 1), (2, 0), (2, 0), (2, 0), (2, 1)]
    assert comparison["changes"]["periods"] == [
        {"period": 0, "retentionRate": 0.5, "interval": [-0.273, 0.905]},
        *({"period": week, "retentionRate": 0.0, "interval": [-0.658, 0.793]} for week in (1, 2, 3)),
    ]
    assert "occurredFrom=2026-01-19" in before[0]["rows"]["active"]
    assert "groups" not in comparison["complete"]


def test_groups_are_compared_with_the_same_ones_at_the_same_age(visits, get, bulk):
    """Of March's German contacts all came back on their first day, of January's one of two; Cy has no country."""
    bulk("contacts", [{**contact("di", "03-02 09:00"), "attributes": {"country": "DE"}}])
    bulk("contacts", [{"externalId": name, "attributes": {"country": "DE"}} for name in ("ada", "bob")])
    bulk("events", [event("visit", "di", "03-02 10:00")])
    body = get(**WITH_JANUARY, unit="week", breakdown="contact.country", horizon="3").json()
    whole = body["comparison"]["changes"]["periods"]
    german, others = body["groups"]
    assert [german["value"], others["value"]] == ["DE", None]
    assert (german["size"], [change["period"] for change in german["changes"]["periods"]]) == (1, [0, 1, 2])
    assert german["changes"]["periods"][0]["retentionRate"] == 0.5
    assert others["changes"] == {"periods": []}, "of January's nobody is without a country"
    assert len(whole) == 3
    alone = get(**WITH_JANUARY, unit="week", where="contact.country:DE", horizon="3").json()
    assert german["changes"] == alone["comparison"]["changes"]


def test_the_page_owners_cohorts_are_compared_too(visits, get):
    body = get(**WITH_JANUARY, interval="month", breakdown="contact.known").json()
    comparison = body["comparison"]
    assert [row["cohort"] for row in comparison["complete"]["cohorts"]] == ["2026-03-02"]
    assert [row["cohort"] for row in comparison["compared"]["cohorts"]] == ["2026-01-05"]
    assert comparison["changes"]["weeks"][0]["retentionRate"] == 0.5
    assert comparison["compared"]["average"]["weeks"][4]["active"] == 1


@pytest.mark.parametrize("split", ["contact.country", "property.plan"])
def test_groups_of_plain_cohorts_are_compared_with_the_same_ones(visits, get, bulk, split):
    bulk("contacts", [{**contact("di", "03-02 09:00"), "attributes": {"country": "DE"}}])
    bulk("contacts", [{"externalId": name, "attributes": {"country": "DE"}} for name in ("ada", "bob")])
    bulk("events", [{**event("visit", "di", "03-02 10:00"), "properties": {"plan": "pro"}}])
    body = get(**WITH_JANUARY, breakdown=split, rows="true").json()
    value = "DE" if split == "contact.country" else "pro"
    group = next(group for group in body["groups"] if group["value"] == value)
    if split == "property.plan":
        assert group["changes"] == {"weeks": []}, "of January's nobody has one"
        return
    alone = get(**WITH_JANUARY, where="contact.country:DE").json()
    assert group["changes"] == {"weeks": alone["comparison"]["changes"]["weeks"]}
    assert group["changes"]["weeks"][0]["retentionRate"] == 0.5


def test_what_messages_reach_begins_cohorts(visits, get):
    body = get(unit="day", start=f"message:clicked@{Campaign.objects.get().api_id}").json()
    assert [(row["cohort"], row["size"], row["retention"]["day_6"]) for row in body["cohorts"]] == [
        ("2026-03-24", 1, 1)
    ]


@pytest.mark.long
def test_long_histories_go_by_weeks_or_months_where_days_were_too_many(visits, get):
    ten_years = {"from": "2016-04-02", "to": "2026-03-31"}
    body = get(**ten_years, unit="day", horizon="20").json()
    assert body["meta"]["question"]["by"] == "week"
    body = get(**ten_years, unit="day", horizon="100").json()
    assert body["meta"]["question"]["by"] == "month"
    refused = get(**ten_years, unit="day", horizon="20", by="day")
    assert (refused.status_code, refused.json()["message"][:12]) == (400, "by cannot be")


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"unit": "hour"}, "unit"),
        ({"start": "visit"}, "start"),
        ({"start": "event:"}, "start"),
        ({"start": "event:nothing"}, "start"),
        ({"start": "message:clicked@cmp_999999"}, "start"),
        ({"start": "first:signup"}, "start"),
        ({"return": "nothing"}, "metric"),
        ({"return": "event:nothing"}, "return"),
        ({"return": "events", "metric": "events"}, "return"),
        ({"mode": "off"}, "mode"),
        ({"clock": "wall"}, "clock"),
        ({"by": "nothing"}, "breakdown"),
        ({"by": "utm.source"}, "breakdown"),
        ({"by": "contact.known", "breakdown": "contact.known"}, "breakdown"),
        ({"horizon": "0"}, "horizon"),
        ({"horizon": "401"}, "horizon"),
    ],
)
def test_what_is_not_understood_is_refused(visits, get, query, named):
    answer = get(**query)
    assert answer.status_code == 400
    assert f"{named} cannot be" in answer.json()["message"]


@pytest.fixture
@copied
def orders(visits, bulk):
    """Ada orders in January before she signs up, on her day, and in February; in March she gets a part back."""

    def sold(who, when, revenue, event_type="purchase"):
        return event(event_type, who, when, properties={"revenue": revenue, "currency": "EUR"})

    bulk("events", [sold("ada", "01-30 09:00", 5), sold("ada", "01-31 09:00", 10), sold("ada", "02-28 11:00", 20)])
    bulk("events", [sold("ada", "03-10 09:00", 4, "Order Refunded"), sold("cy", "03-25 10:00", "gratis")])


def test_what_people_brought_in_by_month_that_can_be_added_up_by_hand(orders, get):
    body = get(unit="month", clock="calendar", metric="revenue").json()
    january, march = body["cohorts"]
    assert january["retention"] == {"month_0": 1, "month_1": 1, "month_2": 0}
    assert january["revenue"] == {"month_0": {"EUR": 1000}, "month_1": {"EUR": 2000}, "month_2": {"EUR": -400}}
    assert january["converted"] == {"month_0": 1000, "month_1": 2000, "month_2": -400}
    assert march["converted"] == {"month_0": 0}
    mean = body["average"]["periods"]
    assert [(period["converted"], period["revenue"]) for period in mean] == [
        (1000, {"EUR": 1000}),
        (2000, {"EUR": 2000}),
    ]
    assert (body["money"]["withoutAmount"], body["money"]["currency"]) == (1, "EUR")


@pytest.mark.parametrize(
    ("query", "converted"),
    [
        ({"clock": "rolling"}, [0, 1600, 0]),
        ({"clock": "days"}, [1000, 1600, 0]),
        ({"clock": "calendar", "mode": "onOrAfter"}, [2600, 1600, -400]),
        ({"clock": "rolling", "start": "event:visit"}, [2000, -400, 0]),
        ({"clock": "calendar", "start": "first:event:visit", "by": "utm.source"}, [0, 2000, -400]),
    ],
)
def test_what_people_brought_in_since_anything_on_any_clock(orders, get, query, converted):
    """Ada ordered on her day before her instant; her first visit is at noon of it."""
    body = get(**{"unit": "month", "by": "month", "return": "revenue", **query}).json()
    assert [*body["cohorts"][0]["converted"].values()] == converted
    for group in body.get("groups", ()):
        assert [period["converted"] for period in group["periods"]] == [0, 2000] if group["value"] else True


def test_what_should_be_known_of_amounts_counts_each_order_once(orders, get, bulk):
    """Ada began in each of three months before she ordered for nothing."""
    bulk("events", [event("purchase", "ada", "03-30 10:00", properties={"revenue": "free"})])
    body = get(unit="month", by="month", start="event:visit", metric="revenue").json()
    assert len(body["cohorts"]) == 3
    assert body["money"]["withoutAmount"] == 2


def test_orders_that_lie_ahead_are_in_no_period_that_has_not_begun(get, api, bulk):
    """It is two in the afternoon: di's first 24 hours are not over, though ed's are, and tomorrow is not there."""
    bulk("contacts", [contact("di", "03-30 18:00"), contact("ed", "03-30 10:00")])
    said = {"properties": {"revenue": 7, "currency": "EUR"}}
    bulk("events", [event("purchase", "di", when, **said) for when in ("03-31 20:00", "04-01 10:00")])
    rolling = get(unit="day", clock="rolling", metric="revenue").json()["cohorts"][-1]
    assert rolling["converted"] == {"day_0": 0, "day_1": 0}
    by_day = get(unit="month", clock="calendar", metric="revenue", rows="true").json()["cohorts"][-1]
    assert by_day["converted"] == {"month_0": 700}
    address = by_day["rows"]["converted.month_0"]
    assert len(api.get(address, QUERY_STRING=address.partition("?")[2]).json()["results"]) == 1


@pytest.mark.long
def test_behind_each_amount_are_its_orders(orders, get, api):
    body = get(unit="month", clock="calendar", metric="revenue", start="first:event:visit", rows="true").json()
    sums = {}
    for cohort in body["cohorts"]:
        for name, converted in cohort["converted"].items():
            sums[cohort["rows"][f"converted.{name}"]] = converted
    for period in body["average"]["periods"]:
        sums[period["rows"]["converted"]] = period["converted"]
    assert len(sums) > 3
    for address, converted in sums.items():
        orders = api.get(address, QUERY_STRING=address.partition("?")[2]).json()["results"]
        assert sum(order["converted"] or 0 for order in orders) == converted
    without = body["money"]["rows"]["withoutAmount"]
    assert len(api.get(without, QUERY_STRING=without.partition("?")[2]).json()["results"]) == 1


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({"start": "signup"}, "start"),
        ({"start": "signup", "beganFrom": "2026-01-01", "beganBefore": "2026-02-01"}, "untilPeriod"),
        (
            {"start": "signup", "beganFrom": "2026-01-01", "beganBefore": "2026-02-01", "untilPeriod": "400"},
            "untilPeriod",
        ),
        ({"start": "signup", "cohort": "signup"}, "cohort"),
        ({"start": "signup", "fromWeek": "1"}, "fromWeek"),
        ({"start": "signup", "steps": "visit", "occurredFrom": "2026-01-01", "occurredBefore": "2026-02-01"}, "start"),
        ({"start": "nothing"}, "start"),
        ({"unit": "week"}, "unit"),
        ({"inPeriod": "1"}, "inPeriod"),
    ],
)
def test_orders_of_a_cohort_are_asked_for_with_all_that_says_whose(orders, api, workspace, query, parameter):
    answer = api.get(f"/api/workspaces/{workspace.api_id}/orders", query)
    assert (answer.status_code, answer.json()["parameter"]) == (400, parameter)


def test_a_file_has_a_row_for_each_cohort(visits, get):
    lines = get(unit="month", clock="calendar", format="csv").getvalue().decode("utf-8-sig").splitlines()
    assert len(lines) == 3
    assert "retention.month_2" in lines[0]
