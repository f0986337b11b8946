"""Drawings of a table's columns, as values."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from analytics.presentation.tables import NOTHING, Kind, Link, Row, Table, Value, plain_value
from campaignos.currencies import exponent

MAX_MARKS = 8


class ChartKind(StrEnum):
    LINE = "line"
    BAR = "bar"
    STACKED = "stacked"
    ACROSS = "across"
    """Horizontal bars."""
    TICKS = "ticks"
    """Horizontal bars of the first column, the others as ticks across."""
    REACHED = "reached"
    """Bars of two columns on top of each other: the first solid, the second pale."""
    MATURING = "maturing"
    """The same of three: the first solid, the second hatched, the third pale."""
    INTERVALS = "intervals"
    """Horizontal bars from the first column's value to the second's."""
    WATERFALL = "waterfall"
    """The same, where the first has no value from the axis on: a whole, and what is added to it one after the other.
    The third column says of a bar whether it is more than chance."""


@dataclass(frozen=True)
class Chart:
    """A drawing of some columns of a table; `finding` says in a sentence what it shows.

    `previous` is the column with the numbers compared with, drawn dashed. `rows` is how many rows are drawn, 0 for all.
    The table is folded away under the chart, unless it `stands_apart` on the page. `source` is the whole table, where
    `table` is the part of it that the page shows.
    """

    kind: ChartKind
    title: str
    table: Table
    columns: tuple[str, ...]
    finding: str
    previous: str = ""
    rows: int = 0
    stands_apart: bool = False
    source: Table | None = None

    @property
    def drawn_rows(self) -> tuple[Row, ...]:
        return tuple((self.source or self.table).rows[: self.rows or None])

    @property
    def marked_rows(self) -> tuple[Row, ...]:
        """The newest that are marked, in order: as many as are drawn."""
        return tuple(row for row in self.drawn_rows if row.mark)[-MAX_MARKS:]

    @property
    def marks_left_out(self) -> int:
        return sum(1 for row in self.drawn_rows if row.mark) - len(self.marked_rows)

    @property
    def bytes_of_numbers(self) -> int:
        """About what its numbers take on a page."""
        return len(self.drawn_rows) * 7 * (len(self.columns) + bool(self.previous))

    @property
    def bytes_of_texts(self) -> int:
        """About what its labels take, and of numbers compared with which day each is of. Charts of the same rows say
        them once."""
        return len(self.drawn_rows) * (10 + (23 if self.previous else 0))

    def data(self, address: Callable[[Link], str]) -> dict[str, Any]:
        """What the browser draws, for static/js/charts.js; `address` is that of a link."""
        rows = self.drawn_rows
        first = self.table.columns[0].key
        marks = [(place, row.mark) for place, row in enumerate(rows) if row.mark][-MAX_MARKS:]
        return {
            "kind": self.kind.value,
            "labels": [row.label or str(row.value(first)) for row in rows],
            "marks": [{"place": place, "name": mark.name, "address": address(mark.link)} for place, mark in marks],
            "happened": ["\n".join(mark.texts) for _, mark in marks],
            "partial": next((place for place, row in enumerate(rows) if row.is_running), -1),
            "series": [self._series(key) for key in self.columns],
            "previous": self._series(self.previous) if self.previous else None,
        }

    def _series(self, key: str) -> dict[str, Any]:
        columns = (self.source or self.table).columns
        column = next(column for column in columns if column.key == key)
        money = {"currency": column.currency, "digits": exponent(column.currency)} if column.kind is Kind.MONEY else {}
        return {
            "label": column.label,
            "unit": column.kind.value,
            **money,
            "values": [_drawn_value(row.value(key)) for row in self.drawn_rows],
            "beside": [row.cells.get(key, NOTHING).beside for row in self.drawn_rows] if key == self.previous else [],
        }


def _drawn_value(value: Value) -> str | int | float | None:
    plain = plain_value(value)
    return float(plain) if isinstance(plain, Decimal) else plain
