"""How many people go through a sequence of steps, and where do they drop off?"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Source, Touches
from analytics.metrics import rate
from analytics.questions.fields import Field, Subject
from analytics.questions.groups import Group
from analytics.questions.questions import FunnelQuestion
from analytics.questions.steps import Step
from analytics.reports.groups import PeopleByValue
from analytics.reports.meta import Meta, meta
from analytics.reports.reached import StepsReached, StepTouches
from analytics.reports.step_series import series_of_steps


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


@dataclass(frozen=True)
class FunnelGroup:
    """People who are taken together, by one of so many `values`; `name` is what the value is called."""

    group: Group
    steps: tuple[StepTotals, ...]
    values: int
    name: str | None = None

    @property
    def overall_conversion(self) -> float:
        return rate(self.steps[-1].count, self.steps[0].count)


def funnel(source: Source, question: FunnelQuestion) -> FunnelReport:
    """People who reached each step, in the steps' order, in the question's days.

    A step is reached by what it is of (an event, a message's reaching a status) at or after the instant the step before
    was reached, each step by its own. The question's conditions on facts are those on the first step's. Source: the
    ledger's touches.
    """
    window = question.window
    reached, _, through = _steps_reached(source, question)
    people = reached.counts
    return FunnelReport(
        days=window.days,
        steps=tuple(_step_totals(question.steps, people)),
        overall_conversion=rate(people[-1], people[0]),
        meta=meta(source, question, through=through),
    )


def people_of_step(
    source: Source, question: FunnelQuestion, step: int, *, lost_since: int | None = None, group: Group | None = None
) -> NDArray[np.intp]:
    """The numbers, ascending, of the people who reached a step (1 is the first); with `lost_since`, of those who
    reached that earlier step and not this one; with `group`, of those in it. One query, two for some groups."""
    asked = replace(question, steps=question.steps[:step], by=group.by if group else None)
    reached, entry, _ = _steps_reached(source, asked)
    people = reached.people(step - 1, lost_since=None if lost_since is None else lost_since - 1)
    return _by_value(source, group.by, reached, entry).have(people, group) if group else people


def funnel_groups(source: Source, question: FunnelQuestion, limit: int) -> tuple[FunnelGroup, ...]:
    """The funnel of the people with each value of the question's `by`: theirs, or that of what they entered by.

    Most people first, then by value; those without a value last.

    The values beyond the limit are one group. Each person is in one group, so that groups add up to the funnel in every
    step. Source: the ledger's touches, for values of people the contacts' table. One or two queries.
    """
    assert question.by is not None
    reached, entry, _ = _steps_reached(source, question)
    by_value = _by_value(source, question.by, reached, entry)
    counts = np.stack([by_value.counts(reached.people(place)) for place in range(len(question.steps))])
    ordered = sorted((place for place in range(1, len(by_value.values))), key=lambda place: (-counts[0, place], place))
    there = [place for place in ordered if counts[0, place]]
    shown, rest = there[:limit], there[limit:]

    def group(of: Group, *places: int) -> FunnelGroup:
        people = tuple(counts[:, [*places]].sum(axis=1).tolist())
        return FunnelGroup(of, tuple(_step_totals(question.steps, people)), len(places))

    found = [group(Group(question.by, by_value.values[place]), place) for place in shown]
    if rest:
        named = tuple(value for place in shown if (value := by_value.values[place]) is not None)
        found.append(group(Group(question.by, others_than=named), *rest))
    if counts[0, 0]:
        found.append(group(Group(question.by), 0))
    return tuple(found)


def _by_value(source: Source, by: Field, reached: StepsReached, entry: Touches) -> PeopleByValue:
    if by.subject is Subject.PEOPLE:
        return PeopleByValue.of_people(source, by, len(reached.at[0]))
    return PeopleByValue.of_touches(entry, by, reached.at[0])


def _steps_reached(source: Source, question: FunnelQuestion) -> tuple[StepsReached, Touches, datetime | None]:
    """With what the first step was reached by, and when the newest fact was received. The source's queries."""
    steps, by = (question.entry, *question.counted_steps[1:]), question.by
    series = series_of_steps(steps, None if by is None or by.subject is Subject.PEOPLE else by)
    touches, through = source.touches({each.series for each in series}, window=question.window, part=question.part)
    of_steps = [StepTouches(touches[each.series], each.mark) for each in series]
    return StepsReached.in_order(of_steps), of_steps[0].own, through


def _step_totals(steps: tuple[Step, ...], people: tuple[int, ...]) -> Iterator[StepTotals]:
    for number, (step, count) in enumerate(zip(steps, people, strict=True)):
        if number == 0:
            yield StepTotals(step, count, dropoff=0, conversion_from_previous=1.0)
        else:
            previous = people[number - 1]
            yield StepTotals(step, count, previous - count, rate(count, previous))
