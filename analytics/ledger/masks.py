"""Conditions on events as masks over the columns of a segment."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from analytics.ledger.columns import UTM, Columns, FactColumn, ValueColumn
from analytics.questions.fields import Field
from analytics.questions.filters import AllOf, AnyOf, FieldCondition, Filter, Not
from analytics.questions.parts import SOURCE_FIELDS

Triples = Mapping[int, tuple[str, str, str]]
"""By id, source, medium and campaign; an empty text is no value."""


def column_names(fields: Collection[Field]) -> frozenset[str]:
    """The columns that have the fields of events."""
    keys = {field.key for field in fields}
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
                return self.column(field).matching(condition.matches)
        raise TypeError(f"{condition} is no condition on events")

    def column(self, field: Field) -> FactColumn:
        """A field's values. Raises LookupError where they are not known."""
        if field.key == "event":
            return ValueColumn(np.ones(self.columns.n, np.uint8), [None, self.event_type])
        if field.key not in SOURCE_FIELDS:
            return self.columns[field.key]
        column, place = self.columns[UTM], SOURCE_FIELDS.index(field.key)
        ids = column.as_values
        names = [None if pk is None else self.triples[int(pk)][place] or None for pk in ids.values]
        return ValueColumn(ids.codes, names)
