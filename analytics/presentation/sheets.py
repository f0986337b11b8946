"""Tables as sheets of a spreadsheet: the same rows and columns as in their CSV files, each with how it is shown."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from analytics.metrics import Change
from analytics.money import Amount
from analytics.presentation.tables import Column, Kind, Table, Value
from campaignos.currencies import exponent
from campaignos.sheets import SheetColumn, SheetValue

_FORMATS = {
    Kind.DAY: "yyyy-mm-dd",
    Kind.HOUR: "yyyy-mm-dd hh:mm",
    Kind.INSTANT: "yyyy-mm-dd hh:mm:ss",
    Kind.COUNT: "#,##0",
    Kind.SHARE: "0.0%",
    Kind.SMALL_SHARE: "0.00%",
    Kind.CREDIT: "#,##0.00",
    Kind.SPAN: "#,##0",
    Kind.CHANGE: "+0.0%;-0.0%;0.0%",
    Kind.POINTS: "+0.00%;-0.00%;0.00%",
    Kind.P_VALUE: "0.0000",
}
"""What spreadsheets show of a column's numbers; others as they are."""
_ON_CLOCKS = (Kind.HOUR, Kind.INSTANT)


def sheet_columns(table: Table, zone: ZoneInfo) -> list[SheetColumn]:
    """One for each column of the table's file. Instants say in which zone they are: a spreadsheet knows none."""
    return [
        SheetColumn(f"{head} ({zone.key})" if column.kind in _ON_CLOCKS else head, _number_format(column))
        for column in table.columns
        for head in column.levels or (column.file_head,)
    ]


def sheet_lines(tables: Iterable[Table], zone: ZoneInfo) -> Iterator[list[SheetValue]]:
    """The rows of tables with the same columns, below each other, each table with its foot."""
    for table in tables:
        for line in table.values():
            yield [_sheet_value(value, zone) for value in line]


def _number_format(column: Column) -> str:
    if column.kind is Kind.MONEY:
        places = exponent(column.currency) if column.currency else 2
        return f"#,##0.{'0' * places}" if places else "#,##0"
    return _FORMATS.get(column.kind, "")


def _sheet_value(value: Value, zone: ZoneInfo) -> SheetValue:
    if isinstance(value, Change):
        return value.amount
    if isinstance(value, Amount):
        return value.major
    return value.astimezone(zone) if isinstance(value, datetime) else value
