"""Boards: which parts an answer has that a tile can show, one of them alone, and the boards below each other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from analytics.presentation.audience import Audience
from analytics.presentation.presentation import Presentation
from analytics.presentation.tables import Cell, Column, Kind, Link, Row, RowsOnDemand, Table


class TileKind(StrEnum):
    FIGURE = "figure"
    CHART = "chart"
    TABLE = "table"


@dataclass(frozen=True)
class TileChoice:
    """A part of an answer: `shows` is what tiles keep of it."""

    shows: str
    label: str
    shown: Presentation
    """The answer with that part alone."""


def tile_choices(shown: Presentation) -> dict[str, TileChoice]:
    """All parts of an answer by what tiles keep of them, in its order. Of parts of one key the first."""
    choices: dict[str, TileChoice] = {}
    for choice in _choices(shown):
        choices.setdefault(choice.shows, choice)
    return choices


def _choices(shown: Presentation) -> Iterator[TileChoice]:
    bare = replace(shown, tiles=(), charts=(), tables=(), attention=())
    for tile in shown.tiles:
        alone = replace(tile, is_small=False, is_drawn=False, draws="")
        yield TileChoice(f"{TileKind.FIGURE}:{tile.metric.key}", tile.metric.label, replace(bare, tiles=(alone,)))
    seen: dict[str, int] = {}
    for chart in shown.charts:
        number = seen[chart.table.key] = seen.get(chart.table.key, 0) + 1
        key = chart.table.key if number == 1 else f"{chart.table.key}.{number}"
        yield TileChoice(f"{TileKind.CHART}:{key}", f"{chart.title} (chart)", replace(bare, charts=(chart,)))
    for table in shown.all_tables:
        alone_table = replace(table, sortable=False, choice="")
        label = f"{table.title} (table)"
        yield TileChoice(f"{TileKind.TABLE}:{table.key}", label, replace(bare, tables=(alone_table,)))


def tile_at(shown: Presentation, place: int) -> Presentation:
    """With tables whose keys no other tile of the board has."""

    def own(table: Table) -> Table:
        return replace(table, key=f"tile{place}-{table.key}", sortable=False, choice="")

    return replace(
        shown,
        charts=tuple(replace(chart, table=own(chart.table), stands_apart=False) for chart in shown.charts),
        tables=tuple(map(own, shown.tables)),
    )


class KeptBoard(Protocol):
    """What is told of a board."""

    @property
    def pk(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def tiles(self) -> Any: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def created_by(self) -> Any: ...


def boards_table(boards: Sequence[KeptBoard], audience: Audience) -> Table:
    """In the same order. A name leads to the board."""

    def row(board: KeptBoard) -> Row:
        author = board.created_by
        return Row(
            {
                "name": Cell(audience.text(board.name), link=Link.to("board", str(board.pk))),
                "tiles": Cell(len(board.tiles)),
                "by": Cell(author.get_short_name() if author else "–"),
                "made": Cell(audience.local(board.created_at)),
            }
        )

    columns = (
        Column("name", "Board"),
        Column("tiles", "Tiles", Kind.COUNT),
        Column("by", "Created by"),
        Column("made", "Created", Kind.INSTANT),
    )
    return Table("boards", "Boards", columns, RowsOnDemand(boards, row), is_list=True)
