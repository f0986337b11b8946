"""What is known of the touches of a segment beside who and when: named columns, in the touches' order.

    version  1 byte    1
    columns  2 bytes   how many
    missing  2 bytes   how many names of columns that the touches may have, but that are not kept; 65,535: any other
    length   4 bytes   of the names: those of the columns, then those that are missing, UTF-8, each ended by NUL
    names
    sizes    4 bytes for each column
    data     of each column

The data of a column are

    codec    1 byte    1 texts, 2 values of any type, 3 numbers
    texts    width of a code in a byte, 4 bytes: the length of the distinct texts, these in UTF-8, each ended by NUL;
             then for each touch the place of its text, counted from 1: 0 is no value
    values   the same, with a letter for its type (s text, n number, b true or false) before each of the distinct values
    numbers  decimal places and width in a byte each, 8 bytes: the number below the lowest; then for each touch how far
             its number lies above that: 0 is no value

Little-endian throughout, widths are 0, 1, 2, 4 or 8 bytes, the narrowest that hold the segment.

Of a large segment each column's data lie in a row of their own, so that who asks for it reads no other. Then version 2
stands here, and all but the data.
"""

import struct
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from itertools import chain
from math import ceil, floor
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from analytics.questions.values import MAX_VALUE_LENGTH, Scalar

LAYOUT, HEAD_LAYOUT = 1, 2
"""Of columns with their data, and without."""
UTM = "utm"
"""The column of events' UTM triples."""
MAX_COLUMN_NAME = 255
"""A property with a longer path has no column where each lies by itself: an index has an end."""
MAX_MISSING_NAMES = 256
"""With more missing names than these, every name counts as missing."""

FactValue = str | Decimal | bool
"""A scalar as it is kept: its number exact, its text cut off."""

_ANY_OTHER = 65_535
_HEAD = struct.Struct("<BHHI")
_VALUES_HEAD, _NUMBERS_HEAD = struct.Struct("<BBI"), struct.Struct("<BBBq")
_TEXTS, _VALUES, _NUMBERS = 1, 2, 3
_WIDTHS = (0, 1, 2, 4, 4, 8, 8, 8, 8)
"""By how many bytes a number has."""
_MOST_PLACES = 6
_MOST_KEPT = 50_000
_EXACT = 2**50
"""Whole numbers below it are the same as floats."""


@dataclass(frozen=True, eq=False)
class ValueColumn:
    """For each touch the place of its value among the distinct `values`, of which the first is None: no value.

    With `are_texts` all others are texts, and if they `are_used` each is that of some touch; without, it is not known.
    """

    codes: NDArray[np.unsignedinteger[Any]]
    values: Sequence[FactValue | None]
    are_texts: bool = False
    are_used: bool = False

    def __len__(self) -> int:
        return len(self.codes)

    def at(self, places: NDArray[Any]) -> "ValueColumn":
        return ValueColumn(self.codes[places], self.values, self.are_texts)

    def matching(self, matches: Callable[[FactValue | None], bool]) -> NDArray[np.bool_]:
        """For each touch, whether its value does."""
        return self.having(map(matches, self.values))

    def having(self, are_meant: Iterable[bool]) -> NDArray[np.bool_]:
        """For each touch, what is said of its value."""
        by_code = np.fromiter(are_meant, np.bool_, len(self.values))
        return cast("NDArray[np.bool_]", by_code[self.codes])

    def list(self) -> list[FactValue | None]:
        return [*map(self.values.__getitem__, self.codes.tolist())]

    @property
    def as_values(self) -> "ValueColumn":
        return self

    @property
    def without_unused_values(self) -> "ValueColumn":
        """The same without values that none of the touches has."""
        if self.are_used or len(self.values) == 1:
            return self
        is_used = np.bincount(self.codes, minlength=len(self.values)) > 0
        is_used[0] = True
        if is_used.all():
            return self
        place_of = (np.cumsum(is_used) - 1).astype(np.uint32)
        values = [self.values[place] for place in np.flatnonzero(is_used).tolist()]
        return ValueColumn(place_of[self.codes], values, self.are_texts, are_used=True)

    @property
    def keys(self) -> "Sequence[NDArray[np.integer[Any]]]":
        """Arrays that are equal where two touches have the same value."""
        return (self.codes,)

    @cached_property
    def data(self) -> bytes:
        column = self.without_unused_values
        codes, values = column.codes, column.values
        is_text = self.are_texts or all(type(value) is str for value in values[1:])
        texts = values[1:] if is_text else [_letters(value) for value in values[1:] if value is not None]
        written = "".join(f"{text}\0" for text in texts).encode()
        width = _narrowest(len(texts))
        head = _VALUES_HEAD.pack(_TEXTS if is_text else _VALUES, width, len(written))
        return head + written + _packed_numbers(codes, width)

    @classmethod
    def read(cls, data: bytes, n: int) -> "ValueColumn":
        codec, width, length = _VALUES_HEAD.unpack_from(data)
        start = _VALUES_HEAD.size
        texts = data[start : start + length].decode().split("\0")[:-1]
        codes = _unpacked_numbers(data, width, n, start + length)
        values = texts if codec == _TEXTS else map(_value, texts)
        return cls(codes, [None, *values], are_texts=codec == _TEXTS, are_used=True)


