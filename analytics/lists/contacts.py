"""Contacts: all, those who signed up on some days, and of these the ones active in a week since."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from typing import ClassVar

import numpy as np
from django.db.models import Q, QuerySet

from analytics.addresses import CONCEALED
from analytics.ledger import Ledger
from analytics.lists.conditions import NO_CONDITIONS, ListConditions
from analytics.lists.people import MoneyReader, PersonRow, money_reader, people_rows
from analytics.lists.people_columns import MONEY_COLUMNS, OF_CONTACTS
from analytics.lists.query import ListParameters, Query, days_query, query_of
from analytics.lists.rows import (
    OrderedResults,
    PeopleResults,
    RankedResults,
    Results,
    RowResults,
    are_whole_days,
    inside,
)
from analytics.metrics import Counted
from analytics.models import Contact
from analytics.periods import Window
from analytics.questions.fields import Subject
from analytics.questions.questions import ACTIVITIES, EVENT_METRIC_PREFIX, CohortsQuestion
from analytics.reports.cohorts.report import MAX_WEEKS, active_contacts, subject_of_activity
from analytics.reports.revenue.people_money import MoneyFigure
from campaignos.pages import Ordering
from workspaces.models import Workspace

SIGNED_UP = ("signedUpFrom", "signedUpTo")
"""The parameters with the days on which contacts signed up."""
SORTS: Mapping[str, str] = {"signedUp": "signed_up_at", "contact": "name", "id": "external_id"}
"""Columns by which contacts can be sorted, those that an index has or that are told apart quickly, and their fields."""


def can_be_sorted_by(column: str) -> bool:
    return column in SORTS or column in MONEY_COLUMNS


def contact_order(sort: str) -> Ordering | None:
    """That of a column, downwards with a minus before it; None where contacts cannot be sorted by it."""
    column = sort.removeprefix("-")
    field = SORTS.get(column, column if column in MONEY_COLUMNS else None)
    return Ordering(sort, field, sort.startswith("-")) if field else None


@dataclass(frozen=True)
class ContactList:
    """`active_in_week` counts weeks from each contact's signup, from 0, as the cohort report does and with its metrics.

    Conditions on facts are those on what makes active.

    `text` is part of a name, an email or an external id; for those from whom addresses are hidden, part of a name
    alone.
    """

    name: ClassVar[str] = "contacts"

    signed_up: Window | None = None
    active_in_week: int | None = None
    metric: str = ACTIVITIES[0]
    text: str | None = None
    in_names_only: bool = False
    conditions: ListConditions = NO_CONDITIONS

    @classmethod
    def read(cls, parameters: ListParameters) -> "ContactList":
        window, week = parameters.hour_or_days(*SIGNED_UP), parameters.number("week")
        if week is not None and (window is None or not window.is_whole_days or week >= MAX_WEEKS):
            days = f"{' and '.join(SIGNED_UP)}, without an hour"
            parameters.refuse("week", f"a number below {MAX_WEEKS}, together with {days}")
            week = None
        metric = parameters.text("metric") or ACTIVITIES[0]
        if week is None and parameters.value("metric"):
            parameters.refuse("metric", "one together with week")
        if metric not in ACTIVITIES and not metric.startswith(EVENT_METRIC_PREFIX):
            parameters.refuse("metric", f"{', '.join(ACTIVITIES)} or {EVENT_METRIC_PREFIX}<event type>")
            metric = ACTIVITIES[0]
        return cls(
            window,
            week,
            metric if week is not None else ACTIVITIES[0],
            parameters.text("q"),
            conditions=ListConditions.read(parameters, *_subjects(week, metric)),
        )

    @property
    def query(self) -> Query:
        metric = self.metric if self.active_in_week is not None else None
        return {
            **days_query(self.signed_up, *SIGNED_UP),
            **query_of(week=self.active_in_week, metric=metric, q=self.text),
            **self.conditions.query,
        }

    def contacts(self, workspace: Workspace) -> QuerySet[Contact]:
        """All contacts of the list, however active they were."""
        rows = inside(Contact.objects.current().filter(workspace=workspace), "signed_up_at", self.signed_up)
        if self.text:
            wanted = Q(name__contains_text=self.text)
            if not self.in_names_only:  # external ids are addresses as often as not
                wanted |= Q(email__contains_text=self.text) | Q(external_id__contains_text=self.text)
            rows = rows.filter(wanted)
            if self.in_names_only:
                rows = rows.exclude(name__regex=CONCEALED)
        return rows

    def find(self, workspace: Workspace, *, now: datetime, order: Ordering | None = None) -> Results[Contact]:
        """In the order, or latest signup first; with an activity, latest seen first, and a query for it."""
        conditions = self.conditions.rows(workspace, self.signed_up, now)
        if self.active_in_week is None or self.signed_up is None:
            rows = conditions.of_people(self.contacts(workspace))
            total = self._ledger_total(workspace)
            if order and order.field in MONEY_COLUMNS:
                return self._by_money(workspace, rows, order)
            return OrderedResults(rows, order, total) if order else RowResults(rows, "signed_up_at", total)
        question = CohortsQuestion(window=self.signed_up, now=now, metric=self.metric, part=conditions.part)
        people = active_contacts(Ledger(workspace), question, self.active_in_week)
        if self.text:
            numbers = np.fromiter(self.contacts(workspace).values_list("person_number", flat=True), np.int32)
            people = np.intersect1d(people, numbers)

        return PeopleResults(people, partial(_contacts_by_number, workspace))

    def _by_money(self, workspace: Workspace, rows: QuerySet[Contact], order: Ordering) -> Results[Contact]:
        """By what they bought, of equal ones who was seen last."""
        ranks = self._money(workspace).ranks(MoneyFigure(order.field))
        numbers = np.fromiter(rows.order_by().values_list("person_number", flat=True), np.int64)
        of_numbers = np.zeros(len(numbers), np.int64)
        are_ranked = numbers < len(ranks)
        of_numbers[are_ranked] = ranks[numbers[are_ranked]]
        in_order = np.lexsort((-numbers, -of_numbers if order.is_descending else of_numbers))
        return RankedResults(numbers[in_order], partial(_contacts_by_number, workspace))

    def full_rows(
        self, workspace: Workspace, contacts: Sequence[Contact], columns: Collection[str] = OF_CONTACTS
    ) -> list[PersonRow]:
        """The queries of `people_rows`."""
        return people_rows(workspace, [contact.person_number for contact in contacts], columns, self._money)

    @cached_property
    def _money(self) -> MoneyReader:
        return money_reader()

    def _ledger_total(self, workspace: Workspace) -> Callable[[], int] | None:
        if self.text or not are_whole_days(self.signed_up) or self.conditions != NO_CONDITIONS:
            return None
        return lambda: Ledger(workspace).counts([Counted.CONTACTS], window=self.signed_up).of(Counted.CONTACTS)


def _contacts_by_number(workspace: Workspace, numbers: list[int]) -> list[Contact]:
    """In the order of the numbers."""
    rows = Contact.objects.current().filter(workspace=workspace, person_number__in=numbers)
    by_number = {contact.person_number: contact for contact in rows}
    return [by_number[number] for number in numbers if number in by_number]


def _subjects(week: int | None, metric: str) -> tuple[Subject, ...]:
    """What conditions can be about: also what makes active in a week, where that is asked for."""
    return (Subject.PEOPLE,) if week is None else (Subject.PEOPLE, subject_of_activity(metric))
