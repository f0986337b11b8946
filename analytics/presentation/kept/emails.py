"""A report as an email: what is known first, key figures, charts as bars and tables, as HTML and as text alone.

It needs neither pictures nor links to be read, and names nobody: mail goes through many hands.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from analytics.addresses import hidden_value
from analytics.metrics import Change
from analytics.presentation.charts import Chart, ChartKind
from analytics.presentation.presentation import Presentation
from analytics.presentation.tables import Cell, Column, Row, Table, column_kind, plain_value
from analytics.presentation.texts import cell_text, change_text, value_text
from analytics.presentation.tiles import Tile
from campaignos.texts import in_one_line

BARS = frozenset({ChartKind.LINE, ChartKind.BAR, ChartKind.STACKED, ChartKind.ACROSS, ChartKind.REACHED})
"""Charts that are drawn by a bar in each row, of their first column."""
MOST_CHARTS, MOST_TABLES = 6, 6
BAR_ROWS, TABLE_ROWS, TABLE_COLUMNS = 31, 10, 4
"""An email beyond about 100 kB is cut off by its reader."""
LONGEST_NAME, SHORT_NAME = 60, 16
LONGEST_SUBJECT = 200


@dataclass(frozen=True)
class EmailRow:
    """`width` is how long its bar is, in per cent of the longest; None where it has none."""

    name: str
    texts: tuple[str, ...]
    width: int | None = None

    @property
    def is_short(self) -> bool:
        """Whether its name stands in one line, as those of days do."""
        return len(self.name) <= SHORT_NAME


@dataclass(frozen=True)
class EmailTable:
    title: str
    finding: str
    heads: tuple[str, ...]
    rows: tuple[EmailRow, ...]
    left_out: int = 0
    has_bars: bool = False

    @property
    def text(self) -> str:
        rows = [self.heads, *((row.name, *row.texts) for row in self.rows)]
        lines = [tuple(map(in_one_line, row)) for row in rows]
        widths = [max(len(line[place]) for line in lines) for place in range(len(self.heads))]
        told = ["  ".join(_side_by_side(line, widths)).rstrip() for line in lines] if self.rows else ["Nothing."]
        more = [f"… and {self.left_out:,} more"] if self.left_out else []
        return "\n".join([self.title, *filter(None, [in_one_line(self.finding)]), *told, *more])


@dataclass(frozen=True)
class EmailFigure:
    name: str
    value: str
    change: str
    judgement: str
    """good, bad or muted: how the change is."""


@dataclass(frozen=True)
class EmailFrame:
    """What stands around the report: whose and of which days it is, and where it leads. All but the addresses may name
    somebody, who is hidden."""

    workspace: str
    name: str
    days: str
    as_of: str
    compared: str
    address: str
    settings_address: str


@dataclass(frozen=True)
class EmailReport:
    """All that an email says, for its templates."""

    frame: EmailFrame
    subject: str
    compared: str
    """What changes are against, where there are any."""
    briefing: str
    figures: tuple[EmailFigure, ...]
    attention: tuple[str, ...]
    tables: tuple[EmailTable, ...]
    notices: tuple[str, ...]


def email_report(shown: Presentation, frame: EmailFrame) -> EmailReport:
    """Charts first, then the tables that are none of theirs, or say more."""
    charts = shown.charts[:MOST_CHARTS]
    of_charts = {chart.table.key for chart in charts if not chart.stands_apart or _says_all(chart)}
    tables = [table for table in shown.tables if table.key not in of_charts][:MOST_TABLES]
    figures = tuple(map(_figure, shown.tiles))
    return EmailReport(
        frame,
        _subject(frame, shown),
        frame.compared if any(figure.change for figure in figures) else "",
        in_one_line(shown.briefing) if shown.tiles else "",
        figures,
        tuple(in_one_line(each.text) for each in shown.attention),
        (*map(_chart_table, charts), *map(_table, tables)),
        shown.notices,
    )


def _says_all(chart: Chart) -> bool:
    """Whether it shows each column of its table."""
    _, *others = (chart.source or chart.table).shown_columns
    return {column.key for column in others} <= {*chart.columns, chart.previous}


def _subject(frame: EmailFrame, shown: Presentation) -> str:
    """Acme: Monday briefing, 23 – 29 Mar 2026: Events 1,204 (+4.1%)"""
    subject = f"{frame.workspace}: {frame.name}, {frame.days}"
    if number := main_number(shown):
        subject = f"{subject}: {number}"
    return str(hidden_value(subject))[:LONGEST_SUBJECT]


def main_number(shown: Presentation) -> str:
    """The first key figure that has a value; else what the first chart shows, in words."""
    tile = next((tile for tile in shown.tiles if tile.value is not None), None)
    if tile is None:
        return next((chart.finding for chart in shown.charts if chart.finding), "")
    changed = f" ({change_text(tile.change)})" if tile.change and tile.change.amount is not None else ""
    return f"{tile.metric.label} {value_text(tile.value, column_kind(tile.metric))}{changed}"


def _figure(tile: Tile) -> EmailFigure:
    change = tile.change if tile.change and tile.change.amount is not None else None
    return EmailFigure(
        tile.metric.label,
        value_text(tile.value, column_kind(tile.metric)),
        change_text(change) if change else "",
        {True: "good", False: "bad", None: "muted"}[change.is_good] if change else "muted",
    )


def _chart_table(chart: Chart) -> EmailTable:
    """Its rows with what is drawn of them, the newest where there are too many."""
    table = chart.source or chart.table
    first, *others = table.columns
    drawn = [column for column in others if column.key in (*chart.columns, chart.previous)][:TABLE_COLUMNS]
    rows = chart.drawn_rows
    ends_with_newest = chart.kind is ChartKind.LINE or table.ends_with_newest
    shown = rows[-BAR_ROWS:] if ends_with_newest else rows[:BAR_ROWS]
    longest = max((_length(row, chart.columns[0]) for row in shown), default=0.0)
    has_bars = chart.kind in BARS and longest > 0
    told = tuple(
        EmailRow(
            _name(row, first),
            tuple(_text(row, column) for column in drawn),
            round(100 * _length(row, chart.columns[0]) / longest) if has_bars else None,
        )
        for row in shown
    )
    heads = (first.head, *(column.head for column in drawn))
    return EmailTable(chart.title, chart.finding, heads, told, len(rows) - len(shown), has_bars)


def _length(row: Row, key: str) -> float:
    value = plain_value(row.value(key))
    return 0.0 if value is None or isinstance(value, str) else max(0.0, float(value))


def _table(table: Table) -> EmailTable:
    """Its first rows, and its foot."""
    first, *others = table.shown_columns[: TABLE_COLUMNS + 1]
    shown = table.rows[-TABLE_ROWS:] if table.ends_with_newest else table.rows[:TABLE_ROWS]
    lines = [*shown, *([table.foot] if table.foot else [])]
    rows = tuple(_table_row(table, row) for row in lines)
    heads = (first.head, *(column.head for column in others))
    return EmailTable(table.title, "", heads, rows, len(table.rows) - len(shown))


def _table_row(table: Table, row: Row) -> EmailRow:
    (first, name), *others = table.cells_of(row)[: TABLE_COLUMNS + 1]
    texts = tuple(_cell(cell, column) for column, cell in others)
    return EmailRow(_short(cell_text(name, first)), texts)


def _cell(cell: Cell, column: Column) -> str:
    below = cell.below
    changed = f" ({change_text(below)})" if isinstance(below, Change) and below.amount is not None else ""
    return f"{_short(cell_text(cell, column))}{changed}"


def _name(row: Row, column: Column) -> str:
    return _short(_text(row, column))


def _text(row: Row, column: Column) -> str:
    return cell_text(row.cells.get(column.key, Cell(None)), column)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_NAME else f"{text[: LONGEST_NAME - 1]}…"


def _side_by_side(texts: Sequence[str], widths: Sequence[int]) -> list[str]:
    """The name to the left, numbers to the right."""
    first, *others = zip(texts, widths, strict=True)
    return [first[0].ljust(first[1]), *(text.rjust(width) for text, width in others)]