class NumberColumn:
    """For each touch a number, in units of the last of its decimal `places`; only where it `is_there`.

    Kept as how far it lies `above` another one, in few bytes: 0 is no value.
    """

    def __init__(self, numbers: NDArray[np.int64], is_there: NDArray[np.bool_], places: int) -> None:
        there = numbers if is_there.all() else numbers[is_there]
        below = (int(there.min()) if len(there) else 0) - 1
        width = _narrowest((int(there.max()) if len(there) else below) - below)
        above = np.where(is_there, numbers - below, 0).astype(f"<u{width or 1}")
        self._keep(above, below, places)

    def _keep(self, above: NDArray[np.unsignedinteger[Any]], below: int, places: int) -> None:
        self.above, self.below, self.places = above, below, places

    def __len__(self) -> int:
        return len(self.above)

    @property
    def numbers(self) -> NDArray[np.int64]:
        return self.above.astype(np.int64) + self.below

    @property
    def is_there(self) -> NDArray[np.bool_]:
        return self.above.astype(np.bool_)

    @property
    def farthest(self) -> int:
        """How far from 0 its numbers lie at most."""
        return max(abs(self.below), abs(self.below + int(self.above.max(initial=0))))

    def at(self, places: NDArray[Any]) -> "NumberColumn":
        return self._of(self.above[places], self.below, self.places)

    @classmethod
    def _of(cls, above: NDArray[np.unsignedinteger[Any]], below: int, places: int) -> "NumberColumn":
        column = cls.__new__(cls)
        column._keep(above, below, places)
        return column

    def matching(self, matches: Callable[[FactValue | None], bool]) -> NDArray[np.bool_]:
        return self.as_values.matching(matches)

    def between(self, least: Fraction | None, most: Fraction | None) -> NDArray[np.bool_]:
        """For each touch, whether its number lies there, with the bounds."""
        lowest = 1 if least is None else max(1, ceil(least * 10**self.places) - self.below)
        highest = self._highest if most is None else floor(most * 10**self.places) - self.below
        if lowest > min(highest, self._highest):
            return np.zeros(len(self), np.bool_)
        found = self.above >= lowest
        if highest < self._highest:
            found &= self.above <= highest
        return found

    @property
    def _highest(self) -> int:
        return int(np.iinfo(self.above.dtype).max)

    def among(self, numbers: Iterable[Fraction]) -> NDArray[np.bool_]:
        """For each touch, whether it has one of these."""
        places = [number * 10**self.places - self.below for number in numbers]
        there = [int(place) for place in places if place.denominator == 1 and 0 < place <= self._highest]
        return np.isin(self.above, np.array(there, self.above.dtype))

    def list(self) -> list[FactValue | None]:
        return self.as_values.list()

    @property
    def keys(self) -> "Sequence[NDArray[Any]]":
        return (np.where(self.is_there, self.numbers, 0), self.is_there)

    @cached_property
    def as_values(self) -> ValueColumn:
        distinct, codes = self._distinct
        numbers = (distinct.astype(np.int64) + self.below).tolist()
        return ValueColumn(codes, [None, *(Decimal(number).scaleb(-self.places) for number in numbers)])

    @property
    def _distinct(self) -> tuple[NDArray[Any], NDArray[np.uint32]]:
        """The distances but 0, ascending, and for each touch the place of its own, from 1. Few are not sorted."""
        if self._highest < 2**16:
            is_used = np.bincount(self.above, minlength=1) > 0
            is_used[0] = True
            place_of = (np.cumsum(is_used) - 1).astype(np.uint32)
            return np.flatnonzero(is_used)[1:], place_of[self.above]
        distinct, places = np.unique(self.above[self.is_there], return_inverse=True)
        codes = np.zeros(len(self), np.uint32)
        codes[self.is_there] = places + 1
        return distinct, codes

    @cached_property
    def data(self) -> bytes:
        there = self.above[self.is_there]
        below = self.below if not len(there) else self.below + int(there.min()) - 1
        above = self.above if below == self.below else np.where(self.is_there, self.above - (below - self.below), 0)
        width = _narrowest(int(above.max(initial=0)))
        return _NUMBERS_HEAD.pack(_NUMBERS, self.places, width, below if len(there) else -1) + _packed_numbers(
            above, width
        )

    @classmethod
    def read(cls, data: bytes, n: int) -> "NumberColumn":
        _, places, width, below = _NUMBERS_HEAD.unpack_from(data)
        return cls._of(_unpacked_numbers(data, width, n, _NUMBERS_HEAD.size), below, places)


