"""The segments of one batch, written together: few steps over the arrays of all, where a few for each would take long.

What lies in a file in no order makes hundreds of segments of a dozen touches. The bytes are those of
`analytics.ledger.packs` and `analytics.ledger.columns`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analytics.ledger.codecs import (
    FactColumn,
    NumberColumn,
    ValueColumn,
    narrowest,
    number_column_data,
    value_column_data,
    written_values,
)
from analytics.ledger.columns import LAYOUT, MONEY_PREFIX, Columns, columns_head
from analytics.ledger.packs import Rows, Segment, touch_data

_FARTHEST = np.iinfo(np.int64).max


@dataclass(frozen=True, eq=False)
class Runs:
    """Where in some arrays each run begins. Runs lie one after the other, and none is empty."""

    starts: NDArray[np.intp]
    n: int

    @classmethod
    def of(cls, keys: NDArray[np.integer]) -> "Runs":
        """Each run has the same key."""
        starts = np.flatnonzero(np.concatenate([[len(keys) > 0], keys[1:] != keys[:-1]]))
        return cls(starts, len(keys))

    @cached_property
    def bounds(self) -> list[tuple[int, int]]:
        starts = self.starts.tolist()
        return [*zip(starts, [*starts[1:], self.n], strict=True)] if starts else []

    @cached_property
    def run_of_each(self) -> NDArray[np.intp]:
        return np.repeat(np.arange(len(self.starts)), np.diff(self.starts, append=self.n))

    def highest(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.maximum.reduceat(numbers, self.starts)

    def has_any(self, are_true: NDArray[np.bool_]) -> NDArray[np.bool_]:
        return np.logical_or.reduceat(are_true, self.starts)

    def bytes(self, numbers: NDArray[np.int64], widths: Sequence[int]) -> Iterator[bytes]:
        """Those of each run's numbers, which are as wide as is said of the run."""
        written = {width: numbers.astype(f"<u{width}").tobytes() for width in {*widths} if width}
        for (first, end), width in zip(self.bounds, widths, strict=True):
            yield written[width][first * width : end * width] if width else b""


def segments_of_runs(rows: Rows, runs: Runs) -> list[Segment]:
    """A segment for each run of the rows, which in each are in order of time."""
    if not rows.n:
        return []
    columns = _columns(rows.columns, runs) if rows.columns.is_kept else [None] * len(runs.starts)
    return [Segment(data, of_run) for data, of_run in zip(_touches(rows, runs), columns, strict=True)]


def _touches(rows: Rows, runs: Runs) -> Iterator[bytes]:
    deltas = np.diff(rows.since_midnight, prepend=0)
    deltas[runs.starts] = rows.since_midnight[runs.starts]
    are_fine = runs.has_any(deltas % 1000 != 0)
    deltas = np.where(are_fine[runs.run_of_each], deltas, deltas // 1000)
    time_widths = [narrowest(highest) for highest in runs.highest(deltas).tolist()]
    values = rows.values.astype(np.int64)
    value_widths = [highest and max(2, narrowest(highest)) for highest in runs.highest(values).tolist()]
    return map(
        touch_data,
        np.where(are_fine, 0, 3).tolist(),
        runs.bytes(rows.people.astype(np.int64), [4] * len(time_widths)),
        time_widths,
        runs.bytes(deltas, time_widths),
        value_widths,
        runs.bytes(values, value_widths),
    )


def _columns(columns: Columns, runs: Runs) -> Iterator[bytes]:
    """Without columns in which a run has no value, but for those of money."""
    data = {name: _column(column, runs, keeps_all=_is_money(name)) for name, column in columns.by_name.items()}
    for of_run in zip(*data.values(), strict=True) if data else [()] * len(runs.starts):
        there = {name: found for name, found in zip(data, of_run, strict=True) if found is not None}
        sizes = {name: len(found) for name, found in there.items()}
        yield columns_head(LAYOUT, sizes, columns.missing) + b"".join(there.values())


def _is_money(name: str) -> bool:
    return name.startswith(MONEY_PREFIX)


def _column(column: FactColumn, runs: Runs, *, keeps_all: bool) -> list[bytes | None]:
    found = _numbers(column, runs) if isinstance(column, NumberColumn) else _values(column, runs)
    return [data if n or keeps_all else None for data, n in found]


def _values(column: ValueColumn, runs: Runs) -> Iterator[tuple[bytes, int]]:
    """With the number of different values."""
    size = len(column.values)
    cells, place_of_each = np.unique(runs.run_of_each * size + column.codes, return_inverse=True)
    run_of_cell, codes = np.divmod(cells, size)
    are_values = codes > 0
    ends = np.cumsum(np.bincount(run_of_cell[are_values], minlength=len(runs.starts)))
    sizes = np.diff(ends, prepend=0)
    codes_in_run = np.cumsum(are_values) - (ends - sizes)[run_of_cell]
    widths = [narrowest(n) for n in sizes.tolist()]
    are_texts, written = written_values(column)
    in_cells = [written[code - 1] for code in codes[are_values].tolist()]
    of_each = runs.bytes(codes_in_run[place_of_each], widths)
    for end, n, width, places in zip(ends.tolist(), sizes.tolist(), widths, of_each, strict=True):
        yield value_column_data(are_texts, "".join(in_cells[end - n : end]), width, places), n


def _numbers(column: NumberColumn, runs: Runs) -> Iterator[tuple[bytes, int]]:
    """With the bytes of a number, 0 where there are none."""
    is_there, numbers = column.is_there, column.numbers
    places, numbers = _fewest_places(np.where(is_there, numbers, 0), column.places, runs)
    lowest = np.minimum.reduceat(np.where(is_there, numbers, _FARTHEST), runs.starts)
    below = np.where(lowest == _FARTHEST, 0, lowest) - 1
    above = np.where(is_there, numbers - below[runs.run_of_each], 0)
    widths = [narrowest(highest) for highest in runs.highest(above).tolist()]
    of_each = runs.bytes(above, widths)
    return zip(map(number_column_data, places, widths, below.tolist(), of_each), widths, strict=True)


def _fewest_places(numbers: NDArray[np.int64], places: int, runs: Runs) -> tuple[Sequence[int], NDArray[np.int64]]:
    """How many decimal places the numbers of each run have, and the numbers in units of the last of them."""
    fewer = np.zeros(len(runs.starts), np.int64)
    for n in range(1, places + 1):
        fewer[~runs.has_any(numbers % 10**n != 0)] = n
    if fewer.any():
        numbers = numbers // (10**fewer)[runs.run_of_each]
    return (places - fewer).tolist(), numbers
