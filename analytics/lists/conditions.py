"""The conditions that the rows of a list meet."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property, lru_cache
from typing import TypeVar

import numpy as np
from django.db.models import Model, QuerySet
from numpy.typing import NDArray

from analytics.ledger import Ledger, LedgerPeople
from analytics.lists.query import ListParameters, Query, query_of
from analytics.models import Event, Message, MessageEvent, UtmTriple
from analytics.models.fact_filters import EventConditions, MessageConditions
from analytics.periods import Window, local_day
from analytics.questions.fields import Subject
from analytics.questions.filter_texts import canonical, filter_query
from analytics.questions.filters import NO_CONDITION, AllOf, Filter, all_of, depends_on_days
from analytics.questions.parts import Parts, parts_of
from analytics.questions.slices import Slice
from analytics.reports.attribution.report import is_source_meant
from workspaces.models import Workspace

_Fact = TypeVar("_Fact", bound=Model)


@dataclass(frozen=True)
class ListConditions:
    """`until` is the day with which ends what has to lie within so many days, None for the last day of the list, or
    today: a list that is only a part of a report's days names the last of these.
    """

    meant: AllOf = NO_CONDITION
    until: date | None = None

    @classmethod
    def of(cls, part: Slice, *subjects: Subject) -> "ListConditions":
        """A part's conditions on the subjects."""
        return _conditions_on(part.where, part.until, subjects)

    @classmethod
    def read(cls, parameters: ListParameters, *subjects: Subject) -> "ListConditions":
        """The conditions that the parameters state on the subjects."""
        condition = parameters.filter(*subjects)
        if not depends_on_days(condition):
            parameters.refuse_without("a condition within days, or a segment", "until")
            return cls(condition)
        today = local_day(parameters.now, parameters.zone)
        return cls(condition, parameters.day("until", default=today) if parameters.value("until") else None)

    def and_also(self, condition: AllOf) -> "ListConditions":
        return replace(self, meant=canonical(all_of(self.meant, condition)))

    def without(self, others: Collection[Filter]) -> "ListConditions":
        return replace(self, meant=AllOf(tuple(each for each in self.meant.conditions if each not in others)))

    @cached_property
    def query(self) -> Query:
        parameters = filter_query(self.meant)
        several = {name: tuple(text for key, text in parameters if key == name) for name, _ in parameters}
        query: Query = {name: texts[0] if len(texts) == 1 else texts for name, texts in several.items()}
        until = self.until.isoformat() if self.until and depends_on_days(self.meant) else None
        return {**query, **query_of(until=until)}

    def ending_with(self, window: Window | None) -> "ListConditions":
        """The same for a list that does not have the days of the window."""
        return replace(self, until=self.until or (window.last_day if window else None))

    def rows(self, workspace: Workspace, window: Window | None, now: datetime) -> "RowConditions":
        """Those of the workspace, for a list of the days in the window."""
        last = self.until or (window.last_day if window else local_day(now, workspace.zone))
        return RowConditions(workspace, parts_of(self.meant), Window.between(last, last, zone=workspace.zone))


@lru_cache(maxsize=64)
def _conditions_on(where: Parts, until: date | None, subjects: tuple[Subject, ...]) -> ListConditions:
    """Behind each of a page's thousands of numbers lies a list under the same ones."""
    return ListConditions(canonical(all_of(*(where.on(subject) for subject in subjects))), until)


NO_CONDITIONS = ListConditions()
CONDITION_PARAMETERS = ("filter", "until")
"""Parameters that may be there once."""


@dataclass(frozen=True)
class RowConditions:
    """Conditions on a workspace's rows; what has to lie within so many days ends with `asked`."""

    workspace: Workspace
    parts: Parts
    asked: Window

    @property
    def part(self) -> Slice:
        """What a report is asked about that has them."""
        return Slice(where=self.parts).ending_with(self.asked.last_day)

    def events(self, rows: QuerySet[Event]) -> QuerySet[Event]:
        if self.parts.events.conditions:
            rows = EventConditions(self.workspace.pk).matching(rows, self.parts.events)
        return self.of_people(rows)

    def conversions(self, rows: QuerySet[Event]) -> QuerySet[Event]:
        """Of conversion events, without heed of the conditions on the sources that they are credited to."""
        rows = EventConditions(self.workspace.pk).matching(rows, self.parts.conversions)
        return self.of_people(rows)

    def triples(self) -> frozenset[int | None] | None:
        """To which of the UTM triples conversions are credited that are meant, None for none; all of them without
        conditions on sources. One query."""
        if not self.parts.sources.conditions:
            return None
        triples = UtmTriple.objects.filter(workspace=self.workspace)
        paths = triples.values_list("pk", "source", "medium", "campaign")
        by_path: list[tuple[int | None, Sequence[str]]] = [(None, ("", "", "")), *((pk, path) for pk, *path in paths)]
        return frozenset(pk for pk, path in by_path if is_source_meant(self.parts.sources, path))

    def clicks(self, rows: QuerySet[MessageEvent]) -> QuerySet[MessageEvent]:
        """Of reports on messages, by the message."""
        if self.parts.messages.conditions:
            messages = Message.objects.filter(workspace_id=self.workspace.pk)
            meant = MessageConditions(self.workspace.pk).matching(messages, self.parts.messages)
            rows = rows.filter(message__in=meant)
        return self.of_people(rows, "message__person_number")

    def messages(self, rows: QuerySet[Message]) -> QuerySet[Message]:
        if self.parts.messages.conditions:
            rows = MessageConditions(self.workspace.pk).matching(rows, self.parts.messages)
        return self.of_people(rows)

    def of_people(self, rows: QuerySet[_Fact], person: str = "person_number") -> QuerySet[_Fact]:
        """Of rows with the number of a person, those of the people who are meant."""
        if not self.parts.people.conditions:
            return rows
        return rows.filter(**{f"{person}__among": self._people.meant_people(self.parts.people).numbers.tolist()})

    def among(self, numbers: NDArray[np.int32]) -> NDArray[np.int32]:
        """Of the numbers that people are known by, ascending, those of the people who are meant."""
        if not self.parts.people.conditions:
            return numbers
        return numbers[np.isin(numbers, self.people)]

    @cached_property
    def people(self) -> NDArray[np.int64]:
        """The numbers by which they are known, ascending."""
        return self._people.people(self.parts.people)

    @cached_property
    def _people(self) -> LedgerPeople:
        return LedgerPeople(Ledger(self.workspace), self.asked)
