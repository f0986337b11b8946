"""Windows of local days where the clocks do what clocks do."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from analytics.periods import (
    OF_WHOLE_DAYS,
    Interval,
    Window,
    buckets,
    hours_of_day,
    local_day,
    microseconds,
    start_of_day,
)
from tests.analytics.ledger.facts import day_numbers

BERLIN = ZoneInfo("Europe/Berlin")
SAO_PAULO = ZoneInfo("America/Sao_Paulo")
KATHMANDU = ZoneInfo("Asia/Kathmandu")
APIA = ZoneInfo("Pacific/Apia")
ST_JOHNS = ZoneInfo("America/St_Johns")
HOUR = timedelta(hours=1)
TICK = timedelta(microseconds=1)
ZONES = [
    "UTC",
    "Europe/Berlin",
    "Europe/London",
    "America/New_York",
    "America/Sao_Paulo",
    "America/Havana",
    "America/Asuncion",
    "America/St_Johns",
    "America/Nuuk",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Asia/Tehran",
    "Asia/Pyongyang",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
    "Antarctica/Troll",
]


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def length(day: date, zone: ZoneInfo) -> timedelta:
    return start_of_day(day + timedelta(days=1), zone) - start_of_day(day, zone)


# Days


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", date(2026, 3, 28), 24),
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2025, 10, 26), 25),
        ("America/New_York", date(2026, 3, 8), 23),
        ("America/New_York", date(2025, 11, 2), 25),
        ("America/Sao_Paulo", date(2018, 11, 4), 23),
        ("America/Sao_Paulo", date(2018, 2, 17), 25),
        ("America/Sao_Paulo", date(2018, 2, 18), 24),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
        ("Australia/Lord_Howe", date(2025, 10, 5), 23.5),
        ("Asia/Kathmandu", date(2026, 3, 29), 24),
        ("Africa/Cairo", date(2026, 4, 24), 23),
        ("Africa/Cairo", date(2025, 10, 30), 25),
        ("Pacific/Apia", date(2011, 12, 29), 24),
        ("Pacific/Apia", date(2011, 12, 30), 0),
        ("Pacific/Apia", date(2011, 12, 31), 24),
        ("UTC", date(2016, 12, 31), 24),
    ],
)
def test_a_day_is_as_long_as_its_clock_says(zone, day, hours):
    assert length(day, ZoneInfo(zone)) == timedelta(hours=hours)


def test_a_day_begins_at_local_midnight():
    assert start_of_day(date(2026, 3, 29), BERLIN) == utc(2026, 3, 28, 23)
    assert start_of_day(date(2026, 3, 30), BERLIN) == utc(2026, 3, 29, 22)
    assert start_of_day(date(2026, 3, 29), KATHMANDU) == utc(2026, 3, 28, 18, 15)
    assert start_of_day(date(2026, 3, 29), BERLIN).tzinfo is UTC


def test_where_the_clock_jumps_over_midnight_the_day_begins_with_the_jump():
    begins = start_of_day(date(2018, 11, 4), SAO_PAULO)
    assert begins == utc(2018, 11, 4, 3)
    assert begins.astimezone(SAO_PAULO).isoformat() == "2018-11-04T01:00:00-02:00"
    assert (begins - TICK).astimezone(SAO_PAULO).date() == date(2018, 11, 3)


def test_where_midnight_comes_twice_the_day_begins_with_the_first():
    havana = ZoneInfo("America/Havana")
    begins = start_of_day(date(2025, 11, 2), havana)
    assert begins == utc(2025, 11, 2, 4)
    assert length(date(2025, 11, 2), havana) == 25 * HOUR
    assert local_day(begins - TICK, havana) == date(2025, 11, 1)
    assert local_day(begins + HOUR, havana) == date(2025, 11, 2)


def test_nothing_lies_on_a_skipped_day():
    begins = start_of_day(date(2011, 12, 31), APIA)
    assert begins == start_of_day(date(2011, 12, 30), APIA) == utc(2011, 12, 30, 10)
    assert local_day(begins - TICK, APIA) == date(2011, 12, 29)
    assert local_day(begins, APIA) == date(2011, 12, 31)


def test_a_day_that_has_begun_does_not_end_again():
    """St. John's set its clock back from 00:01 to 23:01."""
    begins = start_of_day(date(2010, 11, 7), ST_JOHNS)
    assert begins == utc(2010, 11, 7, 2, 30)
    assert (begins + timedelta(minutes=30)).astimezone(ST_JOHNS).date() == date(2010, 11, 6)
    assert local_day(begins + timedelta(minutes=30), ST_JOHNS) == date(2010, 11, 7)
    assert local_day(begins - TICK, ST_JOHNS) == date(2010, 11, 6)


