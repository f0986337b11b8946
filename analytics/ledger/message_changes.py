"""What the changes of messages in a transaction add to the ledger, all of them together as arrays.

A message that counts as of something else is taken away with all that it has reached, and added anew. Of another one
only what it has reached at another instant is.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from operator import attrgetter
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from analytics.ledger.local_days import DaysAround, LocalDays
from analytics.ledger.message_touches import CHANNELS_BY_CODE, CODE_OF_CHANNEL, near_end, rows_of_arrays
from analytics.ledger.packs import Segment
from analytics.ledger.runs import Runs, segments_of_runs
from analytics.metrics import STATUSES, Counted
from analytics.models import PackKind
from analytics.periods import microseconds

_Places = NDArray[np.intp]
Instants = NDArray[np.int64]
"""In microseconds since 1970."""

_NEVER = -1
_ACTS = {Counted.OPENED: (PackKind.OPEN, Counted.OPENS), Counted.CLICKED: (PackKind.CLICK, Counted.CLICKS)}
_COUNTED = (Counted.MESSAGES, *STATUSES, *(counted for _, counted in _ACTS.values()))
_NONE = (0, None, 0, None, None, *[None] * len(STATUSES))

state_of_message = attrgetter(
    "person_number", "created_at", "campaign_id", "channel", "variant_id", *(status.field for status in STATUSES)
)
"""As what it counts, and what it has reached."""


class Countable(Protocol):
    """What a message has that counts; besides, an instant for each status."""

    @property
    def person_number(self) -> int: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def campaign_id(self) -> int: ...
    @property
    def channel(self) -> str: ...
    @property
    def variant_id(self) -> int | None: ...


class MessageChange(NamedTuple):
    """The states of a message, None where there is none."""

    before: tuple[Any, ...] | None
    after: tuple[Any, ...] | None


class SignedSegment(NamedTuple):
    """With the place of its day; below zero it is taken away."""

    day_place: int
    kind: PackKind
    status: str
    sign: int
    segment: Segment


class SignedCount(NamedTuple):
    """How many more there are of a day, or below zero fewer."""

    day_place: int
    counted: Counted
    campaign_id: int
    channel: str
    variant_id: int
    n: int


@dataclass(frozen=True, eq=False)
class _Messages:
    """Parallel arrays; at some places there is no message."""

    sign: int
    are_there: NDArray[np.bool_]
    people: NDArray[np.int64]
    created: Instants
    campaigns: NDArray[np.int64]
    channels: NDArray[np.int64]
    variants: NDArray[np.int64]
    reached: Mapping[Counted, Instants]

    @classmethod
    def of(cls, sign: int, states: Sequence[tuple[Any, ...] | None]) -> "_Messages":
        people, created, campaigns, channels, variants, *reached = zip(
            *(_NONE if state is None else state for state in states), strict=True
        )
        return cls(
            sign,
            np.array([state is not None for state in states], np.bool_),
            np.array(people, np.int64),
            _instants(created),
            np.array(campaigns, np.int64),
            np.array([*map(CODE_OF_CHANNEL.__getitem__, channels)], np.int64),
            np.array([variant or 0 for variant in variants], np.int64),
            {status: _instants(at) for status, at in zip(STATUSES, reached, strict=True)},
        )

    def are_of_other(self, others: "_Messages") -> NDArray[np.bool_]:
        are_other: NDArray[np.bool_] = self.are_there != others.are_there
        for name in ("people", "campaigns", "channels", "variants"):
            are_other |= getattr(self, name) != getattr(others, name)
        return are_other


def _instants(instants: Sequence[datetime | None]) -> Instants:
    return np.array([_NEVER if at is None else microseconds(at) for at in instants], np.int64)


@dataclass(frozen=True, eq=False)
class _Touches:
    """Of messages at some places, each on the day of its instant; of a status also how long `after` the creation."""

    of: _Messages
    places: _Places
    at: Instants
    kind: PackKind
    status: str = ""
    counted: Counted | None = None
    after: Instants | None = None


@dataclass(frozen=True, eq=False)
class MessageChanges:
    """At least one change; the days that its touches lie on."""

    before: _Messages
    after: _Messages
    around: DaysAround
    near_ends: Instants
    """For each of the days, from when on it is late for messages that were created on it."""

    @classmethod
    def of(cls, changes: Sequence[MessageChange], days: LocalDays) -> "MessageChanges":
        before = _Messages.of(-1, [change.before for change in changes])
        after = _Messages.of(1, [change.after for change in changes])
        instants = [each for of in (before, after) for each in (of.created, *(of.reached[act] for act in _ACTS))]
        all_at = np.concatenate(instants)
        around = days.around(all_at[all_at != _NEVER])
        near_ends = [microseconds(days.start(near_end(day))) for day in around.days]
        return cls(before, after, around, np.array(near_ends, np.int64))

    def segments(self) -> Iterator[SignedSegment]:
        """For each kind and status one of each day, or two: of what is taken away, and of what is added."""
        for touches in self._touches:
            of = touches.of
            day_places = self.around.places(touches.at)
            since_midnight = touches.at - self.around.starts[day_places]
            order = np.lexsort((since_midnight, day_places))
            places, runs = touches.places[order], Runs.of(day_places[order])
            rows = rows_of_arrays(
                of.people[places].astype(np.int32),
                since_midnight[order],
                of.campaigns[places],
                of.channels[places].astype(np.uint8),
                of.variants[places],
                None if touches.after is None else touches.after[order],
            )
            days = day_places[order[runs.starts]].tolist()
            for day_place, segment in zip(days, segments_of_runs(rows, runs), strict=True):
                yield SignedSegment(day_place, touches.kind, touches.status, of.sign, segment)

    def counts(self) -> Iterator[SignedCount]:
        """What cancels out is left out; not so of messages, as their number is newer by the change."""
        parts = [(touches.of, touches.counted, touches.places, touches.at) for touches in self._touches]
        for of in (self.before, self.after):
            places = np.flatnonzero(of.are_there)
            parts.append((of, Counted.MESSAGES, places, of.created[places]))
        keys = [
            (
                self.around.places(at),
                np.full(len(places), _COUNTED.index(counted)),
                of.campaigns[places],
                of.channels[places],
                of.variants[places],
                np.full(len(places), of.sign),
            )
            for of, counted, places, at in parts
            if counted is not None
        ]
        *key, signs = map(np.concatenate, zip(*keys, strict=True))
        order = np.lexsort(key[::-1])
        in_order = [column[order] for column in key]
        is_first = np.append(True, np.any([column[1:] != column[:-1] for column in in_order], axis=0))
        starts = np.flatnonzero(is_first)
        distinct = (column[starts].tolist() for column in in_order)
        for *what, n in zip(*distinct, np.add.reduceat(signs[order], starts).tolist(), strict=True):
            day_place, code, campaign, channel, variant = what
            if n or not code:
                yield SignedCount(day_place, _COUNTED[code], campaign, CHANNELS_BY_CODE[channel] or "", variant, n)

    @cached_property
    def _touches(self) -> Sequence[_Touches]:
        are_of_other = self.after.are_of_other(self.before)
        sides = ((self.before, self.after), (self.after, self.before))
        found = (self._touches_of(of, others, are_of_other) for of, others in sides if of.are_there.any())
        return [touches for of_side in found for touches in of_side if len(touches.places)]

    def _touches_of(self, of: _Messages, others: _Messages, are_of_other: NDArray[np.bool_]) -> Iterator[_Touches]:
        are_others = are_of_other | (of.created != others.created)
        places = np.flatnonzero(of.are_there & are_others)
        yield _Touches(of, places, of.created[places], PackKind.MESSAGE)
        for status, reached in of.reached.items():
            is_reached, is_elsewhen = reached != _NEVER, reached != others.reached[status]
            places = np.flatnonzero(is_reached & (are_others | is_elsewhen))
            created, at = of.created[places], reached[places]
            yield _Touches(of, places, created, PackKind.MESSAGE, status.value, status, at - created)
            days = self.around.places(created)
            is_late = (at < self.around.starts[days]) | (at >= self.near_ends[days])
            late = created[is_late]
            yield _Touches(of, places[is_late], late, PackKind.LATE_ACT, status.value, None, at[is_late] - late)
            if status in _ACTS:
                kind, counted = _ACTS[status]
                acting = np.flatnonzero(is_reached & (are_of_other | is_elsewhen))
                yield _Touches(of, acting, reached[acting], kind, counted=counted)
