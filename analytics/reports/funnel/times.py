"""How long do people take from step to step of a funnel, and to complete it?"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Source
from analytics.metrics import mean_units, seconds_of
from analytics.questions.questions import FunnelQuestion
from analytics.reports.funnel.entrants import SECOND, are_mature, since_step
from analytics.reports.funnel.steps import reached_by_people
from analytics.reports.reached import NEVER, StepsReached

PERCENTILES = (10, 25, 50, 75, 90)
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
EDGES = (
    *(0, _MINUTE, 5 * _MINUTE, 15 * _MINUTE, _HOUR, 6 * _HOUR),
    *(days * _DAY for days in (1, 2, 4, 7, 14, 30, 60, 90, 180, 365)),
)
"""Seconds at which the bins of times begin; the last has no end."""


@dataclass(frozen=True)
class TimeBin:
    """People who took from so many seconds on and, but for the last bin, less than others."""

    at_least: int
    below: int | None
    people: int


@dataclass(frozen=True)
class StepTime:
    """How long people took from one step to another one, by their places: the mean and percentiles in seconds, None of
    nobody. A percentile is the least time that so many per cent took at most."""

    since: int
    step: int
    people: int
    mean: float | None
    percentiles: tuple[float | None, ...]
    bins: tuple[TimeBin, ...]

    @property
    def median(self) -> float | None:
        return self.percentiles[PERCENTILES.index(50)]


@dataclass(frozen=True)
class FunnelTimes:
    """From each step to the next one, and from the first to the last."""

    steps: tuple[StepTime, ...]
    overall: StepTime


def funnel_times(source: Source, question: FunnelQuestion) -> FunnelTimes | None:
    """Of the people whose window is over; without a window, of all. None for a funnel of one step. No query beside
    those of the funnel."""
    if len(question.steps) == 1:
        return None
    reached = reached_by_people(source, question)
    is_meant = reached.entered != NEVER if question.rules.window is None else are_mature(question, reached)
    places = range(1, len(question.steps) + 1)
    steps = tuple(_step_time(reached, is_meant, since, step) for since, step in pairwise(places))
    return FunnelTimes(steps, steps[0] if len(steps) == 1 else _step_time(reached, is_meant, 1, len(places)))


def _step_time(reached: StepsReached, is_meant: NDArray[np.bool_], since: int, step: int) -> StepTime:
    there = np.flatnonzero(is_meant & (reached.at[step - 1] != NEVER))
    took = np.sort(reached.at[step - 1][there] - since_step(reached, since)[there])
    mean = seconds_of(mean_units(int(took.sum()), len(took))) if len(took) else None
    return StepTime(since, step, len(took), mean, tuple(_percentiles(took)), time_bins(took))


def _percentiles(took: NDArray[np.int64]) -> Sequence[float | None]:
    places = (-(-len(took) * percent // 100) - 1 for percent in PERCENTILES)
    return [seconds_of(int(took[max(place, 0)])) if len(took) else None for place in places]


def time_bins(took: NDArray[np.int64]) -> tuple[TimeBin, ...]:
    """Of times in microseconds, ascending: those up to the last that has any, and at least one."""
    places = np.searchsorted(took, np.array(EDGES) * SECOND)
    counts = np.diff(np.append(places, len(took))).tolist()
    last = max((place for place, people in enumerate(counts) if people), default=0)
    ends = (*EDGES[1:], None)
    return tuple(TimeBin(*each) for each in zip(EDGES[: last + 1], ends, counts, strict=False))
