"""The byte layout of day packs: parallel arrays of people, instants and, for some kinds, a value each.

    header   8 bytes   version, unit of time in µs (1 or 1,000, as log10: 0 or 3), width of a time, width of a value, n
    people   4·n       person numbers, int32
    times    w·n       since the instant before it, the first since the day began; w is 0, 1, 2, 4 or 8, unsigned
    values   v·n       UTM triple or person joined to; v is 0, 2 or 4, unsigned

Little-endian throughout; touches are in order of time. Widths are the narrowest that hold the segment.
"""

import struct
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

VERSION = 1
MOST_SEARCHED = 1_000
"""So many touches that were taken away are looked up one by one; more are cheaper to sort."""

_HEADER = struct.Struct("<BBBBI")
_TIME_WIDTHS = (0, 1, 2, 4, 8)
_VALUE_WIDTHS = (2, 4)


@dataclass(frozen=True, eq=False)
class Segment:
    """Touches of one key, read from their bytes where they are asked for."""

    data: bytes

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

    @property
    def since_midnight(self) -> NDArray[np.int64]:
        """Microseconds since the local day began, ascending."""
        unit, width, _, n = self._header
        if not width:
            return np.zeros(n, np.int64)
        deltas = np.frombuffer(self.data, f"<u{width}", n, _HEADER.size + 4 * n)
        times = np.cumsum(deltas, dtype=np.int64)
        if unit != 1:
            times *= unit
        return times

    @property
    def values(self) -> NDArray[np.int32]:
        _, time_width, width, n = self._header
        if not width:
            return np.zeros(n, np.int32)
        numbers = np.frombuffer(self.data, f"<u{width}", n, _HEADER.size + (4 + time_width) * n)
        return numbers.astype(np.int32)


@dataclass(frozen=True, eq=False)
class Remainder:
    """A segment without some of its touches; reads as one."""

    segment: Segment
    is_left: NDArray[np.bool_]

    @cached_property
    def n(self) -> int:
        return int(np.count_nonzero(self.is_left))

    @property
    def people(self) -> NDArray[np.int32]:
        return self.segment.people[self.is_left]

    @property
    def since_midnight(self) -> NDArray[np.int64]:
        return self.segment.since_midnight[self.is_left]

    @property
    def values(self) -> NDArray[np.int32]:
        return self.segment.values[self.is_left]


def segment_bytes(
    people: NDArray[np.integer[Any]],
    since_midnight: NDArray[np.integer[Any]],
    values: NDArray[np.integer[Any]] | None = None,
) -> bytes:
    """The bytes of a segment; its touches may come in any order."""
    order = np.argsort(since_midnight, kind="stable")
    deltas = np.diff(since_midnight[order], prepend=0)
    unit = 0 if np.any(deltas % 1000) else 3
    if unit:
        deltas //= 1000
    time_width = _narrowest(deltas, _TIME_WIDTHS)
    value_width = 0 if values is None else _narrowest(values, _VALUE_WIDTHS)
    parts = [
        _HEADER.pack(VERSION, unit, time_width, value_width, len(order)),
        people[order].astype("<i4").tobytes(),
    ]
    if time_width:
        parts.append(deltas.astype(f"<u{time_width}").tobytes())
    if values is not None:
        parts.append(values[order].astype(f"<u{value_width}").tobytes())
    return b"".join(parts)


def _narrowest(numbers: NDArray[np.integer[Any]], widths: tuple[int, ...]) -> int:
    highest = int(numbers.max()) if len(numbers) else 0
    return next(width for width in widths if highest < 256**width)


def net_segments(segments: list[tuple[int, Segment]]) -> list[tuple[int, bytes]]:
    """Segments with their signs, as one of what was added and one of what was taken away, without what cancels."""
    added = [segment for sign, segment in segments if sign > 0]
    taken = [segment for sign, segment in segments if sign < 0]
    if not taken:
        return [(1, _bytes_of_rows(_rows(added)))]
    left, over = without(_rows(added), _rows(taken))
    return [(sign, _bytes_of_rows(rows)) for sign, rows in ((1, left), (-1, over)) if len(rows)]


def remaining(segments: list[tuple[int, Segment]]) -> list[Segment | Remainder]:
    """Of segments with their signs, what was added, without what was taken away again.

    Few touches are looked up in the segments, whose instants ascend; where they are many, all is sorted.
    """
    added = [segment for sign, segment in segments if sign > 0]
    taken = _rows([segment for sign, segment in segments if sign < 0])
    if not len(taken):
        return [*added]
    if len(taken) > MOST_SEARCHED:
        return [Segment(data) for sign, data in net_segments(segments) if sign > 0]
    wanted = Counter(map(tuple, taken.tolist()))
    return [_without_touches(segment, wanted) for segment in added]


def _without_touches(segment: Segment, wanted: Counter[tuple[int, ...]]) -> Segment | Remainder:
    """Strikes what it finds off the list of what is wanted."""
    touches = [touch for touch, n in wanted.items() if n]
    times, people, values = segment.since_midnight, segment.people, segment.values
    at = np.array([touch[0] for touch in touches], np.int64)
    bounds = zip(np.searchsorted(times, at, "left"), np.searchsorted(times, at, "right"), strict=True)
    is_left = np.ones(segment.n, np.bool_)
    for touch, (start, end) in zip(touches, bounds, strict=True):
        is_equal = (people[start:end] == touch[1]) & (values[start:end] == touch[2])
        places = start + np.flatnonzero(is_equal)[: wanted[touch]]
        is_left[places] = False
        wanted[touch] -= len(places)
    return segment if is_left.all() else Remainder(segment, is_left)


def _rows(segments: list[Segment]) -> NDArray[np.int64]:
    """A row of (time, person, value) for each touch."""
    if not segments:
        return np.empty((0, 3), np.int64)
    return np.column_stack(
        [
            np.concatenate([segment.since_midnight for segment in segments]),
            np.concatenate([segment.people for segment in segments]),
            np.concatenate([segment.values for segment in segments]),
        ]
    )


def _bytes_of_rows(rows: NDArray[np.int64]) -> bytes:
    return segment_bytes(rows[:, 1], rows[:, 0], rows[:, 2] if rows[:, 2].any() else None)


def without(rows: NDArray[np.int64], taken: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The rows that are left after each of the taken took an equal one with it, and the taken that found none."""
    signs = np.concatenate([np.ones(len(rows), np.int64), -np.ones(len(taken), np.int64)])
    distinct, places = np.unique(np.concatenate([rows, taken]), axis=0, return_inverse=True)
    balance = np.bincount(places.reshape(-1), signs, len(distinct)).astype(np.int64)
    return (
        np.repeat(distinct, np.maximum(balance, 0), axis=0),
        np.repeat(distinct, np.maximum(-balance, 0), axis=0),
    )
