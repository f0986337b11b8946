"""Files of items: JSON Lines, a JSON array, CSV or a workbook, packed or not, told apart by what is in them; read in
blocks."""

import gzip
import io
import json
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from typing import cast

from analytics.ingest.files.csv_rows import IsHeader, Layout, NumberedRow, header_place, layout_of, rows_below
from analytics.ingest.files.encodings import (
    BEGINNING_BYTES,
    LINE_TOO_LONG,
    MAX_LINE_BYTES,
    UTF_8,
    Lines,
    encoding_of,
    ends_lines_oddly,
    not_utf_8,
    raw_lines,
)
from analytics.ingest.files.json_arrays import array_elements
from analytics.ingest.files.problems import FileError
from analytics.ingest.files.unpacking import (
    BUFFER_BYTES,
    ZIP_BEGINS,
    Opener,
    StreamWithHead,
    openers,
    refusing_broken_files,
)
from analytics.ingest.files.workbooks import sheet_rows

BLOCK_BYTES = 1024 * 1024
BLOCK_ROWS = 4000
KEPT_ROWS_BEGIN = b'{"campaignosRows"'
"""How a file begins that was laid out anew by `kept_rows`."""
_OTHER_KINDS = {
    b"\xd0\xcf\x11\xe0": "an old Excel workbook (.xls)",
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
_PACKED = ("packed", "a 7-Zip", "a RAR")


@dataclass(frozen=True)
class Block:
    """Lines of JSON, or rows of CSV below its `header`, with the numbers of the lines they begin on, from 1.

    Where spreadsheets separate cells by semicolons, numbers have decimal commas. `broken` says by place why a line or
    row is none.
    """

    numbers: list[int]
    lines: list[bytes] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    header: tuple[str, ...] | None = None
    has_decimal_commas: bool = False
    broken: Mapping[int, str] = field(default_factory=dict)

    def divide(self, count: int) -> "tuple[Block, Block]":
        """The first so many lines or rows, and the rest."""
        return self._part(0, count), self._part(count, len(self.numbers))

    def _part(self, begin: int, end: int) -> "Block":
        part = slice(begin, end)
        broken = {place - begin: reason for place, reason in self.broken.items() if begin <= place < end}
        return replace(self, numbers=self.numbers[part], lines=self.lines[part], rows=self.rows[part], broken=broken)


def blocks(
    file: io.BufferedReader, *, skip: int = 0, times: int = 1, is_header: IsHeader = lambda names: False
) -> Iterator[Block]:
    """The file without its first `skip` lines or rows, in blocks so many `times` as large. Raises FileError.

    Of the rows that may name the columns, the one for which `is_header` is true does. The first block of rows may have
    none: it is there for its header.
    """
    with refusing_broken_files():
        for block in _all_blocks(file, times, is_header):
            if skip >= len(block.numbers) > 0:
                skip -= len(block.numbers)
                continue
            yield block.divide(skip)[1] if skip else block
            skip = 0


def _all_blocks(file: io.BufferedReader, times: int, is_header: IsHeader) -> Iterator[Block]:
    parts, workbook = openers(file)
    if workbook is not None:
        rows = (NumberedRow(number, cells) for number, cells in sheet_rows(workbook))
        yield from _blocks_of_sheet(rows, times, is_header)
    elif len(parts) == 1:
        yield from _blocks_of_part(parts[0](), times, is_header)
    else:
        yield from _blocks_of_parts(parts, times, is_header)


def _blocks_of_parts(parts: Sequence[Opener], times: int, is_header: IsHeader) -> Iterator[Block]:
    """One after another. The columns are those of all of them; lines are counted on."""
    header = _header_of_all(parts, is_header)
    lines_before = 0
    for part in parts:
        last = 0
        for block in _blocks_of_part(part(), times, is_header):
            if (block.header is None) != (header is None):
                raise FileError("Some files of the zip archive are CSV and others JSON. Import each by itself.")
            last = max([last, *block.numbers[-1:]])
            numbers = [lines_before + number for number in block.numbers]
            yield replace(_laid_out(block, header), numbers=numbers)
        lines_before += last


def _header_of_all(parts: Sequence[Opener], is_header: IsHeader) -> tuple[str, ...] | None:
    names: dict[str, None] = {}
    for part in parts:
        with part() as stream:
            block = next(_blocks_of_part(stream, 1, is_header), None)
        if block is not None and block.header is None:
            return None
        names |= dict.fromkeys(block.header or () if block else ())
    return tuple(names)


def _laid_out(block: Block, header: tuple[str, ...] | None) -> Block:
    if header is None or block.header is None or block.header == header:
        return block
    width, of_block = len(block.header), block.header
    rows = []
    for row in block.rows:
        cells = dict(zip(of_block, row, strict=False))
        rows.append([cells.get(name, "") for name in header] if len(row) == width else row)
    return replace(block, rows=rows, header=header)


def _blocks_of_part(stream: io.BufferedReader, times: int, is_header: IsHeader) -> Iterator[Block]:
    sample = stream.read(BEGINNING_BYTES)
    if not sample:
        return
    encoding = encoding_of(sample)
    head = sample[:4096].decode(encoding, errors="ignore").lstrip("\ufeff").lstrip()
    _refuse_other_kinds(sample.removeprefix(BOM_UTF8).lstrip(), head)
    whole = cast(io.BufferedReader, io.BufferedReader(StreamWithHead(sample, stream), BUFFER_BYTES))
    if sample.startswith(KEPT_ROWS_BEGIN):
        yield from _kept_blocks(whole, times)
    elif head.startswith("["):
        name = "utf-8-sig" if encoding == UTF_8 else encoding
        text = io.TextIOWrapper(whole, encoding=name, errors="replace")
        yield from _json_blocks(array_elements(text), times)
    elif head.startswith("{"):
        yield from _json_blocks(_json_lines(whole, encoding), times)
    else:
        lines = Lines(whole, encoding, has_odd_ends=ends_lines_oddly(sample))
        yield from _csv_blocks(lines, times, is_header)


def _refuse_other_kinds(sample: bytes, head: str) -> None:
    for first_bytes, kind in _OTHER_KINDS.items():
        if sample.startswith(first_bytes) or head.encode().startswith(first_bytes):
            advice = "unpack it first" if kind.startswith(_PACKED) else "save it as CSV in UTF-8 (Excel: “CSV UTF-8”)"
            raise FileError(f"The file is {kind}; {advice}.")
    if "\0" in head:  # other control characters may stand in a name
        raise FileError("The file is no text; save it as CSV in UTF-8 (Excel: “CSV UTF-8”).")


def _json_lines(stream: io.BufferedReader, encoding: str) -> Iterator[bytes]:
    if encoding != UTF_8:
        yield from (line.encode() for line in _without_mark(iter(Lines(stream, encoding))))
        return
    lines = raw_lines(stream)
    for line in islice(lines, 1):
        yield line.removeprefix(BOM_UTF8)
    yield from lines


def _json_blocks(lines: Iterator[bytes], times: int) -> Iterator[Block]:
    """In lines, each with an object of JSON."""
    number, taken, size = 1, list[bytes](), 0
    for line in lines:
        taken.append(line)
        size += len(line)
        if size >= times * BLOCK_BYTES:
            yield _json_block(number, taken)
            number, taken, size = number + len(taken), [], 0
    if taken:
        yield _json_block(number, taken)


def _json_block(number: int, lines: list[bytes]) -> Block:
    broken = {}
    try:
        if max(map(len, lines)) <= MAX_LINE_BYTES:
            b"".join(lines).decode()
            return Block([*range(number, number + len(lines))], lines=lines)
    except UnicodeDecodeError:
        pass
    for place, line in enumerate(lines):
        try:
            line.decode()
        except UnicodeDecodeError as error:
            broken[place] = not_utf_8(line, error)
        if len(line) > MAX_LINE_BYTES:
            broken[place] = LINE_TOO_LONG
    return Block([*range(number, number + len(lines))], lines=lines, broken=broken)


def _csv_blocks(lines: Lines, times: int, is_header: IsHeader) -> Iterator[Block]:
    texts = _without_mark(iter(lines))
    layout, first = layout_of(texts, is_header)
    yield from _row_blocks(layout, rows_below(layout, first, texts, lines.odd), times)


def _without_mark(lines: Iterator[str]) -> Iterator[str]:
    for line in islice(lines, 1):
        yield line.removeprefix("\ufeff")
    yield from lines


def _blocks_of_sheet(rows: Iterator[NumberedRow], times: int, is_header: IsHeader) -> Iterator[Block]:
    first = list(islice(rows, 20))
    while first and not any(first[0].cells):
        first.pop(0)
    place = header_place([row.cells for row in first], is_header)
    header = tuple(name.strip() for name in first[place].cells) if first else ()
    yield from _row_blocks(Layout(",", header, 0), chain(first[place + 1 :], rows), times)


def _row_blocks(layout: Layout, rows: Iterable[NumberedRow], times: int) -> Iterator[Block]:
    is_first = True
    rows = iter(rows)
    while True:
        taken = list(islice(rows, times * BLOCK_ROWS))
        if taken or is_first:
            yield Block(
                [row.number for row in taken],
                rows=[row.cells for row in taken],
                header=layout.header,
                has_decimal_commas=layout.has_decimal_commas,
                broken={place: row.problem for place, row in enumerate(taken) if row.problem is not None},
            )
        if not taken:
            return
        is_first = False


def kept_rows(of_file: Iterable[Block]) -> Iterator[bytes]:
    """Lines that `blocks` reads as the same rows, by the same numbers: for what has no lines of its own."""
    head: Block | None = None
    for block in of_file:
        if head is None:
            head = block
            about = {"header": block.header, "hasDecimalCommas": block.has_decimal_commas}
            yield json.dumps({"campaignosRows": about}).encode() + b"\n"
        for place, (number, row) in enumerate(zip(block.numbers, block.rows, strict=True)):
            yield json.dumps([number, row, block.broken.get(place)]).encode() + b"\n"


def with_plain_lines(content: bytes, *, is_header: IsHeader) -> bytes:
    """The file as lines of text, from which some can be taken out: itself, if it is such, else its rows anew, packed.
    Raises FileError."""
    with refusing_broken_files():
        parts, _ = openers(in_memory(content))
        sample = parts[0]().read(BEGINNING_BYTES) if len(parts) == 1 and not content.startswith(ZIP_BEGINS) else None
    if sample is not None and _has_plain_lines(sample):
        return content
    all_blocks = blocks(in_memory(content), is_header=is_header)
    first = next(all_blocks, Block([]))
    if first.header is not None:
        return gzip.compress(b"".join(kept_rows(chain([first], all_blocks))), 1)
    lines = (line for block in chain([first], all_blocks) for line in block.lines)
    return gzip.compress(b"".join(_in_one_line(line) + b"\n" for line in lines), 1)


def _in_one_line(line: bytes) -> bytes:
    return b" ".join(line.splitlines())


def _has_plain_lines(sample: bytes) -> bool:
    is_array = sample.removeprefix(BOM_UTF8).lstrip().startswith(b"[")
    return not is_array and not ends_lines_oddly(sample) and not encoding_of(sample).startswith(("utf-16", "utf-32"))


def _kept_blocks(stream: io.BufferedReader, times: int) -> Iterator[Block]:
    try:
        about = json.loads(stream.readline())["campaignosRows"]
        layout = Layout(";" if about["hasDecimalCommas"] else ",", tuple(about["header"]), 0)
        rows = (NumberedRow(*json.loads(line)) for line in stream if line.strip())
        yield from _row_blocks(layout, rows, times)
    except (ValueError, KeyError, TypeError) as error:
        raise FileError(f"The file is no longer as it was kept: {error}") from error


def in_memory(content: bytes) -> io.BufferedReader:
    """A file in memory."""
    return io.BufferedReader(cast(io.RawIOBase, io.BytesIO(content)))
