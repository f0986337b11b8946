"""How often do people come? By on how many days each was active, and how many were on a day, in a week, in a month."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Source
from analytics.metrics import rate
from analytics.periods import Interval, Window, buckets
from analytics.questions.fields import Field
from analytics.questions.groups import Group
from analytics.questions.questions import CohortsQuestion
from analytics.reports.activity.periods import PeriodActivity, count_of_bits, trailing
from analytics.reports.meta import Meta, meta

WEEK_DAYS, MONTH_DAYS = 7, 30
"""Of trailing weeks and months."""


@dataclass(frozen=True)
class ActiveOnDay:
    """How many people were active on a day, in the seven days that end with it, and in the thirty."""

    day: date
    dau: int
    wau: int
    mau: int

    @property
    def stickiness(self) -> float:
        """The share of a month's people who come on a day."""
        return rate(self.dau, self.mau)


def trailing_windows(on_day: ActiveOnDay, zone: ZoneInfo) -> dict[str, Window]:
    """The days that each of its numbers is of, by their names."""
    lengths = {"dau": 1, "wau": WEEK_DAYS, "mau": MONTH_DAYS}
    return {
        name: Window.between(on_day.day - timedelta(days=days - 1), on_day.day, zone=zone)
        for name, days in lengths.items()
    }


@dataclass(frozen=True)
class StickinessReport:
    """`people` has by number of days, weeks or months, from 1, how many people were active in so many."""

    days: int
    metric: str
    interval: Interval
    people: tuple[int, ...]
    series: tuple[ActiveOnDay, ...]
    meta: Meta

    @property
    def active(self) -> int:
        return sum(self.people)


def stickiness(source: Source, question: CohortsQuestion) -> StickinessReport:
    """Of the question's days, at most MOST_ACTIVE_PERIODS. Source: the ledger's touches, in two queries."""
    counts = people_by_times(active_times(source, question))
    series, through = _series(source, question)
    return StickinessReport(
        days=question.window.days,
        metric=question.metric,
        interval=question.interval,
        people=counts,
        series=series,
        meta=meta(source, question, through=through),
    )


def people_by_times(times: NDArray[np.int64]) -> tuple[int, ...]:
    """By number of times, from 1, how many people have it."""
    return tuple(np.bincount(times, minlength=1)[1:].tolist())


def periods_of_stickiness(source: Source, question: CohortsQuestion, by: Field | None = None) -> PeriodActivity:
    """Of the question's days, weeks or months; with everybody's value of a field."""
    return PeriodActivity.of(source, question, buckets(question.window, question.interval), by=by)


def active_times(source: Source, question: CohortsQuestion, group: Group | None = None) -> NDArray[np.int64]:
    """By person number in how many of the question's days, weeks or months they were active; of others than a group,
    where one is meant, in none."""
    return periods_of_stickiness(source, question, group.by if group else None).of_group(group).times()


def people_active(
    source: Source,
    question: CohortsQuestion,
    times: int | None,
    group: Group | None = None,
    *,
    or_more: bool = False,
) -> NDArray[np.int32]:
    """The numbers, ascending, of those who were active in so many periods, None for any number; of a group, where one
    is meant."""
    found = active_times(source, question, group)
    if times is None or or_more:
        return np.flatnonzero(found >= (times or 1)).astype(np.int32)
    return np.flatnonzero(found == times).astype(np.int32)


def _series(source: Source, question: CohortsQuestion) -> tuple[tuple[ActiveOnDay, ...], datetime | None]:
    window = question.window
    before = window.first_day - timedelta(days=MONTH_DAYS - 1)
    longer = Window.between(before, window.last_day, zone=window.zone)
    activity = PeriodActivity.of(source, question, buckets(longer, Interval.DAY))
    counts = [count_of_bits(trailing(activity.active, days))[MONTH_DAYS - 1 :] for days in (1, WEEK_DAYS, MONTH_DAYS)]
    rows = zip(window.day_list, *(each.tolist() for each in counts), strict=True)
    return tuple(ActiveOnDay(*row) for row in rows if row[0] <= question.today), activity.through
