"""How many people go through a sequence of steps, and where do they drop off?"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Series, Source, Touches
from analytics.metrics import rate
from analytics.periods import Days, Window
from analytics.reports.meta import Meta, meta

_NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True)
class FunnelParams:
    """`steps` are 1 to 10 event types; one may stand more than once."""

    steps: tuple[str, ...]
    days: Days = 30


@dataclass(frozen=True)
class StepTotals:
    step: str
    count: int
    dropoff: int
    conversion_from_previous: float


@dataclass(frozen=True)
class FunnelReport:
    days: int
    steps: tuple[StepTotals, ...]
    overall_conversion: float
    meta: Meta


def funnel(source: Source, params: FunnelParams, *, now: datetime) -> FunnelReport:
    """People who reached each step, in the steps' order, in the params' days.

    A step is reached by an event of its type at or after the instant the step before was reached, each step by its
    own event. Taking the earliest event for each step finds everyone who can get through. Source: the ledger's touches.
    """
    window = Window.of(params.days, zone=source.workspace.zone, now=now)
    by_type, through = _touches_by_type(source, params, window)
    people = [int(np.count_nonzero(at != _NEVER)) for at in _reached_at(params.steps, by_type)]
    return FunnelReport(
        days=window.days,
        steps=tuple(_step_totals(params.steps, people)),
        overall_conversion=rate(people[-1], people[0]),
        meta=meta(source.workspace, window, now=now, through=through),
    )


def people_of_step(
    source: Source, params: FunnelParams, step: int, *, lost_since: int | None = None, now: datetime
) -> NDArray[np.int64]:
    """The numbers, ascending, of the people who reached a step (1 is the first); with `lost_since`, of those who
    reached that earlier step and not this one. One query."""
    window = Window.of(params.days, zone=source.workspace.zone, now=now)
    by_type, _ = _touches_by_type(source, params, window)
    reached = [at != _NEVER for at in _reached_at(params.steps[:step], by_type)]
    if lost_since is None:
        return np.flatnonzero(reached[-1])
    return np.flatnonzero(reached[lost_since - 1] & ~reached[-1])


def _touches_by_type(
    source: Source, params: FunnelParams, window: Window
) -> tuple[Mapping[str, Touches], datetime | None]:
    series = {step: Series.of_type(step) for step in params.steps}
    found, through = source.touches(list(series.values()), window=window)
    return {step: found[one] for step, one in series.items()}, through


def _step_totals(steps: tuple[str, ...], people: list[int]) -> Iterator[StepTotals]:
    for number, (step, count) in enumerate(zip(steps, people, strict=True)):
        if number == 0:
            yield StepTotals(step, count, dropoff=0, conversion_from_previous=1.0)
        else:
            previous = people[number - 1]
            yield StepTotals(step, count, previous - count, rate(count, previous))


def _reached_at(steps: tuple[str, ...], by_type: Mapping[str, Touches]) -> Iterator[NDArray[np.int64]]:
    """For each step, by person, when it was reached."""
    size = 1 + max((int(one.people.max()) for one in by_type.values() if len(one.people)), default=-1)
    reached_at = np.full(size, np.iinfo(np.int64).min, dtype=np.int64)
    repeated = {step: _Repeated(by_type[step], size) for step in by_type if steps.count(step) > 1}
    for step in steps:
        if step in repeated:
            reached_at = repeated[step].next_after(reached_at)
        else:
            reached_at = _earliest(by_type[step], not_before=reached_at)
        yield reached_at


def _earliest(events: Touches, not_before: NDArray[np.int64]) -> NDArray[np.int64]:
    """By person, the earliest event not before an instant of theirs."""
    found = np.full(len(not_before), _NEVER, dtype=np.int64)
    fits = events.at >= not_before[events.people]
    np.minimum.at(found, events.people[fits], events.at[fits])
    return found


class _Repeated:
    """The events of a type that is more than one step, each of which serves one step only."""

    def __init__(self, events: Touches, size: int) -> None:
        order = np.lexsort((events.at, events.people))
        self.people, self.at = events.people[order], events.at[order]
        self.places = np.arange(len(order), dtype=np.int64)
        self.last_used = np.full(size, -1, dtype=np.int64)

    def next_after(self, reached_at: NDArray[np.int64]) -> NDArray[np.int64]:
        """By person, the earliest event not yet used and not before an instant of theirs; it is used now."""
        fits = (self.at >= reached_at[self.people]) & (self.places > self.last_used[self.people])
        place = np.full(len(reached_at), len(self.at), dtype=np.int64)
        np.minimum.at(place, self.people[fits], self.places[fits])
        self.last_used = place
        return np.append(self.at, _NEVER)[place]
