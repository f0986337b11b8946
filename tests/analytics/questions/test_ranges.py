"""Named ranges of days, and which other day each of their days is compared with."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from analytics.periods import Interval, Window, buckets
from analytics.questions.ranges import (
    RANGES,
    DayMatch,
    Match,
    is_calendar,
    months_later,
    neighbour,
    other_days,
    previous,
    whole_months,
    year_before,
)

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
        ("12w", "2026-02-23", "2026-05-12"),
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
    assert len(set(shortcuts)) == len(RANGES) == 13


@given(days, days)
def test_a_range_never_ends_before_it_begins_nor_after_today(today, earliest):
    for one in RANGES.values():
        first, last = one.first_and_last(today, earliest)
        assert first <= last <= today


@pytest.mark.parametrize(
    ("first", "last", "by_weekday", "by_date"),
    [
        ("2026-05-06", "2026-05-12", ("2026-04-29", "2026-05-05"), ("2026-04-29", "2026-05-05")),
        ("2026-04-13", "2026-05-12", ("2026-03-16", "2026-04-12"), ("2026-03-14", "2026-04-12")),
        ("2026-05-12", "2026-05-12", ("2026-05-05", "2026-05-05"), ("2026-05-11", "2026-05-11")),
        ("2026-03-01", "2026-03-31", ("2026-02-01", "2026-02-28"), ("2026-02-01", "2026-02-28")),
        ("2026-04-01", "2026-06-30", ("2025-12-31", "2026-03-31"), ("2026-01-01", "2026-03-31")),
        ("2026-05-01", "2026-05-12", ("2026-04-24", "2026-04-30"), ("2026-04-01", "2026-04-12")),
        ("2026-03-01", "2026-03-30", ("2026-02-01", "2026-02-28"), ("2026-02-01", "2026-02-28")),
    ],
)
def test_the_previous_period(first, last, by_weekday, by_date):
    assert spelled(previous(window(first, last), Match.WEEKDAY).window) == by_weekday
    assert spelled(previous(window(first, last), Match.DATE).window) == by_date


@pytest.mark.parametrize(
    ("key", "today", "shown", "compared"),
    [
        ("lastmonth", "2026-11-30", ("2026-10-01", "2026-10-31"), ("2026-09-01", "2026-09-30")),
        ("mtd", "2026-03-31", ("2026-03-01", "2026-03-31"), ("2026-02-01", "2026-02-28")),
        ("mtd", "2026-11-12", ("2026-11-01", "2026-11-12"), ("2026-10-01", "2026-10-12")),
        ("qtd", "2026-11-12", ("2026-10-01", "2026-11-12"), ("2026-07-01", "2026-08-12")),
        ("ytd", "2026-11-12", ("2026-01-01", "2026-11-12"), ("2025-01-01", "2025-11-12")),
    ],
)
def test_calendar_ranges_are_compared_with_the_same_dates(key, today, shown, compared):
    first, last = RANGES[key].first_and_last(date.fromisoformat(today), EARLIEST)
    days = Window.between(first, last, zone=BERLIN)
    assert is_calendar(key, days)
    assert spelled(days) == shown
    assert spelled(previous(days, Match.DATE, RANGES[key].months).window) == compared


def test_a_day_that_another_month_has_not_is_without_a_partner():
    march = previous(window("2025-03-01", "2025-03-31"), Match.DATE)
    assert [march.partner(date(2025, 3, day)) for day in (1, 28, 29, 31)] == [
        date(2025, 2, 1),
        date(2025, 2, 28),
        None,
        None,
    ]


def test_same_period_last_year_pairs_equal_dates_around_a_leap_day():
    after = year_before(window("2025-02-27", "2025-03-02"), Match.DATE)
    assert spelled(after.window) == ("2024-02-27", "2024-03-02")
    assert after.partner(date(2025, 2, 28)) == date(2024, 2, 28)
    assert after.partner(date(2025, 3, 1)) == date(2024, 3, 1)
    leap = year_before(window("2024-02-28", "2024-03-01"), Match.DATE)
    assert [leap.partner(day) for day in window("2024-02-28", "2024-03-01").day_list] == [
        date(2023, 2, 28),
        None,
        date(2023, 3, 1),
    ]
    assert year_before(window("2024-02-29", "2024-02-29"), Match.DATE) is None


def test_weeks_of_unlike_length_are_not_compared():
    compared = year_before(window("2025-02-01", "2025-03-31"), Match.DATE)
    assert compared.partners(window("2025-02-24", "2025-03-02")) is None  # 29 February lies between
    assert spelled(compared.partners(window("2025-03-03", "2025-03-09"))) == ("2024-03-03", "2024-03-09")
    before = previous(window("2026-04-13", "2026-05-12"), Match.WEEKDAY)
    assert before.partners(window("2026-05-11", "2026-05-12")) is None
    assert spelled(before.partners(window("2026-05-04", "2026-05-10"))) == ("2026-04-06", "2026-04-12")


def test_whole_months_are_compared_whole():
    october = window("2026-10-01", "2026-10-31")
    compared = previous(october, Match.DATE)
    assert spelled(compared.partners(october)) == ("2026-09-01", "2026-09-30")
    assert list(map(spelled, DayMatch(october, compared).windows)) == [spelled(october), ("2026-09-01", "2026-09-30")]


def test_the_year_before():
    week = window("2026-05-06", "2026-05-12")
    assert spelled(year_before(week, Match.WEEKDAY).window) == ("2025-05-07", "2025-05-13")
    assert spelled(year_before(week, Match.DATE).window) == ("2025-05-06", "2025-05-12")


@pytest.mark.parametrize(
    ("other", "match", "first_pair", "number"),
    [
        (("2026-04-01", "2026-04-30"), Match.DATE, ("2026-05-01", "2026-04-01"), 30),
        (("2026-03-11", "2026-03-20"), Match.DATE, ("2026-05-11", "2026-03-11"), 10),
        (("2026-01-01", "2026-01-09"), Match.WEEKDAY, ("2026-05-07", "2026-01-01"), 9),
        (("2026-04-01", "2026-05-31"), Match.WEEKDAY, ("2026-05-01", "2026-04-03"), 31),
        (("2026-05-01", "2026-05-31"), Match.DATE, ("2026-05-01", "2026-05-01"), 31),
    ],
)
def test_any_days_are_paired_by_their_dates_or_weekdays(other, match, first_pair, number):
    pairs = other_days(window("2026-05-01", "2026-05-31"), window(*other), match).pairs(
        window("2026-05-01", "2026-05-31")
    )
    assert (tuple(map(str, pairs[0])), len(pairs)) == (first_pair, number)


def test_single_days_of_other_weekdays_are_compared_all_the_same():
    tuesday, monday = window("2026-05-12", "2026-05-12"), window("2026-05-04", "2026-05-04")
    assert other_days(tuesday, monday, Match.WEEKDAY).partner(date(2026, 5, 12)) == date(2026, 5, 4)


comparisons = st.sampled_from(
    [
        lambda shown, match: previous(shown, match),
        lambda shown, match: previous(shown, match, 3),
        lambda shown, match: year_before(shown, match),
        lambda shown, match: other_days(shown, neighbour(shown, -1), match),
    ]
)


@given(days, st.integers(1, 400), comparisons, st.sampled_from(Match))
def test_each_day_has_at_most_one_partner_of_its_weekday_or_date(first, length, comparison, match):
    shown = Window(zone=BERLIN, first_day=first, days=length)
    compared = comparison(shown, match)
    pairs = compared.pairs(shown) if compared else []
    assert len({other for _, other in pairs}) == len(pairs)
    assert all(compared.window.first_day <= other <= compared.window.last_day for _, other in pairs)
    if compared and compared.months:
        assert all(day.day == other.day for day, other in pairs)
        assert len({(day.year - other.year) * 12 + day.month - other.month for day, other in pairs}) <= 1
    elif match is Match.WEEKDAY and compared.window.days > 6:
        assert all(day.weekday() == other.weekday() for day, other in pairs)


@given(days, st.integers(7, 400))
def test_by_weekday_the_days_compared_touch_the_range_and_are_whole_weeks(first, length):
    shown = Window(zone=BERLIN, first_day=first, days=length)
    compared = previous(shown, Match.WEEKDAY)
    assert compared.window.last_day == first - timedelta(days=1)
    assert len(compared.pairs(shown)) == compared.window.days == length - length % 7


@pytest.mark.long
@given(days, st.integers(1, 400), comparisons, st.sampled_from(Match), st.sampled_from(Interval))
@example(date(2000, 7, 31), 62, lambda shown, match: previous(shown, match, 1), Match.DATE, Interval.MONTH)
def test_days_taken_together_are_compared_with_their_partners_or_not_at_all(first, length, comparison, match, interval):
    shown = Window(zone=BERLIN, first_day=first, days=length)
    compared = comparison(shown, match)
    for bucket in buckets(shown, interval) if compared else ():
        part = Window.between(bucket.first_day, bucket.last_day, zone=BERLIN)
        others = compared.partners(part)
        if others and compared.months and whole_months(part):
            assert whole_months(others) == whole_months(part)
        elif others:
            assert others.day_list == tuple(compared.partner(day) for day in part.day_list)


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
