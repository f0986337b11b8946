"""The values of facts that conditions look at: scalars, and where they stand in JSON. Pure.

Databases go different ways into JSON, with names beyond ASCII, dots and digits. So where a path leads is said here.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, TypeAlias
from unicodedata import normalize
from zoneinfo import ZoneInfo

from analytics.periods import start_of_day
from campaignos.json_paths import MAX_PATH_NAMES, is_path

Number: TypeAlias = int | float | Decimal
Scalar: TypeAlias = str | bool | int | float | Decimal | date | datetime
"""What a field of a fact can have; None stands for no value."""

MAX_VALUE_LENGTH = 255
"""The value of a longer text is its first so many characters."""

_SCALARS = frozenset({str, bool, int, float})
_NO_VALUES: Mapping[str, Scalar] = {}
_NUMBER = re.compile(r"-?[0-9]{1,300}(?:\.[0-9]{1,300})?(?:[eE][+-]?[0-9]{1,3})?")
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9:.]{4,15}(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?")


@dataclass(frozen=True)
class Day:
    """A day of the workspace's time zone."""

    on: date
    zone: ZoneInfo

    def __str__(self) -> str:
        return self.on.isoformat()

    @property
    def starts_at(self) -> datetime:
        return start_of_day(self.on, self.zone)

    @property
    def ends_at(self) -> datetime:
        return start_of_day(date.fromordinal(self.on.toordinal() + 1), self.zone)

    def side(self, value: date | datetime) -> int:
        """-1, 0 or 1: whether a day or an instant lies before this one, on it, or after it."""
        if isinstance(value, datetime):
            return (value >= self.ends_at) - (value < self.starts_at)
        return (value > self.on) - (value < self.on)


def number_in(value: Scalar) -> Decimal | None:
    """The number that a value is, also one that was sent as a text."""
    if isinstance(value, str):
        text = value[:MAX_VALUE_LENGTH]
        return Decimal(text) if _NUMBER.fullmatch(text) else None
    if isinstance(value, bool) or not isinstance(value, Number):
        return None
    return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)


def day_in(value: Scalar) -> date | datetime | None:
    """The day or the instant that a value is, also one that was sent as a text; without an offset it is in UTC."""
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        return None
    try:
        if len(value) == len("2026-05-12"):
            return date.fromisoformat(value)
        instant = datetime.fromisoformat(value)
    except ValueError:
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def text_of(value: Scalar) -> str:
    """The value as a text: of numbers the shortest without an exponent, so that 5, 5.0 and 5e0 are the same."""
    if isinstance(value, str):
        return value[:MAX_VALUE_LENGTH]
    if isinstance(value, bool):
        return str(value).lower()
    number = number_in(value)
    return str(value) if number is None else _digits(number)


def _digits(number: Decimal) -> str:
    if not number:
        return "0"
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def value_at(value: Any, path: str) -> Scalar | None:
    """The text, number, true or false that a path leads to, through objects by names and through lists by places from
    0, joined with dots. A name may have dots itself: where two ways lead to a value, the one of more steps counts
    first. Null, a list and an object are no values.
    """
    return next(_values_at(value, path.split(".")), None)


def _values_at(value: Any, names: Sequence[str]) -> Iterator[Scalar]:
    if not names:
        if isinstance(value, str | bool | int | float):
            yield value
    elif isinstance(value, Mapping):
        for length in range(1, len(names) + 1):
            for key in _keys(value, ".".join(names[:length])):
                yield from _values_at(value[key], names[length:])
    elif isinstance(value, list) and (place := _place(names[0])) is not None and place < len(value):
        yield from _values_at(value[place], names[1:])


def _place(name: str) -> int | None:
    is_place = name.isascii() and name.isdecimal() and len(name) < 10 and str(int(name)) == name
    return int(name) if is_place else None


def _keys(value: Mapping[str, Any], name: str) -> list[str]:
    """The name as it stands there: a letter with an accent can be written in two ways."""
    if name.isascii():
        return [name] if name in value else []
    return sorted(key for key in value if normalize("NFC", key) == name)


def values_by_path(value: Any) -> Mapping[str, Scalar]:
    """All that `value_at` finds in an object, by path (in NFC)."""
    return value if isinstance(value, dict) and _are_plain(value) and _has_scalars(value) else _values_by_path(value)


def _are_plain(names: Collection[str]) -> bool:
    """Whether the names of scalars are paths as they stand there, and no others lead there."""
    joined = "".join(names)
    return joined.isascii() and "." not in joined and "\0" not in joined and "" not in names


def _has_scalars(value: dict[str, Any]) -> bool:
    """And nothing else."""
    return _SCALARS.issuperset(map(type, value.values()))


def values_of_json(objects: Sequence[str]) -> list[Mapping[str, Scalar]]:
    """The values by path of each of many objects, given as JSON: read together, in a third of the time."""
    filled = [place for place, text in enumerate(objects) if text != "{}"]
    values: list[Mapping[str, Scalar]] = [_NO_VALUES] * len(objects)
    read: list[dict[str, Any]] = json.loads(f"[{','.join([objects[place] for place in filled])}]")
    are_plain = _are_plain(set().union(*read))
    for place, value in zip(filled, read, strict=True):
        values[place] = value if are_plain and _has_scalars(value) else values_by_path(value)
    return values


def _values_by_path(value: Any) -> dict[str, Scalar]:
    found: dict[str, tuple[tuple[tuple[int, str], ...], Scalar]] = {}
    for way, scalar in _ways(value, ()):
        path = normalize("NFC", ".".join(name for _, name in way))
        if is_path(path) and (path not in found or way < found[path][0]):
            found[path] = way, scalar
    return {path: scalar for path, (_, scalar) in found.items()}


def _ways(value: Any, way: tuple[tuple[int, str], ...]) -> Iterator[tuple[tuple[tuple[int, str], ...], Scalar]]:
    """The scalars in a value, each with the names that lead to it and how many dots each has."""
    if isinstance(value, str | bool | int | float):
        if way:
            yield way, value
    elif len(way) < MAX_PATH_NAMES:
        if isinstance(value, Mapping):
            steps = [(name, inner) for name, inner in value.items() if name]
        else:
            steps = [(str(place), inner) for place, inner in enumerate(value or ())]
        for name, inner in steps:
            yield from _ways(inner, (*way, (name.count("."), name)))
