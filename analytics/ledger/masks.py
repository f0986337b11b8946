"""Conditions on events as masks over the columns of a segment.

Texts are asked once for each distinct one of all segments, numbers by the bounds in which they lie.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.ledger.codecs import FactColumn, NumberColumn, ValueColumn
from analytics.ledger.columns import UTM, Columns
from analytics.questions.fields import Field
from analytics.questions.filters import AllOf, AnyOf, Compares, FieldCondition, Filter, Is, IsSet, Not, Operator
from analytics.questions.parts import SOURCE_FIELDS

Triples = Mapping[int, tuple[str, str, str]]
"""By id, source, medium and campaign; an empty text is no value."""


@dataclass(frozen=True, eq=False)
class Lookups:
    """What is found out once for all segments: UTM triples, and whether texts meet conditions."""

    triples: Triples
    _texts: dict[FieldCondition, "_TextAnswers"] = field(default_factory=dict)

    def texts(self, condition: FieldCondition) -> "_TextAnswers":
        if condition not in self._texts:
            self._texts[condition] = _TextAnswers(condition)
        return self._texts[condition]


class _TextAnswers(dict[Any, bool]):
    """Whether texts, and no value, meet a condition, by the text."""

    def __init__(self, condition: FieldCondition) -> None:
        self._condition = condition

    def __missing__(self, text: str | None) -> bool:
        self[text] = is_met = self._condition.matches(text)
        return is_met


def column_names(fields: Collection[Field]) -> frozenset[str]:
    """The columns that have the fields of events."""
    keys = {field.key for field in fields}
    return frozenset(UTM if key in SOURCE_FIELDS else key for key in keys if key != "event")


@dataclass(frozen=True)
class EventFields:
    """What conditions look at: the type and the columns of some events."""

    event_type: str
    columns: Columns
    lookups: Lookups

    def mask(self, condition: Filter) -> NDArray[np.bool_]:
        """Which of the events meet the condition. Raises LookupError where a column is not known."""
        match condition:
            case AllOf((single,)):
                return self.mask(single)
            case AllOf(conditions):
                return reduce(np.logical_and, map(self.mask, conditions), np.ones(self.columns.n, np.bool_))
            case AnyOf(conditions):
                return reduce(np.logical_or, map(self.mask, conditions), np.zeros(self.columns.n, np.bool_))
            case Not(inner):
                return ~self.mask(inner)
            case FieldCondition():
                return _matching(self.column(condition.field), condition, self.lookups)
        raise TypeError(f"{condition} is no condition on events")

    def column(self, field: Field) -> FactColumn:
        """A field's values. Raises LookupError where they are not known."""
        if field.key == "event":
            return ValueColumn(np.ones(self.columns.n, np.uint8), [None, self.event_type], are_texts=True)
        if field.key not in SOURCE_FIELDS:
            return self.columns[field.key]
        column, place = self.columns[UTM], SOURCE_FIELDS.index(field.key)
        ids = column.as_values
        names = [None if pk is None else self.lookups.triples[int(pk)][place] or None for pk in ids.values]
        return ValueColumn(ids.codes, names, are_texts=True)


def _matching(column: FactColumn, condition: FieldCondition, lookups: Lookups) -> NDArray[np.bool_]:
    if isinstance(column, NumberColumn):
        match condition:
            case Compares(operator=operator, bound=Decimal() as bound):
                return _comparison(column, operator, Fraction(bound))
            case Is():
                return column.among(condition.numbers)
            case IsSet():
                return column.is_there
    elif column.are_texts:
        return column.having(map(lookups.texts(condition).__getitem__, column.values))
    return column.matching(condition.matches)


def _comparison(column: NumberColumn, operator: Operator, bound: Fraction) -> NDArray[np.bool_]:
    match operator:
        case Operator.AT_LEAST:
            return column.between(bound, None)
        case Operator.AT_MOST:
            return column.between(None, bound)
        case Operator.GREATER:
            return column.is_there & ~column.between(None, bound)
        case Operator.LESS:
            return column.is_there & ~column.between(bound, None)
