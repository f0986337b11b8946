"""Records of the API as files: what is JSON's text for a day or an instant there is a day in a workbook."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from itertools import chain, islice
from typing import Any

from campaignos.csv_export import Download, csv_response
from campaignos.errors import ParameterError
from campaignos.sheets import MOST_ROWS, SheetColumn
from campaignos.xlsx_export import xlsx_response

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
_ROWS_LOOKED_AT = 1000


def records_response(
    name: str, kind: str, heads: Sequence[str], lines: Iterable[Sequence[Any]], *, count: int
) -> Download:
    """The lines, `count` of them, as a file of a kind of `campaignos.resources.cells.FILES`, named without its ending.

    Raises ParameterError where a workbook has no room for them.
    """
    if kind == "csv":
        return csv_response(f"{name}.csv", heads, lines, count=count)
    if count > MOST_ROWS:
        allowed = f"csv, json: a workbook has at most {MOST_ROWS:,} rows, and these are {count:,}"
        raise ParameterError("format", given=kind, allowed=allowed)
    rest = iter(lines)
    first = [*islice(rest, _ROWS_LOOKED_AT)]
    formats = [_number_format([line[place] for line in first]) for place in range(len(heads))]
    columns = [SheetColumn(head, shown) for head, shown in zip(heads, formats, strict=True)]
    return xlsx_response(f"{name}.xlsx", columns, _sheet_lines(chain(first, rest), formats))


def _number_format(values: Sequence[Any]) -> str:
    """That of a column whose first values are all days or all instants, empty for others."""
    texts = [value for value in values if value is not None]
    if not texts or not all(isinstance(text, str) for text in texts):
        return ""
    if all(_DAY.fullmatch(text) for text in texts):
        return "yyyy-mm-dd"
    return "yyyy-mm-dd hh:mm:ss" if all(_INSTANT.fullmatch(text) for text in texts) else ""


def _sheet_lines(lines: Iterable[Sequence[Any]], formats: Sequence[str]) -> Iterator[list[Any]]:
    for line in lines:
        yield [_time(value) if shown else value for value, shown in zip(line, formats, strict=True)]


def _time(value: Any) -> Any:
    """The day, or the instant in UTC, that a text says; the text itself where it says none."""
    if isinstance(value, str) and _DAY.fullmatch(value):
        return _read(date.fromisoformat, value)
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        return _read(lambda text: datetime.fromisoformat(text).astimezone(UTC), value)
    return value


def _read(read: Any, text: str) -> Any:
    try:
        return read(text)
    except ValueError:
        return text
