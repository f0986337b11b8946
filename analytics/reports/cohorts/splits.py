"""Cohorts broken down: by a value of the contacts or of what they were first active with, or by segments."""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import PeopleValues, Source
from analytics.questions.fields import Field, Subject
from analytics.questions.questions import CohortsQuestion
from analytics.reports.cohorts.report import CohortsReport, WatchedContacts, cohorts
from analytics.reports.groups import PeopleByValue
from analytics.reports.reached import NEVER
from analytics.reports.retention.splits import CohortsOfGroup, MembersWithValues, cohorts_of_groups


def split_cohorts(source: Source, question: CohortsQuestion) -> tuple[CohortsOfGroup[CohortsReport], ...]:
    """Each contact is in one group: by their own value, or by that of the first that they did on the days on which
    they are watched. Source: the ledger's touches; for values of people the contacts' table."""
    return cohorts_of_groups(
        source,
        question,
        report=partial(cohorts, source),
        members=partial(_contacts, source),
        shares=lambda report: report.weeks,
    )


def _contacts(source: Source, question: CohortsQuestion) -> MembersWithValues[CohortsReport]:
    split = question.split
    assert split is not None
    of_facts = split.field if split.subject is not Subject.PEOPLE else None
    contacts = WatchedContacts.of(source, question, of_facts)
    return MembersWithValues(*_values(source, split.field, contacts), partial(contacts.report, source, question))


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
