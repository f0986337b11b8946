"""Tables of reports and lists as values: what the template draws and the CSV file says is the same."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from itertools import chain
from typing import Any, Generic, TypeVar, overload

from django.utils.http import urlencode

from analytics.lists import AnyList, under_conditions
from analytics.metrics import METRICS, Change, Metric, Unit
from analytics.money import Amount
from analytics.questions.slices import Slice

Value = str | int | float | Amount | date | datetime | Change | None
Plain = str | int | float | Decimal | None
"""What stands in a file."""


CELL_BYTES, LINK_BYTES, ADDRESS_BYTES, DASH_BYTES = 70, 120, 70, 30
ROWS_LOOKED_AT = 50
FIRST_ROWS = 31
"""That are shown until more are asked for: the days of a month."""
ROWS_OF_CARDS = 7
"""Of a table whose rows are cards on phones, so many are shown there until all are asked for."""


class Kind(StrEnum):
    """How a column's values are shown."""

    TEXT = "text"
    DAY = "day"
    HOUR = "hour"
    """The instant at which an hour of the workspace's clock begins."""
    INSTANT = "instant"
    """In the zone of who looks."""
    COUNT = "count"
    SHARE = "share"
    SMALL_SHARE = "small_share"
    """To hundredths of a per cent."""
    MONEY = "money"
    CREDIT = "credit"
    """Conversions that are shared out, with two decimals."""
    SPAN = "span"
    """So many seconds."""
    CHANGE = "change"
    POINTS = "points"
    """What two shares differ by."""
    DIFFERENCE = "difference"
    """What two counts or amounts differ by."""
    P_VALUE = "p"

    @property
    def is_number(self) -> bool:
        return self not in (Kind.TEXT, Kind.DAY, Kind.HOUR, Kind.INSTANT)


_KINDS = {Unit.COUNT: Kind.COUNT, Unit.SHARE: Kind.SHARE, Unit.MONEY: Kind.MONEY}


def column_kind(metric: Metric) -> Kind:
    """How a metric's values are shown."""
    return Kind.SMALL_SHARE if metric.is_small else _KINDS[metric.unit]


@dataclass(frozen=True)
class Column:
    """`metric` is the key of the metric that explains the column, empty where none does. `currency` is that of all of
    its amounts, where they have one.

    In a file, the names of a tree have a column for each of the `levels`, and a column `of_files` is in no other place.
    A column of changes names the one whose numbers it stands `below` on pages. A sortable table can be sorted by what
    `sorts`.
    """

    key: str
    label: str
    kind: Kind = Kind.TEXT
    metric: str = ""
    levels: tuple[str, ...] = ()
    sorts: bool = True
    of_files: bool = False
    currency: str = ""
    below: str = ""

    @classmethod
    def of(cls, metric: str, *, key: str = "", label: str = "", currency: str = "") -> "Column":
        """A metric's values; amounts are all of the currency. A count says in its label what it leaves out, a rate
        below it."""
        kind = column_kind(METRICS[metric])
        own = METRICS[metric].name if METRICS[metric].qualifiers else METRICS[metric].label
        return cls(key or metric, label or own, kind, metric, currency=currency if kind is Kind.MONEY else "")

    @property
    def change(self) -> "Column":
        """How its numbers changed."""
        return Column(f"{self.key}_change", f"{self.label}, change", Kind.CHANGE, below=self.key)

    @property
    def base(self) -> str:
        """What a rate is of and what it leaves out, where the label does not say so, and the currency of amounts: below
        it on pages, behind it in files."""
        return ", ".join(self._qualifiers)

    @property
    def _qualifiers(self) -> tuple[str, ...]:
        qualifiers = METRICS[self.metric].qualifiers if self.metric else ()
        qualifiers = (*qualifiers, self.currency) if self.currency else qualifiers
        return tuple(qualifier for qualifier in qualifiers if qualifier not in self.label)

    @property
    def head(self) -> str:
        return f"{self.label} ({self.base})" if self.base else self.label

    @property
    def head_of_card(self) -> str:
        """Beside its value where rows are cards: what a rate is of, but not what it leaves out, which stands above all
        of them."""
        return f"{self.label} ({self._qualifiers[0]})" if self._qualifiers else self.label

    @property
    def file_head(self) -> str:
        return f"{self.label} (seconds)" if self.kind is Kind.SPAN else self.head


