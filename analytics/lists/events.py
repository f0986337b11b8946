"""Events: on some days, of a type, a source, somebody; and the conversions that a source is credited with."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from itertools import islice
from typing import ClassVar

from django.db.models import QuerySet

from analytics.ledger import Ledger, Series
from analytics.lists.conditions import NO_CONDITIONS, ListConditions
from analytics.lists.matching_events import LedgerPart, events_meeting
from analytics.lists.people import roots, roots_by_number
from analytics.lists.properties import of_library, property_condition
from analytics.lists.query import ListParameters, Query, days_query, query_of
from analytics.lists.rows import PAGE_ROWS, Results, RowResults, are_whole_days, inside, latest, place_text, read_place
from analytics.lists.sources import UtmSource
from analytics.models import Contact, Event, Identity, IdentityKind, Person, UtmTriple
from analytics.models.bulk import in_binary
from analytics.periods import Window, microseconds
from analytics.questions.fields import Subject
from analytics.questions.slices import Slice
from analytics.reports.attribution.source_tree import conversion_credit
from campaignos.pages import Place, Rows, page_of
from workspaces.models import Workspace


class Conversions(StrEnum):
    """All conversion events, or those credited to a source (after an attributed event of their person in the same
    days), or those that are not."""

    ANY = "any"
    CREDITED = "credited"
    DIRECT = "direct"


@dataclass(frozen=True)
class EventRow:
    """`person` is the number somebody is known by, `device` one that the event came from, `source` its UTM triple.

    Texts are empty where there is none.
    """

    event: Event
    person: int
    contact: Contact | None
    device: str
    source: str


@dataclass(frozen=True)
class EventList:
    """`attributed` are events that carry a utm_source. `person` is the number somebody is known by, `library` the name
    of the client that sent an event.

    With `conversions` it is conversion events; then the `source` is the one that is credited. Where they are credited,
    conditions on sources are, too.
    """

    name: ClassVar[str] = "events"

    window: Window | None = None
    type: str | None = None
    attributed: bool | None = None
    conversions: Conversions | None = None
    source: UtmSource | None = None
    person: int | None = None
    library: str | None = None
    conditions: ListConditions = NO_CONDITIONS

    @classmethod
    def read(cls, parameters: ListParameters) -> "EventList":
        window, choice = parameters.hour_or_days(), parameters.choice("conversions", list(Conversions))
        conversions = Conversions(choice) if choice else None
        conditions = ListConditions.read(parameters, Subject.EVENTS, Subject.PEOPLE)
        if conversions not in (None, Conversions.ANY) and (window is None or not window.is_whole_days):
            parameters.refuse("conversions", f"{Conversions.ANY}, or others together with from and to, without an hour")
            conversions = Conversions.ANY
        return cls(
            window=window,
            type=parameters.text("type"),
            attributed=parameters.flag("attributed"),
            conversions=conversions,
            source=UtmSource.read(parameters),
            person=parameters.number("person"),
            library=parameters.text("library"),
            conditions=conditions.and_also(property_condition(parameters)),
        )

    @property
    def query(self) -> Query:
        return {
            **days_query(self.window),
            **query_of(type=self.type, attributed=self.attributed, conversions=self.conversions),
            **(self.source.query if self.source else {}),
            **query_of(person=self.person, library=self.library),
            **self.conditions.query,
        }

    def find(self, workspace: Workspace, *, now: datetime) -> Results[Event]:
        """Newest first. A query for each of source, person and what stands in JSON, two for conversions."""
        triples = None if self.source is None else self.source.triple_ids(workspace)
        rows, conditions = self._events(workspace, triples), self.conditions.rows(workspace, self.window, now)
        if self.library is not None:
            rows = of_library(rows, self.library)
        if self.window is not None and self.conversions is not None and self.conversions is not Conversions.ANY:
            credit = conversion_credit(Ledger(workspace), self.window)
            is_meant = _credits(self.conversions, triples, conditions.triples())
            return _credited_conversions(workspace, conditions.conversions(rows), credit, is_meant)
        found = events_meeting(workspace, rows, conditions, self._ledger_part(workspace))
        return RowResults(found, "occurred_at", self._ledger_total(workspace))

    def _ledger_part(self, workspace: Workspace) -> LedgerPart | None:
        """What the ledger has of the events, whatever conditions they meet. One query for a person."""
        if self.source is not None or self.attributed is not None or self.library is not None:
            return None
        types = None if self.type is None else [self.type]
        if self.conversions is not None:
            types = [name for name in workspace.conversion_types if self.type in (None, name)]
        numbers = None if self.person is None else roots(workspace, [self.person]).keys()
        since, before = (self.window.starts_at, self.window.ends_at) if self.window else (None, None)
        return LedgerPart(types, since, before, numbers)

    def full_rows(self, workspace: Workspace, events: Sequence[Event]) -> list[EventRow]:
        """Four queries."""
        people = roots_by_number(workspace, {event.person_number for event in events})
        contacts = {
            contact.person_number: contact
            for contact in Contact.objects.current().filter(workspace=workspace, person_number__in=people.values())
        }
        identities = Identity.objects.filter(workspace_id=workspace.pk, person_number__in=people)
        devices = dict(identities.filter(kind=IdentityKind.ANONYMOUS).values_list("person_number", "value"))
        triples = UtmTriple.objects.filter(workspace=workspace).in_bulk([row.utm_id for row in events if row.utm_id])
        return [
            EventRow(
                event=event,
                person=people[event.person_number],
                contact=contacts.get(people[event.person_number]),
                device=devices.get(event.person_number, ""),
                source=str(triples[event.utm_id]) if event.utm_id else "",
            )
            for event in events
        ]

    def _events(self, workspace: Workspace, triples: Collection[int] | None) -> QuerySet[Event]:
        """By what stands in the table itself; `triples` are those of the source. One query for a person."""
        rows = inside(Event.objects.filter(workspace_id=workspace.pk), "occurred_at", self.window)
        if self.type is not None:
            rows = rows.filter(type=self.type)
        if self.attributed is not None:
            rows = rows.filter(utm__isnull=not self.attributed)
        if self.person is not None:
            rows = rows.filter(person_number__in=list(roots(workspace, [self.person])))
        if self.conversions is not None:
            return rows.filter(type__in=workspace.conversion_types)
        return rows if triples is None else rows.filter(utm__in=triples)

    def conversions_in(self, workspace: Workspace) -> QuerySet[Event]:
        """Whoever they are credited to."""
        return self._events(workspace, None)

    def _ledger_total(self, workspace: Workspace) -> Callable[[], int] | None:
        if not are_whole_days(self.window):
            return None
        if self == EventList(self.window, self.type):
            series = Series.EVENTS if self.type is None else Series.of_type(self.type)
        elif self == EventList(self.window, attributed=True):
            series = Series.ATTRIBUTED
        else:
            return None
        return lambda: Ledger(workspace).total(series, window=self.window)


def events_of_all_sources(window: Window, part: Slice) -> EventList:
    """With those of no source: of what an attribution's shares are."""
    return EventList(window, conditions=ListConditions.of(part, Subject.PEOPLE))


