"""Sheets of Excel workbooks (.xlsx), row by row as texts, as a CSV file of them would have them.

What a formula came to is its value. A workbook is read in memory, so its size is checked before it is.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from analytics.ingest.files.problems import FileError

MAX_XML_BYTES = 100 * 1024 * 1024
MAX_CELLS = 10_000_000
"""Between the first and the last of a sheet: so many are in memory, whether they hold anything or not."""
MAX_CELL_TEXT = 32_767
"""Characters; Excel's own limit."""
_READ_BYTES = 1024 * 1024
_OVERLAP = 64
"""Bytes, in which a cell's place is whole where one read ends and the next begins."""
_ROW = re.compile(rb"<(?:\w+:)?row\b")
_CELLS = (b"<c ", b"<c>", b"<c/", b":c ", b":c>", b":c/")
_PLACE = re.compile(rb"""\br\s*=\s*["']\s*([A-Za-z]{0,7})(\d{1,12})\s*["']""")


def is_workbook(archive: zipfile.ZipFile) -> bool:
    names = archive.namelist()
    return "xl/workbook.xml" in names or "xl/workbook.bin" in names


def sheet_rows(file: io.BytesIO, *, max_bytes: int = MAX_XML_BYTES) -> Iterator[tuple[int, list[str]]]:
    """The rows of the first sheet that shows any, each with its number from 1. Raises FileError."""
    try:
        _check_sizes(file, max_bytes)
        workbook = CalamineWorkbook.from_object(file)
        sheet = _first_sheet(workbook)
    except (CalamineError, zipfile.BadZipFile, NotImplementedError, ValueError, EOFError, OSError) as error:
        raise FileError(f"The Excel workbook cannot be read: {error}.") from error
    for number, row in enumerate(sheet.iter_rows(), 1) if sheet else ():
        yield number, [_text(cell) for cell in row]


def _first_sheet(workbook: CalamineWorkbook) -> CalamineSheet | None:
    for place, sheet in enumerate(workbook.sheets_metadata):
        if sheet.typ is SheetTypeEnum.WorkSheet and sheet.visible is SheetVisibleEnum.Visible:
            found = workbook.get_sheet_by_index(place)
            if found.height:
                return found
    return None


def _check_sizes(file: io.BytesIO, max_bytes: int) -> None:
    """Raises FileError. Unpacks all of it, no further than that, and keeps nothing: what a file says of itself may be
    untrue."""
    left = max_bytes
    with zipfile.ZipFile(file) as archive:
        for member in archive.infolist():
            with archive.open(member) as stream:
                left -= _checked_bytes(stream, left)
    file.seek(0)


def _checked_bytes(stream: object, left: int) -> int:
    """How many a member has. Each may be a sheet, whatever it is called."""
    size, extent = 0, _Extent()
    while data := stream.read(_READ_BYTES):  # type: ignore[attr-defined]
        size += len(data)
        if size > left:
            raise FileError("The Excel workbook is too large once unpacked. Save it as CSV.")
        extent.see(data)
    return size


class _Extent:
    """How far the cells of a sheet reach, by the places that they state, or by how many of them a row has."""

    def __init__(self) -> None:
        self._rows = self._columns = self._counted_rows = self._in_row = 0
        self._before = b""

    def see(self, data: bytes) -> None:
        """Raises FileError."""
        for letters, digits in _PLACE.findall(self._before + data):
            self._rows, self._columns = max(self._rows, int(digits)), max(self._columns, _column(letters))
        first, *others = _ROW.split(data)
        for cells in (self._in_row + _count(first), *map(_count, others)):
            self._columns = max(self._columns, cells)
            self._in_row = cells
        self._counted_rows += len(others)
        rows = max(self._rows, self._counted_rows)
        if rows * self._columns > MAX_CELLS:
            raise FileError(
                f"The Excel workbook has cells as far as row {rows:,} and column {self._columns:,}. Delete what is "
                "empty beyond its table, or save it as CSV."
            )
        self._before = data[-_OVERLAP:]


def _count(row: bytes) -> int:
    return sum(row.count(tag) for tag in _CELLS)


def _column(letters: bytes) -> int:
    """Its number; 1 where there are no letters."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return max(number, 1)


def _text(cell: object) -> str:
    match cell:
        case str():
            return cell
        case bool():
            return "true" if cell else "false"
        case float():
            return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
        case datetime():
            return str(cell.date()) if cell.time() == time() else cell.isoformat(" ")
        case date() | time():
            return cell.isoformat()
        case timedelta():
            return str(cell)
    return str(cell)
