"""A report on cohorts broken down: by a value of each who is in them, or by segments."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Source
from analytics.questions.groups import Group
from analytics.questions.questions import Question
from analytics.reports.answers import Answer
from analytics.reports.retention.changes import PeriodChange, PeriodShare, period_changes
from analytics.reports.splits import ValueTotals, group_label, grouped_totals, grouping_places, in_group, value_names

_SIZE = "cohort_size"
_Report = TypeVar("_Report")
_Question = TypeVar("_Question", bound=Question)


@dataclass(frozen=True)
class CohortsOfGroup(Generic[_Report]):
    """The report of those who are in a group, which has so many `values` of the field. `changes` are by period, where
    something is compared."""

    group: Group
    name: str | None
    values: int
    report: _Report
    changes: tuple[PeriodChange, ...] = ()


@dataclass(frozen=True)
class MembersWithValues(Generic[_Report]):
    """Those who are in a question's cohorts: for each the place of their value among `values`, and the `report` of some
    of them."""

    values: Sequence[str | None]
    places: NDArray[np.integer[Any]]
    report: Callable[[NDArray[np.bool_]], _Report]


def cohorts_of_groups(
    source: Source,
    question: _Question,
    *,
    report: Callable[[_Question], _Report],
    members: Callable[[_Question], MembersWithValues[_Report]],
    shares: Callable[[_Report], Sequence[PeriodShare]],
) -> tuple[CohortsOfGroup[_Report], ...]:
    """Largest first; segments may overlap. Where days are compared, so are the groups of the question's days, each with
    its own `shares` by period."""
    split, questions = question.split, question.compared_questions or ()
    assert split is not None
    if split.segments:
        names = value_names(source.workspace, split, split.segment_ids)
        return tuple(
            CohortsOfGroup(
                group,
                group_label(group, names),
                1,
                report(in_group(question, group)),
                _changes([shares(report(in_group(asked, group))) for asked in questions]),
            )
            for group in split.segment_groups
        )

    def by_group(found: MembersWithValues[_Report], groups: Sequence[Group]) -> list[_Report]:
        group_of = grouping_places(split, groups, found.values)[found.places]
        return [found.report(group_of == place) for place in range(len(groups))]

    found = members(question)
    totals = ValueTotals(found.values, {_SIZE: np.bincount(found.places, minlength=len(found.values))})
    groups = grouped_totals(source.workspace, split, Answer((totals,)), _SIZE)
    told = [group.group for group in groups]
    reports = by_group(found, told)
    compared = zip(*([*map(shares, by_group(members(asked), told))] for asked in questions), strict=True)
    changes = [*map(_changes, compared)] if questions else [()] * len(groups)
    return tuple(
        CohortsOfGroup(group.group, group.name, group.values, its_report, its_changes)
        for group, its_report, its_changes in zip(groups, reports, changes, strict=True)
    )


def _changes(compared: Sequence[Sequence[PeriodShare]]) -> tuple[PeriodChange, ...]:
    """Between the shares of the days that are over, and those of their partners; nothing without these."""
    return period_changes(*compared) if compared else ()
