"""What is shown, as plain text and plain HTML: without pictures, links and scripts."""

from collections.abc import Sequence
from datetime import date, datetime

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from analytics.metrics import Change, Unit
from analytics.money import Amount
from analytics.presentation import formats
from analytics.presentation.presentation import Presentation
from analytics.presentation.tables import Cell, Column, Kind, Table, Value, column_kind
from analytics.presentation.tiles import Tile


def value_text(value: Value, kind: Kind) -> str:
    """As people read it; a dash where there is none."""
    if value is None or value == "":
        return "–"
    if isinstance(value, Change):
        return change_text(value)
    if isinstance(value, Amount):
        return formats.amount_text(value, is_signed=kind is Kind.DIFFERENCE)
    if isinstance(value, datetime):
        return formats.hour(value) if kind is Kind.HOUR else formats.instant_text(value)
    if isinstance(value, date):
        return formats.day(value)
    if kind is Kind.SHARE:
        return formats.percent(float(value))
    if kind is Kind.SMALL_SHARE:
        return formats.percent(float(value), 4)
    if kind is Kind.CREDIT:
        return formats.credit_text(float(value))
    if kind is Kind.SPAN:
        return formats.span(int(value))
    if kind is Kind.POINTS:
        return formats.points(float(value), unit=False)
    if kind is Kind.DIFFERENCE:
        return formats.signed_credit(value) if isinstance(value, float) else formats.signed_count(int(value))
    if kind is Kind.P_VALUE:
        return formats.p_value_text(float(value))
    return formats.count(int(value)) if kind is Kind.COUNT else str(value)


def cell_text(cell: Cell, column: Column) -> str:
    """Without the currency that the column's head has."""
    value = cell.value
    if isinstance(value, Amount) and value.currency == column.currency:
        return formats.amount_text(value, names_currency=False, is_signed=column.kind is Kind.DIFFERENCE)
    return value_text(value, column.kind)


def change_text(change: Change) -> str:
    """+4.1%, +1.2 points; a dash where a change would say nothing."""
    if change.amount is None:
        return "–"
    if change.metric.unit is Unit.SHARE:
        return formats.points(change.amount, places=change.metric.places)
    return formats.signed_percent(change.amount)


def value_before(change: Change) -> int | float | Amount:
    """What it is a change from, to show."""
    return Amount(change.currency, int(change.before)) if change.metric.unit is Unit.MONEY else change.before


def presentation_text(presentation: Presentation) -> str:
    """Key figures, what each chart shows in a sentence, and all tables, a line each."""
    lines = [_tile_line(tile) for tile in presentation.tiles]
    lines += [attention.text for attention in presentation.attention]
    lines += [f"{chart.title}: {chart.finding}" for chart in presentation.charts]
    return "\n\n".join(["\n".join(lines), *map(table_text, presentation.all_tables)])


def _tile_line(tile: Tile) -> str:
    change = f" ({change_text(tile.change)})" if tile.change else ""
    people = f", people: {formats.count(tile.people.number)}" if tile.people else ""
    return f"{tile.metric.label}: {value_text(tile.value, column_kind(tile.metric))}{change}{people}"


def table_text(table: Table) -> str:
    """Columns side by side, numbers to the right."""
    lines = [[column.head for column in table.shown_columns], *_lines(table)]
    columns = [
        _aligned_texts(texts, column.kind)
        for texts, column in zip(zip(*lines, strict=True), table.shown_columns, strict=True)
    ]
    return "\n".join([table.title, *("  ".join(line).rstrip() for line in zip(*columns, strict=True))])


def table_html(table: Table) -> SafeString:
    """A table of HTML without links, scripts and styles, as mails can have it."""
    heads = format_html_join("", "<th>{}</th>", ((column.head,) for column in table.shown_columns))
    lines = (format_html_join("", "<td>{}</td>", ((text,) for text in line)) for line in _lines(table))
    rows = format_html_join("\n", "<tr>{}</tr>", ((line,) for line in lines))
    return format_html("<table>\n<caption>{}</caption>\n<tr>{}</tr>\n{}\n</table>", table.title, heads, rows)


def _lines(table: Table) -> list[list[str]]:
    rows = [*table.rows, *([table.foot] if table.foot else [])]
    return [[cell_text(cell, column) for column, cell in table.cells_of(row)] for row in rows]


def _aligned_texts(texts: Sequence[str], kind: Kind) -> list[str]:
    width = max(map(len, texts))
    return [text.rjust(width) if kind.is_number else text.ljust(width) for text in texts]
