"""Workbooks as downloads."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from tempfile import TemporaryFile
from typing import IO

from campaignos.csv_export import Download
from campaignos.sheets import SheetColumn, SheetValue, write_sheet

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BYTES_OF_A_PART = 65_536


class _Parts:
    """Of a file, which is closed behind the last one, or with the response."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file

    def __iter__(self) -> Iterator[bytes]:
        with self.file:
            yield from iter(partial(self.file.read, BYTES_OF_A_PART), b"")

    def close(self) -> None:
        self.file.close()


def xlsx_response(file_name: str, columns: Sequence[SheetColumn], rows: Iterable[Sequence[SheetValue]]) -> Download:
    """The rows, at most `MOST_ROWS`, which are counted in `X-Row-Count`. The file lies on disk until it is sent."""
    with ExitStack() as stack:
        file = stack.enter_context(TemporaryFile())
        count = write_sheet(file, columns, rows)
        headers = {
            "Content-Disposition": f'attachment; filename="{file_name}"',
            "Content-Length": str(file.tell()),
            "X-Row-Count": str(count),
        }
        file.seek(0)
        stack.pop_all()
    return Download(_Parts(file), content_type=XLSX, headers=headers)
