"""Tables of pages as files: CSV of any length, or a workbook."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponseBase

from analytics.presentation.sheets import sheet_columns, sheet_lines
from analytics.presentation.tables import Table
from analytics.views.disclosure import IS_CONCEALED, concealing
from campaignos.csv_export import spreadsheet_response
from campaignos.sheets import MOST_ROWS
from campaignos.xlsx_export import xlsx_response

TOO_LONG = f"A workbook has at most {MOST_ROWS:,} rows; the CSV file has all of them."


class FileFormat(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"


def file_format(request: HttpRequest) -> FileFormat | None:
    """What the address asks for in place of a page; None for the page."""
    asked = request.GET.get("format", "")
    return FileFormat(asked) if asked in tuple(FileFormat) else None


@dataclass(frozen=True)
class TableFile:
    """A file that a request asks for, its name without the ending, and the zone in which a workbook has instants."""

    request: HttpRequest
    name: str
    kind: FileFormat
    zone: ZoneInfo

    def of_table(self, table: Table) -> HttpResponseBase:
        """Its rows are made before anything is sent."""
        table = replace(table, rows=[*table.rows])
        return self.of_tables(table, [table], count=len(table.rows) + (table.foot is not None))

    def of_tables(self, head: Table, tables: Iterable[Table], *, count: int) -> HttpResponseBase:
        """The rows of all tables, `count` of them, which have the same columns as `head`."""
        if self.kind is FileFormat.XLSX:
            return self._workbook(head, tables)
        lines = (line for table in tables for line in table.lines())
        return spreadsheet_response(f"{self.name}.csv", head.heads, lines, count=count)

    def _workbook(self, head: Table, tables: Iterable[Table]) -> HttpResponseBase:
        """Without the addresses that the request hides: once the file is packed, nothing finds them."""
        conceal = concealing(self.request)
        columns = [replace(column, head=conceal(column.head)) for column in sheet_columns(head, self.zone)]
        lines = ([*map(conceal, line)] for line in sheet_lines(tables, self.zone))
        response = xlsx_response(f"{self.name}.xlsx", columns, lines)
        setattr(response, IS_CONCEALED, True)
        return response
