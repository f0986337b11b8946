"""Tables as CSV, streamed, with no cell that a spreadsheet would take for a formula, and how to read such a cell."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

from django.http import StreamingHttpResponse

BYTE_ORDER_MARK = "\ufeff"
"""By which Excel knows UTF-8."""

_LIKE_A_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_NUMBER_OR_PHONE = re.compile(r"[+-][0-9 ()\[\]]*")
_MARKED = re.compile(r"'+[=+\-@\t\r]")


class _Line:
    """What csv.writer writes to: hands the line back."""

    def write(self, line: str) -> str:
        return line


def csv_response(
    file_name: str, header: Sequence[str], rows: Iterable[Sequence[Any]], *, for_spreadsheets: bool = False
) -> StreamingHttpResponse:
    """The rows as a download, in UTF-8. Nothing is an empty cell; numbers stay numbers."""
    lines = csv_lines(chain([header], rows))
    return StreamingHttpResponse(
        chain([BYTE_ORDER_MARK], lines) if for_spreadsheets else lines,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{file_name}"'},
    )


def csv_lines(rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    writer = csv.writer(_Line())
    for row in rows:
        yield writer.writerow([*map(cell, row)])


def cell(value: Any) -> Any:
    """A text that begins like a formula gets an apostrophe before it; a number or telephone number is none."""
    if not isinstance(value, str) or not _LIKE_A_FORMULA.match(value) or _NUMBER_OR_PHONE.fullmatch(value):
        return value
    return f"'{value}"


def text_of_cell(text: str) -> str:
    """What `cell` was given."""
    return text[1:] if _MARKED.match(text) else text