def test_microseconds_are_exact():
    assert microseconds(utc(1970, 1, 1)) == 0
    assert microseconds(utc(1970, 1, 1) + TICK) == 1
    assert microseconds(utc(1969, 12, 31, 23, 59, 59)) == -1_000_000
    assert microseconds(utc(2099, 12, 31, 23, 59, 59) + 999_999 * TICK) == 4_102_444_799_999_999
    assert microseconds(datetime(2026, 3, 29, 3, tzinfo=BERLIN)) == microseconds(utc(2026, 3, 29, 1))


# Windows


def test_a_window_ends_with_the_day_that_holds_now():
    window = Window.last_days(3, zone=BERLIN, now=utc(2026, 3, 30, 22))
    assert window.day_list == (date(2026, 3, 29), date(2026, 3, 30), date(2026, 3, 31))
    assert (window.first_day, window.last_day) == (date(2026, 3, 29), date(2026, 3, 31))
    assert (window.starts_at, window.ends_at) == (utc(2026, 3, 28, 23), utc(2026, 3, 31, 22))


def test_the_same_instant_is_another_day_elsewhere():
    now = utc(2026, 3, 30, 22)
    last = {name: Window.last_days(1, zone=ZoneInfo(name), now=now).last_day.day for name in ("UTC", "Asia/Kathmandu")}
    assert last == {"UTC": 30, "Asia/Kathmandu": 31}


@pytest.mark.parametrize(
    ("now", "last_day"),
    [(utc(2026, 3, 28, 23) - TICK, 28), (utc(2026, 3, 28, 23), 29), (utc(2026, 3, 29, 22) - TICK, 29)],
)
def test_a_window_moves_on_at_local_midnight_to_the_microsecond(now, last_day):
    assert Window.last_days(7, zone=BERLIN, now=now).last_day == date(2026, 3, last_day)


def test_windows_that_follow_each_other_touch_and_do_not_overlap():
    earlier = Window(zone=BERLIN, first_day=date(2026, 3, 22), days=7)
    later = Window(zone=BERLIN, first_day=date(2026, 3, 29), days=7)
    assert earlier.ends_at == later.starts_at


def test_one_day_is_the_shortest_window():
    window = Window.last_days(1, zone=BERLIN, now=utc(2026, 3, 29, 12))
    assert window.first_day == window.last_day == date(2026, 3, 29)
    assert window.ends_at - window.starts_at == 23 * HOUR


def test_a_year_has_a_day_for_every_day():
    window = Window.last_days(365, zone=BERLIN, now=utc(2026, 3, 31, 12))
    assert len(window.day_list) == len(window.day_starts) == 365
    assert window.day_list[0] == date(2025, 4, 1)
    assert window.ends_at - window.starts_at == timedelta(days=365)


def test_day_numbers_on_the_edges_of_a_short_day():
    window = Window(zone=BERLIN, first_day=date(2026, 3, 28), days=3)
    edges = [utc(2026, 3, 27, 23), utc(2026, 3, 28, 23), utc(2026, 3, 29, 22), window.ends_at - TICK]
    before = [edges[1] - TICK, edges[2] - TICK]
    assert day_numbers(window, np.array([microseconds(at) for at in edges])).tolist() == [0, 1, 2, 2]
    assert day_numbers(window, np.array([microseconds(at) for at in before])).tolist() == [0, 1]


