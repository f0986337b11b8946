"""Calls as they are read, one by one and column by column, and what comes together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from itertools import chain
from typing import NamedTuple

from analytics.ingest.formats.made_ids import ContentsOfFile, id_after
from analytics.ingest.outcome import Outcome
from analytics.ingest.people.identities import Claims
from analytics.ingest.people.words import Statement
from analytics.ingest.senders import WRITE_KEY, Sender
from analytics.models.facts import derived_digits
from analytics.utm import Utm


class CallKind(StrEnum):
    TRACK = "track"
    PAGE = "page"
    SCREEN = "screen"
    IDENTIFY = "identify"
    ALIAS = "alias"
    GROUP = "group"


class Call(NamedTuple):
    """A call as it was read; its id is 32 digits, its properties and context are JSON.

    The ids it names, and `at` when, in µs since 1970. `event_type` for those that are events, `fingerprint` for those
    that only say who is who; `statements` what is more than a name.
    """

    id: str
    message_id: str
    user_id: str | None
    anonymous_id: str | None
    at: int
    stated_at: datetime | None
    event_type: str | None
    properties: str
    context: str
    utm: Utm | None
    previous_id: str | None = None
    statements: tuple[Statement, ...] = ()
    sender: Sender = WRITE_KEY
    fingerprint: str | None = None


class Calls(NamedTuple):
    """Calls column by column: so they go to another process, into statements and arrays in far less time."""

    id: Sequence[str]
    message_id: Sequence[str]
    user_id: Sequence[str | None]
    anonymous_id: Sequence[str | None]
    at: Sequence[int]
    stated_at: Sequence[datetime | None]
    event_type: Sequence[str | None]
    properties: Sequence[str]
    context: Sequence[str]
    utm: Sequence[Utm | None]
    previous_id: Sequence[str | None]
    statements: Sequence[tuple[Statement, ...]]
    sender: Sequence[Sender]
    fingerprint: Sequence[str | None]

    @classmethod
    def of(cls, calls: Sequence[Call]) -> "Calls":
        return cls(*zip(*calls, strict=True)) if calls else cls(*([()] * len(Call._fields)))

    def at_places(self, places: Sequence[int]) -> "Calls":
        """Those at these places, which are ascending."""
        if len(places) == len(self.id):
            return self
        return Calls._make([column[place] for place in places] for column in self)

    @property
    def claims(self) -> Claims:
        return Claims(self.user_id, self.anonymous_id, self.previous_id, self.at, self.sender)


def concatenate(parts: Sequence[Calls]) -> Calls:
    if len(parts) == 1:
        return parts[0]
    return Calls._make([*chain.from_iterable(columns)] for columns in zip(*parts, strict=True))


@dataclass(frozen=True)
class ReadCalls:
    """The calls of a batch, the index of each, and what became of the others."""

    indexes: list[int]
    calls: Calls
    outcome: Outcome
    made_ids: list[int] = field(default_factory=list)
    """The places of the calls whose ids were made, as of a batch that is read by itself."""

    @classmethod
    def of(cls, calls_by_index: Iterable[tuple[int, Call]], outcome: Outcome) -> "ReadCalls":
        calls = [*calls_by_index]
        return cls([index for index, _ in calls], Calls.of([call for _, call in calls]), outcome)


def renumber(workspace_id: int, read: ReadCalls, contents: ContentsOfFile) -> ReadCalls:
    """The calls of a file's next block, with their made ids counted over the whole file."""
    if not read.made_ids:
        return read
    message_ids, ids = list(read.calls.message_id), list(read.calls.id)
    before = contents.before([message_ids[place] for place in read.made_ids])
    for place, count in zip(read.made_ids, before, strict=True):
        if count:
            message_ids[place] = id_after(message_ids[place], count)
            ids[place] = derived_digits(workspace_id, message_ids[place])
    return replace(read, calls=read.calls._replace(id=ids, message_id=message_ids))


@dataclass(frozen=True)
class Batch:
    """What came together, as it came and as it was read; `items` say the ids of those that are remarked on."""

    items: Sequence[object]
    read: ReadCalls
    received_at: datetime

    def __len__(self) -> int:
        return len(self.read.indexes)
