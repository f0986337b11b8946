"""Looking for what stands in the JSON of events: a path into it, and a value. Bounded, since no index helps."""

import json
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.fields.json import KeyTransform

from analytics.lists.query import Asked, Query, written
from analytics.models import Event

MAX_SEARCHED = 100_000
"""How many events, the newest first, are looked through."""
MAX_DEPTH = 10
LARGEST_NUMBER = 1e15
"""Beyond it, databases compare numbers no longer alike."""


@dataclass(frozen=True)
class PropertyIs:
    """`path` leads through nested properties with dots; `value` is a text and, where it reads as such, also a
    number, true or false."""

    path: str
    value: str

    @classmethod
    def read(cls, asked: Asked) -> "PropertyIs | None":
        path = asked.text("property")
        if path is None:
            return None
        if path.count(".") >= MAX_DEPTH or not all(path.split(".")):
            asked.refuse("property", f"names joined by dots, at most {MAX_DEPTH}")
            return None
        return cls(path, asked.text_or_empty("value") or "")

    @property
    def query(self) -> Query:
        return written(property=self.path, value=self.value)

    def of(self, events: QuerySet[Event]) -> QuerySet[Event]:
        """Those with this value."""
        place: Any = "properties"
        for name in self.path.split("."):
            place = KeyTransform(name, place)
        wanted = Q(found=self.value)
        if (other := _as_json(self.value)) is not None:
            wanted |= Q(found=other)
        return events.annotate(found=place).filter(wanted)


def newest(events: QuerySet[Event]) -> QuerySet[Event]:
    """Of the events, the MAX_SEARCHED that are looked through, and those of the same instant. One query."""
    instants = events.order_by("-occurred_at").values_list("occurred_at", flat=True)
    oldest = next(iter(instants[MAX_SEARCHED - 1 : MAX_SEARCHED]), None)
    return events if oldest is None else events.filter(occurred_at__gte=oldest)


def _as_json(text: str) -> int | float | bool | None:
    """A number or truth that the text writes in JSON."""
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, int | float) and abs(value) < LARGEST_NUMBER else None
