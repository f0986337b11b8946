"""What is known of a property by its values: how many there are, which are frequent, of what kind."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
from django.db.models import TextChoices

from analytics.ledger.codecs import FactColumn
from analytics.metrics import rate
from analytics.questions.values import MAX_VALUE_LENGTH, Scalar, text_of
from campaignos.texts import folded_text, spellings

MOST_DISTINCT_VALUES = 10_000
"""Of more distinct values it is not told how many there are."""
FREQUENT_VALUES = 1_000
"""Then the most frequent of each segment are still counted."""
EXAMPLES_SHOWN = 3


class ValueKind(TextChoices):
    TEXT = "text", "Text"
    NUMBER = "number", "Number"
    FLAG = "boolean", "Yes or no"
    MIXED = "mixed", "Mixed"


_KINDS = {str: ValueKind.TEXT, bool: ValueKind.FLAG}


def _kind_of(of_value: type) -> ValueKind:
    return _KINDS.get(of_value, ValueKind.NUMBER)


@dataclass(frozen=True)
class PropertyNumbers:
    """A property of the events of a type.

    Of `looked_at` events so many have it: of all of the days' where it `is_exact`, else of the newest. `distinct` are
    the values that conditions tell apart; with `has_more_values`, there are at least so many. All of its values lie in
    columns on `column_days` of the `days` with events of the type, in so many `bytes`; on each from `column_since` on.
    """

    event_type: str
    name: str
    events: int
    looked_at: int
    is_exact: bool
    distinct: int
    has_more_values: bool
    examples: tuple[str, ...]
    kind: ValueKind | None
    first_day: date | None
    last_day: date | None
    column_days: int
    column_since: date | None
    days: int
    bytes: int

    @property
    def share(self) -> float:
        """Of the type's events, those that have it."""
        return rate(self.events, self.looked_at)


@dataclass
class PropertyTally:
    """What is known of a property's values."""

    events: int = 0
    values: Counter[Any] = field(default_factory=Counter)
    has_more_values: bool = False
    kinds: set[ValueKind] = field(default_factory=set)
    days: set[date] = field(default_factory=set)
    bytes: int = 0

    def add(self, column: FactColumn, day: date) -> None:
        """The values of some events of a day."""
        column = column.as_values
        numbers = np.bincount(column.codes, minlength=len(column.values))
        numbers[0] = 0  # those without a value
        there = np.flatnonzero(numbers)
        if not len(there):
            return
        self.events += int(numbers.sum())
        self.days.add(day)
        self.kinds.update(_kind_of(kind) for kind in {type(column.values[code]) for code in there.tolist()})
        if self.has_more_values and len(there) > FREQUENT_VALUES:
            there = there[np.argpartition(-numbers[there], FREQUENT_VALUES)[:FREQUENT_VALUES]]
        for code in there.tolist():
            self._count(column.values[code], int(numbers[code]))

    def add_value(self, value: Scalar, day: date) -> None:
        self.events += 1
        self.days.add(day)
        self.kinds.add(_kind_of(type(value)))
        self._count(value, 1)

    def _count(self, value: Scalar | None, n: int) -> None:
        key = value[:MAX_VALUE_LENGTH] if type(value) is str else (value,) if type(value) is bool else value
        if len(self.values) < MOST_DISTINCT_VALUES or key in self.values:
            self.values[key] += n
        else:
            self.has_more_values = True

    def with_other(self, partial: "PropertyTally") -> "PropertyTally":
        """Of a sample, with what is known of other events beside: there may be more values than either has."""
        richer = max(self, partial, key=lambda tally: len(tally.values))
        return PropertyTally(
            events=self.events,
            values=richer.values,
            has_more_values=True,
            kinds=self.kinds | partial.kinds,
            days=self.days | partial.days,
        )

    @property
    def totals(self) -> Counter[str]:
        """By a value's text how many have it, as conditions tell values apart: by no case, nor how a letter is
        written."""
        texts: Counter[str] = Counter()
        for key, n in self.values.items():
            texts[text_of(key[0] if isinstance(key, tuple) else key)] += n
        by_key = spellings(texts)
        totals: Counter[str] = Counter()
        for text, n in texts.items():
            totals[by_key[folded_text(text)]] += n
        return totals

    def numbers(self, event_type: str, name: str, **of_type: Any) -> PropertyNumbers:
        totals = self.totals
        frequent = sorted(totals.items(), key=lambda item: (-item[1], item[0]))[:EXAMPLES_SHOWN]
        return PropertyNumbers(
            event_type=event_type,
            name=name,
            events=self.events,
            distinct=len(totals),
            has_more_values=self.has_more_values,
            examples=tuple(text for text, _ in frequent),
            kind=next(iter(self.kinds), None) if len(self.kinds) < 2 else ValueKind.MIXED,
            first_day=min(self.days, default=None),
            last_day=max(self.days, default=None),
            **of_type,
        )
