"""Tables and charts of the pages as values: what the template draws and the CSV file says is the same."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from itertools import chain
from typing import Any, Generic, TypeVar, overload

from analytics.lists import AnyList
from analytics.metrics import METRICS, Change, Unit

Value = str | int | float | date | Change | None


CELL_BYTES, LINK_BYTES = 70, 120
ROWS_LOOKED_AT = 50
FIRST_ROWS = 31
"""That are shown until more are asked for: the days of a month."""


class Kind(StrEnum):
    """How a column's values are shown."""

    TEXT = "text"
    DAY = "day"
    COUNT = "count"
    SHARE = "share"
    CHANGE = "change"
    POINTS = "points"
    """What two shares differ by."""
    P_VALUE = "p"

    @property
    def is_number(self) -> bool:
        return self not in (Kind.TEXT, Kind.DAY)


@dataclass(frozen=True)
class Column:
    """`metric` is the key of the metric that explains the column, empty where none does.

    In a file, the names of a tree have a column for each of the `levels`.
    """

    key: str
    label: str
    kind: Kind = Kind.TEXT
    metric: str = ""
    levels: tuple[str, ...] = ()

    @classmethod
    def of(cls, metric: str, *, key: str = "", label: str = "") -> "Column":
        """A metric's values."""
        kind = Kind.SHARE if METRICS[metric].unit is Unit.SHARE else Kind.COUNT
        return cls(key or metric, label or METRICS[metric].label, kind, metric)

    @property
    def base(self) -> str:
        """What a rate is of, where the label does not say so: below it on pages, behind it in files."""
        base = METRICS[self.metric].base if self.metric else ""
        return "" if base in self.label else base

    @property
    def head(self) -> str:
        return f"{self.label} ({self.base})" if self.base else self.label


@dataclass(frozen=True)
class Mark:
    """What began at a row of days: a line on the chart, and a link beside the row's name."""

    name: str
    address: str


@dataclass(frozen=True)
class Row:
    """Values by the columns' keys; the first column's names the row.

    `label` is the name's short form on a chart's axis, `note` stands beside the name, `address` is where the name
    leads. `unfinished` names columns whose values will still grow. `opens` has, by column, the list that a number
    is made of; `beside` what is told of a value when one points at it; `weights`, from 0 to 1, how dark a heat
    map's cell is. `level` indents the rows of a tree, `path` names
    them from the root on. `mark` is drawn on charts and told beside the name.
    """

    values: Mapping[str, Value]
    label: str = ""
    note: str = ""
    address: str = ""
    level: int = 0
    path: tuple[str, ...] = ()
    is_running: bool = False
    mark: Mark | None = None
    unfinished: frozenset[str] = frozenset()
    weights: Mapping[str, float] = field(default_factory=dict)
    opens: Mapping[str, AnyList | None] = field(default_factory=dict)
    beside: Mapping[str, str] = field(default_factory=dict)


_Key = TypeVar("_Key")


class RowsOnDemand(Sequence[Row], Generic[_Key]):
    """Rows that are made when they are looked at: of tens of thousands a page shows fifty."""

    def __init__(self, keys: Sequence[_Key], make: Callable[[_Key], Row]) -> None:
        self.keys, self.make = keys, make

    def __len__(self) -> int:
        return len(self.keys)

    @overload
    def __getitem__(self, place: int) -> Row: ...

    @overload
    def __getitem__(self, place: slice) -> tuple[Row, ...]: ...

    def __getitem__(self, place: int | slice) -> Row | tuple[Row, ...]:
        if isinstance(place, slice):
            return tuple(map(self.make, self.keys[place]))
        return self.make(self.keys[place])

    def __iter__(self) -> Iterator[Row]:
        return map(self.make, self.keys)


@dataclass(frozen=True)
class Cell:
    """A row's value in a column, as the template wants it."""

    column: Column
    value: Value
    opens: AnyList | None
    beside: str
    is_unfinished: bool
    weight: float


