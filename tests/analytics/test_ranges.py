"""Named ranges of days, and which other days a range is compared with."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.periods import Window
from analytics.ranges import RANGES, Match, months_later, neighbour, previous, year_before

BERLIN = ZoneInfo("Europe/Berlin")
TODAY = date(2026, 5, 12)
EARLIEST = date(2024, 2, 3)
days = st.dates(date(2000, 1, 1), date(2030, 1, 1))


def window(first, last):
    return Window.between(date.fromisoformat(first), date.fromisoformat(last), zone=BERLIN)


def spelled(one):
    return str(one.first_day), str(one.last_day)


@pytest.mark.parametrize(
    ("key", "first", "last"),
    [
        ("today", "2026-05-12", "2026-05-12"),
        ("yesterday", "2026-05-11", "2026-05-11"),
        ("7d", "2026-05-06", "2026-05-12"),
        ("28d", "2026-04-15", "2026-05-12"),
        ("30d", "2026-04-13", "2026-05-12"),
        ("91d", "2026-02-11", "2026-05-12"),
        ("mtd", "2026-05-01", "2026-05-12"),
        ("lastmonth", "2026-04-01", "2026-04-30"),
        ("qtd", "2026-04-01", "2026-05-12"),
        ("ytd", "2026-01-01", "2026-05-12"),
        ("12mo", "2025-05-13", "2026-05-12"),
        ("all", "2024-02-03", "2026-05-12"),
    ],
)
def test_what_a_named_range_means(key, first, last):
    found = RANGES[key].first_and_last(TODAY, EARLIEST)
    assert tuple(map(str, found)) == (first, last)


def test_every_range_has_a_key_of_its_own():
    shortcuts = [one.shortcut for one in RANGES.values()]
    assert len(set(shortcuts)) == len(RANGES) == 12


@given(days, days)
def test_a_range_never_ends_before_it_begins_nor_after_today(today, earliest):
    for one in RANGES.values():
        first, last = one.first_and_last(today, earliest)
        assert first <= last <= today


@pytest.mark.parametrize(
    ("first", "last", "by_weekday", "by_date"),
    [
        ("2026-05-06", "2026-05-12", ("2026-04-29", "2026-05-05"), ("2026-04-29", "2026-05-05")),
        ("2026-04-13", "2026-05-12", ("2026-03-09", "2026-04-07"), ("2026-03-14", "2026-04-12")),
        ("2026-05-12", "2026-05-12", ("2026-05-05", "2026-05-05"), ("2026-05-11", "2026-05-11")),
        ("2026-03-01", "2026-03-31", ("2026-01-25", "2026-02-24"), ("2026-02-01", "2026-02-28")),
        ("2026-04-01", "2026-06-30", ("2025-12-31", "2026-03-31"), ("2026-01-01", "2026-03-31")),
        ("2026-05-01", "2026-05-12", ("2026-04-17", "2026-04-28"), ("2026-04-01", "2026-04-12")),
        ("2026-03-01", "2026-03-30", ("2026-01-25", "2026-02-23"), ("2026-02-01", "2026-02-28")),
    ],
)
def test_the_previous_period(first, last, by_weekday, by_date):
    assert spelled(previous(window(first, last), Match.WEEKDAY)) == by_weekday
    assert spelled(previous(window(first, last), Match.DATE)) == by_date


def test_the_year_before():
    assert spelled(year_before(window("2026-05-06", "2026-05-12"), Match.WEEKDAY)) == ("2025-05-07", "2025-05-13")
    assert spelled(year_before(window("2026-05-06", "2026-05-12"), Match.DATE)) == ("2025-05-06", "2025-05-12")
    assert spelled(year_before(window("2024-02-29", "2024-02-29"), Match.DATE)) == ("2023-02-28", "2023-02-28")


@given(days, st.integers(1, 400))
def test_by_weekday_the_days_compared_have_the_same_weekdays_and_do_not_overlap(first, length):
    shown = Window(zone=BERLIN, first_day=first, days=length)
    for compared in (previous(shown, Match.WEEKDAY), year_before(shown, Match.WEEKDAY)):
        assert compared.days == length
        assert compared.first_day.weekday() == first.weekday()
    assert previous(shown, Match.WEEKDAY).last_day < first


@given(days, st.integers(1, 400))
def test_the_neighbours_lie_next_to_it(first, length):
    shown = Window(zone=BERLIN, first_day=first, days=length)
    before, after = neighbour(shown, -1), neighbour(shown, 1)
    assert (shown.first_day - before.last_day).days == 1
    assert (after.first_day - shown.last_day).days == 1


def test_whole_months_have_months_as_neighbours():
    assert spelled(neighbour(window("2026-03-01", "2026-03-31"), -1)) == ("2026-02-01", "2026-02-28")
    assert spelled(neighbour(window("2026-02-01", "2026-02-28"), 1)) == ("2026-03-01", "2026-03-31")


def test_a_month_later_is_its_last_day_where_it_has_fewer():
    assert months_later(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert months_later(date(2026, 1, 31), -2) == date(2025, 11, 30)
