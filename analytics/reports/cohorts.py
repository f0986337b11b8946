"""Do people stay? Contacts by the day they signed up, and how many of them were active in each week since."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Series, Touches, touches
from analytics.metrics import rate
from analytics.periods import Window
from analytics.reports.meta import Meta, meta
from workspaces.models import Workspace

DAYS_PER_WEEK = 7
EVENT_METRIC_PREFIX = "event:"
METRICS = ("events", "opens", "clicks", "conversions")


@dataclass(frozen=True)
class CohortsParams:
    """`metric` is one of METRICS or `event:<type>`."""

    days: int = 30
    metric: str = "events"


@dataclass(frozen=True)
class Cohort:
    """`active_by_week` has a number for each week that has begun. The last one is still running: it contains today."""

    day: date
    size: int
    active_by_week: tuple[int, ...]

    @property
    def active_contacts(self) -> int:
        return self.active_by_week[-1]

    @property
    def retention_rate(self) -> float:
        return rate(self.active_contacts, self.size)

    @property
    def cells(self) -> tuple[tuple[int, float], ...]:
        """For each week, the active contacts and their share of all."""
        return tuple((active, rate(active, self.size)) for active in self.active_by_week)


@dataclass(frozen=True)
class WeekTotals:
    """Week k after signup, over the cohorts for which it has ended."""

    week: int
    size: int
    active: int

    @property
    def retention_rate(self) -> float:
        return rate(self.active, self.size)


@dataclass(frozen=True)
class CohortsReport:
    days: int
    metric: str
    cohorts: tuple[Cohort, ...]
    meta: Meta

    @property
    def weeks(self) -> tuple[WeekTotals, ...]:
        """All cohorts taken together, week by week, as far as one of them has ended the week."""
        ended = [(cohort.size, cohort.active_by_week[:-1]) for cohort in self.cohorts]
        return tuple(
            WeekTotals(
                week=week,
                size=sum(size for size, active in ended if len(active) > week),
                active=sum(active[week] for _, active in ended if len(active) > week),
            )
            for week in range(max((len(active) for _, active in ended), default=0))
        )


def cohorts(workspace: Workspace, params: CohortsParams, *, now: datetime) -> CohortsReport:
    """A row for each of the last `days` local days on which contacts signed up, oldest first.

    Week k of a cohort is the local days 7k to 7k+6 after its signup day, whole days at both ends; a contact is active
    in it with at least one touch of the metric. Source: the ledger's touches.
    """
    window = Window.last_days(params.days, zone=workspace.zone, now=now)
    activity_series = _activity_series(workspace, params.metric)
    found, through = touches(workspace, [Series.SIGNUPS, *activity_series], window=window)
    activity = Touches.joined([found[series] for series in activity_series])
    return CohortsReport(
        days=params.days,
        metric=params.metric,
        cohorts=tuple(_cohorts(window, found[Series.SIGNUPS], activity)),
        meta=meta(window, now=now, through=through),
    )


def _activity_series(workspace: Workspace, metric: str) -> list[Series]:
    if metric.startswith(EVENT_METRIC_PREFIX):
        return [Series.of_type(metric.removeprefix(EVENT_METRIC_PREFIX))]
    if metric == "conversions":
        return [Series.of_type(event_type) for event_type in dict.fromkeys(workspace.conversion_types)]
    return [{"events": Series.EVENTS, "opens": Series.OPENS, "clicks": Series.CLICKS}[metric]]


def _cohorts(window: Window, signups: Touches, activity: Touches) -> Iterator[Cohort]:
    signup_days = signups.days
    sizes = np.bincount(signup_days, minlength=window.days)
    active = _active(window, signups, signup_days, activity)
    for day in np.flatnonzero(sizes).tolist():
        running_week = (window.days - 1 - day) // DAYS_PER_WEEK
        yield Cohort(
            day=window.day_list[day],
            size=int(sizes[day]),
            active_by_week=tuple(active[day, : running_week + 1].tolist()),
        )


def _active(window: Window, signups: Touches, signup_days: NDArray[np.int16], activity: Touches) -> NDArray[np.int64]:
    """Active contacts by signup day and week since, both counted from 0.

    `seen` has a row for each person and a column for each week; the last column takes what does not count: touches
    before the signup, and those of people who did not sign up in the window.
    """
    weeks = (window.days - 1) // DAYS_PER_WEEK + 1
    size = 1 + max((int(one.people.max()) for one in (signups, activity) if len(one.people)), default=-1)
    cohort_of = np.full(size, window.days, dtype=np.int16)
    cohort_of[signups.people] = signup_days
    days_since = np.arange(-window.days, window.days)
    column = np.where(days_since < 0, weeks, days_since // DAYS_PER_WEEK).astype(np.uint8)
    seen = np.zeros((size, weeks + 1), dtype=bool)
    columns = column[activity.days - cohort_of[activity.people] + np.int16(window.days)]
    seen.reshape(-1)[activity.people.astype(np.int64) * (weeks + 1) + columns] = True
    of_signups = seen[signups.people]
    active = [np.bincount(signup_days[of_signups[:, week]], minlength=window.days) for week in range(weeks)]
    return np.stack(active, axis=1)
