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
                is_sheet = member.filename.startswith("xl/worksheets/")
                left -= _checked_bytes(stream, left, is_sheet=is_sheet)
    file.seek(0)


def _checked_bytes(stream: object, left: int, *, is_sheet: bool) -> int:
    """How many a member has."""
    size = rows = columns = 0
    before = b""
    while data := stream.read(_READ_BYTES):  # type: ignore[attr-defined]
        size += len(data)
        if size > left:
            raise FileError("The Excel workbook is too large once unpacked. Save it as CSV.")
        if is_sheet:
            for letters, digits in _PLACE.findall(before + data):
                rows, columns = max(rows, int(digits)), max(columns, _column(letters))
            if rows * columns > MAX_CELLS:
                raise FileError(
                    f"The Excel workbook has cells as far as row {rows:,} and column {columns:,}. Delete what is empty "
                    "beyond its table, or save it as CSV."
                )
            before = data[-_OVERLAP:]
    return size


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
