"""How often each value of a field is there among what is counted: of events, messages, or the people they are of."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.ledger.codecs import ValueColumn
from analytics.ledger.series import Touches
from analytics.metrics import Counted
from analytics.models import Contact
from analytics.periods import Window
from analytics.questions.fields import Field, FieldKind
from analytics.questions.groups import value_key
from analytics.questions.values import text_of, value_at
from workspaces.models import Workspace


@dataclass(frozen=True, eq=False)
class ValuedFacts:
    """Parallel arrays: on which day of a window facts lie, 0 the first, the place of their value, and how many."""

    days: NDArray[np.int64]
    places: NDArray[np.int64]
    numbers: NDArray[np.int64]

    @classmethod
    def single(cls, days: NDArray[np.integer[Any]], places: NDArray[np.integer[Any]]) -> "ValuedFacts":
        return cls(days.astype(np.int64), places.astype(np.int64), np.ones(len(days), np.int64))

    @classmethod
    def of_parts(cls, parts: Sequence["ValuedFacts"]) -> "ValuedFacts":
        nothing = np.empty(0, np.int64)
        return cls(
            np.concatenate([nothing, *(part.days for part in parts)]),
            np.concatenate([nothing, *(part.places for part in parts)]),
            np.concatenate([nothing, *(part.numbers for part in parts)]),
        )


@dataclass(frozen=True, eq=False)
class ValuedCounts:
    """What was counted on the days of a window, by the different values of a field. The first value is None: none.

    Values that a condition takes for the same are one, called by the first spelling in order.
    """

    window: Window
    values: Sequence[str | None]
    facts: Mapping[Counted, ValuedFacts]

    def totals(self, counted: Counted) -> NDArray[np.int64]:
        """By the places of the values."""
        facts = self.facts[counted]
        return _sums(facts.places, facts.numbers, len(self.values))

    def by_day(self, counted: Counted, groups: NDArray[np.integer[Any]], size: int) -> NDArray[np.int64]:
        """A row for each of so many groups, with a number for each day; `groups` has the place of each value's."""
        facts = self.facts[counted]
        cells = groups[facts.places] * self.window.days + facts.days
        return _sums(cells, facts.numbers, size * self.window.days).reshape(size, self.window.days)


def _sums(places: NDArray[np.integer[Any]], numbers: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    return np.bincount(places, numbers, size)[:size].astype(np.int64)


def distinct_values(texts: Iterable[str | None]) -> tuple[list[str | None], NDArray[np.int64]]:
    """The different values in order, None the first, and the place of each text among them."""
    listed = [*texts]
    key_of = {text: value_key(text) for text in sorted({text for text in listed if text is not None})}
    first: dict[str, str] = {}
    for text, key in key_of.items():
        first.setdefault(key, text)
    places = {key: place for place, key in enumerate(sorted(first), start=1)}
    found = np.array([0 if text is None else places[key_of[text]] for text in listed], np.int64)
    return [None, *(first[key] for key in places)], found


def values_of_columns(
    columns: Sequence[ValueColumn], text_of: Callable[[Any], str]
) -> tuple[list[str | None], list[NDArray[np.int64]]]:
    """The different values of columns in order, None the first, and for each column the places of its values among
    them."""
    texts = (None if value is None else text_of(value) for column in columns for value in column.values)
    values, places = distinct_values(texts)
    starts = np.cumsum([0, *(len(column.values) for column in columns)]).tolist()
    return values, [places[start:][column.codes] for column, start in zip(columns, starts, strict=False)]


@dataclass(frozen=True, eq=False)
class PeopleValues:
    """The different values that people have, the first None, and by the number of a person the place of theirs.

    `otherwise` is the place of whom nothing is said.
    """

    values: Sequence[str | None]
    places: NDArray[np.int64]
    otherwise: int = 0

    @classmethod
    def of(cls, workspace: Workspace, field: Field) -> "PeopleValues":
        """By the numbers that people are known by. One query."""
        contacts = Contact.objects.current().filter(workspace=workspace).order_by()
        if field.kind is FieldKind.FLAG:
            known = dict.fromkeys(contacts.values_list("person_number", flat=True), "true")
            return cls._by_number(known, "false")
        rows = contacts.values_list("person_number", "attributes").iterator(chunk_size=2000)
        values = ((number, value_at(attributes, field.path or "")) for number, attributes in rows)
        return cls._by_number({number: text_of(value) for number, value in values if value is not None}, None)

    @classmethod
    def _by_number(cls, texts: Mapping[int, str], of_others: str | None) -> "PeopleValues":
        values, (otherwise, *found) = distinct_values([of_others, *texts.values()])
        places = np.full(max(texts, default=-1) + 1, otherwise, np.int64)
        places[np.fromiter(texts, np.int64, len(texts))] = found
        return cls(values, places, int(otherwise))

    def of_touches(self, touches: Touches) -> NDArray[np.int64]:
        return touches.of_each(self.places, self.otherwise)

    def at(self, numbers: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
        """The places of the values of people."""
        found = np.full(len(numbers), self.otherwise, np.int64)
        is_there = numbers < len(self.places)
        found[is_there] = self.places[numbers[is_there]]
        return found
