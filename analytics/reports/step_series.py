"""Of which touches the steps of a funnel are. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from analytics.ledger import Series
from analytics.questions.fields import Field
from analytics.questions.filters import NO_CONDITION, AllOf, AnyOf
from analytics.questions.steps import EventStep, Step


@dataclass(frozen=True)
class StepSeries:
    """What reaches a step: the touches of a series, of which those with the mark, where steps share it."""

    series: Series
    mark: int | None


def series_of_steps(steps: Sequence[Step], by: Field | None = None) -> list[StepSeries]:
    """One for each step. Steps of a kind (a type of events, a status of messages) share a series, so that each of its
    touches serves one of them; that of the first step is told with the values of the field `by`.
    """
    conditions: dict[str, list[AllOf]] = {}
    for step in steps:
        of_kind = conditions.setdefault(_kind(step), [])
        if step.condition not in of_kind:
            of_kind.append(step.condition)
    told = {_kind(steps[0]): by}
    series = {_kind(step): _series(step, conditions[_kind(step)], told.get(_kind(step))) for step in steps}
    return [StepSeries(series[_kind(step)], _mark(step, conditions[_kind(step)])) for step in steps]


def _kind(step: Step) -> str:
    return f"event:{step.event_type}" if isinstance(step, EventStep) else f"message:{step.status}"


def _series(step: Step, conditions: Sequence[AllOf], by: Field | None) -> Series:
    marks = () if len(conditions) == 1 else tuple(conditions)
    where = _any_of(conditions)
    if isinstance(step, EventStep):
        return Series.of_type(step.event_type, where, by, marks)
    return Series.of_status(step.status, where, by, marks)


def _any_of(conditions: Sequence[AllOf]) -> AllOf:
    if len(conditions) == 1:
        return conditions[0]
    return NO_CONDITION if NO_CONDITION in conditions else AllOf((AnyOf(tuple(conditions)),))


def _mark(step: Step, conditions: Sequence[AllOf]) -> int | None:
    return None if len(conditions) == 1 else conditions.index(step.condition)
