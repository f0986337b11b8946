"""Tables as CSV, streamed, with no cell that a spreadsheet would take for a formula, and how to read such a cell."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence, Sized
from itertools import chain
from typing import Any

from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase

BYTE_ORDER_MARK = "\ufeff"

_DOUBTFUL = ("'", "=", "+", "-", "@", "\t", "\r")
_LIKE_A_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_NUMBER_OR_PHONE = re.compile(r"[+-][0-9 ()\[\]]*")
_FORMULA_WITHIN = re.compile(rf"(?<=[;\n\r])(?=['\"]*[=+\-@\t])(?!{_NUMBER_OR_PHONE.pattern}(?:[;\n\r]|\Z))")
_MARK = re.compile(r"\A'(?='*[=+\-@\t\r])|(?<=[;\n\r])'(?=['\"]*[=+\-@\t])")


class _Line:
    """What csv.writer writes to: hands the line back."""

    def write(self, line: str) -> str:
        return line


class RowCount:
    """How many rows of a download have been sent, told behind the last one where the server can: in `X-Row-Count`.

    The same header before the first row says how many there were when it began, where that is known.
    """

    def __init__(self) -> None:
        self.rows = 0
        self._connection: Any = None

    def announce(self, request: HttpRequest, response: HttpResponseBase) -> None:
        """Only chunks of HTTP/1.1 can have something behind them; the server is the one of `campaignos.worker`."""
        if request.META.get("SERVER_PROTOCOL") == "HTTP/1.1" and "gunicorn.socket" in request.META:
            self._connection = request.META["gunicorn.socket"]
            response["Trailer"] = "X-Row-Count"

    def count(self, rows: Iterable[Sequence[Any]]) -> Iterator[Sequence[Any]]:
        for row in rows:
            yield row
            self.rows += 1
        if self._connection is not None:
            self._connection.trailer = b"X-Row-Count: %d\r\n" % self.rows


class Download(StreamingHttpResponse):
    """Rows as a file; `row_count` counts those that are sent, where that is only known then."""

    def __init__(self, parts: Iterable[str | bytes], row_count: RowCount | None = None, **options: Any) -> None:
        super().__init__(parts, **options)
        self.row_count = row_count


def csv_response(
    file_name: str, header: Sequence[str], rows: Iterable[Sequence[Any]], *, count: int | None = None
) -> Download:
    """The rows, of which there are `count`, as a download for programs. Nothing is an empty cell, numbers stay such."""
    return _download(file_name, header, rows, count)


def spreadsheet_response(
    file_name: str, header: Sequence[str], rows: Iterable[Sequence[Any]], *, count: int | None = None
) -> Download:
    """The same for people, who open it in a spreadsheet: it begins with the mark by which Excel knows UTF-8."""
    return _download(file_name, header, rows, count, [BYTE_ORDER_MARK])


def _download(
    file_name: str, header: Sequence[str], rows: Iterable[Sequence[Any]], count: int | None, mark: Sequence[str] = ()
) -> Download:
    headers = {"Content-Disposition": f'attachment; filename="{file_name}"'}
    if count is None and isinstance(rows, Sized):
        count = len(rows)
    if count is not None:
        headers["X-Row-Count"] = str(count)
    row_count = RowCount()
    lines = csv_lines(chain([header], row_count.count(rows)))
    return Download(chain(mark, lines), row_count, content_type="text/csv; charset=utf-8", headers=headers)


def csv_lines(rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    writer = csv.writer(_Line())
    for row in rows:
        yield writer.writerow([*map(cell, row)])


def cell(value: Any) -> Any:
    """A text that begins like a formula gets an apostrophe before it; a number or telephone number is none.

    So does what begins like one after a semicolon or a line break: where spreadsheets separate by semicolons, a quote
    behind a comma quotes nothing, and both begin another cell.
    """
    if not isinstance(value, str):
        return value
    if ";" in value or "\n" in value or "\r" in value:  # looked at first, as very few have one
        value = _FORMULA_WITHIN.sub("'", value)
    return f"'{value}" if value.startswith(_DOUBTFUL) and is_like_a_formula(value) else value


def is_like_a_formula(text: str) -> bool:
    return _LIKE_A_FORMULA.match(text) is not None and not _NUMBER_OR_PHONE.fullmatch(text)


def text_of_cell(text: str) -> str:
    """What `cell` was given."""
    return _MARK.sub("", text) if "'" in text else text
