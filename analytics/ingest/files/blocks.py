"""Files of items: JSON Lines or CSV, gzipped or not, told apart by what is in them; read in blocks of lines."""

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from typing import cast

BLOCK_BYTES = 1024 * 1024
BLOCK_ROWS = 4000
GZIP_BEGINS = b"\x1f\x8b"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_DELIMITERS = ",;\t"
_DECLARED_DELIMITER = re.compile(rf"sep=([{_DELIMITERS}|])\s*", re.IGNORECASE)
"""A first line that is for Excel alone."""
_OTHER_KINDS = {
    b"PK\x03\x04": "a zip archive or an Excel workbook (.xlsx)",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook (.xls)",
    b"\xff\xfe": "text in UTF-16",
    b"\xfe\xff": "text in UTF-16",
    b"%PDF": "a PDF",
    b"{\\rtf": "a text document (RTF)",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"SQLite format 3": "a database of SQLite",
    b"PAR1": "a Parquet file",
    b"BZh": "packed with bzip2",
    b"\xfd7zXZ": "packed with xz",
    b"7z\xbc\xaf": "a 7-Zip archive",
    b"Rar!": "a RAR archive",
    b"\x28\xb5\x2f\xfd": "packed with zstd",
    b"<": "a web page or XML",
}
"""What people take for a CSV file, by its first bytes."""
_NO_CSV = {
    "new-line": "Its lines end as those of old Macs do; save it as “CSV UTF-8” in Excel",
    "expected after": 'A cell with quotes in it begins and ends with a quote, and doubles its own: "the ""best"""',
    "end of data": "A quote opens a cell and none closes it; double the quotes that belong to a text",
    "field limit": "A cell has over 131,072 characters, perhaps for want of a closing quote",
}
"""What is to be done, by words of what the reader of CSV says."""
_PACKED = ("packed", "a 7-Zip", "a RAR")


class FileError(Exception):
    """The file as a whole cannot be read: what is wrong, and where."""


def nothing_in_file(resource: str) -> str:
    """What to say of a file with a header alone, with empty lines, or with nothing."""
    return (
        f"There are no {resource} in the file. Each line below the names of the columns is one, unless all its cells "
        "are empty."
    )


@dataclass(frozen=True)
class Block:
    """Lines of JSON, or rows of CSV below its `header`, with the numbers of the lines they begin on, from 1.

    Where spreadsheets separate cells by semicolons, numbers have decimal commas.
    """

    numbers: list[int]
    lines: list[bytes] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    header: tuple[str, ...] | None = None
    has_decimal_commas: bool = False

    def divide(self, count: int) -> "tuple[Block, Block]":
        """The first so many lines or rows, and the rest."""
        first, rest = (
            replace(self, numbers=self.numbers[part], lines=self.lines[part], rows=self.rows[part])
            for part in (slice(count), slice(count, None))
        )
        return first, rest


def blocks(file: io.BufferedReader, *, skip: int = 0, times: int = 1) -> Iterator[Block]:
    """The file without its first `skip` lines or rows, in blocks so many `times` as large. Raises FileError."""
    try:
        is_gzip = file.peek(2)[:2] == GZIP_BEGINS
        stream = cast(io.BufferedReader, io.BufferedReader(gzip.GzipFile(fileobj=file))) if is_gzip else file
        head = stream.peek(1024)
        if not head:
            return
        _refuse_other_kinds(head.removeprefix(_BYTE_ORDER_MARK).lstrip())
        begins = head.removeprefix(_BYTE_ORDER_MARK).lstrip()[:1]
        if begins == b"[":
            raise FileError("The file is a JSON array; write one JSON object a line instead.")
        yield from (_json_blocks if begins == b"{" else _csv_blocks)(stream, skip, times)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise FileError(f"The file is broken gzip or was cut off: {error}") from error


def _refuse_other_kinds(head: bytes) -> None:
    for first_bytes, kind in _OTHER_KINDS.items():
        if head.startswith(first_bytes):
            advice = "unpack it first" if kind.startswith(_PACKED) else "save it as CSV in UTF-8 (Excel: “CSV UTF-8”)"
            raise FileError(f"The file is {kind}; {advice}.")
    if b"\0" in head:  # other control characters may stand in a name
        raise FileError("The file is no text; save it as CSV in UTF-8 (Excel: “CSV UTF-8”).")


def _json_blocks(stream: io.BufferedReader, skip: int, times: int) -> Iterator[Block]:
    number = sum(1 for _ in islice(stream, skip))
    while lines := stream.readlines(times * BLOCK_BYTES):
        try:
            b"".join(lines).decode()
        except UnicodeDecodeError:
            list(_texts(lines, number + 1))  # says which line it was
            raise
        if number == 0:
            lines[0] = lines[0].removeprefix(_BYTE_ORDER_MARK)
        yield Block([*range(number + 1, number + 1 + len(lines))], lines=lines)
        number += len(lines)


def _csv_blocks(stream: io.BufferedReader, skip: int, times: int) -> Iterator[Block]:
    texts = _texts(stream, 1)
    first = next(texts, "").removeprefix("\ufeff")
    declared = _DECLARED_DELIMITER.fullmatch(first)
    delimiter = declared[1] if declared else max(_DELIMITERS, key=first.count)
    rows = csv.reader(chain([first], texts), delimiter=delimiter, strict=True)
    try:
        if declared:
            next(rows)
        header = tuple(name.strip() for name in next(rows, []))
        for _ in islice(rows, skip):
            pass
        is_first = not skip
        while True:
            block = Block([], header=header, has_decimal_commas=delimiter == ";")
            begins = rows.line_num + 1
            for row in islice(rows, times * BLOCK_ROWS):
                block.numbers.append(begins)
                block.rows.append(row)
                begins = rows.line_num + 1
            if block.rows or is_first:
                yield block  # the first one also without rows, for its header
            if not block.rows:
                return
            is_first = False
    except csv.Error as error:
        raise FileError(f"Line {rows.line_num} is not CSV. {_csv_advice(str(error))}.") from error


def _csv_advice(problem: str) -> str:
    return next((advice for words, advice in _NO_CSV.items() if words in problem), f"The reader says: {problem}")


def _texts(lines: Iterable[bytes], number: int) -> Iterator[str]:
    for place, line in enumerate(lines, number):
        try:
            yield line.decode()
        except UnicodeDecodeError as error:
            raise FileError(
                f"Line {place} is not UTF-8 (at its byte {error.start + 1}, 0x{line[error.start]:02x}); "
                "save it as “CSV UTF-8” in Excel, or convert it, for instance with: iconv -f windows-1252 -t utf-8"
            ) from error
