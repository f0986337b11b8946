"""How many people go through a sequence of steps, and where do they drop off?"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Series, Source
from analytics.metrics import rate
from analytics.questions.questions import FunnelQuestion
from analytics.questions.steps import Step
from analytics.reports.meta import Meta, meta
from analytics.reports.reached import StepsReached


@dataclass(frozen=True)
class StepTotals:
    step: Step
    count: int
    dropoff: int
    conversion_from_previous: float


@dataclass(frozen=True)
class FunnelReport:
    days: int
    steps: tuple[StepTotals, ...]
    overall_conversion: float
    meta: Meta


def funnel(source: Source, question: FunnelQuestion) -> FunnelReport:
    """People who reached each step, in the steps' order, in the question's days.

    A step is reached by an event of its type at or after the instant the step before was reached, each step by its
    own event. Conditions on events are those on the first step's. Source: the ledger's touches.
    """
    window = question.window
    reached, through = _steps_reached(source, question)
    people = reached.counts
    return FunnelReport(
        days=window.days,
        steps=tuple(_step_totals(question.steps, people)),
        overall_conversion=rate(people[-1], people[0]),
        meta=meta(source.workspace, question, through=through),
    )


def people_of_step(
    source: Source, question: FunnelQuestion, step: int, *, lost_since: int | None = None
) -> NDArray[np.intp]:
    """The numbers, ascending, of the people who reached a step (1 is the first); with `lost_since`, of those who
    reached that earlier step and not this one. One query."""
    reached, _ = _steps_reached(source, replace(question, steps=question.steps[:step]))
    return reached.people(step - 1, lost_since=None if lost_since is None else lost_since - 1)


def _steps_reached(source: Source, question: FunnelQuestion) -> tuple[StepsReached, datetime | None]:
    """And when the newest fact was received. One query."""
    steps, part = question.steps, question.part
    series = {step: Series.of_type(step.event_type) for step in steps}
    entry = Series.of_type(steps[0].event_type, part.where.events)
    touches, through = source.touches({entry, *series.values()}, window=question.window, part=part)
    by_step = {step: touches[series_of_step] for step, series_of_step in series.items()}
    return StepsReached.in_order(steps, by_step, touches[entry]), through


def _step_totals(steps: tuple[Step, ...], people: tuple[int, ...]) -> Iterator[StepTotals]:
    for number, (step, count) in enumerate(zip(steps, people, strict=True)):
        if number == 0:
            yield StepTotals(step, count, dropoff=0, conversion_from_previous=1.0)
        else:
            previous = people[number - 1]
            yield StepTotals(step, count, previous - count, rate(count, previous))
