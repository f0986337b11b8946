"""How many people go through a sequence of steps, and where do they drop off?"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Series, Source, Touches
from analytics.metrics import Numbers, rate
from analytics.questions.fields import Field, Subject
from analytics.questions.funnel_rules import PLAIN, StepOrder
from analytics.questions.groups import Group, value_key
from analytics.questions.questions import FunnelQuestion
from analytics.questions.steps import Step
from analytics.reports.answers import Answer, compared_answer
from analytics.reports.funnel_attempts import ExcludedTouches, FunnelTouches
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
class GroupSteps:
    """How far people got who are taken together."""

    steps: tuple[StepTotals, ...]

    @property
    def overall_conversion(self) -> float:
        return rate(self.steps[-1].count, self.steps[0].count)


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
    answer: Answer[GroupSteps]
    values: int
    name: str | None = None

    @property
    def steps(self) -> tuple[StepTotals, ...]:
        return self.answer.report.steps

    @property
    def overall_conversion(self) -> float:
        return self.answer.report.overall_conversion


AnyFunnel = FunnelReport | GroupSteps


def end_numbers(funnel: AnyFunnel) -> Numbers:
    """Those of its first and its last step."""
    return Numbers(funnel_first=funnel.steps[0].count, funnel_last=funnel.steps[-1].count)


def step_numbers(place: int) -> Callable[[AnyFunnel], Numbers]:
    """Those of a step, 0 the first, and of the step before."""

    def numbers(funnel: AnyFunnel) -> Numbers:
        previous = funnel.steps[place - 1].count if place else 0
        return Numbers(funnel_count=funnel.steps[place].count, funnel_previous=previous)

    return numbers


def funnel(source: Source, question: FunnelQuestion) -> FunnelReport:
    """People who reached each step, in the steps' order, in the question's days.

    A step is reached by what it is of (an event, a message's reaching a status) at or after the instant the step before
    was reached, each step by its own. The question's conditions on facts are those on the first step's. Source: the
    ledger's touches.
    """
    if (split := question.split) and not split.segments:
        by_value = _steps_by_value(source, replace(question, by=split.field))
        people, through = by_value.totals, by_value.through
    else:
        reached, _, through = steps_reached(source, question)
        people = reached.counts
    return FunnelReport(
        days=question.window.days,
        steps=tuple(_step_totals(question.steps, people)),
        overall_conversion=rate(people[-1], people[0]),
        meta=meta(source, question, through=through),
    )


def people_of_step(
    source: Source, question: FunnelQuestion, step: int, *, lost_since: int | None = None, group: Group | None = None
) -> NDArray[np.intp]:
    """The numbers, ascending, of the people who reached a step (1 is the first); with `lost_since`, of those who
    reached that earlier step and not this one; with `group`, of those in it. One query, two for some groups."""
    asked = replace(question, by=group.by if group else None)
    if question.rules == PLAIN:
        asked = replace(asked, steps=question.steps[:step])
    reached, entry, _ = steps_reached(source, asked)
    people = reached.people(step - 1, lost_since=None if lost_since is None else lost_since - 1)
    return people_by_value(source, group.by, reached, entry).have(people, group) if group else people


def funnel_groups(source: Source, question: FunnelQuestion, limit: int) -> tuple[FunnelGroup, ...]:
    """The funnel of the people with each value of the question's `by`: theirs, or that of what they entered by.

    Most people first, then by value; those without a value last. Also values that only the days compared with have are
    there.

    The values beyond the limit are one group. Each person is in one group, so that groups add up to the funnel in every
    step. Source: the ledger's touches, for values of people the contacts' table. One or two queries, up to thrice as
    many where days are compared.
    """
    assert question.by is not None
    answer = compared_answer(_steps_by_value, source, question)
    named = _spellings(answer)
    keys = (key for key in named if key is not None)
    ordered = sorted(keys, key=lambda key: (-answer.report.entries.get(key, 0), key))
    shown = tuple(str(named[key]) for key in ordered[:limit])
    groups = [(Group(question.by, value), 1) for value in shown]
    if rest := len(ordered[limit:]):
        groups.append((Group(question.by, others_than=shown), rest))
    if None in named:
        groups.append((Group(question.by), 0))
    return tuple(FunnelGroup(group, _of_group(answer, group), values) for group, values in groups)


@dataclass(frozen=True, eq=False)
class _StepsByValue:
    """By step and by the place of a value, how many people reached it; None is no value."""

    steps: tuple[Step, ...]
    values: Sequence[str | None]
    counts: NDArray[np.int64]
    through: datetime | None

    @property
    def totals(self) -> tuple[int, ...]:
        """How many people reached each step: each has one of the values, or none."""
        return tuple(self.counts.sum(axis=1).tolist())

    @cached_property
    def entries(self) -> dict[str | None, int]:
        """By the keys of values, in their order, how many reached the first step, where some did."""
        there = np.flatnonzero(self.counts[0]).tolist()
        return {_key(self.values[place]): int(self.counts[0, place]) for place in there}

    @property
    def spellings(self) -> dict[str | None, str | None]:
        """By the keys of these values, how they are written."""
        return {key: value for value in self.values if (key := _key(value)) in self.entries}

    def of_group(self, group: Group) -> GroupSteps:
        if group.is_rest:
            places = np.flatnonzero([*map(group.has, self.values)])
        else:
            places = np.array(self._places.get(_key(group.value), ()), np.intp)
        return GroupSteps((*_step_totals(self.steps, (*self.counts[:, places].sum(axis=1).tolist(),)),))

    @cached_property
    def _places(self) -> dict[str | None, tuple[int]]:
        """By the keys of values, where each is, which hundreds of groups would look for among thousands."""
        return {_key(value): (place,) for place, value in enumerate(self.values)}


def _steps_by_value(source: Source, question: FunnelQuestion) -> _StepsByValue:
    """Found once of a source: the funnel and its groups both ask for it."""
    return source.answer_once(("steps by value", question), lambda: _counted_by_value(source, question))


def _counted_by_value(source: Source, question: FunnelQuestion) -> _StepsByValue:
    assert question.by is not None
    reached, entry, through = steps_reached(source, question)
    by_value = people_by_value(source, question.by, reached, entry)
    counts = np.stack([by_value.counts(reached.people(place)) for place in range(len(question.steps))])
    return _StepsByValue(question.steps, by_value.values, counts, through)


def _of_group(answer: Answer[_StepsByValue], group: Group) -> Answer[GroupSteps]:
    return answer.of(lambda by_value: by_value.of_group(group))


def _spellings(answer: Answer[_StepsByValue]) -> dict[str | None, str | None]:
    """By their keys, the values of all days, as the report's days write them where they have them."""
    found = (answer.report, answer.complete, answer.compared)
    return {key: value for by_value in reversed(found) if by_value for key, value in by_value.spellings.items()}


def _key(value: str | None) -> str | None:
    return None if value is None else value_key(value)


def people_by_value(source: Source, by: Field, reached: StepsReached, entry: Touches) -> PeopleByValue:
    if by.subject is Subject.PEOPLE:
        return PeopleByValue.of_people(source, by, len(reached.at[0]))
    return PeopleByValue.of_touches(entry, by, reached.at[0])


def steps_reached(source: Source, question: FunnelQuestion) -> tuple[StepsReached, Touches, datetime | None]:
    """With what the first step was reached by, and when the newest fact was received. Found once of a source, since a
    funnel and its money both ask for it."""
    return source.answer_once(("steps reached", question), lambda: _steps_reached(source, question))


def _steps_reached(source: Source, question: FunnelQuestion) -> tuple[StepsReached, Touches, datetime | None]:
    touches, through = funnel_touches(source, question)
    of_steps = touches.steps
    is_plain = question.rules == PLAIN
    return StepsReached.in_order(of_steps) if is_plain else touches.steps_reached, of_steps[0].own, through


def funnel_touches(source: Source, question: FunnelQuestion) -> tuple[FunnelTouches, datetime | None]:
    """What of people's acts the funnel is about, and when the newest fact was received. One query."""
    steps, by, rules = (question.entry, *question.counted_steps[1:]), question.by, question.rules
    series = series_of_steps(steps, None if by is None or by.subject is Subject.PEOPLE else by)
    excluded = [series_of_steps([exclusion.step])[0].series for exclusion in question.counted_exclusions]
    others = [Series.EVENTS] if rules.order is StepOrder.STRICT else []
    part = replace(question.part, until=question.part.until or question.window.last_day)
    touches, through = source.touches(
        {*(each.series for each in series), *excluded, *others}, window=question.last_days, part=part
    )
    places = [exclusion.places(len(steps)) for exclusion in rules.exclude]
    found = FunnelTouches(
        steps=[
            StepTouches(touches[each.series], each.mark, step.subject is Subject.EVENTS)
            for each, step in zip(series, steps, strict=True)
        ],
        exclusions=[ExcludedTouches(touches[each], place) for each, place in zip(excluded, places, strict=True)],
        events=touches[Series.EVENTS] if others else None,
        order=rules.order,
        window=None if rules.window is None else rules.window // timedelta(microseconds=1),
        last_entry=question.last_entry,
    )
    return found, through


def _step_totals(steps: tuple[Step, ...], people: tuple[int, ...]) -> Iterator[StepTotals]:
    for number, (step, count) in enumerate(zip(steps, people, strict=True)):
        if number == 0:
            yield StepTotals(step, count, dropoff=0, conversion_from_previous=1.0)
        else:
            previous = people[number - 1]
            yield StepTotals(step, count, previous - count, rate(count, previous))
