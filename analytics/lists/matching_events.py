"""Events that meet conditions, however far back: when and whose they are says the ledger, so that few are looked at."""

from array import array
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from django.db.models import QuerySet
from numpy.typing import NDArray

from analytics.ledger import Ledger, Series, Touches, UnknownColumn
from analytics.lists.conditions import RowConditions
from analytics.models import Event
from analytics.models.fact_filters import EventConditions, EventValues
from analytics.periods import Window, instant_of, local_day, microseconds
from analytics.questions.filters import NO_CONDITION, fields_in
from campaignos.pages import Ordering, Place
from workspaces.models import Workspace

DAYS_AT_ONCE = 366
"""Of how many days the ledger's columns are in memory at a time."""
_FEWEST_AT_ONCE, _READ_AT_ONCE = 64, 500
_Moments = tuple[NDArray[np.int64], NDArray[np.int32]]
"""When and of whom, in order of time."""


@dataclass(frozen=True)
class LedgerPart:
    """Events as the ledger tells them apart: of some types (None: any), from an instant to before another, and of some
    people, by the numbers that their events carry (None: of anybody)."""

    types: Sequence[str] | None = None
    since: datetime | None = None
    before: datetime | None = None
    numbers: Collection[int] | None = None

    def series(self, conditions: RowConditions) -> list[Series]:
        names = [None] if self.types is None else dict.fromkeys(self.types)
        return [Series(Series.EVENTS.name, name, conditions.parts.events) for name in names]

    def windows(self, ledger: Ledger) -> Iterator[Window]:
        """The days that its events lie on, a year at a time. Up to one query."""
        zone = ledger.workspace.zone
        first = local_day(self.since, zone) if self.since else None
        last = local_day(self.before - timedelta.resolution, zone) if self.before else None
        if first is None or last is None:
            days = ledger.all_days()
            if days is None:
                return
            first, last = first or days.first_day, last or days.last_day
        while first <= last:
            end = min(last, first + timedelta(days=DAYS_AT_ONCE - 1))
            yield Window.between(first, end, zone=zone)
            first = end + timedelta(days=1)

    def moments(self, touches: Touches) -> _Moments:
        at, numbers = touches.at, touches.numbers
        are_meant = np.ones(len(at), np.bool_)
        if self.since:
            are_meant &= at >= microseconds(self.since)
        if self.before:
            are_meant &= at < microseconds(self.before)
        if self.numbers is not None:
            are_meant &= np.isin(numbers, np.fromiter(self.numbers, np.int32))
        return at[are_meant], numbers[are_meant]


