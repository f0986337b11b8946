"""How many people go through a sequence of steps, and where do they drop off?"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Source
from analytics.metrics import Numbers, rate
from analytics.questions.entrants import EVERY_ENTRANT, Entrants
from analytics.questions.funnel_rules import PLAIN
from analytics.questions.groups import Group, value_key
from analytics.questions.questions import FunnelQuestion
from analytics.questions.steps import Step
from analytics.reports.answers import Answer, compared_answer
from analytics.reports.funnel.entrants import are_among, are_mature
from analytics.reports.funnel.steps import by_split, people_by_own_value, people_by_value, steps_reached
from analytics.reports.meta import Meta, meta
from analytics.reports.reached import NEVER, StepsReached


@dataclass(frozen=True)
class StepTotals:
    step: Step
    count: int
    dropoff: int
    conversion_from_previous: float


@dataclass(frozen=True)
class GroupSteps:
    """How far people got who are taken together, and those of them whose window is over, where there is one."""

    steps: tuple[StepTotals, ...]
    mature: tuple[StepTotals, ...] | None = None

    @property
    def overall_conversion(self) -> float:
        return rate(self.steps[-1].count, self.steps[0].count)


@dataclass(frozen=True)
class FunnelReport:
    """`mature` are the people whose window is over; None where the funnel has none."""

    days: int
    steps: tuple[StepTotals, ...]
    overall_conversion: float
    meta: Meta
    mature: tuple[StepTotals, ...] | None = None


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
    """Those of its first and its last step, in all and of the people whose window is over."""
    numbers = {"funnel_first": funnel.steps[0].count, "funnel_last": funnel.steps[-1].count}
    if over := funnel.mature:
        numbers |= {"funnel_mature_first": over[0].count, "funnel_mature_last": over[-1].count}
    return Numbers(numbers)


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
    reached, _, through = steps_reached(source, by_split(question))
    people = reached.counts
    return FunnelReport(
        days=question.window.days,
        steps=tuple(_step_totals(question.steps, people)),
        overall_conversion=rate(people[-1], people[0]),
        meta=meta(source, question, through=through),
        mature=_mature_totals(question, reached),
    )


def _mature_totals(question: FunnelQuestion, reached: StepsReached) -> tuple[StepTotals, ...] | None:
    if question.rules.window is None:
        return None
    is_over = are_mature(question, reached)
    people = tuple(int(np.count_nonzero(is_over & (at != NEVER))) for at in reached.at)
    return tuple(_step_totals(question.steps, people))


def people_of_step(
    source: Source,
    question: FunnelQuestion,
    step: int,
    *,
    lost_since: int | None = None,
    group: Group | None = None,
    entrants: Entrants = EVERY_ENTRANT,
) -> NDArray[np.intp]:
    """The numbers, ascending, of the people who reached a step (1 is the first); with `lost_since`, of those who
    reached that earlier step and not this one; with `group`, of those in it; with `entrants`, of those. One query, two
    for some groups."""
    asked = replace(question, by=group.by if group else None)
    if question.rules == PLAIN:
        asked = replace(asked, steps=question.steps[:step])
    reached, entry, _ = steps_reached(source, asked)
    people = reached.people(step - 1, lost_since=None if lost_since is None else lost_since - 1)
    if entrants != EVERY_ENTRANT:
        people = people[are_among(asked, reached, lost_since or step, entrants)[people]]
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
    mature: NDArray[np.int64] | None
    """Of those whose window is over, where there is one."""

    @cached_property
    def keys(self) -> list[str | None]:
        """Of each of the values, of which there may be tens of thousands."""
        return [*map(_key, self.values)]

    @cached_property
    def entries(self) -> dict[str | None, int]:
        """By the keys of values, in their order, how many reached the first step, where some did."""
        there = np.flatnonzero(self.counts[0]).tolist()
        return {self.keys[place]: int(self.counts[0, place]) for place in there}

    @property
    def spellings(self) -> dict[str | None, str | None]:
        """By the keys of these values, how they are written."""
        return {key: value for key, value in zip(self.keys, self.values, strict=True) if key in self.entries}

    def of_group(self, group: Group) -> GroupSteps:
        if group.is_rest:
            places = np.flatnonzero([*map(group.has, self.values)])
        else:
            places = np.array(self._places.get(_key(group.value), ()), np.intp)
        mature = None if self.mature is None else self._totals(self.mature, places)
        return GroupSteps(self._totals(self.counts, places), mature)

    def _totals(self, counts: NDArray[np.int64], places: NDArray[np.intp]) -> tuple[StepTotals, ...]:
        return tuple(_step_totals(self.steps, tuple(counts[:, places].sum(axis=1).tolist())))

    @cached_property
    def _places(self) -> dict[str | None, tuple[int]]:
        """By the keys of values, where each is, which hundreds of groups would look for among thousands."""
        return {key: (place,) for place, key in enumerate(self.keys)}


def _steps_by_value(source: Source, question: FunnelQuestion) -> _StepsByValue:
    """Found once of a source: the funnel and its groups both ask for it."""
    return source.answer_once(("steps by value", question), lambda: _counted_by_value(source, question))


def _counted_by_value(source: Source, question: FunnelQuestion) -> _StepsByValue:
    assert question.by is not None
    reached, _, _ = steps_reached(source, question)
    by_value = people_by_own_value(source, question)
    people = [reached.people(place) for place in range(len(question.steps))]
    counts = np.stack([by_value.counts(some) for some in people])
    if question.rules.window is None:
        return _StepsByValue(question.steps, by_value.values, counts, None)
    is_over = are_mature(question, reached)
    mature = np.stack([by_value.counts(some[is_over[some]]) for some in people])
    return _StepsByValue(question.steps, by_value.values, counts, mature)


def _of_group(answer: Answer[_StepsByValue], group: Group) -> Answer[GroupSteps]:
    return answer.of(lambda by_value: by_value.of_group(group))


def _spellings(answer: Answer[_StepsByValue]) -> dict[str | None, str | None]:
    """By their keys, the values of all days, as the report's days write them where they have them."""
    found = (answer.report, answer.complete, answer.compared)
    return {key: value for by_value in reversed(found) if by_value for key, value in by_value.spellings.items()}


def _key(value: str | None) -> str | None:
    return None if value is None else value_key(value)


def _step_totals(steps: tuple[Step, ...], people: tuple[int, ...]) -> Iterator[StepTotals]:
    for number, (step, count) in enumerate(zip(steps, people, strict=True)):
        if number == 0:
            yield StepTotals(step, count, dropoff=0, conversion_from_previous=1.0)
        else:
            previous = people[number - 1]
            yield StepTotals(step, count, previous - count, rate(count, previous))
