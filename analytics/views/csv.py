"""Rows as a file: those that the page shows, all pages of them."""

from collections.abc import Iterable

from django.http import StreamingHttpResponse

from campaignos import csv_export


def csv_response(records: Iterable[Iterable[object]], name: str) -> StreamingHttpResponse:
    """The first of the records names the columns."""
    rows = map(list, records)
    head = [str(name) for name in next(rows)]
    return csv_export.csv_response(f"{name}.csv", head, rows, for_spreadsheets=True)
