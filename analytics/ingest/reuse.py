"""Whether what comes under a known id is the same again, or another item, which would be lost without a word."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from analytics.ingest.call_values import Calls
from analytics.ingest.outcome import ItemError, storable
from analytics.models import Event, Identity, IdentityCall, IdentityKind, Person
from analytics.periods import microseconds

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
        """Also if the sender's clock was corrected by another span when it was sent again."""
        if self.stated is None or other.stated is None:
            return self.stated == other.stated or self.at == other.at
        return abs(self.stated - other.stated) < SAME_INSTANT_US or self.at == other.at


def fingerprint(kind: str, ids: Sequence[str | None], stated_at: datetime | None) -> str:
    """What makes a call that is no event another one, to the second: 32 digits."""
    content = json.dumps([kind, *ids, None if stated_at is None else int(stated_at.timestamp())])
    return hashlib.sha256(content.encode()).hexdigest()[:32]


def reused_ids(
    workspace_id: int, calls: Calls, received_at: Sequence[datetime], first: Mapping[str, int], again: Sequence[int]
) -> dict[int, ItemError]:
    """Why those of the calls at the places `again` are refused that are others than those that have their ids.

    `first` are the places of new calls by id; of ids that are not among them the calls are stored. No query if there
    are none of these, else up to five.
    """
    of_batch = [place for place in again if calls.id[place] in first]
    others = {place for place in of_batch if _differ(calls, received_at, place, first[calls.id[place]])}
    stored = [place for place in again if calls.id[place] not in first]
    others |= _unlike_stored_events(workspace_id, calls, received_at, [p for p in stored if calls.event_type[p]])
    others |= _unlike_stored_calls(workspace_id, calls, [p for p in stored if not calls.event_type[p]])
    return {place: reused_id(calls.message_id[place]) for place in others}


def reused_id(id: str) -> ItemError:
    return ItemError(
        "id_reused",
        f"The id {storable(id[:255])!r} belongs to another item: its type, person or instant differ. "
        "Send each item under an id of its own.",
    )


def _differ(calls: Calls, received_at: Sequence[datetime], place: int, first: int) -> bool:
    columns = (calls.event_type, calls.fingerprint, calls.user_id, calls.anonymous_id)
    if any(column[place] != column[first] for column in columns):
        return True
    if calls.event_type[place] is None:
        return False
    here, there = (_instant(calls, received_at, each) for each in (place, first))
    return not here.may_be(there)


def _instant(calls: Calls, received_at: Sequence[datetime], place: int) -> _Instant:
    return _Instant.of(calls.at[place], calls.stated_at[place], received_at[place])


def _unlike_stored_calls(workspace_id: int, calls: Calls, places: Sequence[int]) -> set[int]:
    """Those of before fingerprints were kept may be anything."""
    if not places:
        return set()
    rows = IdentityCall.objects.filter(workspace_id=workspace_id, pk__among={calls.id[place] for place in places})
    stored = {pk.hex: known for pk, known in rows.values_list("pk", "fingerprint")}
    return {place for place in places if stored.get(calls.id[place]) not in ("", calls.fingerprint[place])}


def _unlike_stored_events(
    workspace_id: int, calls: Calls, received_at: Sequence[datetime], places: Sequence[int]
) -> set[int]:
    if not places:
        return set()
    rows = Event.objects.filter(workspace_id=workspace_id, pk__among={calls.id[place] for place in places})
    columns = ("type", "person_number", "occurred_at", "stated_at", "received_at")
    stored = {pk.hex: row for pk, *row in rows.values_list("pk", *columns)}
    person_of = _numbers(workspace_id, calls, places)
    known_by = _known_by(workspace_id, {*person_of.values(), *(row[1] for row in stored.values())})
    others = set()
    for place in places:
        if (row := stored.get(calls.id[place])) is None:
            others.add(place)
            continue
        event_type, number, *instants = row
        person = person_of.get(_identity(calls, place))
        is_same = (
            event_type == calls.event_type[place]
            and person is not None
            and known_by.get(person, person) == known_by.get(number, number)
            and _Instant.of(microseconds(instants[0]), *instants[1:]).may_be(_instant(calls, received_at, place))
        )
        if not is_same:
            others.add(place)
    return others


def _identity(calls: Calls, place: int) -> tuple[str, str | None]:
    """Whose an event is: the user's, if it names one."""
    user_id = calls.user_id[place]
    return (
        (IdentityKind.EXTERNAL, user_id) if user_id is not None else (IdentityKind.ANONYMOUS, calls.anonymous_id[place])
    )


def _numbers(workspace_id: int, calls: Calls, places: Iterable[int]) -> dict[tuple[str, str | None], int]:
    wanted: dict[str, set[str]] = {}
    for kind, value in (_identity(calls, place) for place in places):
        wanted.setdefault(kind, set()).add(str(value))
    found: dict[tuple[str, str | None], int] = {}
    for kind, values in wanted.items():
        rows = Identity.objects.filter(workspace_id=workspace_id, kind=kind, value__among=values)
        found |= {(kind, value): number for value, number in rows.values_list("value", "person_number")}
    return found


def _known_by(workspace_id: int, numbers: set[int]) -> dict[int, int]:
    joined = Person.objects.filter(workspace_id=workspace_id, number__among=numbers, joined_to__isnull=False)
    return {number: kept for number, kept in joined.values_list("number", "joined_to") if kept is not None}
