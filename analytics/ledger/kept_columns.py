"""Columns of many segments, one after the other, as this process keeps them from one answer to the next.

A segment never changes: who merges, erases or makes a day anew writes others, with ids of their own. So what is kept of
an id is exact as long as the database still has that id, which each answer asks it again. Most segments of an answer
are those of the last one; of these the database sends nothing but the id.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import count
from typing import Any, Generic, NamedTuple, TypeVar, cast

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from analytics.ledger.codecs import FactColumn, NumberColumn, ValueColumn, joined_columns
from analytics.ledger.pack_queries import SegmentId

_Values = TypeVar("_Values", bound="NDArray[Any] | FactColumn")
_Answer = TypeVar("_Answer")

MOST_IDLE_SECONDS = 900
"""What nobody has asked for since then is forgotten at the next question of anybody."""
_BYTES_A_TEXT, _BYTES_A_SEGMENT = 80, 300
_STAMPS = count(1)


class SegmentPlace(NamedTuple):
    """A segment of a day, and where its touches lie among those of several."""

    day: date
    through: datetime
    place: slice

    @property
    def n(self) -> int:
        """How many touches it has."""
        return int(self.place.stop - self.place.start)


@dataclass(frozen=True, eq=False)
class JoinedColumn(Generic[_Values]):
    """Values of the touches of several segments; `segments` says where each segment's lie, in their order. Another
    stamp is another column."""

    segments: Mapping[SegmentId, SegmentPlace]
    values: _Values
    stamp: int = field(default_factory=_STAMPS.__next__)

    @property
    def size(self) -> int:
        """In bytes, more or less."""
        return _size(self.values) + _BYTES_A_SEGMENT * len(self.segments)


@dataclass(frozen=True)
class _Entry:
    value: Any
    size: int
    asked_at: float


class KeptValues:
    """Values by key, of at most so many bytes in all: those that were asked for last. For several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: OrderedDict[Hashable, _Entry] = OrderedDict()
        self._size = 0

    def get(self, key: Hashable) -> Any:
        with self._lock:
            if (entry := self._entries.get(key)) is None:
                return None
            self._entries[key] = _Entry(entry.value, entry.size, time.monotonic())
            self._entries.move_to_end(key)
            return entry.value

    def put(self, key: Hashable, value: Any, size: int) -> None:
        """In place of what was kept by that key. What takes more than there is room for is not kept."""
        most, now = settings.LEDGER_CACHE_BYTES, time.monotonic()
        with self._lock:
            self._drop(key)
            if size > most:
                return
            self._entries[key] = _Entry(value, size, now)
            self._size += size
            while self._size > most or now - next(iter(self._entries.values())).asked_at > MOST_IDLE_SECONDS:
                self._drop(next(iter(self._entries)))

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()
            self._size = 0

    @property
    def size(self) -> int:
        return self._size

    def _drop(self, key: Hashable) -> None:
        if entry := self._entries.pop(key, None):
            self._size -= entry.size


KEPT = KeptValues()


def keeps_columns() -> bool:
    return bool(settings.LEDGER_CACHE_BYTES)


def kept_column(key: Hashable) -> "JoinedColumn[Any] | None":
    return cast("JoinedColumn[Any] | None", KEPT.get(key))


def column_of_segments(
    key: Hashable,
    known: JoinedColumn[_Values] | None,
    segments: Mapping[SegmentId, SegmentPlace],
    values_of: Callable[[SegmentId], _Values],
    of_none: _Values,
) -> JoinedColumn[_Values]:
    """The column of these segments: from what is known of some of them, and the values of the others; `of_none` is that
    of no touch. It is kept."""
    if known is not None and [*known.segments] == [*segments]:
        return known
    values = _joined_values([of_none, *_parts(known, segments, values_of)])
    column = JoinedColumn(segments, cast("_Values", values))
    KEPT.put(key, column, column.size)
    return column


def kept_answer(
    key: Hashable, stamps: Hashable, answer: Callable[[], _Answer], size: Callable[[_Answer], int]
) -> _Answer:
    """What was made by that key of columns with these stamps, else the answer, which is kept."""
    known = KEPT.get(key)
    if known is not None and known[0] == stamps:
        return cast("_Answer", known[1])
    found = answer()
    KEPT.put(key, (stamps, found), size(found))
    return found


def _parts(
    known: JoinedColumn[_Values] | None, ids: Iterable[SegmentId], values_of: Callable[[SegmentId], _Values]
) -> Iterator[_Values]:
    """What lies together in the known column comes in one part."""
    run: slice | None = None
    for id in ids:
        place = known.segments[id].place if known and id in known.segments else None
        if run is not None and place is not None and place.start == run.stop:
            run = slice(run.start, place.stop)
            continue
        if known is not None and run is not None:
            yield _part(known.values, run)
        run = place
        if place is None:
            yield values_of(id)
    if known is not None and run is not None:
        yield _part(known.values, run)


def _part(values: _Values, place: slice) -> _Values:
    column: Any = values
    return cast("_Values", column[place] if isinstance(column, np.ndarray) else column.at(place))


def _joined_values(parts: Sequence[Any]) -> "NDArray[Any] | FactColumn":
    return np.concatenate(parts) if isinstance(parts[0], np.ndarray) else joined_columns(parts)


def _size(values: "NDArray[Any] | FactColumn") -> int:
    match values:
        case NumberColumn():
            return values.above.nbytes
        case ValueColumn():
            return values.codes.nbytes + _BYTES_A_TEXT * len(values.values)
    return values.nbytes
