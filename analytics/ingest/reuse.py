"""Whether what comes under a known id is the same again, or another item, which would be lost without a word."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, partial
from itertools import chain
from typing import Any, NamedTuple, Protocol

from django.db.models import DateTimeField, PositiveIntegerField, QuerySet, TextField, Value
from django.db.models.functions import Cast

from analytics.ingest.formats.call_values import Calls
from analytics.ingest.outcome import ItemError, storable
from analytics.ingest.people.identities import ANONYMOUS, EXTERNAL, JOINED
from analytics.models import Event, Identity, IdentityCall
from analytics.models.fixed_queries import WORKSPACE, FixedQuery
from analytics.periods import microseconds
from campaignos.fixed_rows import Placeholder

SAME_INSTANT_US = 1_000_000
"""Exports and clients write the same instant with more or fewer digits."""


class _Instant(NamedTuple):
    """When something happened, in µs since 1970: by our clock, and as it was stated, None if it was not."""

    at: int
    stated: int | None

    @classmethod
    def of(cls, at: int, stated_at: datetime | None, received_at: datetime) -> "_Instant":
        if stated_at is not None:
            return cls(at, microseconds(stated_at))
        return cls(at, None if at == microseconds(received_at) else at)

    def may_be(self, other: "_Instant") -> bool:
        """Whether both may be the same instant, also if the sender's clock was corrected by another span the second
        time."""
        if self.stated is None or other.stated is None:
            return self.stated == other.stated or self.at == other.at
        return abs(self.stated - other.stated) < SAME_INSTANT_US or self.at == other.at


@dataclass(frozen=True)
class StoredCalls:
    """By id, the type, person and instant of events, and the fingerprints of other calls. One may be both."""

    events: dict[str, tuple[str, int, datetime]] = field(default_factory=dict)
    fingerprints: dict[str, str] = field(default_factory=dict)

    def __contains__(self, id: str) -> bool:
        return id in self.events or id in self.fingerprints


StoredModel = Event | IdentityCall


def stored_among(workspace_id: int, ids: Iterable[str], models: Sequence[type[StoredModel]]) -> StoredCalls:
    """What is stored of the models under these ids, which are 32 digits. One query."""
    stored = StoredCalls()
    for id, text, number, occurred_at in _stored_ids(tuple(models)).rows(workspace_id, ids=set(ids)):
        if number is None:
            stored.fingerprints[id.replace("-", "")] = text
        else:
            stored.events[id.replace("-", "")] = text, number, occurred_at
    return stored


@cache
def _stored_ids(models: tuple[type[StoredModel], ...]) -> FixedQuery:
    return FixedQuery(partial(_ids_among, models))


def _ids_among(models: Sequence[type[StoredModel]]) -> QuerySet[Any, tuple[Any, ...]]:
    first, *others = (
        model._default_manager.filter(workspace_id=WORKSPACE, pk__among=Placeholder("ids"))
        .order_by()
        .values_list(Cast("pk", TextField()), *_STORED[model])
        for model in models
    )
    return first.union(*others, all=True) if others else first


_STORED: Mapping[type[StoredModel], Sequence[Any]] = {
    Event: ("type", "person_number", "occurred_at"),
    IdentityCall: (
        "fingerprint",
        Value(None, output_field=PositiveIntegerField()),
        Value(None, output_field=DateTimeField()),
    ),
}


class KnownPeople(Protocol):
    """Who is who, once the calls are counted."""

    def numbers_of(self, kind: str, values: set[str]) -> Mapping[str, int]:
        """By value, whose the identities are."""
        ...

    def known_by(self, numbers: set[int]) -> Mapping[int, int]:
        """Of people who were joined to others, to whom."""
        ...


@dataclass(frozen=True)
class StoredPeople:
    """One query for each answer."""

    workspace_id: int

    def numbers_of(self, kind: str, values: set[str]) -> Mapping[str, int]:
        return dict(_NUMBERS.rows(self.workspace_id, kind=kind, values=values))

    def known_by(self, numbers: set[int]) -> Mapping[int, int]:
        return dict(JOINED.rows(self.workspace_id, numbers=numbers))


def reused_ids(
    workspace_id: int,
    people: KnownPeople,
    calls: Calls,
    received_at: Sequence[datetime],
    first: Mapping[str, int],
    again: Sequence[int],
    stored: StoredCalls,
) -> dict[int, ItemError]:
    """By place, why a call among those `again` is refused: its id is another call's.

    `first` are the places of new calls by id; of ids that are not among them the calls are `stored`. One query where
    one of these has another instant, and up to six questions about the people.
    """
    of_batch = [place for place in again if calls.id[place] in first]
    others = {place for place in of_batch if _differ(calls, received_at, place, first[calls.id[place]])}
    others |= _of_others(people, calls, [(place, first[calls.id[place]]) for place in of_batch])
    events = []
    for place in again:
        if (id := calls.id[place]) in first:
            continue
        if calls.event_type[place]:
            events.append(place)
        elif stored.fingerprints.get(id) not in ("", calls.fingerprint[place]):  # "" of before they were kept
            others.add(place)
    others |= _unlike_stored_events(workspace_id, people, calls, received_at, events, stored)
    return {place: reused_id(calls.message_id[place]) for place in others}


def reused_id(id: str) -> ItemError:
    return ItemError(
        "id_reused",
        f"The id {storable(id[:255])!r} belongs to another item: its type, person or instant differ. "
        "Send each item under an id of its own.",
    )


def _differ(calls: Calls, received_at: Sequence[datetime], place: int, first: int) -> bool:
    columns = (calls.event_type, calls.fingerprint)
    if any(column[place] != column[first] for column in columns):
        return True
    if calls.event_type[place] is None:
        return False
    here, there = (_instant(calls, received_at, each) for each in (place, first))
    return not here.may_be(there)


def _of_others(people: KnownPeople, calls: Calls, pairs: Sequence[tuple[int, int]]) -> set[int]:
    """Of pairs of a place and that of the first call under its id, the places of those that are of another person."""
    named = [*zip(calls.user_id, calls.anonymous_id, strict=True)]
    unlike = [(place, there) for place, there in pairs if named[place] != named[there]]
    if not unlike:
        return set()
    places = [*chain.from_iterable(unlike)]
    numbers = dict(zip(places, _numbers(people, calls, places), strict=True))
    known_by = people.known_by({number for number in numbers.values() if number is not None})
    roots = {place: None if number is None else known_by.get(number, number) for place, number in numbers.items()}
    return {place for place, there in unlike if roots[place] != roots[there]}


def _instant(calls: Calls, received_at: Sequence[datetime], place: int) -> _Instant:
    return _Instant.of(calls.at[place], calls.stated_at[place], received_at[place])


def _unlike_stored_events(
    workspace_id: int,
    people: KnownPeople,
    calls: Calls,
    received_at: Sequence[datetime],
    places: Sequence[int],
    stored: StoredCalls,
) -> set[int]:
    if not places:
        return set()
    persons = _numbers(people, calls, places)
    numbers = {number for number in persons if number is not None}
    known_by = people.known_by(numbers | {number for _, number, _ in stored.events.values()})

    others, moved = set(), set()
    for place, person in zip(places, persons, strict=True):
        event = stored.events.get(calls.id[place])
        if event is None or person is None or event[0] != calls.event_type[place]:
            others.add(place)
            continue
        _, number, occurred_at = event
        if person != number and known_by.get(person, person) != known_by.get(number, number):
            others.add(place)
        elif microseconds(occurred_at) != calls.at[place]:
            moved.add(place)
    return others | _at_other_instants(workspace_id, calls, received_at, moved)


def _at_other_instants(workspace_id: int, calls: Calls, received_at: Sequence[datetime], places: Set[int]) -> set[int]:
    """Those of the calls whose events are stored with another instant that are indeed other events."""
    if not places:
        return set()
    rows = _INSTANTS.rows(workspace_id, ids={calls.id[place] for place in places})
    stored = {
        pk.hex: _Instant.of(microseconds(occurred_at), stated_at, received)
        for pk, occurred_at, stated_at, received in rows
    }
    return {
        place
        for place in places
        if (known := stored.get(calls.id[place])) is None or not known.may_be(_instant(calls, received_at, place))
    }


def _numbers(people: KnownPeople, calls: Calls, places: Sequence[int]) -> list[int | None]:
    """Whose each event is: the user's, if it names one. Up to two questions."""
    users, devices = ([ids[place] for place in places] for ids in (calls.user_id, calls.anonymous_id))
    of_user = _numbers_of(people, EXTERNAL, users)
    of_device = _numbers_of(
        people, ANONYMOUS, [device for user, device in zip(users, devices, strict=True) if user is None]
    )
    return [
        of_device.get(device) if user is None else of_user.get(user)
        for user, device in zip(users, devices, strict=True)
    ]


def _numbers_of(people: KnownPeople, kind: str, values: Iterable[str | None]) -> dict[str | None, int]:
    wanted = {value for value in values if value is not None}
    return dict(people.numbers_of(kind, wanted).items()) if wanted else {}


_INSTANTS = FixedQuery(
    lambda: Event.objects.filter(workspace_id=WORKSPACE, pk__among=Placeholder("ids")).values_list(
        "pk", "occurred_at", "stated_at", "received_at"
    )
)
_NUMBERS = FixedQuery(
    lambda: Identity.objects.filter(
        workspace_id=WORKSPACE, kind=Placeholder("kind"), value__among=Placeholder("values")
    ).values_list("value", "person_number")
)