@dataclass(frozen=True)
class Table:
    """`key` is its id on the page and its name in addresses; one that is `sortable` heeds the address's `sort`.

    `is_shortened` is whether it shows fewer rows than a page has, `page_rows`, until these are asked for.
    """

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: Sequence[Row]
    foot: Row | None = None
    sortable: bool = False
    sort: str = ""
    page: int = 1
    page_count: int = 1
    row_count: int = 0
    first_row: int = 1
    page_rows: int = 0
    is_shortened: bool = False
    ends_with_newest: bool = False
    columns_left_out: int = 0

    @property
    def last_row(self) -> int:
        return self.first_row + len(self.rows) - 1

    @property
    def is_long(self) -> bool:
        """Whether it can show more rows than it begins with."""
        return self.row_count > min(self.page_rows, FIRST_ROWS)

    @property
    def cell_count(self) -> int:
        return len(self.rows) * len(self.columns)

    @property
    def bytes_of_row(self) -> int:
        """About what a row takes on a page, by the first ones. Numbers with a list behind take thrice the others."""
        first = self.rows[:ROWS_LOOKED_AT]
        links = sum(1 for row in first for key, rows in row.opens.items() if rows and row.values.get(key))
        return len(self.columns) * CELL_BYTES + links * LINK_BYTES // max(1, len(first))

    @property
    def page_before(self) -> int:
        return self.page - 1

    @property
    def page_after(self) -> int:
        return self.page + 1

    @property
    def body(self) -> Iterator[tuple[Row, list[Cell]]]:
        return ((row, self._cells(row)) for row in self.rows)

    @property
    def foot_cells(self) -> list[Cell]:
        return self._cells(self.foot) if self.foot else []

    def _cells(self, row: Row) -> list[Cell]:
        return [
            Cell(
                column=column,
                value=row.values.get(column.key),
                opens=row.opens.get(column.key) if row.values.get(column.key) else None,
                beside=row.beside.get(column.key, ""),
                is_unfinished=column.key in row.unfinished,
                weight=row.weights.get(column.key, 0.0),
            )
            for column in self.columns
        ]

    def sorted_by(self, sort: str) -> "Table":
        """By a column's key, upwards, or with a minus before it downwards; unchanged where there is no such column.

        Rows without a value come last either way.
        """
        key = sort.removeprefix("-")
        if not self.sortable or key not in {column.key for column in self.columns}:
            return self
        known = [row for row in self.rows if _order(row.values.get(key)) is not None]
        rest = [row for row in self.rows if _order(row.values.get(key)) is None]
        known.sort(key=lambda row: _order(row.values[key]), reverse=sort.startswith("-"))  # type: ignore[arg-type,return-value]
        return replace(self, rows=(*known, *rest), sort=sort)

    def cut(self, page: str, size: int) -> "Table":
        """One of its pages of so many rows, the nearest there is; without a page its first FIRST_ROWS rows.

        Where the newest rows are the last, the last page is full and shown first.
        """
        count = max(1, -(-len(self.rows) // size))
        number, shown = count if self.ends_with_newest else 1, min(size, FIRST_ROWS)
        if page.isascii() and page.isdigit():
            number, shown = min(int(page[:9]) or count, count), size
        end = len(self.rows) - size * (count - number) if self.ends_with_newest else size * (number - 1) + shown
        first = max(0, end - shown)
        rows = tuple(self.rows[first:end])
        return replace(
            self,
            rows=rows,
            page=number,
            page_count=count,
            page_rows=size,
            is_shortened=shown < min(size, len(self.rows)),
            row_count=len(self.rows),
            first_row=first + bool(rows),
        )

    def narrowed(self, columns: int) -> "Table":
        """Its first columns only."""
        return replace(self, columns=self.columns[:columns], columns_left_out=max(0, len(self.columns) - columns))

    def records(self) -> Iterator[list[str | int | float | None]]:
        """The lines of a file: the head, the rows and the foot, numbers as numbers and days in ISO 8601."""
        yield [head for column in self.columns for head in column.levels or (column.head,)]
        for row in chain(self.rows, [self.foot] if self.foot else []):
            yield [value for column in self.columns for value in _plain_values(row, column)]


def _order(value: Value) -> str | int | float | date | None:
    if isinstance(value, Change):
        return value.amount
    return value.casefold() if isinstance(value, str) else value


def _plain_values(row: Row, column: Column) -> Iterator[str | int | float | None]:
    if not column.levels:
        yield _plain(row.values.get(column.key))
        return
    path = row.path or (str(row.values[column.key]),)
    yield from (path[place] if place < len(path) else None for place in range(len(column.levels)))


def _plain(value: Value) -> str | int | float | None:
    if isinstance(value, Change):
        return value.amount
    return value.isoformat() if isinstance(value, date) else value


MAX_MARKS = 8


class ChartKind(StrEnum):
    LINE = "line"
    BAR = "bar"
    STACKED = "stacked"
    ACROSS = "across"
    """Horizontal bars."""
    REACHED = "reached"
    """Bars of two columns on top of each other: the first solid, the second pale."""
    INTERVALS = "intervals"
    """Horizontal bars from the first column's value to the second's."""


@dataclass(frozen=True)
class Chart:
    """A drawing of some columns of a table; `finding` says in a sentence what it shows.

    `previous` is the column with the numbers compared with, drawn dashed. `rows` is how many rows are drawn, 0 for
    all. The table is folded away under the chart, unless it `stands_apart` on the page. `source` is the table with all
    of its rows, where `table` is the part of it that the page shows.
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
    def bytes_drawn(self) -> int:
        """About what its data take on a page: labels, numbers, and of those compared with also which day each is of."""
        return len(self.drawn_rows) * (10 + 7 * len(self.columns) + (30 if self.previous else 0))

    @property
    def data(self) -> dict[str, Any]:
        """What the browser draws, for static/js/charts.js."""
        rows = self.drawn_rows
        first = self.table.columns[0].key
        marks = [(place, row.mark) for place, row in enumerate(rows) if row.mark][-MAX_MARKS:]
        return {
            "kind": self.kind.value,
            "labels": [row.label or str(row.values.get(first)) for row in rows],
            "marks": [{"place": place, "name": mark.name, "address": mark.address} for place, mark in marks],
            "partial": next((place for place, row in enumerate(rows) if row.is_running), -1),
            "series": [self._series(key) for key in self.columns],
            "previous": self._series(self.previous) if self.previous else None,
        }

    def _series(self, key: str) -> dict[str, Any]:
        columns = (self.source or self.table).columns
        column = next(column for column in columns if column.key == key)
        return {
            "label": column.label,
            "unit": column.kind.value,
            "values": [_plain(row.values.get(key)) for row in self.drawn_rows],
            "beside": [row.beside.get(key, "") for row in self.drawn_rows] if key == self.previous else [],
        }
