"""Which properties of events have a column: the most frequent, but for those whose values nearly all differ, unless
people have said otherwise.

A small segment has a column of each. As segments are merged or made anew, what is too much loses its column: its name
is among the missing ones then, and a question about it is answered from the facts. Ids and free text take 14 to 80
bytes an event there, beside 11 for who and when; other texts 1 to 11, numbers 2 to 4.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from analytics.ledger.codecs import FactColumn, NumberColumn, column_of
from analytics.ledger.columns import UTM, Columns, few_names
from analytics.ledger.money_columns import MoneyColumns
from analytics.models import ColumnChoice, EventProperty
from analytics.questions.fields import PROPERTY_PREFIX
from analytics.questions.values import Scalar

MAX_COLUMNS = 64
"""Of the properties of a type of event, how many have a column by themselves."""
FEWEST_TEXTS = 10_000
"""Of fewer values on a day than these it is not asked whether they nearly all differ."""
MOST_DISTINCT = 0.9
"""Where more than this share of the texts differ, nearly each stands in the column by itself."""


@dataclass(frozen=True)
class ColumnSwitches:
    """By name, the columns of a type of event that people want to be kept, and those that they want no more."""

    on: frozenset[str] = frozenset()
    off: frozenset[str] = frozenset()

    def choose_names(self, counts: Counter[str]) -> list[str]:
        """Of columns' names with how many events have a value, those that are kept; the automatic ones are the most
        frequent, then the first by name."""
        automatic = sorted((-n, name) for name, n in counts.items() if n and name not in self.on | self.off)
        return [*sorted(self.on.intersection(+counts)), *(name for _, name in automatic[:MAX_COLUMNS])]

    def choose_columns(self, columns: Columns, *, is_whole: bool = True) -> Columns:
        """The columns without those that are switched off, too many or too large: of these it is not known any more
        what the events have.

        Only of a whole day it is known whether values nearly all differ: those of a part of it may come again.
        """
        counts, small = Counter[str](), Counter[str]()
        for name in columns.by_name:
            if name.startswith(PROPERTY_PREFIX):
                column = columns.by_name[name]
                counts[name] = n = value_count(column)
                if name in self.on or not (is_whole and nearly_all_differ(column, n)):
                    small[name] = n
        chosen = frozenset(self.choose_names(small))
        if chosen == counts.keys():
            return columns
        kept = [name for name in columns.by_name if name in chosen or name not in counts]
        missing = None if columns.missing is None else columns.missing.union(+counts).difference(chosen)
        return columns.only(kept, few_names(missing))


NO_SWITCHES = ColumnSwitches()


def value_count(column: FactColumn) -> int:
    """How many events have a value."""
    return int(np.count_nonzero(column.is_there if isinstance(column, NumberColumn) else column.codes))


def nearly_all_differ(column: FactColumn, values: int) -> bool:
    """Whether of so many values nearly each is a text by itself. Numbers that differ take no more than others do."""
    if isinstance(column, NumberColumn) or values < FEWEST_TEXTS:
        return False
    return bool(len(column.values) - 1 > MOST_DISTINCT * values)


def column_switches(workspace_id: int) -> Mapping[str, ColumnSwitches]:
    """By type of event; of types without a switch there is none. One query."""
    rows = EventProperty.objects.filter(workspace=workspace_id).exclude(column=ColumnChoice.AUTO)
    return switches_of(rows.order_by().values_list("event_type", "name", "column"))


def switches_of(rows: Iterable[tuple[str, str, str]]) -> Mapping[str, ColumnSwitches]:
    """By type of event, from types, paths and choices."""
    names: dict[str, dict[str, set[str]]] = defaultdict(lambda: {ColumnChoice.ON: set(), ColumnChoice.OFF: set()})
    for event_type, path, choice in rows:
        names[event_type][choice].add(f"{PROPERTY_PREFIX}{path}")
    return {
        event_type: ColumnSwitches(frozenset(of_type[ColumnChoice.ON]), frozenset(of_type[ColumnChoice.OFF]))
        for event_type, of_type in names.items()
    }


def event_columns(
    properties: Sequence[Mapping[str, Scalar]],
    campaigns: Mapping[str, Sequence[str | None]],
    utm_ids: NDArray[np.int32],
    *,
    switches: ColumnSwitches = NO_SWITCHES,
    money: MoneyColumns | None = None,
    names: Collection[str] | None = None,
) -> Columns:
    """The columns of events of one type: what they say of their campaign and, by the type's rule, of `money`, and of
    their properties those named, or else those that are chosen."""
    counts = Counter({f"{PROPERTY_PREFIX}{path}": n for path, n in Counter(chain.from_iterable(properties)).items()})
    if names is None:
        of_properties = switches.choose_names(counts)
    else:
        of_properties = [name for name in names if name.startswith(PROPERTY_PREFIX)]
    columns: dict[str, FactColumn] = {name: column_of(texts) for name, texts in campaigns.items()}
    if utm_ids.any():
        columns[UTM] = NumberColumn(utm_ids.astype(np.int64), utm_ids > 0, 0)
    for name in of_properties:
        path = name.removeprefix(PROPERTY_PREFIX)
        columns[name] = column_of([values.get(path) for values in properties])
    if money is not None and (names is None or not {*names}.isdisjoint(money.names)):
        columns |= money.columns(properties)
    return Columns(len(properties), columns, few_names(frozenset(counts.keys() - set(of_properties))))
