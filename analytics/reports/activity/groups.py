"""Who is active, broken down: by a value of the people, or of the first that they ever did, or by segments."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Source
from analytics.questions.fields import Field
from analytics.questions.groups import Group
from analytics.questions.questions import CohortsQuestion
from analytics.reports.activity.lifecycle import LifecycleReport, lifecycle, lifecycle_of, periods_of_lifecycle
from analytics.reports.activity.periods import PeriodActivity
from analytics.reports.activity.stickiness import active_times, people_by_times, periods_of_stickiness
from analytics.reports.answers import Answer
from analytics.reports.splits import ValueTotals, group_label, grouped_totals, grouping_places, in_group, value_names

_PEOPLE = "active_people"
_Shown = TypeVar("_Shown")


@dataclass(frozen=True)
class ActivityGroup(Generic[_Shown]):
    """What is told of the people of a group, which has so many `values` of the field."""

    group: Group
    name: str | None
    values: int
    shown: _Shown


def lifecycle_groups(source: Source, question: CohortsQuestion) -> tuple[ActivityGroup[LifecycleReport], ...]:
    """Most people first; those of a field add up in each state of each period, segments may overlap. The query of the
    report, and up to two more for values and their names."""
    return _groups(
        *(source, question),
        activity=periods_of_lifecycle,
        shown=lambda activity: lifecycle_of(source, question, activity),
        of_part=lambda asked: lifecycle(source, asked),
    )


def stickiness_groups(source: Source, question: CohortsQuestion) -> tuple[ActivityGroup[tuple[int, ...]], ...]:
    """By number of times how many people were active so often, in the same way."""
    return _groups(
        *(source, question),
        activity=periods_of_stickiness,
        shown=lambda activity: people_by_times(activity.times()),
        of_part=lambda asked: people_by_times(active_times(source, asked)),
    )


def _groups(
    source: Source,
    question: CohortsQuestion,
    *,
    activity: Callable[[Source, CohortsQuestion, Field], PeriodActivity],
    shown: Callable[[PeriodActivity], _Shown],
    of_part: Callable[[CohortsQuestion], _Shown],
) -> tuple[ActivityGroup[_Shown], ...]:
    split = question.split
    assert split is not None
    if split.segments:
        names = value_names(source.workspace, split, split.segment_ids)
        return tuple(
            ActivityGroup(group, group_label(group, names), 1, of_part(in_group(question, group)))
            for group in split.segment_groups
        )
    periods = activity(source, question, split.field)
    assert periods.by_value is not None
    values, places = periods.by_value.values, periods.by_value.places
    totals = ValueTotals(values, {_PEOPLE: np.bincount(places[_anybody(periods)], minlength=len(values))})
    groups = grouped_totals(source.workspace, split, Answer((totals,)), _PEOPLE)
    group_of = grouping_places(split, [group.group for group in groups], values)[places]
    return tuple(
        ActivityGroup(group.group, group.name, group.values, shown(periods.only(group_of == place)))
        for place, group in enumerate(groups)
    )


def _anybody(periods: PeriodActivity) -> NDArray[np.int32]:
    """Who was active in any of the periods."""
    return periods.people(np.bitwise_or.reduce(periods.active, axis=0))
