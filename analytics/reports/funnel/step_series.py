"""Of which touches the steps of a funnel are. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Series, Touches
from analytics.questions.fields import Field, Subject
from analytics.questions.filters import NO_CONDITION, AllOf, AnyOf
from analytics.questions.steps import EventStep, MessageStep, SingleStep, Step, alternatives
from analytics.reports.reached import StepTouches

_Family = frozenset[Series]


@dataclass(frozen=True)
class MarkedSeries:
    """The touches of a series, of which those with the mark, where steps share it."""

    series: Series
    mark: int | None


@dataclass(frozen=True)
class StepSeries:
    """What reaches a step: each of its `parts`."""

    step: Step
    parts: tuple[MarkedSeries, ...]


def series_of_steps(steps: Sequence[Step], by: Field | None = None) -> list[StepSeries]:
    """One for each step. Steps of a kind (a type of events, a status of messages) share a series, so that each of its
    touches serves one of them; those of the first step are told with the values of the field `by`.
    """
    conditions: dict[str, list[AllOf]] = {}
    for single in (each for step in steps for each in alternatives(step)):
        of_kind = conditions.setdefault(_kind(single), [])
        if single.condition not in of_kind:
            of_kind.append(single.condition)
    told = dict.fromkeys(_kinds_of_entry(steps), by)

    def parts(step: Step) -> tuple[MarkedSeries, ...]:
        return tuple(_part_of(each, conditions[_kind(each)], told.get(_kind(each))) for each in alternatives(step))

    return [StepSeries(step, parts(step)) for step in steps]


def _kinds_of_entry(steps: Sequence[Step]) -> set[str]:
    """Those that the first step is of, and all that alternatives take together with these."""
    of_steps = [{_kind(single) for single in alternatives(step)} for step in steps]
    kinds = of_steps[0]
    for _ in steps:
        kinds = kinds.union(*(some for some in of_steps if some & kinds))
    return kinds


def _kind(step: SingleStep) -> str:
    if isinstance(step, EventStep):
        return f"event:{step.event_type}"
    return f"message:{step.status}" if isinstance(step, MessageStep) else "signup"


def _part_of(step: SingleStep, conditions: Sequence[AllOf], by: Field | None) -> MarkedSeries:
    marks = () if len(conditions) == 1 else tuple(conditions)
    mark = None if len(conditions) == 1 else conditions.index(step.condition)
    where = _any_of(conditions)
    if isinstance(step, EventStep):
        return MarkedSeries(Series.of_type(step.event_type, where, by, marks), mark)
    if isinstance(step, MessageStep):
        return MarkedSeries(Series.of_status(step.status, where, by, marks), mark)
    return MarkedSeries(Series.SIGNUPS, None)


def _any_of(conditions: Sequence[AllOf]) -> AllOf:
    if len(conditions) == 1:
        return conditions[0]
    return NO_CONDITION if NO_CONDITION in conditions else AllOf((AnyOf(tuple(conditions)),))


def events_of_no_step(series: Sequence[StepSeries]) -> Series:
    """All events but those of types of which the steps have all."""
    return replace(Series.EVENTS, without=frozenset(str(each.event_type) for each in _whole_types(series)))


def _whole_types(series: Sequence[StepSeries]) -> _Family:
    """The series that have all events of a type, without those that are taken together with others that have not."""
    whole = [family for family in _families(series) if all(map(_is_whole_type, family))]
    return frozenset().union(*whole)


def _is_whole_type(series: Series) -> bool:
    return series.name == Series.EVENTS.name and series.where == NO_CONDITION


def touches_of_steps(series: Sequence[StepSeries], touches: Mapping[Series, Touches]) -> list[StepTouches]:
    """What reaches each step. Steps that may be reached by the same touch have theirs among the same."""
    families = _families(series)
    together = {family: _together(family, series, touches) for family in families if len(family) > 1}
    return [_of_step(each, together, touches, series) for each in series]


def _families(series: Sequence[StepSeries]) -> list[_Family]:
    """Series that alternatives of one step are of are taken together, and with all that these are taken with."""
    families: list[_Family] = []
    for step in series:
        own = frozenset(part.series for part in step.parts)
        shared = [family for family in families if family & own]
        families = [family for family in families if family not in shared] + [own.union(*shared)]
    return families


def _of_step(
    each: StepSeries,
    together: Mapping[_Family, Touches],
    touches: Mapping[Series, Touches],
    series: Sequence[StepSeries],
) -> StepTouches:
    first = each.parts[0]
    are_among_events = each.step.subject is Subject.EVENTS and first.series not in _whole_types(series)
    family = next((family for family in together if first.series in family), None)
    if family is None:
        return StepTouches(touches[first.series], first.mark, are_among_events)
    return StepTouches(together[family], _kinds(family, series).index(each.parts), are_among_events)


def _kinds(family: _Family, series: Sequence[StepSeries]) -> list[tuple[MarkedSeries, ...]]:
    """The different steps of a family."""
    return [*dict.fromkeys(each.parts for each in series if each.parts[0].series in family)]


def _together(family: _Family, series: Sequence[StepSeries], touches: Mapping[Series, Touches]) -> Touches:
    """All touches of a family, each with a mark for each of its steps that it reaches."""
    kinds = _kinds(family, series)
    ordered = [*dict.fromkeys(part.series for kind in kinds for part in kind)]
    parts = [touches[each] for each in ordered]

    def marks() -> NDArray[np.uint16]:
        return np.concatenate([_marks(each, touches[each], kinds) for each in ordered])

    return Touches.of_parts(parts).with_marks(marks)


def _marks(series: Series, touches: Touches, kinds: Sequence[tuple[MarkedSeries, ...]]) -> NDArray[np.uint16]:
    found = np.zeros(len(touches.numbers), np.uint16)
    for place, parts in enumerate(kinds):
        for part in parts:
            if part.series == series:
                reached = np.ones(len(found), np.bool_) if part.mark is None else touches.marks & (1 << part.mark) != 0
                found[reached] |= np.uint16(1 << place)
    return found