def with_changes(columns: Iterable[Column], keys: Collection[str]) -> tuple[Column, ...]:
    """The columns, those of these keys each with how its numbers changed."""
    pairs = ((column, column.change) if column.key in keys else (column,) for column in columns)
    return (*chain.from_iterable(pairs),)


@dataclass(frozen=True)
class Link:
    """Another page of the workspace, by the name of its route and what it is of (`args`).

    Where it `keeps_filters`, those of the report it is on; its conditions come to those.
    """

    name: str
    query: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    keeps_filters: bool = True
    args: tuple[str, ...] = ()

    @classmethod
    def here(cls, **query: tuple[str, ...]) -> "Link":
        """The page itself, with these conditions and not broken down."""
        return cls("", query)

    @classmethod
    def to(cls, name: str, *args: str, **query: str) -> "Link":
        """A link to a page on which no filter of a report means anything."""
        return cls(name, query, False, args)


@dataclass(frozen=True)
class Mark:
    """What happened at a row of days: a line on the chart, and a link beside the row's name.

    `texts` say each of it, where the name does not. What `began` is said to have started.
    """

    name: str
    link: Link
    texts: tuple[str, ...] = ()
    began: bool = False

    @property
    def verb(self) -> str:
        """What stands after the name; with a blank before it."""
        return " started" if self.began else ""


@dataclass(frozen=True)
class Cell:
    """A value; `opens` is the list behind a number, `link` where another value leads.

    `beside` is what a pointer on the cell shows, `below` how the value changed, empty where that is not known. `why` is
    of a change, or of the cell that it is put below: it leads to what the change is made of. A value that
    `is_unfinished` will still grow. `weight`, from 0 to 1, is how dark a heat map draws it; one that `is_small` is of
    too few to say much.
    """

    value: Value
    opens: AnyList | None = None
    beside: str = ""
    is_unfinished: bool = False
    weight: float = 0.0
    is_small: bool = False
    link: Link | None = None
    below: Value = None
    why: Link | None = None

    def under(self, part: Slice) -> "Cell":
        """Of the rows behind it those that meet a part's conditions; nothing where these cannot apply to them."""
        if self.opens is None:
            return self
        opens = under_conditions(self.opens, part)
        if opens is self.opens:
            return self
        return replace(self, opens=opens) if opens else Cell(None)

    @property
    def rows_behind(self) -> AnyList | None:
        """The list behind a number; None for zero and for no value."""
        return self.opens if self.value else None


NOTHING = Cell(None)


