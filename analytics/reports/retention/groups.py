"""Cohorts by a value that people had as they began, or have, or by segments; and the people of a cohort."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import PeopleValues, Source
from analytics.orders import MoneyEvents
from analytics.periods import Bucket
from analytics.questions.fields import Field, Subject
from analytics.questions.groups import Group
from analytics.questions.questions import REVENUE
from analytics.questions.retention import RetentionQuestion
from analytics.reports.retention.report import Beginners, RetentionReport, retention_report
from analytics.reports.retention.splits import CohortsOfGroup, MembersWithValues, cohorts_of_groups
from analytics.reports.retention.starts import Starts


def retention_groups(source: Source, question: RetentionQuestion) -> tuple[CohortsOfGroup[RetentionReport], ...]:
    """Of each who began in a cohort the group of their own value or of that of what they began with, so that groups add
    up to the cohorts. The report's queries, for values of people one more; up to thrice as many where days are
    compared."""
    return cohorts_of_groups(
        source,
        question,
        report=partial(retention_report, source),
        members=partial(_beginners, source),
        shares=lambda report: report.mean,
    )


def _beginners(source: Source, question: RetentionQuestion) -> MembersWithValues[RetentionReport]:
    assert question.split is not None
    beginners = Beginners.of(source, question, question.split.field)
    values, places = _values(source, question.split.field, beginners.starts)
    return MembersWithValues(values, places, lambda are_meant: beginners.only(are_meant).report(source, question))


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
