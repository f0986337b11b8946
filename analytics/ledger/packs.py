"""The byte layout of day packs: parallel arrays of people, instants and, for some kinds, a value each.

    header   8 bytes   version, unit of time in µs (1 or 1,000, as log10: 0 or 3), width of a time, width of a value, n
    people   4·n       person numbers, int32
    times    w·n       since the instant before it, the first since the day began; w is 0, 1, 2, 4 or 8, unsigned
    values   v·n       UTM triple or person joined to; v is 0, 2 or 4, unsigned

Little-endian throughout; touches are in order of time. Widths are the narrowest that hold the segment. What else is
known of the touches lies beside, in their order: `analytics.ledger.columns`.
"""

import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.ledger.columns import Columns, joined_parts, names_by_themselves

VERSION = 1

_HEADER = struct.Struct("<BBBBI")
_TIME_WIDTHS = (0, 1, 2, 4, 8)
_VALUE_WIDTHS = (2, 4)


@dataclass(frozen=True, eq=False)
class Segment:
    """Touches of one key, read from their bytes where they are asked for.

    `column_data` are the bytes of its columns, None where it has none; where these lie by themselves, `columns_apart`
    has those that were asked for.
    """

    data: bytes
    column_data: bytes | None = None
    columns_apart: Mapping[str, bytes | None] | None = None

    @cached_property
    def _header(self) -> tuple[int, int, int, int]:
        version, unit, time_width, value_width, n = _HEADER.unpack_from(self.data)
        if version != VERSION:
            raise ValueError(f"This day pack has layout {version}; this program reads layout {VERSION}. Rebuild it.")
        return 10**unit, time_width, value_width, n

    @property
    def n(self) -> int:
        return self._header[3]

    @property
    def people(self) -> NDArray[np.int32]:
        return np.frombuffer(self.data, "<i4", self.n, _HEADER.size)

    @cached_property
    def since_midnight(self) -> NDArray[np.int64]:
        """Microseconds since the local day began, ascending."""
        return self.times()

    def times(self) -> NDArray[np.int64]:
        """The same, read anew."""
        times = np.cumsum(self.deltas, dtype=np.int64)
        if self.unit != 1:
            times *= self.unit
        return times

    @property
    def unit(self) -> int:
        """Of the deltas, in microseconds."""
        return self._header[0]

    @property
    def deltas(self) -> NDArray[np.unsignedinteger[Any]]:
        """Since the touch before, of the first since the day began."""
        _, width, _, n = self._header
        if not width:
            return np.zeros(n, np.uint8)
        return np.frombuffer(self.data, f"<u{width}", n, _HEADER.size + 4 * n)

    @property
    def values(self) -> NDArray[np.int32]:
        _, time_width, width, n = self._header
        if not width:
            return np.zeros(n, np.int32)
        numbers = np.frombuffer(self.data, f"<u{width}", n, _HEADER.size + (4 + time_width) * n)
        return numbers.astype(np.int32)

    @cached_property
    def columns(self) -> Columns:
        return Columns.read(self.column_data, self.n, self.columns_apart)

    @property
    def columns_without_data(self) -> frozenset[str]:
        """Those that lie by themselves and did not come with it."""
        return names_by_themselves(self.column_data) - (self.columns_apart or {}).keys()

    def at(self, places: NDArray[Any]) -> "Rows":
        if not np.any(places) and places.dtype == np.bool_:  # a campaign's touches are in few of all segments
            return replace(NO_ROWS, columns=self.columns.at(places))
        return Rows(self.since_midnight, self.people, self.values, self.columns).at(places)


@dataclass(frozen=True, eq=False)
class Rows:
    """Touches as parallel arrays, in any order."""

    since_midnight: NDArray[np.int64]
    people: NDArray[np.int32]
    values: NDArray[np.int32]
    columns: Columns

    @classmethod
    def of(cls, segments: Sequence["Segment | Rows"]) -> "Rows":
        """The rows of all segments, one segment after the other."""
        if not segments:
            return NO_ROWS
        return cls(
            np.concatenate([segment.since_midnight for segment in segments]),
            np.concatenate([segment.people for segment in segments]),
            np.concatenate([segment.values for segment in segments]),
            joined_parts([segment.columns for segment in segments]),
        )

    def __len__(self) -> int:
        return len(self.people)

    def times(self) -> NDArray[np.int64]:
        return self.since_midnight

    @property
    def n(self) -> int:
        return len(self)

    def at(self, places: NDArray[Any]) -> "Rows":
        return Rows(self.since_midnight[places], self.people[places], self.values[places], self.columns.at(places))

    @cached_property
    def in_order(self) -> "Rows":
        if (self.since_midnight[1:] >= self.since_midnight[:-1]).all():
            return self
        return self.at(np.argsort(self.since_midnight, kind="stable"))

    @cached_property
    def segment(self) -> Segment:
        rows = self.in_order
        deltas = np.diff(rows.since_midnight, prepend=0)
        unit = 0 if np.any(deltas % 1000) else 3
        if unit:
            deltas //= 1000
        time_width = _narrowest(deltas, _TIME_WIDTHS)
        value_width = _narrowest(rows.values, _VALUE_WIDTHS) if rows.values.any() else 0
        times, values = (
            numbers.astype(f"<u{width}").tobytes() if width else b""
            for numbers, width in ((deltas, time_width), (rows.values, value_width))
        )
        people = rows.people.astype("<i4").tobytes()
        data = touch_data(unit, people, time_width, times, value_width, values)
        return Segment(data, rows.columns.data if rows.columns.is_kept else None)


