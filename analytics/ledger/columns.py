"""What is known of the touches of a segment beside who and when: named columns, in the touches' order.

    version  1 byte    1
    columns  2 bytes   how many
    missing  2 bytes   how many names of columns that the touches may have, but that are not kept; 65,535: any other
    length   4 bytes   of the names: those of the columns, then those that are missing, UTF-8, each ended by NUL
    names
    sizes    4 bytes for each column
    data     of each column: `analytics.ledger.codecs`

Of a large segment each column's data lie in a row of their own, so that who asks for it reads no other. Then version 2
stands here, and all but the data.
"""

import struct
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.ledger.codecs import FactColumn, joined_columns, no_values, read_column

LAYOUT, HEAD_LAYOUT = 1, 2
"""Of columns with their data, and without."""
UTM = "utm"
"""The column of events' UTM triples."""
MAX_COLUMN_NAME = 255
"""A property with a longer path has no column where each lies by itself: an index has an end."""
MONEY_PREFIX = "money."
"""Columns of such names are there wherever they are known: without one it is not known what the touches have."""
MAX_MISSING_NAMES = 256
"""With more missing names than these, every name counts as missing."""

_ANY_OTHER = 65_535
_HEAD = struct.Struct("<BHHI")
_MOST_KEPT = 50_000


@dataclass(frozen=True, eq=False)
class Columns:
    """The columns of `n` touches, by name.

    Of a `missing` name it is not known what the touches have; with None, of every name without a column. Of any other
    name they have no value.
    """

    n: int
    by_name: Mapping[str, FactColumn]
    missing: frozenset[str] | None = frozenset()

    def __getitem__(self, name: str) -> FactColumn:
        """Raises LookupError where it is not known."""
        if name in self.by_name:
            return self.by_name[name]
        if not self.has(name):
            raise LookupError(name)
        return no_values(self.n)

    def has(self, name: str) -> bool:
        if name in self.by_name:
            return True
        return not (self.missing is None or name in self.missing or (self.n and name.startswith(MONEY_PREFIX)))

    def at(self, places: NDArray[Any]) -> "Columns":
        n = int(np.count_nonzero(places)) if places.dtype == np.bool_ else len(places)
        return Columns(n, _OnDemand(self.by_name, n, lambda name: self.by_name[name].at(places)), self.missing)

    def only(self, names: Collection[str], missing: frozenset[str] | None) -> "Columns":
        """Those named; of what is missing now it is not known any more what the touches have."""
        return Columns(self.n, _OnDemand(names, self.n, self.by_name.__getitem__), missing)

    @property
    def is_kept(self) -> bool:
        """Whether anything is known of them."""
        return bool(self.by_name) or self.missing is not None

    @property
    def data(self) -> bytes:
        parts = {name: column.data for name, column in self.by_name.items()}
        return columns_head(LAYOUT, {name: len(part) for name, part in parts.items()}, self.missing) + b"".join(
            parts.values()
        )

    @classmethod
    def read(cls, data: bytes | None, n: int, by_themselves: Mapping[str, bytes | None] | None = None) -> "Columns":
        """The columns of `n` touches from their bytes, and from those of the columns that lie by themselves.

        Such a column without its bytes, which who reads has not asked for, counts as missing. None stands for segments
        that were written before there were columns: nothing is known of them.
        """
        if not data:
            return cls(n, {}, None)
        head = ColumnsHead.read(data)
        apart = {name: part for name, part in (by_themselves or {}).items() if name in head.names and part}
        if head.layout == LAYOUT and not apart:
            return cls(n, _OnDemand(head.names, n, lambda name: read_column(data[head.place(name)], n)), head.missing)
        parts = {name: data[place] for name, place in head.places.items()} if head.layout == LAYOUT else {}
        parts |= apart
        missing = head.missing
        if missing is not None and len(parts) < len(head.names):
            missing |= head.names.keys() - parts
        return cls(n, _OnDemand(parts, n, lambda name: read_column(parts[name], n)), missing)


