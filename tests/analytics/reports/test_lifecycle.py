"""Lifecycle and stickiness: identities, edges, and a plain recount over random acts."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.periods import Interval, Window, buckets, local_day
from analytics.questions.questions import CohortsQuestion
from analytics.reports.activity.lifecycle import LifecycleState, lifecycle, people_in_state
from analytics.reports.activity.periods import fitting_activity, whole_periods
from analytics.reports.activity.stickiness import people_active, stickiness, trailing_windows
from tests.analytics.reports.retention.acts import Acts
from tests.examples import examples

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 4, 2, 12, tzinfo=UTC)
UNITS = (Interval.DAY, Interval.WEEK, Interval.MONTH)
instants = st.one_of(
    st.sampled_from([datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 3, 29, 21, 59, 59, 999999, tzinfo=UTC)]),
    st.integers(0, 120 * 24).map(lambda hours: NOW - timedelta(hours=hours)),
)
histories = st.lists(st.tuples(st.integers(1, 5), instants), max_size=25)


def asked(acts, first, last, interval, metric="events"):
    source = Acts(BERLIN)
    source.done["visit"] = acts
    window = Window.between(first, last, zone=BERLIN)
    return source, CohortsQuestion(window=window, now=NOW, interval=interval, metric=metric)


def active_in(acts, bucket):
    return {person for person, at in acts if bucket.contains(local_day(at, BERLIN))}


def recount_of(acts, question):
    """By period those in each state."""
    (before, *periods), rows = whole_periods(question.window, question.interval, before=1), []
    for bucket in periods:
        active, earlier = active_in(acts, bucket), active_in(acts, before)
        ever = {person for person, at in acts if local_day(at, BERLIN) < bucket.first_day}
        rows.append((active - ever, active & earlier, (active & ever) - earlier, earlier - active))
        before = bucket
    return rows


@examples(25, times=2)
@given(histories, st.sampled_from(UNITS), st.integers(0, 60), st.integers(0, 30))
def test_lifecycle_equals_a_recount_and_its_identities_hold(acts, interval, days, ago):
    last = local_day(NOW, BERLIN) - timedelta(days=ago)
    source, question = asked(acts, last - timedelta(days=days), last, interval)
    report = lifecycle(source, question)
    expected = recount_of(acts, question)
    states = [[period.count(state) for state in LifecycleState] for period in report.periods]
    assert states == [[*map(len, row)] for row in expected]
    for before, period in zip(report.periods, report.periods[1:], strict=False):
        assert period.active == period.new + period.returning + period.resurrecting
        assert period.dormant == before.active - period.returning
    of_last = question.on(report.periods[-1].bucket.window(BERLIN))
    for state, people in zip(LifecycleState, expected[-1], strict=True):
        assert {*people_in_state(source, of_last, state).tolist()} == people


@examples(25, times=2)
@given(histories, st.sampled_from(UNITS), st.integers(0, 40), st.integers(0, 30))
def test_stickiness_equals_a_recount(acts, interval, days, ago):
    last = local_day(NOW, BERLIN) - timedelta(days=ago)
    source, question = asked(acts, last - timedelta(days=days), last, interval)
    report = stickiness(source, question)
    times = Counter(person for bucket in buckets(question.window, interval) for person in active_in(acts, bucket))
    assert report.active == len(times)
    assert [*report.people] == [list(times.values()).count(number) for number in range(1, len(report.people) + 1)]
    for number in {*times.values()}:
        assert {*people_active(source, question, number).tolist()} == {who for who, n in times.items() if n == number}
    assert {*people_active(source, question, None).tolist()} == {*times}
    assert [row.day for row in report.series] == [*question.window.day_list]
    for row in report.series:
        for name, window in trailing_windows(row, BERLIN).items():
            there = {person for person, at in acts if window.starts_at <= at < window.ends_at}
            assert getattr(row, name) == len(there)


def test_whoever_was_there_before_the_range_is_not_new():
    acts = [(1, datetime(2025, 1, 1, tzinfo=UTC)), (1, NOW), (2, NOW)]
    source, question = asked(acts, date(2026, 4, 1), date(2026, 4, 2), Interval.WEEK)
    (period,) = lifecycle(source, question).periods
    assert (period.new, period.resurrecting, period.is_complete) == (1, 1, False)


def test_periods_are_whole_ones():
    assert [
        (bucket.first_day, bucket.last_day)
        for bucket in whole_periods(
            Window.between(date(2026, 1, 31), date(2026, 2, 1), zone=BERLIN), Interval.MONTH, before=1
        )
    ] == [
        (date(2025, 12, 1), date(2025, 12, 31)),
        (date(2026, 1, 1), date(2026, 1, 31)),
        (date(2026, 2, 1), date(2026, 2, 28)),
    ]


@pytest.mark.parametrize(("days", "interval"), [(400, Interval.DAY), (401, Interval.WEEK), (3653, Interval.MONTH)])
def test_long_histories_go_by_longer_periods(days, interval):
    window = Window.last_days(days, zone=BERLIN, now=NOW)
    assert fitting_activity(CohortsQuestion(window=window, now=NOW)).interval is interval