def test_no_instant_has_the_number_of_a_skipped_day():
    window = Window(zone=APIA, first_day=date(2011, 12, 29), days=3)
    around = [utc(2011, 12, 30, 10) - TICK, utc(2011, 12, 30, 10), utc(2011, 12, 31, 9)]
    assert day_numbers(window, np.array([microseconds(at) for at in around])).tolist() == [0, 2, 2]


def test_no_instants_have_no_numbers():
    window = Window(zone=BERLIN, first_day=date(2026, 3, 28), days=3)
    assert day_numbers(window, np.array([], dtype=np.int64)).tolist() == []


def test_day_starts_are_microseconds_in_utc():
    window = Window(zone=KATHMANDU, first_day=date(1970, 1, 2), days=1)
    assert window.day_starts.tolist() == [int((24 - 5.5) * 3600 * 1_000_000)]
    assert window.day_starts.dtype == np.int64


def local_date_so_far(at: datetime, zone: ZoneInfo) -> date:
    """The latest date that the clocks have shown until then: they may have been set back over midnight."""
    shown = [(at - timedelta(minutes=minutes)).astimezone(zone).date() for minutes in range(0, 181, 15)]
    return max(shown)


instants = st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2037, 1, 1), timezones=st.just(UTC))
zones = st.sampled_from(ZONES).map(ZoneInfo)


@pytest.mark.long
@settings(max_examples=300, deadline=None)
@given(zone=zones, at=instants)
@example(zone=SAO_PAULO, at=utc(2018, 11, 4, 3))
@example(zone=APIA, at=utc(2011, 12, 30, 10))
@example(zone=ST_JOHNS, at=utc(2010, 11, 7, 3))
@example(zone=BERLIN, at=utc(2026, 3, 28, 23))
def test_a_local_day_is_what_the_clock_shows(zone, at):
    assert local_day(at, zone) == local_date_so_far(at, zone)


@settings(max_examples=200, deadline=None)
@given(zone=zones, day=st.dates(date(2000, 1, 1), date(2037, 1, 1)))
def test_days_begin_in_order_and_only_with_the_first_of_their_instants(zone, day):
    begins = start_of_day(day, zone)
    assert begins <= start_of_day(day + timedelta(days=1), zone)
    assert begins.astimezone(zone).date() >= day
    assert (begins - TICK).astimezone(zone).date() < day


@pytest.mark.long
@settings(max_examples=200, deadline=None)
@given(
    zone=zones,
    now=instants,
    days=st.integers(1, 400),
    places=st.lists(st.floats(0, 1, exclude_max=True), max_size=20),
)
@example(zone=BERLIN, now=utc(2026, 3, 31, 12), days=3, places=[0.0, 0.32, 0.33, 0.34, 0.99])
@example(zone=APIA, now=utc(2012, 1, 1), days=4, places=[n / 20 for n in range(20)])
@example(zone=SAO_PAULO, now=utc(2018, 11, 5), days=3, places=[n / 20 for n in range(20)])
def test_day_numbers_equal_a_recount_by_the_clock(zone, now, days, places):
    window = Window.last_days(days, zone=zone, now=now)
    assert window.starts_at <= now < window.ends_at
    whole = (window.ends_at - window.starts_at) // TICK
    inside = [window.starts_at + int(place * whole) * TICK for place in places] + [now, window.ends_at - TICK]
    recounted = [(local_date_so_far(at, zone) - window.first_day).days for at in inside]
    assert day_numbers(window, np.array([microseconds(at) for at in inside])).tolist() == recounted


def test_a_window_between_two_days_has_both():
    window = Window.between(date(2026, 3, 28), date(2026, 3, 30), zone=BERLIN)
    assert (window.days, window.last_day) == (3, date(2026, 3, 30))
    assert window.ends_at - window.starts_at == timedelta(hours=71)


def test_a_number_of_days_ends_today_and_a_window_is_what_it_is():
    now = utc(2026, 3, 31, 12)
    other = Window.between(date(2025, 1, 1), date(2025, 1, 31), zone=BERLIN)
    assert Window.of(7, zone=BERLIN, now=now) == Window.last_days(7, zone=BERLIN, now=now)
    assert Window.of(other, zone=BERLIN, now=now) is other


