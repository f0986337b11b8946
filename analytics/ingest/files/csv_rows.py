"""Rows of CSV: what separates the cells, which row names the columns, and one odd row costs nothing but itself."""

import csv
import re
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

DELIMITERS = ",;\t|"
_DECLARED_DELIMITER = re.compile(rf"sep=([{DELIMITERS}])\s*", re.IGNORECASE)
"""A first line that is for Excel alone."""
_SAMPLE_LINES = 50
_ROWS_ABOVE = 10
"""How many rows may stand above the names of the columns: titles, comments, cells merged over several columns."""
_DATUM = re.compile(r"\s*|[^@\s]+@[^@\s]+|[-+]?[\d.,:/() -]*\d[\d.,:/() TZ+-]*")
"""What a cell may hold, but no column is called: nothing, an address, a number, a day or an instant."""
_ADVICE = {
    "new-line": "Its lines end as those of old Macs do; save it as “CSV UTF-8” in Excel",
    "expected after": 'A cell with quotes in it begins and ends with a quote, and doubles its own: "the ""best"""',
    "end of data": "A quote opens a cell and none closes it; double the quotes that belong to a text",
    "field limit": "A cell has over 131,072 characters, perhaps for want of a closing quote",
}
"""What is to be done, by words of what the reader of CSV says."""

_LONGEST_NAME = 300
"""Characters of what may name a column."""

IsHeader = Callable[[Sequence[str]], bool]


class NumberedRow(NamedTuple):
    """`number` is that of the line it begins on, from 1; `problem` says why it is no row."""

    number: int
    cells: list[str]
    problem: str | None = None


class Layout(NamedTuple):
    """How a file is laid out: `first_lines` in all say nothing of anybody."""

    delimiter: str
    header: tuple[str, ...]
    first_lines: int

    @property
    def has_decimal_commas(self) -> bool:
        """As spreadsheets write numbers where they separate cells by semicolons."""
        return self.delimiter == ";"


def is_datum(cell: str) -> bool:
    """Whether it is what a cell may hold, but no column is called."""
    return len(cell) > _LONGEST_NAME or _DATUM.fullmatch(cell) is not None


def layout_of(lines: Iterator[str], is_header: IsHeader) -> tuple[Layout, deque[str]]:
    """How a file is laid out, and the lines that were read to find out and are rows.

    `is_header` says of the names of columns whether they are the ones asked for.
    """
    sample = deque(islice(lines, _SAMPLE_LINES))
    skipped = 0
    declared = _DECLARED_DELIMITER.fullmatch(sample[0]) if sample else None
    if declared:
        sample.popleft()
        skipped = 1
    delimiter = declared[1] if declared else _delimiter_of(list(sample))
    rows = list(_numbered_rows(deque(sample), iter(()), delimiter, 1, {}))
    place = header_place([row.cells for row in rows], is_header)
    header = tuple(name.strip() for name in rows[place].cells) if rows else ()
    before = rows[place + 1].number - 1 if place + 1 < len(rows) else len(sample)
    for _ in range(before):
        sample.popleft()
    return Layout(delimiter, header, skipped + before), sample


def _delimiter_of(lines: Sequence[str]) -> str:
    """What most of the lines are divided by into as many cells; the first line's own, where that is so."""
    if not lines:
        return DELIMITERS[0]
    widths = {
        delimiter: [
            len(row.cells)
            for row in _numbered_rows(deque(lines), iter(()), delimiter, 1, {})
            if row.problem is None and any(map(str.strip, row.cells))
        ]
        or [1]
        for delimiter in DELIMITERS
    }
    first = max(DELIMITERS, key=lines[0].count)
    if first in lines[0] and 2 * widths[first].count(widths[first][0]) > len(widths[first]):
        return first
    return max(DELIMITERS, key=lambda delimiter: _evenness(widths[delimiter]))


def _evenness(widths: Sequence[int]) -> int:
    [(width, rows)] = Counter(width for width in widths if width > 1).most_common(1) or [(1, 0)]
    return rows * (width - 1)


def header_place(rows: Sequence[Sequence[str]], is_header: IsHeader) -> int:
    """Which of a file's first rows names the columns; the first one, if none looks like it."""
    first = [[cell.strip() for cell in row] for row in rows[: _ROWS_ABOVE + 1]]
    for place, names in enumerate(first):
        if any(names) and is_header(names):
            return place
    most = max((_cell_count(row) for row in first), default=0)
    for place, names in enumerate(first):
        if 2 * _cell_count(names) > most:
            return place if _names_columns(names) else 0
    return 0


def _cell_count(row: Sequence[str]) -> int:
    return sum(map(bool, row))


def _names_columns(names: Sequence[str]) -> bool:
    return not any(name and is_datum(name) for name in names)


def rows_below(layout: Layout, first: deque[str], rest: Iterator[str], odd: Mapping[int, str]) -> Iterator[NumberedRow]:
    """The rows of a file below its header; `odd` says what is wrong with lines."""
    return _numbered_rows(first, rest, layout.delimiter, layout.first_lines + 1, odd)


def _numbered_rows(
    back: deque[str], lines: Iterator[str], delimiter: str, number: int, odd: Mapping[int, str]
) -> Iterator[NumberedRow]:
    """What cannot be read costs the line that it begins on; the next row begins on the next line."""
    taken: list[str] = []
    while True:
        rows = csv.reader(_next_lines(back, lines, taken), delimiter=delimiter, strict=True)
        try:
            for cells in rows:
                yield NumberedRow(number, cells, _oddity(number, len(taken), odd) if odd else None)
                number += len(taken)
                taken.clear()
            return
        except csv.Error as error:
            yield NumberedRow(number, [taken[0].rstrip("\r\n")], odd.get(number) or _advice(str(error)))
            number += 1
            back.extendleft(reversed(taken[1:]))
            taken.clear()


def _next_lines(back: deque[str], lines: Iterable[str], taken: list[str]) -> Iterator[str]:
    while back:
        taken.append(back.popleft())
        yield taken[-1]
    for line in lines:
        taken.append(line)
        yield line


def _oddity(number: int, count: int, odd: Mapping[int, str]) -> str | None:
    return next((odd[line] for line in range(number, number + count) if line in odd), None)


def _advice(problem: str) -> str:
    advice = next((advice for words, advice in _ADVICE.items() if words in problem), f"The reader says: {problem}")
    return f"The row is not CSV. {advice}."
