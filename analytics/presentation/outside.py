"""What somebody outside of the workspace is shown: the same numbers, without what leads further in.

Nothing opens: no list of people or messages, no other report. Notes, starts of campaigns and what needs attention are
the workspace's own. Rounded, no number is of fewer than ten.
"""

from collections.abc import Callable
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal

from analytics.metrics import Numbers, Unit
from analytics.money import Amount
from analytics.presentation.charts import Chart
from analytics.presentation.presentation import Presentation
from analytics.presentation.tables import Cell, Column, Kind, Row, RowsOnDemand, Table, Value
from analytics.presentation.tiles import Tile
from campaignos.currencies import exponent

LEAST_NUMBER = 10
"""Below it a rounded number is not told."""
_OF_TIME = (Kind.DAY, Kind.HOUR, Kind.INSTANT)


def outside_presentation(shown: Presentation, *, is_rounded: bool = False) -> Presentation:
    """Whole, or with counts and amounts to tens, shares to whole per cents, and no sentence that says a number.

    A share or an amount beside a count that is not told is not told either; nor are changes, which would say more than
    both of the numbers that they are between.
    """
    tiles = tuple(map(_outside_tile, shown.tiles))
    return replace(
        shown,
        tiles=tuple(_rounded_tile(tile, shown.numbers) for tile in tiles) if is_rounded else tiles,
        charts=tuple(_outside_chart(chart, is_rounded) for chart in shown.charts),
        tables=tuple(_outside_table(table, is_rounded) for table in shown.tables),
        attention=(),
        notices=() if is_rounded else shown.notices,
        numbers=Numbers() if is_rounded else shown.numbers,
        money_gaps=() if is_rounded else tuple(replace(gap, opens=None) for gap in shown.money_gaps),
    )


def _outside_tile(tile: Tile) -> Tile:
    people = tile.people and replace(tile.people, opens=None)
    return replace(tile, link=None, opens=None, people=people, draws="", is_drawn=False, why=None)


def _rounded_tile(tile: Tile, numbers: Numbers) -> Tile:
    metric, value = tile.metric, tile.value
    base = numbers.get(metric.denominator or "", LEAST_NUMBER)
    if metric.unit is Unit.SHARE and base < LEAST_NUMBER:
        value = None
    return replace(tile, value=_rounded_number(value), change=None, series=(), people=None, usual="")


def _outside_chart(chart: Chart, is_rounded: bool) -> Chart:
    return replace(
        chart,
        table=_outside_table(chart.table, is_rounded),
        source=chart.source and _outside_table(chart.source, is_rounded),
        finding="" if is_rounded else chart.finding,
    )


def _outside_table(table: Table, is_rounded: bool) -> Table:
    write = _rounded_row(table.columns) if is_rounded else _outside_row
    rows = RowsOnDemand(table.rows, write)
    return replace(table, rows=rows, foot=table.foot and write(table.foot), sortable=False, choice="")


def _outside_row(row: Row) -> Row:
    cells = {key: replace(cell, opens=None, link=None, why=None) for key, cell in row.cells.items()}
    return replace(row, cells=cells, link=None, mark=None, key="")


def _rounded_row(columns: tuple[Column, ...]) -> Callable[[Row], Row]:
    first, *others = columns

    def write(row: Row) -> Row:
        outside = _outside_row(row)
        of_few = any(_is_of_few(row.value(column.key)) for column in others if column.kind is Kind.COUNT)
        cells = {first.key: Cell(row.value(first.key))}
        cells |= {column.key: Cell(_rounded_value(row.value(column.key), column.kind, of_few)) for column in others}
        return replace(outside, cells=cells, note="")

    return write


def _is_of_few(value: Value) -> bool:
    return isinstance(value, int) and 0 < value < LEAST_NUMBER


def _rounded_value(value: Value, kind: Kind, of_few: bool) -> Value:
    if kind in _OF_TIME:
        return value
    if kind is Kind.TEXT:
        is_telling = isinstance(value, str) and any(character.isdigit() for character in value)
        return None if is_telling or not isinstance(value, str) else value
    if kind is Kind.COUNT and isinstance(value, int):
        return _rounded_number(value)
    if kind in (Kind.SHARE, Kind.SMALL_SHARE, Kind.MONEY) and isinstance(value, int | float | Amount):
        return None if of_few else _rounded_number(value)
    return None


def _rounded_number(value: int | float | Amount | None) -> int | float | Amount | None:
    """To tens, of amounts to tens of the currency, of shares to whole per cents; None for fewer than ten."""
    if value is None or isinstance(value, float):
        return None if value is None else float(Decimal(str(value)).quantize(Decimal("0.01"), ROUND_HALF_UP))
    if isinstance(value, Amount):
        return replace(value, units=_to_tens(value.units, LEAST_NUMBER * 10 ** exponent(value.currency)))
    return None if _is_of_few(value) else _to_tens(value, LEAST_NUMBER)


def _to_tens(number: int, step: int) -> int:
    return (number + step // 2) // step * step
