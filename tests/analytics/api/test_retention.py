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


def test_what_messages_reach_begins_cohorts(visits, get):
    body = get(unit="day", start=f"message:clicked@{Campaign.objects.get().api_id}").json()
    assert [(row["cohort"], row["size"], row["retention"]["day_6"]) for row in body["cohorts"]] == [
        ("2026-03-24", 1, 1)
    ]


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
        ({"return": "revenue"}, "return"),
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


def test_a_file_has_a_row_for_each_cohort(visits, get):
    lines = get(unit="month", clock="calendar", format="csv").getvalue().decode("utf-8-sig").splitlines()
    assert len(lines) == 3
    assert "retention.month_2" in lines[0]
