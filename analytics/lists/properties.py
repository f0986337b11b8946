"""Looking for what stands in the JSON of events: a path into it, and a value. Bounded, since no index helps.

Databases go different ways into JSON, with names beyond ASCII, dots and digits. So the values are compared here.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from unicodedata import normalize

from django.db.models import QuerySet

from analytics.lists.query import ListParameters, Query, query_of
from analytics.models import Event
from campaignos.texts import folded_text

MAX_SEARCHED = 100_000
"""How many events, the newest first, are looked through."""
MAX_PATH_DEPTH = 10

_NUMBER = re.compile(r"-?[0-9]{1,300}(?:\.[0-9]{1,300})?(?:[eE][+-]?[0-9]{1,3})?")


@dataclass(frozen=True)
class PropertyIs:
    """`path` leads through nested properties with dots, into lists by places from 0; a name may have dots itself.

    `value` is compared as a text, without heed of case and, where it reads as such, as a number, true or false.
    """

    path: str
    value: str

    @classmethod
    def read(cls, parameters: ListParameters) -> "PropertyIs | None":
        path = parameters.text("property")
        if path is None:
            parameters.refuse_without("property", "value")
            return None
        if path.count(".") >= MAX_PATH_DEPTH or not all(path.split(".")):
            parameters.refuse("property", f"names joined by dots, at most {MAX_PATH_DEPTH}")
            return None
        return cls(path, parameters.text_or_empty("value") or "")

    @property
    def query(self) -> Query:
        return query_of(property=self.path, value=self.value)

    def has_path(self, properties: Any) -> bool:
        return next(_values_at(properties, self.path.split(".")), None) is not None

    def is_in(self, properties: Any) -> bool:
        return any(is_value(value, self.value) for value in _values_at(properties, self.path.split(".")))


def _values_at(value: Any, names: Sequence[str]) -> Iterator[Any]:
    if not names:
        yield value
    elif isinstance(value, Mapping):
        for length in range(1, len(names) + 1):
            for key in _keys(value, ".".join(names[:length])):
                yield from _values_at(value[key], names[length:])
    elif isinstance(value, list) and names[0].isascii() and names[0].isdecimal() and int(names[0]) < len(value):
        yield from _values_at(value[int(names[0])], names[1:])


def _keys(value: Mapping[str, Any], name: str) -> list[str]:
    """The name as it stands there: a letter with an accent can be written in two ways."""
    if name.isascii():
        return [name] if name in value else []
    return [key for key in value if normalize("NFC", key) == normalize("NFC", name)]


def is_value(value: Any, text: str) -> bool:
    """Whether a value of JSON is what the text says. Numbers are also those that were sent as texts."""
    if isinstance(value, bool):
        return folded_text(text) == str(value).lower()
    if isinstance(value, int | float | str):
        number = _number(text)
        return (number is not None and _number(value) == number) or (
            isinstance(value, str) and folded_text(value) == folded_text(text)
        )
    return False


def _number(value: str | float) -> Decimal | None:
    if isinstance(value, str):
        return Decimal(value) if _NUMBER.fullmatch(value) else None
    return Decimal(value if isinstance(value, int) else repr(value))


def newest_events(events: QuerySet[Event]) -> QuerySet[Event]:
    """Of the events, the MAX_SEARCHED that are looked through, and those of the same instant. One query."""
    instants = events.order_by("-occurred_at").values_list("occurred_at", flat=True)
    oldest = next(iter(instants[MAX_SEARCHED - 1 : MAX_SEARCHED]), None)
    return events if oldest is None else events.filter(occurred_at__gte=oldest)


def having(events: QuerySet[Event], field: str, is_meant: Callable[[Any], bool]) -> QuerySet[Event]:
    """Of the events, those whose JSON in this field is meant. One query."""
    rows = events.order_by().values_list("pk", field)
    return events.filter(pk__among=[pk.hex for pk, value in rows.iterator(chunk_size=2000) if is_meant(value)])