@dataclass(frozen=True)
class Row:
    """Cells by the keys of the columns; the first column names the row.

    `label` is the short form of the name on a chart's axis, `note` stands beside the name, `link` is where the name
    leads. `level` indents the rows of a tree, and `path` names them from the root on. `mark` is drawn on charts and
    told beside the name. `key` is what a form calls the row, where rows can be chosen.
    """

    cells: Mapping[str, Cell]
    label: str = ""
    note: str = ""
    link: Link | None = None
    level: int = 0
    path: tuple[str, ...] = ()
    is_running: bool = False
    mark: Mark | None = None
    key: str = ""

    def value(self, key: str) -> Value:
        return self.cells.get(key, NOTHING).value


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
class Table:
    """`key` is the id on the page and the name in addresses; a `sortable` table obeys the `sort` of the address.

    `is_shortened` says whether it shows fewer rows than a page has, `page_rows`, until all are asked for. The rows of a
    table that `is_list` are called whatever strangers choose, so a page cuts their texts. `choice` names the field by
    which a form chooses rows; it is empty where none can be chosen.
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
    is_list: bool = False
    choice: str = ""

    @property
    def last_row(self) -> int:
        return self.first_row + len(self.rows) - 1

    @property
    def is_long(self) -> bool:
        """Whether it can show more rows than it begins with."""
        return self.row_count > min(self.page_rows, FIRST_ROWS)

    @property
    def is_folded(self) -> bool:
        """Whether phones, on which each row is a card, show only some until all are asked for."""
        return not self.is_list and len(self.columns) > 2 and len(self.rows) > 2 * ROWS_OF_CARDS

    @property
    def bytes_of_row(self) -> int:
        """About what a row takes on a page, by the first ones. Numbers with a list behind take thrice the others; so do
        changes that are known, and names that lead somewhere."""
        first = self.rows[:ROWS_LOOKED_AT]
        lists = [cell.rows_behind for row in first for cell in row.cells.values() if cell.rows_behind]
        link = ADDRESS_BYTES + len(urlencode(lists[0].query, doseq=True)) if lists else 0
        others = sum(
            1 for row in first for cell in row.cells.values() if not cell.rows_behind and _is_known_change(cell)
        )
        others += sum(2 for row in first if row.link)
        others += sum(2 for row in first for cell in row.cells.values() if cell.why and _is_known_change(cell))
        together = len(lists) * max(LINK_BYTES, link) + others * LINK_BYTES
        return len(self.shown_columns) * CELL_BYTES + len(self.changes) * DASH_BYTES + together // max(1, len(first))

    @property
    def bytes_of_rows(self) -> int:
        """About what all of them take."""
        return len(self.rows) * self.bytes_of_row

    @property
    def page_before(self) -> int:
        return self.page - 1

    @property
    def page_after(self) -> int:
        return self.page + 1

    @property
    def body(self) -> Iterator[tuple[Row, list[tuple[Column, Cell]]]]:
        return ((row, self.cells_of(row)) for row in self.rows)

    @property
    def foot_cells(self) -> list[tuple[Column, Cell]]:
        return self.cells_of(self.foot) if self.foot else []

    def cells_of(self, row: Row) -> list[tuple[Column, Cell]]:
        """Those that a page shows."""
        changes, cells = self.changes, []
        for column in self.shown_columns:
            cell = row.cells.get(column.key, NOTHING)
            if (change := changes.get(column.key)) and cell.value is not None:
                changed = row.cells.get(change.key, NOTHING)
                cell = replace(cell, below="" if changed.value is None else changed.value, why=changed.why)
            cells.append((column, cell))
        return cells

    @cached_property
    def shown_columns(self) -> tuple[Column, ...]:
        """Those that stand beside each other on a page."""
        return tuple(column for column in self.columns if not column.of_files and not column.below)

    @cached_property
    def changes(self) -> Mapping[str, Column]:
        """The columns of changes, by the keys of those they stand below."""
        return {column.below: column for column in self.columns if column.below}

    def sorted_by(self, sort: str) -> "Table":
        """Returns the table sorted by a column's key, upwards, or downwards with a minus before the key.

        Rows without a value come last either way. What lies below a row of a tree stays there, sorted by itself. The
        table is unchanged where there is no such column.
        """
        key = sort.removeprefix("-")
        if not self.sortable or key not in {column.key for column in self.columns}:
            return self
        return replace(self, rows=tuple(_sorted_rows(self.rows, key, sort.startswith("-"))), sort=sort)

    def cut(self, page: str, size: int, first_rows: int = FIRST_ROWS) -> "Table":
        """Returns one page of so many rows, the nearest there is; without a page, the table's `first_rows`, or all of
        the page where that is less than half as many again.

        Where the newest rows are the last, the last page is full and is shown first.
        """
        count = max(1, -(-len(self.rows) // size))
        number, shown = count if self.ends_with_newest else 1, min(size, first_rows)
        if page.isascii() and page.isdigit():
            number, shown = min(int(page[:9]) or count, count), size
        if min(size, len(self.rows)) < shown + shown // 2:
            shown = size
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

    def cut_once(self, size: int) -> "Table":
        """So many rows, for who cannot turn to others: the newest where they are the last, else the first."""
        return self.cut(str(max(1, -(-len(self.rows) // size))) if self.ends_with_newest else "1", size)

    @property
    def part_shown(self) -> str:
        """Which of its rows are shown, where not all are: such as "the newest 31 of 90 rows"."""
        if len(self.rows) >= self.row_count:
            return ""
        which = "newest" if self.ends_with_newest else "first"
        return f"the {which} {len(self.rows):,} of {self.row_count:,} rows"

    def under(self, part: Slice) -> "Table":
        """Behind its numbers the rows that meet a part's conditions; without the numbers that these cannot apply to."""
        left_out = self.left_out(part)
        if not (left_out or part.has_conditions):
            return self

        def with_conditions(row: Row) -> Row:
            cells = {key: NOTHING if key in left_out else cell.under(part) for key, cell in row.cells.items()}
            return replace(row, cells=cells)

        return replace(
            self, rows=RowsOnDemand(self.rows, with_conditions), foot=self.foot and with_conditions(self.foot)
        )

    def left_out(self, part: Slice) -> frozenset[str]:
        """The keys of the columns that a part's conditions cannot apply to."""
        return frozenset(column.key for column in self.columns if column.metric and not part.has_metric(column.metric))

    def first_columns(self, number: int) -> "Table":
        """Its first columns only."""
        return replace(self, columns=self.columns[:number], columns_left_out=max(0, len(self.columns) - number))

    def only(self, keys: Sequence[str]) -> "Table":
        """These of its columns, in this order."""
        by_key = {column.key: column for column in self.columns}
        return replace(self, columns=tuple(by_key[key] for key in keys))

    @property
    def heads(self) -> list[str]:
        """Of a file's columns."""
        return [head for column in self.columns for head in column.levels or (column.file_head,)]

    def lines(self) -> Iterator[list[Plain]]:
        """Of a file: the rows and the foot, numbers as numbers and days in ISO 8601."""
        return ([*map(plain_value, line)] for line in self.values())

    def values(self) -> Iterator[list[Value]]:
        """What stands in the rows and the foot, by the columns of a file."""
        for row in chain(self.rows, [self.foot] if self.foot else []):
            yield [value for column in self.columns for value in _file_values(row, column)]


