"""Events that the ledger tells of, found by what it knows of them, so that only those of a page are looked at."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Generic, NamedTuple, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from analytics.ledger.money_columns import order_number
from analytics.lists.conditions import RowConditions
from analytics.lists.matching_events import portions
from analytics.lists.people import roots
from analytics.lists.rows import PAGE_ROWS, latest, place_text, read_place
from analytics.models import Event
from analytics.models.fact_filters import EventConditions, EventValues
from analytics.money import Money, money
from analytics.periods import Window, instant_of, microseconds
from analytics.questions.filters import AllOf
from analytics.questions.values import values_by_path
from analytics.reports.revenue.told_money import ToldMoney
from campaignos.pages import Place, Rows, page_of
from workspaces.models import Workspace

_FEWEST_AT_ONCE = 64


class _OfEvent(Protocol):
    @property
    def event(self) -> Event: ...


_Row = TypeVar("_Row", bound=_OfEvent)


@dataclass(frozen=True, eq=False)
class LedgerEvents(ABC, Generic[_Row]):
    """Of what the ledger tells, that at some `places`, in order of time."""

    conditions: RowConditions
    places: NDArray[np.intp]

    @property
    @abstractmethod
    def at(self) -> NDArray[np.int64]:
        """When each of all was, also of those at other places."""

    @property
    def counted_at(self) -> NDArray[np.int64]:
        """By which instants they belong to days."""
        return self.at

    @abstractmethod
    def rows_at(self, places: NDArray[np.intp]) -> list[_Row]:
        """The events at these places, which are all those of their instants. Two queries."""

    @property
    def workspace(self) -> Workspace:
        return self.conditions.workspace

    @property
    def total(self) -> int:
        return len(self.places)

    def between(self, since: datetime | None, before: datetime | None) -> Self:
        """Of them those that belong to an instant on and before another."""
        at = self.counted_at[self.places]
        are_meant = np.ones(self.total, np.bool_)
        if since is not None:
            are_meant &= at >= microseconds(since)
        if before is not None:
            are_meant &= at < microseconds(before)
        return replace(self, places=self.places[are_meant])

    def on_days(self, window: Window) -> Self:
        """Of them those that belong to its days."""
        return replace(self, places=self.places[window.covers(self.counted_at[self.places])])

    def page(self, after: str = "", size: int = PAGE_ROWS) -> Rows[_Row]:
        found = [*islice(self.beyond(read_place(after, Event), size + 1), size + 1)]
        return page_of(found, size, lambda row: place_text(latest("occurred_at").place(row.event)))

    def beyond(self, place: Place | None, number: int, *, is_descending: bool = True) -> Iterator[_Row]:
        """Those from beyond a place on, by when they occurred and then by their keys; so many are looked at at once.
        Two queries each time."""
        at = self.at[self.places]
        for portion in portions(at, place, max(number, _FEWEST_AT_ONCE), is_descending=is_descending):
            found = self.rows_at(self.places[portion])
            found.sort(key=lambda row: (row.event.occurred_at, row.event.pk), reverse=is_descending)
            for row in found:
                if place is None or _is_beyond(row.event, place, is_descending=is_descending):
                    yield row


def _is_beyond(event: Event, place: Place, *, is_descending: bool) -> bool:
    here, there = (event.occurred_at, str(event.pk)), (place.value, str(place.pk))
    return here < there if is_descending else here > there


class EventKey(NamedTuple):
    """What the ledger knows of an event, by which it is found."""

    at: int
    person: int
    type: str
    units: int | None = None
    currency: str = ""
    is_assumed: bool = False
    order: int = 0


def key_of_money(told: ToldMoney, place: int) -> EventKey:
    """Of the event at a place of what is told of money."""
    events = told.events
    return EventKey(
        int(events.at[place]),
        int(events.people[place]),
        told.types[told.type_codes[place]],
        int(events.units[place]) if events.have_amount[place] else None,
        events.currencies[events.currency_codes[place]],
        bool(events.are_assumed[place]),
        int(events.orders[place]),
    )


def key_of_event(event: Event, root: int, said: Money | None) -> EventKey:
    """Of an event of the person with the number `root`, given what it says of money, if its type does."""
    at = microseconds(event.occurred_at)
    if said is None:
        return EventKey(at, root, event.type)
    number = order_number(said.order)
    return EventKey(at, root, event.type, said.units, said.currency, said.is_assumed, number)


def money_of(event: Event, workspace: Workspace) -> Money:
    """What an event says by the rule of its type, which there must be."""
    rule = workspace.rules_by_type[event.type]
    return money(rule, values_by_path(event.properties), workspace.currency)


def events_at(
    workspace: Workspace,
    types: Iterable[str],
    condition: AllOf,
    at: NDArray[np.int64],
    people: NDArray[np.integer],
) -> Iterator[tuple[Event, int]]:
    """Events of these types, instants and people that meet a condition on events, each with its person's number, in
    the order of their keys. Two queries."""
    filters, root_of = EventConditions(workspace.pk), roots(workspace, np.unique(people).tolist())
    instants = [instant_of(moment) for moment in np.unique(at).tolist()]
    events = Event.objects.filter(workspace_id=workspace.pk, type__in=types, occurred_at__in=instants)
    for event in events.filter(person_number__among=list(root_of)).order_by("pk"):
        if filters.is_met(EventValues(event.type, event.utm_id, event.properties, event.context), condition):
            yield event, root_of[event.person_number]
