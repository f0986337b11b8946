"""What people are worth by age, and cohorts by revenue, over the API."""

import pytest

from analytics.models.rates import ExchangeRate
from tests.analytics.reports.items import contact, event
from tests.copied_rows import copied

pytestmark = pytest.mark.usefixtures("now")
MARCH = {"from": "2026-03-01", "to": "2026-03-31"}


def sold(who, when, revenue, currency="EUR", **more):
    return event("purchase", who, when, properties={"revenue": revenue, "currency": currency}, **more)


@pytest.fixture
@copied
def customers(bulk):
    bulk("contacts", [contact("ada", "03-16 12:00"), contact("bob", "03-16 12:00"), contact("cy", "03-24 09:00")])
    bulk(
        "events",
        [
            event("visit", "ada", "03-16 11:00", utm={"source": "google", "campaign": "brand"}),
            sold("ada", "03-10 09:00", 5),
            sold("ada", "03-17 09:00", 30),
            sold("bob", "03-25 09:00", 10, "USD"),
            sold("cy", "03-25 09:00", "gratis", None),
            event("Order Refunded", "ada", "03-26 09:00", properties={"revenue": 10}),
        ],
    )


@pytest.fixture
def usd(workspace, now):
    return ExchangeRate.objects.create(
        workspace=workspace, day="2026-03-24", source="USD", target="EUR", digits=9, places=1
    )


@pytest.fixture
def get(api, workspace):
    def ask(report="ltv", **query):
        return api.get(f"/api/workspaces/{workspace.api_id}/analytics/{report}", {**MARCH, **query})

    return ask


def test_an_answer_that_can_be_added_up_by_hand(customers, usd, get):
    body = get(by="week", horizon=2, cost="15.00").json()
    asked = {**MARCH, "cohort": "signup", "by": "week", "age": "week", "horizon": "2", "cost": "15.00"}
    assert body["meta"].pop("question") == asked
    del body["meta"]
    assert body == {
        "period": "31d",
        "members": 3,
        "cohorts": [
            {
                "cohort": "2026-03-16",
                "to": "2026-03-22",
                "members": 2,
                "worth": {"week_0": 1750, "week_1": 1700},
                "converted": {"week_0": 3500, "week_1": 3400},
                "net": {"week_0": {"EUR": 3500}, "week_1": {"EUR": 2500, "USD": 1000}},
                "weeksComplete": 2,
                "payback": 0,
            },
            {
                "cohort": "2026-03-23",
                "to": "2026-03-29",
                "members": 1,
                "worth": {"week_0": 0, "week_1": 0},
                "converted": {"week_0": 0, "week_1": 0},
                "net": {"week_0": {}, "week_1": {}},
                "weeksComplete": 1,
                "payback": None,
            },
        ],
        "mean": {
            "weeks": [
                {"week": 0, "members": 3, "worth": 1167, "converted": 3500, "net": {"EUR": 3500}},
                {"week": 1, "members": 2, "worth": 1700, "converted": 3400, "net": {"EUR": 2500, "USD": 1000}},
            ],
            "payback": 1,
        },
        "money": {
            "currency": "EUR",
            "exponents": {"EUR": 2, "USD": 2},
            "unconverted": {},
            "withoutAmount": 1,
            "currencyAssumed": 1,
        },
    }


@pytest.mark.long
def test_by_source_with_a_list_of_each_one_s_people(customers, get, api):
    body = get(by="source", cohort="first_order", rows="true").json()
    assert [(row["value"], row["name"], row["members"]) for row in body["cohorts"]] == [(None, None, 3)]
    body = get(by="source", rows="true").json()
    google, rest = body["cohorts"]
    assert (google["value"], google["members"], rest["value"], rest["members"]) == ("google", 1, None, 2)
    for row in (google, rest, body, *body["mean"]["weeks"]):
        assert len(api.get(row["rows"]["members"]).json()["results"]) == row["members"]


def sum_of(api, address):
    orders = api.get(address, QUERY_STRING=address.partition("?")[2]).json()["results"]
    return sum(order["converted"] or 0 for order in orders if "duplicateOrder" not in order["remarks"])


@pytest.mark.long
@pytest.mark.parametrize("query", [{"by": "week"}, {"by": "source"}, {"cohort": "first_order", "by": "campaign"}])
def test_an_amount_is_the_sum_of_its_orders(customers, usd, get, api, query):
    body, checked = get(**query, rows="true").json(), 0
    for row in body["cohorts"]:
        for name, converted in row["converted"].items():
            assert sum_of(api, row["rows"][f"converted.{name}"]) == converted
            checked += 1
    for week in body["mean"]["weeks"]:
        assert sum_of(api, week["rows"]["converted"]) == week["converted"]
    assert checked > 3


@pytest.mark.long
@pytest.mark.parametrize("interval", ["day", "month"])
def test_a_week_s_revenue_is_the_sum_of_its_orders(customers, usd, get, api, interval):
    body = get("cohorts", metric="revenue", interval=interval, rows="true").json()
    for row in body["cohorts"]:
        for name, converted in row["converted"].items():
            assert sum_of(api, row["rows"][f"converted.{name}"]) == converted
    for week in body["average"]["weeks"]:
        assert sum_of(api, week["rows"]["converted"]) == week["converted"]


def test_what_is_no_money_of_the_workspace_is_told(customers, get):
    body = get(by="week").json()
    assert body["money"]["unconverted"] == {"USD": 1}
    assert body["cohorts"][0]["converted"]["week_1"] == 2500


