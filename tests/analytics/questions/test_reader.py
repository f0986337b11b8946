"""What a page's address asks for, and what is shown instead of what it says wrongly."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from analytics.periods import Interval
from analytics.questions.ranges import Comparison, Match
from analytics.questions.reader import OF_PAGES, read_question
from analytics.questions.slices import EVERYTHING, Slice

TODAY = date(2026, 5, 12)
NOW = datetime(2026, 5, 12, 10, tzinfo=UTC)


def asked(earliest=date(2024, 1, 1), **query):
    query = {name.removesuffix("_"): value for name, value in query.items()}
    return read_question(query, now=NOW, zone=ZoneInfo("Europe/Berlin"), earliest=lambda: earliest, defaults=OF_PAGES)


def spelled(window):
    return str(window.first_day), str(window.last_day)


def test_nothing_said_is_30_days_compared_with_the_days_before():
    found, notices = asked()
    assert notices == ()
    assert (found.range, spelled(found.window)) == ("30d", ("2026-04-13", "2026-05-12"))
    assert (found.comparison, found.match) == (Comparison.PREVIOUS, Match.WEEKDAY)
    assert spelled(found.compared_window) == ("2026-03-16", "2026-04-12")
    assert len(found.day_match.pairs) == 28
    assert (found.interval, found.part) == (Interval.DAY, EVERYTHING)


@pytest.mark.parametrize(("given", "days"), [("1d", 1), ("45d", 45), ("365d", 365), ("all", 863), ("lastmonth", 30)])
def test_a_range_by_name_or_number_of_days(given, days):
    found, notices = asked(range=given)
    assert notices == ()
    assert found.window.days == days


def test_days_of_ones_own():
    found, notices = asked(from_="2025-12-24", to="2026-01-06")
    assert notices == ()
    assert (found.range, spelled(found.window)) == ("custom", ("2025-12-24", "2026-01-06"))
    assert found.range_label == "Custom"


def test_a_named_range_wins_over_days():
    assert asked(range="7d", from_="2025-12-24", to="2026-01-06")[0].range == "7d"


def test_the_first_day_is_that_of_facts():
    assert spelled(asked(from_="1970-01-01", to="1970-01-02")[0].window) == ("1970-01-01", "1970-01-02")


def test_days_to_come_are_cut_off():
    assert spelled(asked(from_="2026-05-01", to="2027-01-01")[0].window) == ("2026-05-01", "2026-05-12")


@pytest.mark.parametrize(
    "query",
    [
        {"range": "0d"},
        {"range": "366d"},
        {"range": "nonsense"},
        {"range": "custom"},
        {"from_": "2026-05-02"},
        {"to": "2026-05-02"},
        {"from_": "2026-05-03", "to": "2026-05-02"},
        {"from_": "2026-05-13", "to": "2026-05-14"},
        {"from_": "2026-02-30", "to": "2026-05-02"},
        {"from_": "20260201", "to": "2026-05-02"},
        {"from_": "0001-01-01", "to": "2026-05-02"},
        {"from_": "1990-01-01", "to": "2026-05-02"},
        {"from_": "1969-12-31", "to": "1970-01-02"},
        {"from_": "\0", "to": "٢٠٢٦-٠١-٠١"},
    ],
)
def test_wrong_days_fall_back_and_are_told(query):
    found, notices = asked(**query)
    assert (found.range, found.window.days) == ("30d", 30)
    assert notices


@pytest.mark.parametrize("name", ["compare", "match", "interval", "channel"])
def test_a_wrong_choice_falls_back_and_is_told(name):
    found, notices = asked(**{name: "nonsense"})
    assert found == asked()[0]
    assert [notice.split("'")[0] for notice in notices] == [f"{name} cannot be "]


def test_compared_with_other_days():
    found, notices = asked(compare="custom", compareFrom="2025-04-13", compareTo="2025-05-12")
    assert notices == ()
    assert spelled(found.compared_window) == ("2025-04-13", "2025-05-12")


@pytest.mark.parametrize(
    ("query", "match"),
    [
        ({"range": "lastmonth"}, Match.DATE),
        ({"range": "ytd"}, Match.DATE),
        ({"from_": "2026-03-01", "to": "2026-04-30"}, Match.DATE),
        ({"from_": "2026-03-01", "to": "2026-04-29"}, Match.WEEKDAY),
        ({"range": "30d"}, Match.WEEKDAY),
        ({"range": "all"}, Match.WEEKDAY),
        ({"range": "lastmonth", "match": "weekday"}, Match.WEEKDAY),
        ({"range": "30d", "match": "date"}, Match.DATE),
    ],
)
def test_calendar_ranges_match_dates_and_others_weekdays_unless_asked_otherwise(query, match):
    assert asked(**query)[0].match is match


def test_nothing_is_compared_with_a_day_that_does_not_exist():
    found, notices = read_question(
        {"from": "2024-02-29", "to": "2024-02-29", "compare": "year", "match": "date"},
        now=NOW,
        zone=ZoneInfo("Europe/Berlin"),
        earliest=lambda: TODAY,
        defaults=OF_PAGES,
    )
    assert (found.comparison, found.compared_window, found.day_match) == (Comparison.OFF, None, None)
    assert notices == ("The days compared with do not exist. Nothing is compared.",)


def test_compared_with_days_that_are_none():
    found, notices = asked(compare="custom", compareFrom="x")
    assert (found.comparison, found.compared_window) == (Comparison.OFF, None)
    assert len(notices) == 2


@pytest.mark.parametrize("compare", ["off", "previous", "year"])
def test_comparisons_by_name(compare):
    found, _ = asked(compare=compare)
    assert found.comparison == compare
    assert (found.compared_window is None) == (compare == "off")


@pytest.mark.parametrize(
    ("range_", "interval"),
    [("30d", Interval.DAY), ("91d", Interval.DAY), ("12mo", Interval.WEEK), ("all", Interval.MONTH)],
)
def test_the_interval_is_by_default_what_keeps_a_chart_legible(range_, interval):
    assert asked(range=range_)[0].interval is interval


def test_too_many_days_for_one_point_each_become_weeks():
    found, notices = asked(range="all", interval="day")
    assert found.interval is Interval.WEEK
    assert "More than 400 days" in notices[0]


def test_a_channel_and_a_campaign():
    found, notices = asked(channel="email", campaign="cmp_12")
    assert notices == ()
    assert found.part == Slice(12, "EMAIL")


def test_a_range_that_runs_is_complete_but_for_today():
    found, _ = asked(range="7d")
    assert found.is_running
    assert found.day_match.complete.days == 6
    assert [spelled(one) for one in found.day_match.windows] == [
        ("2026-05-06", "2026-05-11"),
        ("2026-04-29", "2026-05-04"),
    ]
    assert found.later is None
    over, _ = asked(range="yesterday")
    assert not over.is_running
    assert over.day_match.complete == over.window
    assert spelled(over.later) == ("2026-05-12", "2026-05-12")


def test_what_is_later_is_cut_off_today():
    found, _ = asked(from_="2026-04-20", to="2026-05-06")
    assert spelled(found.later) == ("2026-05-07", "2026-05-12")
    assert spelled(found.earlier) == ("2026-04-03", "2026-04-19")
