"""Columns of values, and how each is written: texts, values of any type, or numbers.

    codec    1 byte    1 texts, 2 values of any type, 3 numbers
    texts    width of a code in a byte, 4 bytes: the length of the distinct texts, these in UTF-8, each ended by NUL;
             then for each touch the place of its text, counted from 1: 0 is no value
    values   the same, with a letter for its type (s text, n number, b true or false) before each of the distinct values
    numbers  decimal places and width in a byte each, 8 bytes: the number below the lowest; then for each touch how far
             its number lies above that: 0 is no value

Little-endian throughout, widths are 0, 1, 2, 4 or 8 bytes, the narrowest that hold the segment.
"""

import struct
from collections.abc import Callable, Collection, Iterable, Sequence
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

FactValue = str | Decimal | bool
"""A scalar as it is kept: its number exact, its text cut off."""

_VALUES_HEAD, _NUMBERS_HEAD = struct.Struct("<BBI"), struct.Struct("<BBBq")
_TEXTS, _VALUES, _NUMBERS = 1, 2, 3
_WIDTHS = (0, 1, 2, 4, 4, 8, 8, 8, 8)
"""By how many bytes a number has."""
_MOST_PLACES = 6
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
        are_texts, written = written_values(column)
        width = narrowest(len(written))
        return value_column_data(are_texts, "".join(written), width, _packed_numbers(column.codes, width))

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
        width = narrowest((int(there.max()) if len(there) else below) - below)
        above = np.where(is_there, numbers - below, 0).astype(f"<u{width or 1}")
        self._keep(above, below, places, is_narrow=True)

    def _keep(
        self, above: NDArray[np.unsignedinteger[Any]], below: int, places: int, *, is_narrow: bool = False
    ) -> None:
        """Where it `is_narrow` the lowest number is 1 above, and the bytes are as few as hold the others."""
        self.above, self.below, self.places, self._is_narrow = above, below, places, is_narrow

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
    def _of(
        cls, above: NDArray[np.unsignedinteger[Any]], below: int, places: int, *, is_narrow: bool = False
    ) -> "NumberColumn":
        column = cls.__new__(cls)
        column._keep(above, below, places, is_narrow=is_narrow)
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

    def among(self, numbers: Iterable[Decimal]) -> NDArray[np.bool_]:
        """For each touch, whether it has one of these."""
        scale, highest, there = 10**self.places, self._highest, list[int]()
        for number in numbers:
            numerator, denominator = number.as_integer_ratio()
            scaled, rest = divmod(numerator * scale, denominator)
            if not rest and 0 < scaled - self.below <= highest:
                there.append(scaled - self.below)
        if len(there) == 1:  # which many days are asked for, and a comparison is a tenth of it
            is_it: NDArray[np.bool_] = self.above == there[0]
            return is_it
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
        column = self if self._is_narrow else NumberColumn(self.numbers, self.is_there, self.places)
        width = column.above.itemsize if column.above.any() else 0
        return number_column_data(column.places, width, column.below, _packed_numbers(column.above, width))

    @classmethod
    def read(cls, data: bytes, n: int) -> "NumberColumn":
        _, places, width, below = _NUMBERS_HEAD.unpack_from(data)
        return cls._of(_unpacked_numbers(data, width, n, _NUMBERS_HEAD.size), below, places, is_narrow=True)


FactColumn = ValueColumn | NumberColumn


def written_values(column: ValueColumn) -> tuple[bool, list[str]]:
    """Whether all of its values are texts, and how each but the first, which is none, stands in its bytes."""
    values = column.values[1:]
    are_texts = column.are_texts or all(type(value) is str for value in values)
    texts = values if are_texts else [_letters(value) for value in values if value is not None]
    return are_texts, [f"{text}\0" for text in texts]


def value_column_data(are_texts: bool, written: str, width: int, codes: bytes) -> bytes:
    letters = written.encode()
    return _VALUES_HEAD.pack(_TEXTS if are_texts else _VALUES, width, len(letters)) + letters + codes


def number_column_data(places: int, width: int, below: int, above: bytes) -> bytes:
    return _NUMBERS_HEAD.pack(_NUMBERS, places, width, below) + above


def column_of(scalars: Sequence[Scalar | None]) -> FactColumn:
    """A column of a value for each touch, None where it has none."""
    kinds = set(map(type, scalars))
    if bool not in kinds and str not in kinds and (column := _number_column(scalars, kinds)):
        return column
    are_texts = kinds <= {str, type(None)}
    keys: Sequence[Any] = scalars if are_texts else [_key(value) for value in scalars]
    distinct = dict.fromkeys(chain([None], keys))
    place_of = dict(zip(distinct, range(len(distinct)), strict=True))
    codes = np.fromiter(map(place_of.__getitem__, keys), np.uint32, len(keys))
    return ValueColumn(codes, [*map(_value_of_key, distinct)], are_texts, are_used=True)


def _number_column(scalars: Sequence[Scalar | None], kinds: Collection[type]) -> NumberColumn | None:
    """None where the numbers cannot be kept exactly in 64 bits. Their kinds are int, float and that of no value."""
    stated: Sequence[Any] = scalars
    is_there = np.ones(len(scalars), np.bool_)
    if type(None) in kinds:
        is_there = np.array([value is not None for value in scalars], np.bool_)
        stated = [0 if value is None else value for value in scalars]
    if not is_there.any():
        return None
    if float not in kinds:
        if max(max(stated), -min(stated)) >= _EXACT:
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


def are_of_one_kind(column: FactColumn) -> bool:
    """Whether all of its values are texts, or numbers, or truths: then they are so in each part of it, too."""
    return not isinstance(column, ValueColumn) or column.are_texts or len({*map(type, column.values[1:])}) < 2


def joined_columns(columns: Sequence[FactColumn]) -> FactColumn:
    """The columns one after the other."""
    if len(columns) == 1:
        return columns[0]
    numbers = [each for each in map(_as_numbers, columns) if each is not None]
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


def _as_numbers(column: FactColumn) -> NumberColumn | None:
    """A column of numbers, or without any value; None for others."""
    if isinstance(column, ValueColumn) and len(column.values) == 1:
        return NumberColumn(np.zeros(len(column), np.int64), np.zeros(len(column), np.bool_), 0)
    return column if isinstance(column, NumberColumn) else None


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


def read_column(data: bytes, n: int) -> FactColumn:
    """The column of `n` touches from its bytes."""
    return (NumberColumn if data[0] == _NUMBERS else ValueColumn).read(data, n)


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


def narrowest(highest: int) -> int:
    """How many bytes hold a whole number from 0 to the highest."""
    return _WIDTHS[(highest.bit_length() + 7) // 8]


def _packed_numbers(numbers: NDArray[Any], width: int) -> bytes:
    return numbers.astype(f"<u{width}").tobytes() if width else b""


def _unpacked_numbers(data: bytes, width: int, n: int, start: int) -> NDArray[np.unsignedinteger[Any]]:
    return np.frombuffer(data, f"<u{width}", n, start) if width else np.zeros(n, np.uint8)
