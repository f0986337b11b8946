"""Cohorts broken down: by a value of the contacts or of what they were first active with, or by segments."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import PeopleValues, Source
from analytics.questions.fields import Field, Subject
from analytics.questions.groups import Group
from analytics.questions.questions import CohortsQuestion
from analytics.reports.answers import Answer
from analytics.reports.cohorts.report import CohortsReport, WatchedContacts, cohorts
from analytics.reports.groups import PeopleByValue
from analytics.reports.reached import NEVER
from analytics.reports.retention.changes import PeriodChange, period_changes
from analytics.reports.splits import ValueTotals, group_label, grouped_totals, grouping_places, in_group, value_names

_SIZE = "cohort_size"


@dataclass(frozen=True)
class CohortsOfGroup:
    """The cohorts of the contacts of a group, which has so many `values` of the field. `changes` are by week, where
    something is compared."""

    group: Group
    name: str | None
    values: int
    report: CohortsReport
    changes: tuple[PeriodChange, ...] = ()


def split_cohorts(source: Source, question: CohortsQuestion) -> tuple[CohortsOfGroup, ...]:
    """Each contact is in one group: by their own value, or by that of the first that they did on the days on which
    they are watched. Most contacts first. Where days are compared, so are the groups of the question's days, each with
    its own. Source: the ledger's touches; for values of people the contacts' table."""
    split, questions = question.split, question.compared_questions or ()
    assert split is not None
    if split.segments:
        names = value_names(source.workspace, split, split.segment_ids)
        return tuple(
            CohortsOfGroup(
                group,
                group_label(group, names),
                1,
                cohorts(source, in_group(question, group)),
                _changes([cohorts(source, in_group(asked, group)) for asked in questions]),
            )
            for group in split.segment_groups
        )
    contacts = _contacts(source, question)
    values, places = _values(source, split.field, contacts)
    totals = ValueTotals(values, {_SIZE: np.bincount(places, minlength=len(values))})
    groups = grouped_totals(source.workspace, split, Answer((totals,)), _SIZE)
    told = [group.group for group in groups]
    reports = _by_group(source, question, contacts, told)
    compared = zip(*(_by_group(source, asked, _contacts(source, asked), told) for asked in questions), strict=True)
    changes = [*map(_changes, compared)] if questions else [()] * len(groups)
    return tuple(
        CohortsOfGroup(group.group, group.name, group.values, report, its_changes)
        for group, report, its_changes in zip(groups, reports, changes, strict=True)
    )


def _contacts(source: Source, question: CohortsQuestion) -> WatchedContacts:
    assert question.split is not None
    of_facts = question.split.field if question.split.subject is not Subject.PEOPLE else None
    return WatchedContacts.of(source, question, of_facts)


def _by_group(
    source: Source, question: CohortsQuestion, contacts: WatchedContacts, groups: Sequence[Group]
) -> list[CohortsReport]:
    """The report of the contacts of each of the groups."""
    assert question.split is not None
    values, places = _values(source, question.split.field, contacts)
    group_of = grouping_places(question.split, groups, values)[places]
    return [contacts.report(source, question, group_of == place) for place in range(len(groups))]


def _changes(reports: Sequence[CohortsReport]) -> tuple[PeriodChange, ...]:
    """Between that of the days that are over, and that of their partners; nothing without these."""
    return period_changes(*(report.weeks for report in reports)) if reports else ()


def _values(source: Source, by: Field, contacts: WatchedContacts) -> tuple[list[str | None], NDArray[np.integer]]:
    """The different values, and for each contact the place of theirs."""
    if by.subject is Subject.PEOPLE:
        people = PeopleValues.of(source.workspace, by)
        return [*people.values], people.at(contacts.people)
    activity = contacts.activity
    size = 1 + max(int(activity.people.max(initial=-1)), int(contacts.people.max(initial=-1)))
    first = np.full(size, NEVER, np.int64)
    np.minimum.at(first, activity.people, activity.at)
    by_value = PeopleByValue.of_touches(activity, by, first)
    return [*by_value.values], by_value.places[contacts.people]
