"""Conditions on events as masks over the columns of a segment."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from analytics.ledger.columns import UTM, Columns, FactColumn, ValueColumn
from analytics.questions.filters import AllOf, AnyOf, FieldCondition, Filter, Not, fields_in
from analytics.questions.parts import SOURCE_FIELDS

Triples = Mapping[int, tuple[str, str, str]]
"""By id, source, medium and campaign; an empty text is no value."""


def column_names(condition: Filter) -> frozenset[str]:
    """The columns that a condition on events is about."""
    keys = {field.key for field in fields_in(condition)}
    return frozenset(UTM if key in SOURCE_FIELDS else key for key in keys if key != "event")


@dataclass(frozen=True)
class EventFields:
    """What conditions look at: the type and the columns of some events."""

    event_type: str
    columns: Columns
    triples: Triples

    def mask(self, condition: Filter) -> NDArray[np.bool_]:
        """Which of the events meet the condition. Raises LookupError where a column is not known."""
        match condition:
            case AllOf(conditions):
                return reduce(np.logical_and, map(self.mask, conditions), np.ones(self.columns.n, np.bool_))
            case AnyOf(conditions):
                return reduce(np.logical_or, map(self.mask, conditions), np.zeros(self.columns.n, np.bool_))
            case Not(inner):
                return ~self.mask(inner)
            case FieldCondition(field):
                if field.key == "event":
                    return np.full(self.columns.n, condition.matches(self.event_type), np.bool_)
                return self._column(field.key).matching(condition.matches)
        raise TypeError(f"{condition} is no condition on events")

    def _column(self, key: str) -> FactColumn:
        if key not in SOURCE_FIELDS:
            return self.columns[key]
        column, place = self.columns[UTM], SOURCE_FIELDS.index(key)
        ids = column.as_values
        names = [None if pk is None else self.triples[int(pk)][place] or None for pk in ids.values]
        return ValueColumn(ids.codes, names)