def touch_data(unit: int, people: bytes, time_width: int, times: bytes, value_width: int, values: bytes) -> bytes:
    """`unit` as log10 of microseconds."""
    return _HEADER.pack(VERSION, unit, time_width, value_width, len(people) // 4) + people + times + values


NO_ROWS = Rows(np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0, np.int32), Columns(0, {}))


def _narrowest(numbers: NDArray[np.integer[Any]], widths: tuple[int, ...]) -> int:
    highest = int(numbers.max()) if len(numbers) else 0
    return next(width for width in widths if highest < 256**width)


def times_at(segments: Sequence[Segment | Rows], places: NDArray[np.intp]) -> NDArray[np.int64]:
    """Since their days began, of touches at ascending places among those of all segments, one after the other.

    What lies between two places is summed up at once: that is quicker than to find the instant of each touch.
    """
    segments = [segment for segment in segments if segment.n]
    plain = [segment for segment in segments if isinstance(segment, Segment)]
    if not len(places):
        return np.empty(0, np.int64)
    if len(plain) < len(segments) or len({segment.unit for segment in plain}) > 1:
        return np.concatenate([segment.times() for segment in segments])[places]
    deltas = np.concatenate([segment.deltas for segment in plain], dtype=np.int64)
    starts = np.cumsum([segment.n for segment in plain[:-1]], dtype=np.intp)
    deltas[starts] -= np.add.reduceat(deltas, np.append(0, starts))[:-1]
    since = np.add.reduceat(deltas[: places[-1] + 1], np.append(0, places[:-1] + 1))
    times: NDArray[np.int64] = np.cumsum(since) * plain[0].unit
    return times


def net_segments(
    segments: Sequence[tuple[int, Segment]], choose_columns: Callable[[Columns], Columns] = lambda columns: columns
) -> list[tuple[int, Segment]]:
    """Returns the segments as one of what was added and one of what was taken away, without what cancels.

    Of what was added, with the columns that are chosen.
    """
    added = Rows.of([segment for sign, segment in segments if sign > 0])
    taken = Rows.of([segment for sign, segment in segments if sign < 0])
    left, over = without(added, taken) if len(taken) else (added, taken)
    left = replace(left, columns=choose_columns(left.columns))
    return [(sign, rows.segment) for sign, rows in ((1, left), (-1, over)) if len(rows)]


def remaining(segments: Sequence[tuple[int, Segment]]) -> Sequence[Segment | Rows]:
    """Returns what the segments added, without what they took away again."""
    added = [segment for sign, segment in segments if sign > 0]
    taken = [segment for sign, segment in segments if sign < 0]
    return [without_all(Rows.of(added), Rows.of(taken))[0]] if taken else added


def without_all(rows: Rows, taken: Rows) -> tuple[Rows, Rows]:
    """As `without`, of everything that the ledger has of a key.

    Of touches of one person at one moment, one whose columns were not known may have gone for another one. What then
    finds no equal takes the one that stayed in its place.
    """
    left, over = without(rows, taken)
    return without(left, over, by_columns=False) if left.n and over.n else (left, over)


def without(rows: Rows, taken: Rows, *, by_columns: bool = True) -> tuple[Rows, Rows]:
    """The rows without those that were taken away, each an equal one; and those taken away that have no equal.

    Columns that are known of one of the two alone are not compared, or none is.
    """
    candidates = np.flatnonzero(np.isin(rows.since_midnight, taken.since_midnight))
    n = len(candidates)
    keys = _keys(Rows.of([rows.at(candidates), taken]), by_columns=by_columns)
    _, groups = np.unique(keys, axis=0, return_inverse=True)
    order = np.lexsort((np.arange(len(groups)), groups := groups.reshape(-1)))
    in_order, is_taken = groups[order], order >= n
    starts = np.searchsorted(in_order, in_order)
    takes = np.bincount(groups[n:], minlength=len(groups))[in_order]
    has = np.bincount(groups[:n], minlength=len(groups))[in_order]
    rank = np.arange(len(order)) - starts - np.where(is_taken, has, 0)
    finds = rank < np.where(is_taken, has, takes)
    is_left, is_over = np.ones(len(rows), np.bool_), np.ones(len(taken), np.bool_)
    is_left[candidates[order[finds & ~is_taken]]] = False
    is_over[order[finds & is_taken] - n] = False
    return rows.at(is_left), taken.at(is_over)


def are_same(rows: Rows, others: Rows) -> bool:
    """Whether they are the same touches, as far as is known of both."""
    if rows.n != others.n:
        return False
    keys = _keys(Rows.of([rows, others]))
    ours, theirs = (part[np.lexsort(part.T)] for part in (keys[: rows.n], keys[rows.n :]))
    return np.array_equal(ours, theirs)


def _keys(rows: Rows, *, by_columns: bool = True) -> NDArray[np.int64]:
    """A row of numbers for each touch, equal for equal touches."""
    columns = [array for column in rows.columns.by_name.values() for array in column.keys] if by_columns else []
    return np.column_stack([rows.since_midnight, rows.people, rows.values, *columns]).astype(np.int64)