def test_a_file_has_a_row_for_each_cohort(customers, get):
    lines = b"".join(get("ltv.csv", by="week", horizon=1).streaming_content).decode().splitlines()
    assert lines == [
        "cohort,to,members,worth.week_0,converted.week_0,net.week_0.EUR,weeksComplete",
        "2026-03-16,2026-03-22,2,1750,3500,3500,1",
        "2026-03-23,2026-03-29,1,0,0,,1",
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cohort", "purchase"),
        ("by", "day"),
        ("by", ""),
        ("age", "month"),
        ("horizon", "0"),
        ("horizon", "105"),
        ("horizon", "x"),
        ("cost", "0"),
        ("cost", "-3"),
        ("cost", "many"),
        ("cost", "1e30"),
        ("interval", "week"),
        ("where", "event:purchase"),
    ],
)
def test_what_is_not_understood_is_refused(customers, get, name, value):
    answer = get(**{name: value})
    assert (answer.status_code, answer.json()["parameter"]) == (400, name)


def test_people_who_began_are_a_list_of_their_own(customers, api, workspace):
    place = f"/api/workspaces/{workspace.api_id}/people"
    days = {"occurredFrom": "2026-03-01", "occurredBefore": "2026-04-01"}
    assert len(api.get(place, {**days, "cohort": "first_order"}).json()["results"]) == 3
    for query in (
        {"cohort": "first_order"},
        {**days, "cohort": "signup,first_order"},
        {**days, "cohort": "signup", "breakdown": "contact.plan"},
        {**days, "cohort": "signup", "steps": "purchase"},
        {**days, "cohort": "signup", "step": "1"},
    ):
        assert api.get(place, query).status_code == 400, query


def test_cohorts_by_revenue_tell_who_ordered_and_what_they_brought_in(customers, usd, get):
    body = get("cohorts", metric="revenue").json()
    first, second = body["cohorts"]
    assert (first["retention"], first["activeContacts"]) == ({"week_0": 1, "week_1": 1, "week_2": 0}, 0)
    assert first["revenue"] == {"week_0": {"EUR": 3000}, "week_1": {"EUR": -1000, "USD": 1000}, "week_2": {}}
    assert first["converted"] == {"week_0": 3000, "week_1": -100, "week_2": 0}
    assert second["revenue"] == {"week_0": {}, "week_1": {}}
    assert body["average"]["weeks"][0] == {
        "week": 0, "size": 3, "active": 2, "retentionRate": 0.667, "revenue": {"EUR": 3000}, "converted": 3000,
    }  # fmt: skip
    assert body["money"]["withoutAmount"] == 1
    [month] = get("cohorts", metric="revenue", interval="month").json()["cohorts"]
    assert month["converted"] == {"week_0": 3000, "week_1": -100, "week_2": 0}


def test_contacts_who_ordered_in_a_week_are_a_list(customers, api, workspace):
    place = f"/api/workspaces/{workspace.api_id}/contacts"
    days = {"signedUpFrom": "2026-03-16", "signedUpBefore": "2026-03-17", "metric": "revenue"}
    ordered = api.get(place, {**days, "activeInWeek": "1"}).json()["results"]
    assert [row["externalId"] for row in ordered] == ["bob"]


def test_a_funnel_tells_the_money_of_those_who_completed_it(customers, usd, get, bulk, api):
    bulk("events", [event("visit", "bob", "03-16 13:00"), event("visit", "cy", "03-24 10:00")])
    asked = {"steps": "visit,purchase", "breakdown": "utm.source", "rows": "true"}
    body = get("funnel", **asked).json()
    rows = body["revenue"].pop("rows")
    assert body["revenue"] == {
        "orders": 3, "net": {"EUR": 3000, "USD": 1000}, "converted": 3900, "currency": "EUR",
        "exponents": {"EUR": 2, "USD": 2}, "unconverted": {}, "withoutAmount": 1, "currencyAssumed": 0,
    }  # fmt: skip
    assert sum_of(api, rows["converted"]) == 3900
    for group in body["groups"]:
        assert sum_of(api, group["revenue"]["rows"]["converted"]) == group["revenue"]["converted"]
    assert [group["revenue"]["converted"] for group in body["groups"]] == [3000, 900]
    assert "revenue" not in get("funnel", steps="purchase,visit").json()


def test_a_plain_funnel_is_the_page_owners(customers, api, workspace):
    body = api.get(f"/api/workspaces/{workspace.api_id}/analytics/funnel", {"steps": "visit,purchase"}).json()
    assert body.keys() == {"period", "steps", "overallConversion", "meta"}


def test_a_funnel_s_money_is_compared(customers, get):
    days = {
        "from": "2026-03-17",
        "to": "2026-03-31",
        "compare": "custom",
        "compareFrom": "2026-03-02",
        "compareTo": "2026-03-16",
    }
    body = get("funnel", **days, steps="purchase").json()
    assert body["comparison"]["compared"]["revenue"]["net"] == {"EUR": 500}


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({"steps": "visit,purchase"}, "steps"),
        (
            {
                "steps": "visit,purchase",
                "occurredFrom": "2026-03-01",
                "occurredBefore": "2026-04-01",
                "cohort": "signup",
            },
            "cohort",
        ),
        ({"cohort": "signup"}, "cohort"),
        ({"fromWeek": "1"}, "fromWeek"),
        ({"breakdown": "utm.source"}, "breakdown"),
    ],
)
def test_orders_of_people_are_asked_for_with_all_that_says_who(customers, api, workspace, query, parameter):
    answer = api.get(f"/api/workspaces/{workspace.api_id}/orders", query)
    assert (answer.status_code, answer.json()["parameter"]) == (400, parameter)