@dataclass(frozen=True)
class ColumnsHead:
    """Which columns there are, each name with its number, and where behind it the data of each lie or would, by that
    number, with the end of the last; and which names are missing, None: every other one."""

    names: Mapping[str, int]
    bounds: Sequence[int]
    missing: frozenset[str] | None
    layout: int = LAYOUT

    @classmethod
    def read(cls, data: bytes | None) -> "ColumnsHead":
        """As `Columns.read`."""
        if not data:
            return cls({}, (), None)
        layout, count, missing, length = _HEAD.unpack_from(data)
        if layout not in (LAYOUT, HEAD_LAYOUT):
            raise ValueError(f"These columns have layout {layout}; this program reads layout {LAYOUT}. Rebuild them.")
        start = _HEAD.size + length
        names, missing_names = _names(data[_HEAD.size : start], count)
        sizes = struct.unpack_from(f"<{count}I", data, start)
        bounds = tuple(accumulate(sizes, initial=start + 4 * count))
        return cls(names, bounds, None if missing == _ANY_OTHER else missing_names, layout)

    def place(self, name: str) -> slice:
        """Where the data of a column lie."""
        number = self.names[name]
        return slice(self.bounds[number], self.bounds[number + 1])

    @property
    def places(self) -> Mapping[str, slice]:
        return {name: self.place(name) for name in self.names}

    @property
    def sizes(self) -> Mapping[str, int]:
        """How many bytes each column has, wherever they lie."""
        return {name: place.stop - place.start for name, place in self.places.items()}

    def has(self, name: str) -> bool:
        return name in self.names or not (self.missing is None or name in self.missing)


def columns_head(layout: int, sizes: Mapping[str, int], missing: frozenset[str] | None) -> bytes:
    names = "".join(f"{name}\0" for name in (*sizes, *sorted(missing or ()))).encode()
    count = _ANY_OTHER if missing is None else len(missing)
    lengths = np.array([*sizes.values()], "<u4").tobytes()
    return b"".join([_HEAD.pack(layout, len(sizes), count, len(names)), names, lengths])


def lie_by_themselves(data: bytes | memoryview | None) -> bool:
    """Whether these are columns without their data."""
    return data is not None and data[:1] == bytes([HEAD_LAYOUT])


@lru_cache(maxsize=1024)
def _names(data: bytes, count: int) -> tuple[dict[str, int], frozenset[str]]:
    """So many names, each with its number, and those behind them: most segments of a kind have the same ones, and
    nobody changes them."""
    names = data.decode().split("\0")[:-1]
    return {name: number for number, name in enumerate(names[:count])}, frozenset(names[count:])


def names_by_themselves(data: bytes | None) -> frozenset[str]:
    """The columns whose data lie elsewhere."""
    return frozenset(ColumnsHead.read(data).names) if data and lie_by_themselves(data) else frozenset()


def apart(data: bytes) -> tuple[bytes, Mapping[str, memoryview]]:
    """Columns with their data as those without, and the data of each by its name."""
    head, view = ColumnsHead.read(data), memoryview(data)
    parts = {name: view[place] for name, place in head.places.items() if len(name) <= MAX_COLUMN_NAME}
    too_long = head.places.keys() - parts
    missing = head.missing if head.missing is None else few_names(head.missing | too_long)
    return columns_head(HEAD_LAYOUT, {name: len(part) for name, part in parts.items()}, missing), parts


class _OnDemand(Mapping[str, FactColumn]):
    """Columns of `n` touches by name, each made when it is asked for.

    Large ones are not kept, as all at once would take much memory.
    """

    def __init__(self, names: Collection[str], n: int, column: Callable[[str], FactColumn]) -> None:
        self._names = names if isinstance(names, dict) else dict.fromkeys(names)
        self._column = column
        self._kept: dict[str, FactColumn] | None = {} if n <= _MOST_KEPT else None

    def __getitem__(self, name: str) -> FactColumn:
        if name not in self._names:
            raise KeyError(name)
        if self._kept is None:
            return self._column(name)
        if name not in self._kept:
            self._kept[name] = self._column(name)
        return self._kept[name]

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


NO_COLUMNS = Columns(0, {}, None)
"""The columns of touches of which nothing else is known."""


def joined_parts(parts: Sequence[Columns]) -> Columns:
    """The parts one after the other. A name that is missing in one of them is missing in all."""
    if len(parts) == 1:
        return parts[0]
    names = dict.fromkeys(name for part in parts for name in part.by_name)
    kept = [name for name in names if all(part.has(name) for part in parts)]
    n = sum(part.n for part in parts)
    columns = _OnDemand(kept, n, lambda name: joined_columns([part[name] for part in parts]))
    if any(part.missing is None for part in parts):
        missing = None
    else:
        lost = {name for name in names if not name.startswith(MONEY_PREFIX)}.difference(kept)
        missing = frozenset(lost).union(*(part.missing for part in parts if part.missing))
    return Columns(n, columns, few_names(missing))


def few_names(missing: frozenset[str] | None) -> frozenset[str] | None:
    return missing if missing is None or len(missing) <= MAX_MISSING_NAMES else None
