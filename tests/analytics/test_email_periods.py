"""The days that scheduled emails are of."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.email_periods import EmailPeriod, Frequency, newest_period, next_due_at

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("frequency", "now", "first", "last"),
    [
        ("daily", "2026-03-31T05:00Z", "2026-03-30", "2026-03-30"),  # seven o'clock in Berlin
        ("daily", "2026-03-31T04:59Z", "2026-03-29", "2026-03-29"),
        ("daily", "2026-03-29T05:00Z", "2026-03-28", "2026-03-28"),  # the night had no hour from two to three
        ("weekly", "2026-03-30T05:00Z", "2026-03-23", "2026-03-29"),
        ("weekly", "2026-03-30T04:59Z", "2026-03-16", "2026-03-22"),
        ("weekly", "2026-04-05T22:30Z", "2026-03-23", "2026-03-29"),  # Monday already, but not seven
        ("monthly", "2026-03-01T06:00Z", "2026-02-01", "2026-02-28"),
        ("monthly", "2026-03-01T05:59Z", "2026-01-01", "2026-01-31"),
        ("monthly", "2026-01-31T12:00Z", "2025-12-01", "2025-12-31"),
    ],
)
def test_a_period_is_due_once_it_is_over_and_its_hour_has_come(frequency, now, first, last):
    period = newest_period(Frequency(frequency), 7, datetime.fromisoformat(now), BERLIN)
    assert period == EmailPeriod(date.fromisoformat(first), date.fromisoformat(last))


@given(
    frequency=st.sampled_from(Frequency),
    hour=st.integers(0, 23),
    minutes=st.integers(0, 60 * 24 * 800),
    zone=st.sampled_from([BERLIN, ZoneInfo("Pacific/Auckland"), ZoneInfo("America/St_Johns"), UTC]),
)
def test_periods_follow_each_other_without_gap_and_are_over(frequency, hour, minutes, zone):
    now = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    period, following = newest_period(frequency, hour, now, zone), next_due_at(frequency, hour, now, zone)
    assert period.due_at(hour, zone) <= now < following
    assert period.last < now.astimezone(zone).date()
    after = newest_period(frequency, hour, following, zone)
    assert (after.first, after.due_at(hour, zone)) == (period.last + timedelta(days=1), following)
    just_before = newest_period(frequency, hour, following.astimezone(UTC) - timedelta(seconds=1), zone)
    assert just_before == period
