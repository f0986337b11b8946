"""Sheets of Excel workbooks (.xlsx), row by row as texts, as a CSV file of them would have them.

What a formula came to is its value. A workbook is read in memory, so its size is checked before it is.
"""

import io
import re
import zipfile
from array import array
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from analytics.ingest.files.problems import FileError

MAX_XML_BYTES = 100 * 1024 * 1024
MAX_CELLS = 10_000_000
"""Between the first and the last of a sheet: so many are in memory, whether they hold anything or not."""
MAX_TEXT_BYTES = 300 * 1024 * 1024
"""Of all cells together: a text is in the file once, and in memory as often as cells name it by its number."""
TOO_LARGE = "The Excel workbook is too large once unpacked. Save it as CSV."
_READ_BYTES = 1024 * 1024
_OVERLAP = 64
"""Bytes, in which a cell's place is whole where one read ends and the next begins."""
_ROW = re.compile(rb"<(?:\w+:)?row\b")
_CELLS = (b"<c ", b"<c>", b"<c/", b":c ", b":c>", b":c/")
_TEXT = re.compile(rb"<(?:\w+:)?si\b")
_VALUE = re.compile(rb"""<(?:\w+:)?v\b(?:[^>"']|"[^"]*"|'[^']*')*+>([^<]*)(</)?""")
_CAN_BE_NUMBER = re.compile(rb"\s*\+?(?:\d|&[^;]*;)*\s*")
_OTHER_KINDS = {"xl/workbook.bin": "a binary one (.xlsb)", "content.xml": "one of OpenDocument (.ods)"}
_PLACE = re.compile(rb"""\br\s*=\s*["']\s*([A-Za-z]{0,7})(\d{1,12})\s*["']""")


def is_workbook(archive: zipfile.ZipFile) -> bool:
    return not {"xl/workbook.xml", "xl/workbook.bin"}.isdisjoint(_plain_names(archive))


def _plain_names(archive: zipfile.ZipFile) -> set[str]:
    """As the library looks for them."""
    return {name.replace("\\", "/").lower() for name in archive.namelist()}


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
    left, texts = max_bytes, _Texts()
    with zipfile.ZipFile(file) as archive:
        for name, kind in _OTHER_KINDS.items():
            if name in _plain_names(archive):
                raise FileError(f"The workbook is {kind}. Save it as .xlsx or CSV.")
        for member in archive.infolist():
            with archive.open(member) as stream:
                left -= _checked_bytes(stream, left, texts)
    if texts.size > MAX_TEXT_BYTES:
        raise FileError(TOO_LARGE)
    file.seek(0)


def _checked_bytes(stream: object, left: int, texts: "_Texts") -> int:
    """How many a member has. Each may be a sheet, or hold the texts of sheets, whatever it is called."""
    size, extent = 0, _Extent()
    while data := stream.read(_READ_BYTES):  # type: ignore[attr-defined]
        size += len(data)
        if size > left:
            raise FileError(TOO_LARGE)
        extent.see(data)
        texts.see(data)
    texts.end()
    return size


class _Texts:
    """How large the texts of all cells are: those that a workbook keeps once, in their order, and the numbers by which
    cells name them. Too large rather than too small: with tags, and numbers that are no names of texts."""

    def __init__(self) -> None:
        self._lengths: list[NDArray[np.int64]] = []
        self._named = array("L")
        self._unread = 0
        self._begin()

    def _begin(self) -> None:
        self._places, self._at, self._rest = array("L"), 0, b""

    def see(self, data: bytes) -> None:
        """A part of a member."""
        text = self._rest + data
        end = _last_opening(text)
        self._look(text[:end])
        self._at, self._rest = self._at + end, text[end:]

    def end(self) -> None:
        """The member has been seen."""
        self._look(self._rest)
        places = np.array([*self._places, self._at + len(self._rest)], np.int64)
        self._lengths.append(np.diff(places))
        self._begin()

    def _look(self, text: bytes) -> None:
        self._places.extend(self._at + found.start() for found in _TEXT.finditer(text))
        for value, closing in _VALUE.findall(text):
            if closing and value.isdigit() and len(value) <= 9:
                self._named.append(int(value))
            elif not closing or (value and _CAN_BE_NUMBER.fullmatch(value)):
                self._unread += 1

    @property
    def size(self) -> int:
        """In bytes."""
        named = np.frombuffer(self._named, np.dtype("L"))
        return max(_size_of_named(lengths, named, self._unread) for lengths in self._lengths)


def _size_of_named(lengths: NDArray[np.int64], named: NDArray[Any], unread: int) -> int:
    """A number that cannot be read is taken for that of the longest text."""
    if not len(lengths):
        return 0
    return int(lengths[named[named < len(lengths)]].sum()) + unread * int(lengths.max())


def _last_opening(text: bytes) -> int:
    """Where the last tag begins that closes nothing; 0 where there is none."""
    place = text.rfind(b"<", 0, len(text) - 1)
    while place > 0 and text.startswith(b"</", place):
        place = text.rfind(b"<", 0, place)
    return max(place, 0)


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
