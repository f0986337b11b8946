"""Conversion events with the touches before them, found by what the ledger knows of them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from analytics.ledger.money_columns import order_number
from analytics.lists.conditions import RowConditions
from analytics.lists.matching_events import portions
from analytics.lists.order_events import is_beyond, money_of
from analytics.lists.people import roots
from analytics.lists.rows import PAGE_ROWS, latest, place_text, read_place
from analytics.models import Event
from analytics.models.fact_filters import EventConditions, EventValues
from analytics.periods import instant_of, microseconds
from analytics.questions.credit import CreditRule
from analytics.reports.credit.conversion_paths import ConversionPath, TouchMatch, conversion_paths
from analytics.reports.credit.conversions import NOWHERE
from analytics.reports.credit.touches import TouchedConversions
from analytics.reports.credit.worth import CreditedMoney
from campaignos.pages import Place, Rows, page_of
from workspaces.models import Workspace

_FEWEST_AT_ONCE = 64
_Key = tuple[int, int, str, int | None, str, bool, int]
"""What the ledger knows of a conversion event, by which it is found."""


@dataclass(frozen=True)
class CreditedEvent:
    """A conversion event with its path, and the part of it that is asked for: of the touches that match.

    `credit` is in millionths of a conversion; it and the `revenue` of that part are None where the model weighs no
    touches.
    """

    event: Event
    path: ConversionPath
    credit: int | None
    revenue: CreditedMoney | None


@dataclass(frozen=True, eq=False)
class CreditedResults:
    """Of conversions those at some `places`, in order of time; of their touches those that `match` are asked for."""

    touched: TouchedConversions
    rule: CreditRule
    match: TouchMatch
    conditions: RowConditions
    places: NDArray[np.intp]

    @property
    def workspace(self) -> Workspace:
        return self.conditions.workspace

    @property
    def total(self) -> int:
        return len(self.places)

    def between(self, since: datetime | None, before: datetime | None) -> "CreditedResults":
        """Of them those from an instant on and before another."""
        at = self.touched.converted.times.at[self.places]
        are_meant = np.ones(self.total, np.bool_)
        if since is not None:
            are_meant &= at >= microseconds(since)
        if before is not None:
            are_meant &= at < microseconds(before)
        return replace(self, places=self.places[are_meant])

    def page(self, after: str = "", size: int = PAGE_ROWS) -> Rows[CreditedEvent]:
        found = [*islice(self.beyond(read_place(after, Event), size + 1), size + 1)]
        return page_of(found, size, lambda row: place_text(latest("occurred_at").place(row.event)))

    def beyond(self, place: Place | None, number: int, *, is_descending: bool = True) -> Iterator[CreditedEvent]:
        """Those from beyond a place on, by when they occurred and then by their keys; so many are looked at at once.
        Two queries each time."""
        at = self.touched.converted.times.at[self.places]
        for portion in portions(at, place, max(number, _FEWEST_AT_ONCE), is_descending=is_descending):
            found = self._rows_at(self.places[portion])
            found.sort(key=lambda row: (row.event.occurred_at, row.event.pk), reverse=is_descending)
            for row in found:
                if place is None or is_beyond(row.event, place, is_descending=is_descending):
                    yield row

    def _rows_at(self, places: NDArray[np.intp]) -> list[CreditedEvent]:
        """The events at these places, which are all those of their instants."""
        by_key: dict[_Key, list[int]] = defaultdict(list)
        for place in places.tolist():
            by_key[self._key(place)].append(place)
        paths, events = conversion_paths(self.touched, self.rule, places), self._events(places)
        return [
            self._row(event, paths[place])
            for key, of_key in by_key.items()
            for event, place in zip(events.get(key, ()), of_key, strict=False)
        ]

    def _row(self, event: Event, path: ConversionPath) -> CreditedEvent:
        asked = [touch for touch in path.touches if self.match.has(touch.label)]
        credits = [touch.credit for touch in asked if touch.credit is not None]
        amounts = [touch.revenue for touch in asked if touch.revenue is not None]
        if len(credits) < len(asked):
            return CreditedEvent(event, path, None, None)
        nothing = path.revenue.less(path.revenue)
        return CreditedEvent(event, path, sum(credits), CreditedMoney.sum_of([nothing, *amounts]))

    def _events(self, places: NDArray[np.intp]) -> Mapping[_Key, list[Event]]:
        """Those that meet the conditions on events, of the instants and people of these places."""
        converted, condition = self.touched.converted, self.conditions.parts.conversions
        filters = EventConditions(self.workspace.pk)
        root_of = roots(self.workspace, np.unique(converted.times.people[places]).tolist())
        instants = [instant_of(at) for at in np.unique(converted.times.at[places]).tolist()]
        events = Event.objects.filter(workspace_id=self.workspace.pk, type__in=converted.types)
        events = events.filter(occurred_at__in=instants, person_number__among=list(root_of)).order_by("pk")
        by_key: dict[_Key, list[Event]] = defaultdict(list)
        for event in events:
            values = EventValues(event.type, event.utm_id, event.properties, event.context)
            if filters.is_met(values, condition):
                by_key[self._key_of(event, root_of[event.person_number])].append(event)
        return by_key

    def _key(self, place: int) -> _Key:
        converted = self.touched.converted
        times, name = converted.times, converted.types[converted.type_codes[place]]
        at, person, there = int(times.at[place]), int(times.people[place]), int(converted.places[place])
        if there == NOWHERE:
            return at, person, name, None, "", False, 0
        events = converted.told.events
        return (
            at,
            person,
            name,
            int(events.units[there]) if events.have_amount[there] else None,
            events.currencies[events.currency_codes[there]],
            bool(events.are_assumed[there]),
            int(events.orders[there]),
        )

    def _key_of(self, event: Event, root: int) -> _Key:
        at = microseconds(event.occurred_at)
        if event.type not in self.touched.converted.told.types:
            return at, root, event.type, None, "", False, 0
        said = money_of(event, self.workspace)
        return at, root, event.type, said.units, said.currency, said.is_assumed, order_number(said.order)
