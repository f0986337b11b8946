"""A table that a share link shows, as a CSV file: the columns of its page, and all of its rows."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils.http import urlencode
from django.utils.text import slugify

from analytics.addresses import hidden_value
from analytics.presentation.presentation import Presentation
from analytics.presentation.tables import Table
from campaignos.csv_export import spreadsheet_response
from campaignos.page_parameters import one_of

FILE_OF_LINK = one_of(["csv"])
"""The format that a link has beside its page."""


def is_file(request: HttpRequest) -> bool:
    """Whether the address asks for a table in place of the page."""
    return FILE_OF_LINK.accepts(request.GET.get("format", ""))


def file_query(days: Mapping[str, str]) -> str:
    """That of a table's file under the page's days, to which the table's key is added."""
    return urlencode({**days, "format": "csv", "table": ""})


def shared_file(request: HttpRequest, title: str, parts: Iterable[Presentation]) -> HttpResponseBase:
    """The table of what is shown outside that the address names. Raises Http404 where there is none."""
    tables = (table for shown in parts for table in shown.all_tables)
    table = next((table for table in tables if table.key == request.GET.get("table")), None)
    if table is None:
        raise Http404
    return _file(f"{slugify(title) or 'table'}-{table.key}.csv", table)


def _file(name: str, table: Table) -> HttpResponseBase:
    """Its rows are made before anything is sent."""
    shown = replace(table, columns=tuple(column for column in table.columns if not column.of_files))
    heads = [*map(hidden_value, shown.heads)]
    return spreadsheet_response(name, heads, [[*map(hidden_value, line)] for line in shown.lines()])
