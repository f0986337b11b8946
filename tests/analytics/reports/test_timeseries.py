"""The time series: a row for each local day."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from analytics.ledger import Ledger
from analytics.reports.timeseries import timeseries
from tests.analytics.asking import ask
from tests.analytics.reports.items import EMPTY_META, META, at, contact, event, message, some_of_all
from tests.analytics.reports.items import report as reported
from tests.copied_rows import copied

pytestmark = pytest.mark.usefixtures("now")

ZEROS = {"events": 0, "contacts": 0, "messages": 0, "opens": 0, "clicks": 0}


@pytest.fixture
@copied
def welcome(bulk):
    bulk("campaigns", [{"externalId": "welcome", "name": "Welcome"}])
    bulk("contacts", [contact("ada", "01-10 09:00")])


@pytest.fixture
def days(report):
    """The days that are not all zeros, without their zeros."""

    def get(days=30):
        rows = report("/timeseries", days=days)["series"]
        assert len(rows) == days
        return {
            row["date"][5:]: {name: n for name, n in row.items() if name != "date" and n}
            for row in rows
            if any(row[name] for name in ZEROS)
        }

    return get


def test_an_empty_workspace(report):
    assert report("/timeseries", days=3) == {
        "period": "3d",
        "series": [{"date": f"2026-03-{day}", **ZEROS} for day in (29, 30, 31)],
        "meta": {**EMPTY_META, "from": "2026-03-29T00:00:00+01:00"},
    }


def test_days_that_can_be_added_up_by_hand(bulk, report, welcome):
    bulk("contacts", [contact("bob", "03-30 10:00"), contact("cy", "03-31 10:00")])
    bulk(
        "messages",
        [
            message("m1", "03-29 09:00", opened="03-30 10:00", clicked="03-31 10:01"),
            message("m2", "03-30 09:00", opened="03-30 10:00"),
            message("m3", "03-30 09:00"),
        ],
    )
    bulk("events", [event("visit", who, "03-30 09:00") for who in ("ada", "bob", "?x")])
    bulk("events", [event("visit", "ada", "03-31 09:00")])

    assert report("/timeseries", days=4) == {
        "period": "4d",
        "series": [
            {"date": "2026-03-28", **ZEROS},
            {"date": "2026-03-29", **ZEROS, "messages": 1},
            {"date": "2026-03-30", "events": 3, "contacts": 1, "messages": 2, "opens": 2, "clicks": 0},
            {"date": "2026-03-31", **ZEROS, "events": 1, "contacts": 1, "clicks": 1},
        ],
        "meta": {**META, "from": "2026-03-28T00:00:00+01:00"},
    }


def test_thirty_days_are_shown_unless_told_otherwise(report):
    answer = report("/timeseries")
    assert answer["period"] == "30d"
    assert [row["date"] for row in answer["series"]][::29] == ["2026-03-02", "2026-03-31"]
    assert answer["meta"] == EMPTY_META


@pytest.mark.parametrize("number", [1, 7, 31, 365])
def test_there_are_exactly_as_many_rows_as_days_oldest_first(report, number):
    dates = [row["date"] for row in report("/timeseries", days=number)["series"]]
    assert len(set(dates)) == number
    assert dates == sorted(dates)
    assert dates[-1] == "2026-03-31"


def test_a_day_is_half_open_between_local_midnights(bulk, days, welcome):
    edges = ["03-29 23:59:59.999999", "03-30 00:00", "03-30 23:59:59.999999", "03-31 00:00"]
    bulk("contacts", [contact(f"u{n}", when) for n, when in enumerate(edges)])
    bulk("messages", [message(f"m{n}", when, clicked=when) for n, when in enumerate(edges)])
    bulk("events", [event("visit", "ada", when) for when in edges])
    assert days(3) == {
        "03-29": {"events": 1, "contacts": 1, "messages": 1, "opens": 1, "clicks": 1},
        "03-30": {"events": 2, "contacts": 2, "messages": 2, "opens": 2, "clicks": 2},
        "03-31": {"events": 1, "contacts": 1, "messages": 1, "opens": 1, "clicks": 1},
    }


def test_the_short_day_of_spring_has_its_23_hours(bulk, days):
    """29 March begins at 23:00 UTC of the 28th and ends at 22:00 UTC."""
    hours = [datetime(2026, 3, 28, 22, tzinfo=UTC).timestamp() + 3600 * n for n in range(26)]
    instants = [datetime.fromtimestamp(hour, UTC).isoformat() for hour in hours]
    bulk(
        "events",
        [{"messageId": f"h{when}", "type": "hour", "occurredAt": when, "anonymousId": "x"} for when in instants],
    )
    assert days(4) == {"03-28": {"events": 1}, "03-29": {"events": 23}, "03-30": {"events": 2}}


def test_the_long_day_of_autumn_has_its_25_hours(bulk, report, time_machine):
    time_machine.move_to(datetime(2025, 10, 27, 12, tzinfo=UTC), tick=False)
    hours = [datetime(2025, 10, 25, 21, tzinfo=UTC).timestamp() + 3600 * n for n in range(28)]
    instants = [datetime.fromtimestamp(hour, UTC).isoformat() for hour in hours]
    bulk(
        "events",
        [{"messageId": f"h{when}", "type": "hour", "occurredAt": when, "anonymousId": "x"} for when in instants],
    )
    rows = report("/timeseries", days=3)["series"]
    assert [(row["date"], row["events"]) for row in rows] == [
        ("2025-10-25", 1),
        ("2025-10-26", 25),
        ("2025-10-27", 2),
    ]


@pytest.mark.parametrize(
    ("zone", "day"), [("Asia/Kathmandu", "2026-03-31"), ("UTC", "2026-03-30"), ("America/New_York", "2026-03-30")]
)
def test_days_are_those_of_the_workspaces_zone(bulk, report, workspace, zone, day):
    workspace.time_zone = zone
    workspace.save()
    event_at = {"messageId": "e", "type": "visit", "occurredAt": "2026-03-30T18:15:00Z", "anonymousId": "x"}
    bulk("events", [event_at])
    answer = report("/timeseries", days=3)
    assert [row["date"] for row in answer["series"] if row["events"]] == [day]
    assert answer["meta"]["timeZone"] == zone
    assert datetime.fromisoformat(answer["meta"]["from"]) == datetime(2026, 3, 29, tzinfo=ZoneInfo(zone))


def test_a_message_counts_as_opened_on_the_day_of_its_first_open_only(bulk, days, welcome):
    bulk("messages", [message("m1", "03-20 09:00")])
    bulk("message-events", [reported("m1", "opened", when) for when in ("03-25 09:00", "03-26 09:00", "03-25 09:01")])
    assert days() == {"03-20": {"messages": 1}, "03-25": {"opens": 1}}


def test_an_earlier_open_that_is_reported_late_moves_it(bulk, days, welcome):
    bulk("messages", [message("m1", "03-20 09:00", opened="03-25 09:00", clicked="03-25 09:00")])
    bulk("message-events", [reported("m1", "opened", "03-23 09:00"), reported("m1", "clicked", "03-24 09:00")])
    assert days() == {"03-20": {"messages": 1}, "03-23": {"opens": 1}, "03-24": {"clicks": 1}}


def test_a_click_implies_an_open_at_that_instant(bulk, days, welcome):
    bulk("messages", [message("m1", "03-20 09:00", clicked="03-25 09:00")])
    assert days() == {"03-20": {"messages": 1}, "03-25": {"opens": 1, "clicks": 1}}


def test_opens_of_messages_from_before_the_window_count_on_their_day(bulk, days, welcome):
    bulk("messages", [message("m1", "01-20 09:00", opened="03-25 09:00")])
    assert days() == {"03-25": {"opens": 1}}


def test_a_message_opened_before_the_window_does_not_count_as_opened_again_in_it(bulk, days, welcome):
    bulk("messages", [message("m1", "01-20 09:00", opened="01-25 09:00")])
    bulk("message-events", [reported("m1", "opened", "03-25 09:00")])
    assert days() == {}


def test_events_count_by_when_they_occurred_not_by_when_they_came(track, days):
    track({"type": "track", "event": "visit", "anonymousId": "x", "timestamp": at("03-20 09:00")})
    assert days() == {"03-20": {"events": 1}}


def test_contacts_count_on_the_day_of_their_signup(bulk, track, days):
    bulk("contacts", [contact("ada", "03-20 09:00")])
    track({"type": "identify", "userId": "bob", "traits": {"createdAt": at("03-21 09:00")}})
    track({"type": "track", "event": "visit", "userId": "cy", "timestamp": at("03-22 09:00")})
    assert days() == {
        "03-20": {"contacts": 1},
        "03-21": {"contacts": 1},
        "03-22": {"contacts": 1, "events": 1},
    }


@pytest.mark.long
def test_the_number_of_queries_does_not_grow(bulk, workspace, now, django_assert_num_queries):
    for start, number in [(0, 5), (5, 45)]:
        some_of_all(bulk, start, number)
        with django_assert_num_queries(1):
            trend = timeseries(Ledger(workspace), ask(workspace, now, 30)).trend
        assert trend.total()["events"] == 3 * (start + number)


def test_a_longer_window_costs_no_more_queries(bulk, workspace, now, django_assert_num_queries):
    some_of_all(bulk, 0, 5)
    with django_assert_num_queries(1):
        timeseries(Ledger(workspace), ask(workspace, now, 365))
