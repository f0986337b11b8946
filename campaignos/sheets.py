"""Tables as workbooks of a spreadsheet (XLSX): numbers are numbers, days are days, and no text becomes a formula."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any

import xlsxwriter  # type: ignore[import-untyped]

from campaignos.csv_export import is_like_a_formula

MOST_ROWS = 100_000
"""Of a sheet. It is written whole before its first byte is sent, about 10,000 rows a second; CSV has no bound."""
MOST_EXACT = 2**53
"""Spreadsheets round larger whole numbers, so that those stay texts."""
FIRST_YEAR = 1900
_NARROWEST, _WIDEST = 10, 60

SheetValue = str | int | float | Decimal | date | datetime | None


@dataclass(frozen=True)
class SheetColumn:
    """`number_format` is how a spreadsheet shows its numbers or days, in the spreadsheets' own notation."""

    head: str
    number_format: str = ""


def write_sheet(stream: IO[bytes], columns: Sequence[SheetColumn], rows: Iterable[Sequence[SheetValue]]) -> int:
    """Writes a workbook of one sheet with a line of heads, in constant memory. Returns how many rows it has.

    Instants are as a clock shows them: the caller takes them to a time zone. A text is cut at 32,767 characters, the
    most that a cell holds.
    """
    book = xlsxwriter.Workbook(stream, {"constant_memory": True})
    try:
        return _Writer(book, columns).write(rows)
    finally:
        book.close()


class _Writer:
    def __init__(self, book: Any, columns: Sequence[SheetColumn]) -> None:
        self.columns = columns
        self.sheet = book.add_worksheet()
        self.bold = book.add_format({"bold": True})
        self.as_text = book.add_format({"quote_prefix": True})
        self.formats = [
            book.add_format({"num_format": column.number_format}) if column.number_format else None
            for column in columns
        ]

    def write(self, rows: Iterable[Sequence[SheetValue]]) -> int:
        number = 0
        self.sheet.freeze_panes(1, 0)
        for place, column in enumerate(self.columns):
            self.sheet.set_column(place, place, min(max(_NARROWEST, len(column.head) + 2), _WIDEST))
            self.sheet.write_string(0, place, column.head, self.bold)
        for number, row in enumerate(rows, 1):
            for place, value in enumerate(row):
                self._write_cell(number, place, value)
        return number

    def _write_cell(self, row: int, place: int, value: SheetValue) -> None:
        if value is None or value == "":
            return
        if isinstance(value, bool):
            self.sheet.write_boolean(row, place, value)
        elif isinstance(value, date) and value.year >= FIRST_YEAR:
            self.sheet.write_datetime(row, place, _on_a_clock(value), self.formats[place])
        elif isinstance(value, int | float | Decimal) and -MOST_EXACT <= value <= MOST_EXACT:
            self.sheet.write_number(row, place, value, self.formats[place])
        else:
            text = str(value)
            self.sheet.write_string(row, place, text, self.as_text if is_like_a_formula(text) else None)


def _on_a_clock(value: date) -> date:
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value
