"""What fits on a page: the first part of texts and rows whose size strangers choose, and how much is left out."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain, islice
from typing import TypeVar

from django.utils.html import escape

from analytics.lists.rows import PAGE_ROWS
from analytics.presentation.formats import count
from analytics.presentation.presentation import Presentation
from analytics.presentation.tables import CELL_BYTES, LINK_BYTES, Table

FEWEST_ROWS = 10
FEWEST_COLUMNS = 16
ROOM_OF_ROWS, LEAST_ROOM_OF_ROWS, ROOM_OF_CHARTS = 62_300, 30_000, 25_000
"""Bytes that the rows of all tables of a page may take together, less where its charts take more than theirs."""
JSON_ROOM = 70_000
"""Bytes that all JSON of a page may take, as it is written into HTML."""

_Item = TypeVar("_Item")


def room_of_rows(shown: Presentation, room: int = ROOM_OF_ROWS) -> int:
    """Bytes that the rows of its tables may take."""
    drawn = sum(chart.bytes_of_numbers for chart in shown.charts)
    drawn += sum({len(chart.drawn_rows): chart.bytes_of_texts for chart in shown.charts}.values())
    return max(LEAST_ROOM_OF_ROWS, min(room, room + ROOM_OF_CHARTS - drawn))


def fit_page(shown: Presentation, page: str | None, room: int, most: int = PAGE_ROWS) -> Presentation:
    """The presentation with each table cut to the page that the address says, to the only one without. The more
    columns, the fewer rows, `most` at most; charts stay whole."""
    whole = {table.key: table for table in shown.all_tables}
    narrow = {key: table.first_columns(_columns_of(table, room)) for key, table in whole.items()}
    short = sum(table.bytes_of_rows for table in narrow.values() if len(table.rows) <= FEWEST_ROWS)
    row = sum(table.bytes_of_row for table in narrow.values() if len(table.rows) > FEWEST_ROWS)
    size = max(FEWEST_ROWS, min(most, (room - short) // max(1, row)))
    cut = {key: table.cut_once(size) if page is None else table.cut(page, size) for key, table in narrow.items()}
    return replace(
        shown,
        charts=tuple(
            replace(chart, table=cut[chart.table.key], source=whole[chart.table.key]) for chart in shown.charts
        ),
        tables=tuple(cut[table.key] for table in shown.tables),
    )


def charts_and_tables(parts: Sequence[Presentation]) -> Presentation:
    """The charts and tables of them all."""
    charts, tables = chain(*(part.charts for part in parts)), chain(*(part.tables for part in parts))
    return Presentation(meta=None, charts=tuple(charts), tables=tuple(tables))


def fit_together(parts: Sequence[Presentation], room: int, most: int) -> list[Presentation]:
    """Presentations of one page, each table of which is cut to its only page; no two have a table of one key."""
    fit = fit_page(charts_and_tables(parts), None, room, most)
    charts_left, tables_left = iter(fit.charts), iter(fit.tables)
    return [
        replace(
            part,
            charts=tuple(islice(charts_left, len(part.charts))),
            tables=tuple(islice(tables_left, len(part.tables))),
        )
        for part in parts
    ]


def _columns_of(table: Table, room: int) -> int:
    """How many it may have: the more, the fewer rows it has."""
    return max(FEWEST_COLUMNS, room // ((CELL_BYTES + LINK_BYTES) * max(1, len(table.rows))))


def first_of(items: Sequence[_Item], most: int) -> tuple[Sequence[_Item], int]:
    """The first items, and how many are left out."""
    return items[:most], max(0, len(items) - most)


def texts_in_room(texts: Sequence[str], room: int = JSON_ROOM) -> list[str]:
    """Returns the texts, the longest of them cut so that all fit; each cut text says how much of it is left out."""
    sizes = [len(escape(text).encode()) for text in texts]
    share = _share(sizes, room)
    return [
        text if size <= share else _first_part(text, len(text) * share // size)
        for text, size in zip(texts, sizes, strict=True)
    ]


def _share(sizes: Sequence[int], room: int) -> int:
    """How much each may have at most, if what the short ones leave is for the long ones."""
    for place, size in enumerate(sorted(sizes)):
        share = room // (len(sizes) - place)
        if size > share:
            return share
        room -= size
    return max(sizes, default=0)


def _first_part(text: str, length: int) -> str:
    return f"{text[:length]}\n… {count(len(text) - length)} more characters"