def _sorted_rows(rows: Sequence[Row], key: str, downwards: bool) -> Iterator[Row]:
    """The rows of the first one's level, each with those below it, in the order of a column."""
    branches: list[list[Row]] = []
    for row in rows:
        if branches and row.level > branches[0][0].level:
            branches[-1].append(row)
        else:
            branches.append([row])

    def value(branch: list[Row]) -> Any:
        return _order(branch[0].value(key))

    known = sorted((branch for branch in branches if value(branch) is not None), key=value, reverse=downwards)
    for first, *below in (*known, *(branch for branch in branches if value(branch) is None)):
        yield first
        yield from _sorted_rows(below, key, downwards)


def _is_known_change(cell: Cell) -> bool:
    return isinstance(cell.value, Change) and cell.value.amount is not None


def _order(value: Value) -> str | int | float | Amount | date | None:
    if isinstance(value, Change):
        return value.amount
    return value.casefold() if isinstance(value, str) else value


def _file_values(row: Row, column: Column) -> Iterator[Value]:
    if not column.levels:
        yield row.value(column.key)
        return
    path = row.path or (str(row.value(column.key)),)
    yield from (path[place] if place < len(path) else None for place in range(len(column.levels)))


def plain_value(value: Value) -> Plain:
    """As files and charts have it: numbers as numbers, amounts in major units, days in ISO 8601."""
    if isinstance(value, Change):
        return value.amount
    if isinstance(value, Amount):
        return value.major
    return value.isoformat() if isinstance(value, date) else value