FactColumn = ValueColumn | NumberColumn


def column_of(scalars: Sequence[Scalar | None]) -> FactColumn:
    """A column of a value for each touch, None where it has none."""
    kinds = set(map(type, scalars))
    if bool not in kinds and str not in kinds and (column := _number_column(scalars)):
        return column
    are_texts = kinds <= {str, type(None)}
    keys: Sequence[Any] = scalars if are_texts else [_key(value) for value in scalars]
    places: dict[Any, int] = {None: 0}
    codes = np.array([places.setdefault(key, len(places)) for key in keys], np.uint32)
    return ValueColumn(codes, [*map(_value_of_key, places)], are_texts, are_used=True)


def _number_column(scalars: Sequence[Scalar | None]) -> NumberColumn | None:
    """None where the numbers cannot be kept exactly in 64 bits."""
    is_there = np.array([value is not None for value in scalars], np.bool_)
    if not is_there.any():
        return None
    stated: list[Any] = [0 if value is None else value for value in scalars]
    if float not in set(map(type, stated)):
        if max(map(abs, stated)) >= _EXACT:
            return None
        return NumberColumn(np.array(stated, np.int64), is_there, 0)
    floats = np.array(stated, np.float64)
    for places in range(_MOST_PLACES + 1):
        numbers = np.round(floats * 10**places)
        if np.abs(numbers).max() >= _EXACT:
            return None
        if np.array_equal(numbers / 10**places, floats):
            return NumberColumn(numbers.astype(np.int64), is_there, places)
    return None


def joined_columns(columns: Sequence[FactColumn]) -> FactColumn:
    """The columns one after the other."""
    if len(columns) == 1:
        return columns[0]
    numbers = [column for column in columns if isinstance(column, NumberColumn)]
    if len(numbers) == len(columns) and (joined := _joined_numbers(numbers)):
        return joined
    parts = [column.as_values.without_unused_values for column in columns]
    are_texts = all(part.are_texts or len(part.values) == 1 for part in parts)
    keys = [part.values if are_texts else [*map(_key, part.values)] for part in parts]
    distinct = dict.fromkeys(chain([None], *keys))
    place_of = dict(zip(distinct, range(len(distinct)), strict=True))
    codes = [
        np.fromiter(map(place_of.__getitem__, of_part), np.uint32, len(of_part))[part.codes]
        for part, of_part in zip(parts, keys, strict=True)
    ]
    values = [*distinct] if are_texts else [*map(_value_of_key, distinct)]
    return ValueColumn(np.concatenate(codes), values, are_texts, are_used=True)


def _joined_numbers(columns: Sequence[NumberColumn]) -> NumberColumn | None:
    most = max(column.places for column in columns)
    highest = max(column.farthest * 10 ** (most - column.places) for column in columns)
    if highest >= 2**62:
        return None
    return NumberColumn(
        np.concatenate([column.numbers * 10 ** (most - column.places) for column in columns]),
        np.concatenate([column.is_there for column in columns]),
        most,
    )


def no_values(n: int) -> ValueColumn:
    return ValueColumn(np.zeros(n, np.uint8), [None])


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
        if self.missing is None or name in self.missing:
            raise LookupError(name)
        return no_values(self.n)

    def has(self, name: str) -> bool:
        return name in self.by_name or not (self.missing is None or name in self.missing)

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
        return _head(LAYOUT, {name: len(part) for name, part in parts.items()}, self.missing) + b"".join(parts.values())

    @classmethod
    def read(cls, data: bytes | None, n: int, by_themselves: Mapping[str, bytes | None] | None = None) -> "Columns":
        """The columns of `n` touches from their bytes, and from those of the columns that lie by themselves.

        Such a column without its bytes, which who reads has not asked for, counts as missing. None stands for segments
        that were written before there were columns: nothing is known of them.
        """
        if not data:
            return cls(n, {}, None)
        head = _Head.read(data)
        parts = {name: data[place] for name, place in head.places.items()} if head.layout == LAYOUT else {}
        parts |= {name: part for name, part in (by_themselves or {}).items() if name in head.places and part}
        missing = head.missing
        if missing is not None and len(parts) < len(head.places):
            missing |= head.places.keys() - parts
        return cls(n, _OnDemand(parts, n, lambda name: _column(parts[name], n)), missing)


