"""Cohorts broken down: by a value of the contacts or of what they were first active with, or by segments."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import PeopleValues, Source
from analytics.questions.fields import Field, Subject
from analytics.questions.groups import Group
from analytics.questions.questions import CohortsQuestion
from analytics.reports.answers import Answer
from analytics.reports.cohorts import CohortsReport, WatchedContacts, cohorts
from analytics.reports.groups import PeopleByValue
from analytics.reports.reached import NEVER
from analytics.reports.splits import ValueTotals, group_label, grouped_totals, grouping_places, in_group, value_names

_SIZE = "cohort_size"


@dataclass(frozen=True)
class CohortsOfGroup:
    """The cohorts of the contacts of a group, which has so many `values` of the field."""

    group: Group
    name: str | None
    values: int
    report: CohortsReport


def split_cohorts(source: Source, question: CohortsQuestion) -> tuple[CohortsOfGroup, ...]:
    """Each contact is in one group: by their own value, or by that of the first that they did on the days on which
    they are watched. Most contacts first. Source: the ledger's touches; for values of people the contacts' table."""
    split = question.split
    assert split is not None
    if split.segments:
        names = value_names(source.workspace, split, split.segment_ids)
        return tuple(
            CohortsOfGroup(group, group_label(group, names), 1, cohorts(source, in_group(question, group)))
            for group in split.segment_groups
        )
    of_facts = split.field if split.subject is not Subject.PEOPLE else None
    contacts = WatchedContacts.of(source, question, of_facts)
    values, places = _values(source, split.field, contacts)
    totals = ValueTotals(values, {_SIZE: np.bincount(places, minlength=len(values))})
    groups = grouped_totals(source.workspace, split, Answer((totals,)), _SIZE)
    group_of = grouping_places(split, [group.group for group in groups], values)[places]
    return tuple(
        CohortsOfGroup(group.group, group.name, group.values, contacts.report(source, question, group_of == place))
        for place, group in enumerate(groups)
    )


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
