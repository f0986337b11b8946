"""Tables as CSV, streamed, with no cell that a spreadsheet would take for a formula, and how to read such a cell."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence, Sized
from itertools import chain
from typing import Any

from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase

BYTE_ORDER_MARK = "\ufeff"

_LIKE_A_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_NUMBER_OR_PHONE = re.compile(r"[+-][0-9 ()\[\]]*")
_MARKED = re.compile(r"'+[=+\-@\t\r]")


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


class CsvResponse(StreamingHttpResponse):
    """A download in lines."""

    def __init__(self, lines: Iterable[str], row_count: RowCount, **options: Any) -> None:
        super().__init__(lines, content_type="text/csv; charset=utf-8", **options)
        self.row_count = row_count


def csv_response(
    file_name: str, header: Sequence[str], rows: Iterable[Sequence[Any]], *, count: int | None = None
) -> CsvResponse:
    """The rows, of which there are `count`, as a download for programs. Nothing is an empty cell, numbers stay such."""
    return _download(file_name, header, rows, count)


def spreadsheet_response(
    file_name: str, header: Sequence[str], rows: Iterable[Sequence[Any]], *, count: int | None = None
) -> CsvResponse:
    """The same for people, who open it in a spreadsheet: it begins with the mark by which Excel knows UTF-8."""
    return _download(file_name, header, rows, count, [BYTE_ORDER_MARK])


def _download(
    file_name: str, header: Sequence[str], rows: Iterable[Sequence[Any]], count: int | None, mark: Sequence[str] = ()
) -> CsvResponse:
    headers = {"Content-Disposition": f'attachment; filename="{file_name}"'}
    if count is None and isinstance(rows, Sized):
        count = len(rows)
    if count is not None:
        headers["X-Row-Count"] = str(count)
    row_count = RowCount()
    lines = csv_lines(chain([header], row_count.count(rows)))
    return CsvResponse(chain(mark, lines), row_count, headers=headers)


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
