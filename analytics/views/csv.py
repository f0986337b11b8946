"""Rows as a file: those that the page shows, all pages of them."""

from collections.abc import Iterable, Sized

from campaignos import csv_export


def csv_response(records: Iterable[Iterable[object]], name: str, *, count: int | None = None) -> csv_export.CsvResponse:
    """The first of the records names the columns; `count` is how many follow."""
    if isinstance(records, Sized):
        count = len(records) - 1
    rows = map(list, records)
    head = [str(name) for name in next(rows)]
    return csv_export.csv_response(f"{name}.csv", head, rows, count=count, for_spreadsheets=True)