@dataclass(frozen=True)
class _Head:
    """What stands before the columns' data: where each lies behind it, and which names are missing."""

    layout: int
    places: Mapping[str, slice]
    missing: frozenset[str] | None

    @classmethod
    def read(cls, data: bytes) -> "_Head":
        layout, count, missing, length = _HEAD.unpack_from(data)
        if layout not in (LAYOUT, HEAD_LAYOUT):
            raise ValueError(f"These columns have layout {layout}; this program reads layout {LAYOUT}. Rebuild them.")
        start = _HEAD.size + length
        names = data[_HEAD.size : start].decode().split("\0")[:-1]
        sizes = np.frombuffer(data, "<u4", count, start)
        ends = start + 4 * count + np.cumsum(sizes)
        bounds = zip(names, (ends - sizes).tolist(), ends.tolist(), strict=False)
        places = {name: slice(first, end) for name, first, end in bounds}
        return cls(layout, places, None if missing == _ANY_OTHER else frozenset(names[count:]))


def _head(layout: int, sizes: Mapping[str, int], missing: frozenset[str] | None) -> bytes:
    names = "".join(f"{name}\0" for name in (*sizes, *sorted(missing or ()))).encode()
    count = _ANY_OTHER if missing is None else len(missing)
    lengths = np.array([*sizes.values()], "<u4").tobytes()
    return b"".join([_HEAD.pack(layout, len(sizes), count, len(names)), names, lengths])


def lie_by_themselves(data: bytes | memoryview | None) -> bool:
    """Whether these are columns without their data."""
    return data is not None and data[:1] == bytes([HEAD_LAYOUT])


def names_by_themselves(data: bytes | None) -> frozenset[str]:
    """The columns whose data lie elsewhere."""
    return frozenset(_Head.read(data).places) if data and lie_by_themselves(data) else frozenset()


def apart(data: bytes) -> tuple[bytes, Mapping[str, memoryview]]:
    """Columns with their data as those without, and the data of each by its name."""
    head, view = _Head.read(data), memoryview(data)
    parts = {name: view[place] for name, place in head.places.items() if len(name) <= MAX_COLUMN_NAME}
    too_long = head.places.keys() - parts
    missing = head.missing if head.missing is None else few_names(head.missing | too_long)
    return _head(HEAD_LAYOUT, {name: len(part) for name, part in parts.items()}, missing), parts


class _OnDemand(Mapping[str, FactColumn]):
    """Columns of `n` touches by name, each made when it is asked for.

    Large ones are not kept, as all at once would take much memory.
    """

    def __init__(self, names: Collection[str], n: int, column: Callable[[str], FactColumn]) -> None:
        self._names, self._column = dict.fromkeys(names), column
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


def _column(data: bytes, n: int) -> FactColumn:
    return (NumberColumn if data[0] == _NUMBERS else ValueColumn).read(data, n)


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
        missing = frozenset(names).difference(kept).union(*(part.missing for part in parts if part.missing))
    return Columns(n, columns, few_names(missing))


def few_names(missing: frozenset[str] | None) -> frozenset[str] | None:
    return missing if missing is None or len(missing) <= MAX_MISSING_NAMES else None


def _key(value: Any) -> Any:
    """Equal for equal values: 1 and 1.0 are the same, true is another."""
    if type(value) is bool:
        return (value,)
    return Decimal(repr(value)) if type(value) is float else value


def _value_of_key(key: Any) -> FactValue | None:
    if type(key) is str:
        return key if len(key) <= MAX_VALUE_LENGTH else key[:MAX_VALUE_LENGTH]
    if type(key) is tuple:
        return bool(key[0])
    return Decimal(key) if type(key) is int else key


def _letters(value: FactValue) -> str:
    if isinstance(value, bool):
        return f"b{value:d}"
    return f"n{value}" if isinstance(value, Decimal) else f"s{value}"


def _value(letters: str) -> FactValue:
    kind, text = letters[0], letters[1:]
    if kind == "s":
        return text
    return text == "1" if kind == "b" else Decimal(text)


def _narrowest(highest: int) -> int:
    return _WIDTHS[(highest.bit_length() + 7) // 8]


def _packed_numbers(numbers: NDArray[Any], width: int) -> bytes:
    return numbers.astype(f"<u{width}").tobytes() if width else b""


def _unpacked_numbers(data: bytes, width: int, n: int, start: int) -> NDArray[np.unsignedinteger[Any]]:
    return np.frombuffer(data, f"<u{width}", n, start) if width else np.zeros(n, np.uint8)


@dataclass(frozen=True)
class ColumnsHead:
    """Which columns there are, with how many bytes, wherever their data lie, and which names are missing; None: every
    other one."""

    sizes: Mapping[str, int]
    missing: frozenset[str] | None

    @classmethod
    def read(cls, data: bytes | None) -> "ColumnsHead":
        """As `Columns.read`."""
        if not data:
            return cls({}, None)
        head = _Head.read(data)
        return cls({name: place.stop - place.start for name, place in head.places.items()}, head.missing)

    def has(self, name: str) -> bool:
        return name in self.sizes or not (self.missing is None or name in self.missing)
