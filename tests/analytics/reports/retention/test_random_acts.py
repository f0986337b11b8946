"""Retention equals a recount in every unit, mode and clock, over acts of years and around changes of the clocks."""

from datetime import UTC, datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.periods import Interval, Window, buckets
from analytics.questions.retention import BY_SIGNUP, CohortClock, CohortStart, RetentionQuestion, ReturnMode
from analytics.questions.steps import EventStep, MessageStep
from analytics.reports.retention import sweep
from analytics.reports.retention.report import retention_report
from tests.analytics.reports.retention import recount
from tests.analytics.reports.retention.acts import Acts
from tests.examples import examples

UNITS = (Interval.DAY, Interval.WEEK, Interval.MONTH)
WAYS = [*product(UNITS, ReturnMode, CohortClock)]
VISIT, BUY = EventStep("visit"), EventStep("buy")
STARTS = [
    BY_SIGNUP,
    CohortStart(VISIT),
    CohortStart(BUY, is_first=True),
    CohortStart(MessageStep("clicked")),
    CohortStart(MessageStep("clicked"), is_first=True),
]
RETURNS = ("events", "conversions", "opens", "clicks", "event:visit")
EDGES = [
    datetime(2026, 3, 28, 23, tzinfo=UTC),  # midnight in Berlin, before the short day
    datetime(2025, 10, 25, 22, tzinfo=UTC),  # and before the long one
    datetime(2025, 10, 26, 22, 30, tzinfo=UTC),  # past its 24th hour
    datetime(2026, 1, 31, 10, tzinfo=UTC),
    datetime(2026, 2, 28, 10, tzinfo=UTC),
    datetime(2025, 12, 31, 22, 59, 59, 999999, tzinfo=UTC),
]
NOW = datetime(2026, 4, 2, 12, tzinfo=UTC)
instants = st.one_of(
    st.sampled_from(EDGES),
    st.builds(lambda edge, days: edge + timedelta(days=days), st.sampled_from(EDGES), st.integers(-40, 3)),
    st.builds(lambda days, hours: NOW - timedelta(days=days, hours=hours), st.integers(0, 180), st.integers(0, 24)),
).filter(lambda at: at <= NOW)


@st.composite
def histories(draw):
    acts = Acts(ZoneInfo(draw(st.sampled_from(["Europe/Berlin", "UTC", "Australia/Lord_Howe"]))))
    for name in ("visit", "buy", "opened", "clicked"):
        acts.done[name] = draw(st.lists(st.tuples(st.integers(1, 4), instants), max_size=8))
    acts.done["signup"] = [(person, draw(instants)) for person in draw(st.sets(st.integers(1, 4)))]
    return acts


def asked(data, window, metric, start, way):
    unit, mode, clock = way
    by = data.draw(st.sampled_from(UNITS))
    horizon = data.draw(st.sampled_from([1, 3, 12, 40]))
    return RetentionQuestion(
        window=window,
        now=NOW,
        interval=by,
        metric=metric,
        start=start,
        unit=unit,
        mode=mode,
        clock=clock,
        horizon=horizon,
    )


def returns_of(acts, metric):
    if metric in ("opens", "clicks"):
        return acts.done[{"opens": "opened", "clicks": "clicked"}[metric]]
    if metric == "events":
        return acts.events()
    return acts.done["buy" if metric == "conversions" else "visit"]


def starts_of(acts, start):
    if start.act is None:
        return acts.done["signup"]
    return acts.done[start.act.event_type if isinstance(start.act, EventStep) else start.act.status]


@pytest.mark.long
@examples(12, times=2)
@given(histories(), st.data())
def test_retention_equals_a_recount_in_every_way(monkeypatch, acts, data):
    today = NOW.astimezone(acts.zone).date()
    last = today - timedelta(days=data.draw(st.sampled_from([0, 1, 20])))
    window = Window.between(last - timedelta(days=data.draw(st.sampled_from([1, 30, 200]))), last, zone=acts.zone)
    metric, start = data.draw(st.sampled_from(RETURNS)), data.draw(st.sampled_from(STARTS))
    monkeypatch.setattr(sweep, "MOST_BEGINNINGS", data.draw(st.sampled_from([20, 40_000_000])))
    for way in WAYS:
        question = asked(data, window, metric, start, way)
        cohorts = buckets(window, question.interval)
        expected = recount.retention(question, cohorts, starts_of(acts, start), returns_of(acts, metric))
        assert recount.shown(retention_report(acts, question)) == expected, (way, start, metric)