def conversions_of_all_sources(window: Window, part: Slice) -> EventList:
    """With those that are credited to none."""
    where = replace(part.where, events=part.where.conversions)
    conditions = ListConditions.of(replace(part, where=where), Subject.PEOPLE, Subject.EVENTS)
    return EventList(window, conversions=Conversions.ANY, conditions=conditions)


def _credits(
    conversions: Conversions, triples: Collection[int] | None, among: Collection[int | None] | None
) -> Callable[[int | None], bool]:
    """Whether a conversion is meant that is credited to a triple, or with None to none: to one of these (None for
    any), and `among` those that meet conditions (None for any)."""

    def is_meant(triple: int | None) -> bool:
        if among is not None and triple not in among:
            return False
        if conversions is Conversions.DIRECT or triple is None:
            return conversions is Conversions.DIRECT and triple is None
        return triples is None or triple in triples

    return is_meant


@dataclass(frozen=True)
class ConversionResults:
    """Of conversion events, those whose credit is meant. `credit` is the triple by person and instant (microseconds).

    Who a number belongs to is not in the events' table, hence they are gone through one by one.
    """

    events: QuerySet[Event]
    credit: Mapping[tuple[int, int], int]
    is_meant: Callable[[int | None], bool]
    joined_to: Mapping[int, int]

    @cached_property
    def total(self) -> int:
        rows = self.events.order_by().values_list("person_number", "occurred_at")
        return sum(self._has(person_number, at) for person_number, at in in_binary(rows))

    @property
    def keys(self) -> list[str]:
        """Each as 32 digits, in no order. One query."""
        rows = self.events.order_by().values_list("pk", "person_number", "occurred_at")
        return [pk.hex for pk, person_number, at in rows.iterator(chunk_size=10_000) if self._has(person_number, at)]

    def page(self, after: str = "", size: int = PAGE_ROWS) -> Rows[Event]:
        events = list(islice(self._from(read_place(after, Event)), size + 1))
        return page_of(events, size, lambda event: place_text(Place(event.occurred_at, event.pk)))

    def _from(self, place: Place | None) -> Iterator[Event]:
        for event in latest("occurred_at").rows_after(self.events, place).iterator(chunk_size=500):
            if self._has(event.person_number, event.occurred_at):
                yield event

    def _has(self, person_number: int, at: datetime) -> bool:
        person = self.joined_to.get(person_number, person_number)
        return self.is_meant(self.credit.get((person, microseconds(at))))


def credited_events(
    workspace: Workspace,
    window: Window,
    kind: Conversions,
    triples: Collection[int] | None,
    among: Collection[int | None] | None = None,
) -> list[str]:
    """The keys, as 32 digits, of the window's conversions that are credited, or are not, to one of the triples (None
    for any); `among` those of `RowConditions.triples`. Three queries."""
    events = EventList(window, conversions=kind).conversions_in(workspace)
    credit = conversion_credit(Ledger(workspace), window)
    return _credited_conversions(workspace, events, credit, _credits(kind, triples, among)).keys


def _credited_conversions(
    workspace: Workspace,
    events: QuerySet[Event],
    credit: Mapping[tuple[int, int], int],
    is_meant: Callable[[int | None], bool],
) -> ConversionResults:
    joined = Person.objects.filter(workspace_id=workspace.pk, joined_to__isnull=False)
    roots_of = {number: root for number, root in joined.values_list("number", "joined_to") if root is not None}
    return ConversionResults(events, credit, is_meant, roots_of)
