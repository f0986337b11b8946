"""Cohorts by a value that people had as they began, or have, or by segments; and the people of a cohort."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import PeopleValues, Source
from analytics.orders import MoneyEvents
from analytics.periods import Bucket
from analytics.questions.fields import Field, Subject
from analytics.questions.groups import Group
from analytics.questions.questions import REVENUE
from analytics.questions.retention import RetentionQuestion
from analytics.reports.answers import Answer
from analytics.reports.retention.changes import PeriodChange, period_changes
from analytics.reports.retention.report import Beginners, RetentionReport, retention_report
from analytics.reports.retention.starts import Starts
from analytics.reports.splits import ValueTotals, group_label, grouped_totals, grouping_places, in_group, value_names

_SIZE = "cohort_size"


@dataclass(frozen=True)
class RetentionGroup:
    """The cohorts of people who are in a group, which has so many `values` of the field. `changes` are by period, where
    something is compared."""

    group: Group
    name: str | None
    values: int
    report: RetentionReport
    changes: tuple[PeriodChange, ...] = ()


def retention_groups(source: Source, question: RetentionQuestion) -> tuple[RetentionGroup, ...]:
    """Of each who began in a cohort the group of their own value or of that of what they began with, so that groups add
    up to the cohorts. Most people first; segments may overlap. The report's queries, for values of people one more; up
    to thrice as many where days are compared, by the groups of the question's days.
    """
    split, questions = question.split, question.compared_questions or ()
    assert split is not None
    if split.segments:
        names = value_names(source.workspace, split, split.segment_ids)
        return tuple(
            RetentionGroup(
                group,
                group_label(group, names),
                1,
                retention_report(source, in_group(question, group)),
                _changes([retention_report(source, in_group(asked, group)) for asked in questions]),
            )
            for group in split.segment_groups
        )
    beginners = Beginners.of(source, question, split.field)
    values, places = _values(source, split.field, beginners.starts)
    totals = ValueTotals(values, {_SIZE: np.bincount(places, minlength=len(values))})
    groups = grouped_totals(source.workspace, split, Answer((totals,)), _SIZE)
    told = [group.group for group in groups]
    reports = _by_group(source, question, beginners, told)
    compared = zip(*(_by_group(source, asked, None, told) for asked in questions), strict=True)
    changes = [*map(_changes, compared)] if questions else [()] * len(groups)
    return tuple(
        RetentionGroup(group.group, group.name, group.values, report, its_changes)
        for group, report, its_changes in zip(groups, reports, changes, strict=True)
    )


def _changes(reports: Sequence[RetentionReport]) -> tuple[PeriodChange, ...]:
    """Between that of the days that are over, and that of their partners; nothing without these."""
    return period_changes(*(report.mean for report in reports)) if reports else ()


def _by_group(
    source: Source, question: RetentionQuestion, beginners: Beginners | None, groups: Sequence[Group]
) -> list[RetentionReport]:
    """A report for each of the groups, of who began, where they are known."""
    assert question.split is not None
    found = beginners or Beginners.of(source, question, question.split.field)
    values, places = _values(source, question.split.field, found.starts)
    group_of = grouping_places(question.split, groups, values)[places]
    return [found.only(group_of == place).report(source, question) for place in range(len(groups))]


def _values(source: Source, by: Field, starts: Starts) -> tuple[Sequence[str | None], NDArray[np.integer]]:
    """The different values, and for each start the place of its own."""
    if by.subject is Subject.PEOPLE:
        people = PeopleValues.of(source.workspace, by)
        return [*people.values], people.at(starts.people)
    assert starts.value_places is not None
    return starts.values, starts.value_places


def cohort_people(
    source: Source, question: RetentionQuestion, period: int | None, group: Group | None, *, are_back: bool
) -> NDArray[np.int32]:
    """The numbers, ascending, of all who began on the question's days, each once; of a group, where one is meant.

    With a period those for whom it has begun or, if they `are_back`, who returned in it. The queries of the report.
    """
    whole = (Bucket(question.window.first_day, question.window.last_day),)
    beginners = Beginners.of(source, question, group.by if group else None, whole)
    are_meant = np.ones(len(beginners.starts), np.bool_)
    if period is not None:
        are_meant &= beginners.came[:, period] if are_back else beginners.has_begun(period)
    if group is not None:
        values, places = _values(source, group.by, beginners.starts)
        are_meant &= np.array([*map(group.has, values)], np.bool_)[places]
    return beginners.people(are_meant)


def orders_since(
    source: Source, question: RetentionQuestion, group: Group | None, events: MoneyEvents, *, until: bool
) -> NDArray[np.bool_]:
    """Which of the events lie in the last of the question's periods or, with `until`, in any of them, of those who
    began on its days, each once; of a group, where one is meant. The queries of the report."""
    whole = (Bucket(question.window.first_day, question.window.last_day),)
    beginners = Beginners.of(source, replace(question, metric=REVENUE), group.by if group else None, whole)
    assert beginners.money is not None
    money = replace(beginners.money, events=events, converted=events)
    if group is not None:
        values, places = _values(source, group.by, beginners.starts)
        beginners = beginners.only(np.array([*map(group.has, values)], np.bool_)[places])
    found = np.zeros(len(events), np.bool_)
    for pairs in money.pairs(beginners.starts, beginners.over):
        found[pairs.events if until else pairs.events[pairs.periods == question.horizon - 1]] = True
    return found