@pytest.mark.parametrize(
    ("interval", "first_days"),
    [
        (Interval.DAY, [f"2026-02-{day}" for day in (26, 27, 28)] + [f"2026-03-0{day}" for day in range(1, 4)]),
        (Interval.WEEK, ["2026-02-26", "2026-03-02"]),
        (Interval.MONTH, ["2026-02-26", "2026-03-01"]),
    ],
)
def test_buckets_begin_with_the_window_a_monday_or_a_month(interval, first_days):
    found = buckets(Window.between(date(2026, 2, 26), date(2026, 3, 3), zone=BERLIN), interval)
    assert [str(bucket.first_day) for bucket in found] == first_days
    assert found[-1].last_day == date(2026, 3, 3)


@given(st.dates(date(2000, 1, 1), date(2030, 1, 1)), st.integers(1, 900), st.sampled_from(OF_WHOLE_DAYS))
def test_buckets_have_every_day_of_the_window_once(first_day, days, interval):
    window = Window(zone=BERLIN, first_day=first_day, days=days)
    found = buckets(window, interval)
    covered = [
        bucket.first_day + timedelta(days=n)
        for bucket in found
        for n in range((bucket.last_day - bucket.first_day).days + 1)
    ]
    assert tuple(covered) == window.day_list
    assert all(bucket.contains(bucket.first_day) and bucket.contains(bucket.last_day) for bucket in found)


ODD_ZONES = [
    "Europe/Berlin",
    "America/St_Johns",
    "Africa/Cairo",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Asia/Tehran",
    "America/Sao_Paulo",
    "Pacific/Apia",
    "UTC",
]


@given(st.dates(date(2000, 1, 1), date(2030, 1, 1)), st.sampled_from(ODD_ZONES), st.integers(0, 86_399_999_999))
@example(date(2026, 3, 29), "Europe/Berlin", 0)
@example(date(2026, 10, 25), "Europe/Berlin", 9_000_000_000)
@example(date(2026, 4, 5), "Australia/Lord_Howe", 7_200_000_000)
@example(date(2010, 11, 7), "America/St_Johns", 61_000_000)
def test_hours_of_a_day_follow_each_other_and_are_what_the_clock_shows(day, zone_name, since):
    zone = ZoneInfo(zone_name)
    window = Window(zone, day, 1)
    assert window.hours[0].starts_at == window.starts_at
    assert [hour.ends_at for hour in window.hours] == [*(hour.starts_at for hour in window.hours[1:]), window.ends_at]
    assert len({hour.name for hour in window.hours}) == len(window.hours)
    at = window.starts_at + timedelta(microseconds=since)
    for hour in window.hours:
        if hour.starts_at <= at < hour.ends_at:
            shown, start = at.astimezone(zone), hour.local_start
            assert (shown.date(), shown.hour, shown.utcoffset()) == (start.date(), start.hour, start.utcoffset())


@pytest.mark.parametrize(
    ("day", "zone", "names"),
    [
        (date(2026, 3, 29), "Europe/Berlin", ["01:00", "03:00"]),
        (date(2026, 10, 25), "Europe/Berlin", ["01:00", "02:00+02:00", "02:00+01:00"]),
        (date(2026, 4, 5), "Australia/Lord_Howe", ["01:00", "01:30+10:30", "02:00"]),
        (date(2026, 10, 4), "Australia/Lord_Howe", ["01:00", "02:30", "03:00"]),
    ],
)
def test_a_change_of_the_clock_leaves_an_hour_out_or_has_it_twice(day, zone, names):
    assert [hour.name for hour in hours_of_day(day, ZoneInfo(zone))][1 : len(names) + 1] == names


def test_an_hour_on_another_day_is_that_of_the_same_name():
    short, long = date(2026, 3, 29), date(2026, 10, 25)
    _, _, third, *_ = hours_of_day(date(2026, 3, 28), BERLIN)
    assert third.on(short) is None
    assert third.on(long).name == "02:00+02:00"
    assert hours_of_day(long, BERLIN)[3].on(short) is None
