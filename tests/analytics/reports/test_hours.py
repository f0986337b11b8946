"""The time series by hours: those of the workspace's clock, of at most 31 days."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.analytics.reports.items import contact, event, message
from tests.copied_rows import copied

pytestmark = pytest.mark.usefixtures("now")

NAMES = ("events", "contacts", "messages", "opens", "clicks")


@pytest.fixture
@copied
def welcome(bulk, now):
    bulk("campaigns", [{"externalId": "welcome", "name": "Welcome"}, {"externalId": "push", "name": "Push"}])
    bulk("contacts", [contact("ada", "01-10 09:00")])


@pytest.fixture
def hours(report):
    """The hours that are not all zeros, without their zeros, by when they begin."""

    def get(**query):
        return {
            row["startsAt"][5:]: {name: row[name] for name in NAMES if row[name]}
            for row in report("/timeseries", **query, interval="hour")["series"]
            if any(row[name] for name in NAMES)
        }

    return get


def send_hours(bulk, first, number):
    """An event in each of so many hours."""
    instants = [(first + timedelta(hours=n)).isoformat() for n in range(number)]
    bulk(
        "events",
        [{"messageId": f"h{when}", "type": "hour", "occurredAt": when, "anonymousId": "x"} for when in instants],
    )


def test_hours_that_can_be_added_up_by_hand(bulk, hours, welcome):
    bulk("contacts", [contact("bob", "03-30 10:00")])
    bulk(
        "messages",
        [
            message("m1", "03-29 09:00", opened="03-30 10:59:59.999999", clicked="03-31 10:01"),
            message("m2", "03-30 09:30", opened="03-30 11:00"),
        ],
    )
    bulk("events", [event("visit", who, "03-30 09:00") for who in ("ada", "bob", "?x")])
    bulk("events", [event("visit", "ada", "03-30 09:59:59.999999")])
    assert hours(days=2) == {
        "03-30T09:00:00+02:00": {"events": 4, "messages": 1},
        "03-30T10:00:00+02:00": {"contacts": 1, "opens": 1},
        "03-30T11:00:00+02:00": {"opens": 1},
        "03-31T10:00:00+02:00": {"clicks": 1},
    }


def test_the_last_row_is_the_hour_that_is_running(report):
    rows = report("/timeseries", days=2, interval="hour")["series"]
    assert rows[0] == {"date": "2026-03-30", "startsAt": "2026-03-30T00:00:00+02:00", **dict.fromkeys(NAMES, 0)}
    assert rows[-1] == {"date": "2026-03-31", "startsAt": "2026-03-31T14:00:00+02:00", **dict.fromkeys(NAMES, 0)}
    assert len(rows) == 24 + 15


def test_what_lies_ahead_today_has_its_hour_too(bulk, hours, report, welcome):
    bulk("events", [event("visit", "ada", "03-31 20:30")])
    assert hours(days=1) == {"03-31T20:00:00+02:00": {"events": 1}}
    assert len(report("/timeseries", days=1, interval="hour")["series"]) == 21


def test_the_short_day_of_spring_has_23_rows(bulk, report):
    send_hours(bulk, datetime(2026, 3, 28, 23, tzinfo=UTC), 23)
    rows = report("/timeseries", **{"from": "2026-03-29", "to": "2026-03-29"}, interval="hour")["series"]
    assert [row["events"] for row in rows] == [1] * 23
    assert [row["startsAt"][11:] for row in rows[1:3]] == ["01:00:00+01:00", "03:00:00+02:00"]


def test_the_long_day_of_autumn_has_25_rows(bulk, report, time_machine):
    time_machine.move_to(datetime(2025, 10, 27, 12, tzinfo=UTC), tick=False)
    send_hours(bulk, datetime(2025, 10, 25, 22, tzinfo=UTC), 25)
    rows = report("/timeseries", **{"from": "2025-10-26", "to": "2025-10-26"}, interval="hour")["series"]
    assert [row["events"] for row in rows] == [1] * 25
    assert [row["startsAt"][11:] for row in rows[2:4]] == ["02:00:00+02:00", "02:00:00+01:00"]
    assert {row["date"] for row in rows} == {"2025-10-26"}


@pytest.mark.parametrize(
    ("zone", "starts_at"),
    [("Asia/Kolkata", "2026-03-30T23:00:00+05:30"), ("Asia/Kathmandu", "2026-03-30T23:00:00+05:45")],
)
def test_hours_are_those_of_the_workspaces_clock(bulk, report, workspace, now, zone, starts_at):
    workspace.time_zone = zone
    workspace.save()
    bulk(
        "events",
        [{"messageId": "e", "type": "visit", "occurredAt": "2026-03-30T17:45:00Z", "anonymousId": "x"}],
    )
    rows = report("/timeseries", days=3, interval="hour")["series"]
    assert [row["startsAt"] for row in rows if row["events"]] == [starts_at]


def test_of_one_channel_or_campaign(bulk, hours, welcome):
    push = {"channel": "PUSH", "campaign": "push"}
    bulk("messages", [message("m1", "03-30 09:10", opened="03-30 10:10"), message("m2", "03-30 09:20", **push)])
    bulk("events", [event("visit", "ada", "03-30 09:00")])
    assert hours(days=2, channel="push") == {"03-30T09:00:00+02:00": {"messages": 1}}
    assert hours(days=2, where="channel:email") == {
        "03-30T09:00:00+02:00": {"messages": 1},
        "03-30T10:00:00+02:00": {"opens": 1},
    }
    assert hours(days=2, where="event:visit") == {"03-30T09:00:00+02:00": {"events": 1}}


def test_groups_have_the_same_hours_and_add_up(bulk, report, welcome):
    bulk("messages", [message(f"m{n}", f"03-30 {9 + n:02}:00", opened="03-30 19:10") for n in range(3)])
    bulk("messages", [message(f"p{n}", "03-30 10:30", campaign="push") for n in range(2)])
    answer = report("/timeseries", days=2, interval="hour", breakdown="campaign", limit=1)
    starts = [row["startsAt"] for row in answer["series"]]
    assert [group["name"] for group in answer["groups"]] == ["Welcome", "Other (1)"]
    assert all([row["startsAt"] for row in group["series"]] == starts for group in answer["groups"])
    of_groups = [[row["numbers"]["messages_total"] for row in group["series"]] for group in answer["groups"]]
    assert [sum(numbers) for numbers in zip(*of_groups, strict=True)] == [row["messages"] for row in answer["series"]]


def test_hours_are_compared_with_the_same_hours(bulk, report, welcome):
    bulk("events", [event("visit", "ada", "03-31 09:30"), event("visit", "ada", "03-30 09:30")])
    answer = report("/timeseries", days=1, interval="hour", compare="previous", match="date")
    row = answer["series"][9]
    assert (row["startsAt"], row["events"]) == ("2026-03-31T09:00:00+02:00", 1)
    starts_at = {"from": "2026-03-30", "to": "2026-03-30", "startsAt": "2026-03-30T09:00:00+02:00"}
    assert row["compared"] == {**starts_at, **dict.fromkeys(NAMES, 0), "events": 1}


def test_an_hour_that_the_clock_left_out_has_no_partner(report, now):
    asked = {"from": "2026-03-30", "to": "2026-03-30", "compare": "previous", "match": "date"}
    rows = report("/timeseries", **asked, interval="hour")["series"]
    assert [row["startsAt"][11:13] for row in rows if row["compared"] is None] == ["02"]


@pytest.mark.parametrize("query", [{"days": 32}, {"range": "91d"}])
def test_more_than_31_days_are_refused(api, workspace, now, query):
    answer = api.get(f"/api/workspaces/{workspace.api_id}/analytics/timeseries", {**query, "interval": "hour"})
    assert answer.status_code == 400
    assert answer.json()["parameter"] == "interval"
    assert "hour for at most 31 days" in answer.json()["allowed"]


def test_31_days_are_told(report):
    assert len(report("/timeseries", days=31, interval="hour")["series"]) == 31 * 24 - 1 - 9


def test_cohorts_have_no_hours(api, workspace, now):
    answer = api.get(f"/api/workspaces/{workspace.api_id}/analytics/cohorts", {"days": 7, "interval": "hour"})
    assert answer.status_code == 400
    assert answer.json()["allowed"] == "day, week, month"


def test_a_file_has_a_row_for_each_hour(api, workspace, bulk, welcome):
    bulk("events", [event("visit", "ada", "03-30 09:30")])
    address = f"/api/workspaces/{workspace.api_id}/analytics/timeseries.csv"
    lines = api.get(address, {"days": 2, "interval": "hour"}).getvalue().decode().splitlines()
    assert lines[0] == "date,startsAt,events,contacts,messages,opens,clicks"
    assert lines[10] == "2026-03-30,2026-03-30T09:00:00+02:00,1,0,0,0,0"
    assert len(lines) == 1 + 24 + 15