@dataclass(eq=False)
class MatchingEvents:
    """Of the `events` those that meet conditions; `part` is what the ledger has of them, None where it cannot tell.

    Where it cannot tell, or does not keep what the conditions look at, each event is looked at, one after the other.
    """

    model: ClassVar[type[Event]] = Event

    workspace: Workspace
    events: QuerySet[Event]
    conditions: RowConditions
    part: LedgerPart | None
    unknown_columns: Sequence[str] = field(default=(), init=False)
    """What the conditions look at and the ledger does not keep, once that is found out: each event is looked at."""
    _looked_up: _Moments | None = field(default=None, init=False)

    def count(self) -> int:
        """All of them. By the ledger one query for each year of days, and those of the conditions."""
        if self._moments is None:
            self._looked_up = self._look_at_all()
        assert self._moments is not None
        return len(self._moments[0])

    def after(self, order: Ordering, place: Place | None, number: int) -> list[Event]:
        """The first so many in the order, of them those beyond a place. By the ledger two queries, seldom more."""
        keys = self._keys_at_moments(order, place, number) if self._moments else self._keys(order, place)
        chosen = [pk for pk, _ in zip(keys, range(number), strict=False)]
        rows = {event.pk: event for event in self.events.filter(pk__in=chosen).order_by()}
        return [rows[pk] for pk in chosen if pk in rows]

    @property
    def _moments(self) -> _Moments | None:
        """When and whose they are, where that is known already, or by the ledger."""
        return self._by_ledger if self._by_ledger is not None else self._looked_up

    @cached_property
    def _by_ledger(self) -> _Moments | None:
        if self.part is None:
            return None
        ledger = Ledger(self.workspace, reads_facts=False)
        series, people = self.part.series(self.conditions), self.conditions.part.of_people()
        found: list[_Moments] = []
        try:
            for window in self.part.windows(ledger):
                touches, _ = ledger.touches(series, window=window, part=people)
                found += [self.part.moments(touches[each]) for each in series]
        except UnknownColumn as error:
            self.unknown_columns = error.names
            return None
        return _in_order(found)

    def _look_at_all(self) -> _Moments:
        instants, people = array("q"), array("i")
        for _, at, number in self._looked_at(self._candidates.order_by()):
            instants.append(microseconds(at))
            people.append(number)
        return _in_order([(np.array(instants, np.int64), np.array(people, np.int32))])

    def _keys_at_moments(self, order: Ordering, place: Place | None, number: int) -> Iterator[Any]:
        """By when and whose they are: what else lies at these instants is left out."""
        assert self._moments is not None
        all_at, all_numbers = self._moments
        for portion in portions(all_at, place, max(number, _FEWEST_AT_ONCE), is_descending=order.is_descending):
            at, numbers = all_at[portion], all_numbers[portion]
            instants = [instant_of(moment) for moment in np.unique(at).tolist()]
            there = self.events.filter(occurred_at__in=instants, person_number__among=np.unique(numbers).tolist())
            meant = {*zip(at.tolist(), numbers.tolist(), strict=True)}
            for pk, at_, number_ in self._looked_at(order.rows_after(there, place)):
                if (microseconds(at_), number_) in meant:
                    yield pk

    def _keys(self, order: Ordering, place: Place | None) -> Iterator[Any]:
        for pk, _, _ in self._looked_at(order.rows_after(self._candidates, place)):
            yield pk

    @property
    def _candidates(self) -> QuerySet[Event]:
        """Without those that the database can rule out."""
        return self.conditions.of_people(self._filter.candidates(self.events, self.conditions.parts.events))

    @cached_property
    def _filter(self) -> EventConditions:
        return EventConditions(self.workspace.pk)

    def _looked_at(self, events: QuerySet[Event]) -> Iterator[tuple[Any, datetime, int]]:
        """The key, the instant and the person's number of those that meet the conditions on events."""
        condition = self.conditions.parts.events
        columns = ("pk", "occurred_at", "person_number", *self._filter.columns(condition))
        rows = events.prefetch_related(None).values_list(*columns)
        for pk, at, number, *values in rows.iterator(chunk_size=_READ_AT_ONCE):
            if self._filter.is_met(EventValues(*values), condition):
                yield pk, at, number


def _in_order(parts: Sequence[_Moments]) -> _Moments:
    at = np.concatenate([np.empty(0, np.int64), *(at for at, _ in parts)])
    numbers = np.concatenate([np.empty(0, np.int32), *(numbers for _, numbers in parts)])
    order = np.argsort(at)
    return at[order], numbers[order]


def portions(at: NDArray[np.int64], place: Place | None, size: int, *, is_descending: bool) -> Iterator[slice]:
    """Of instants in order from a place on, so many at a time; equal ones together."""
    start, end = 0, len(at)
    if place is not None and is_descending:
        end = int(np.searchsorted(at, microseconds(place.value), side="right"))
    elif place is not None:
        start = int(np.searchsorted(at, microseconds(place.value)))
    while start < end:
        if is_descending:
            first = int(np.searchsorted(at, at[max(end - size, start)]))
            portion, end = slice(first, end), first
        else:
            last = int(np.searchsorted(at, at[min(start + size, end) - 1], side="right"))
            portion, start = slice(start, last), last
        yield portion


def events_meeting(
    workspace: Workspace, events: QuerySet[Event], conditions: RowConditions, part: LedgerPart | None
) -> "QuerySet[Event] | MatchingEvents":
    """Of the events those that meet the conditions. What the database has an index for is left to it."""
    of_events, of_people = conditions.parts.events, conditions.parts.people
    if of_people == NO_CONDITION and all(each.key == "event" for each in fields_in(of_events)):
        return conditions.events(events)
    return MatchingEvents(workspace, events, conditions, part)
