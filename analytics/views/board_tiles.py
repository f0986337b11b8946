"""What templates need to draw the tiles of a board, for members and for who has a link."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from analytics.api.board_answers import TileShown
from analytics.metrics import Metric
from analytics.presentation.comparison import compared_word
from analytics.presentation.fitting import ROOM_OF_ROWS, fit_page
from analytics.presentation.presentation import Presentation
from analytics.presentation.tables import Link
from analytics.questions.questions import Question

LEAST_ROOM_OF_TILE = 4_000


class NamingPage(Protocol):
    """What all tiles of a board's page have together: the metrics that they name, and what charts have told."""

    metrics_named: dict[str, Metric]
    texts_of_charts: dict[tuple[str, ...], int]


@dataclass
class BoardNames:
    metrics_named: dict[str, Metric] = field(default_factory=dict)
    texts_of_charts: dict[tuple[str, ...], int] = field(default_factory=dict)


@dataclass(kw_only=True)
class SharedPage:
    """What the templates of reports ask of a page; no link leads anywhere."""

    question: Question
    metrics_named: dict[str, Metric] = field(default_factory=dict)
    texts_of_charts: dict[tuple[str, ...], int] = field(default_factory=dict)
    room: int = ROOM_OF_ROWS
    bytes_of_rows: int = 1
    room_of_rows: int = 0

    @property
    def comparison_word(self) -> str:
        return compared_word(self.question)

    def link_address(self, link: Link) -> str:
        return ""


def _leads_nowhere(link: Link) -> str:
    return ""


@dataclass(kw_only=True)
class TilePage(SharedPage):
    """What the templates of reports ask of a page, for one tile; what metrics it names and what its charts have told is
    the whole board's."""

    address_of: Callable[[Link], str] = _leads_nowhere

    def link_address(self, link: Link) -> str:
        return self.address_of(link)


@dataclass(frozen=True)
class DrawnTile:
    """`page` and `shown` are None where what it shows is not there any more, of which `problem` tells; `title` is the
    question's name, `opens` the address of its report."""

    title: str
    page: TilePage | None = None
    shown: Presentation | None = None
    problem: str = ""
    opens: str = ""

    @property
    def is_figure(self) -> bool:
        return bool(self.shown and self.shown.tiles)


def draw_tiles(
    tiles: Sequence[TileShown],
    board_page: NamingPage,
    *,
    title: Callable[[str], str],
    outside: Callable[[Presentation], Presentation] = lambda shown: shown,
    address_of: Callable[[Link], str] = _leads_nowhere,
    opens: Callable[[TileShown], str] = lambda tile: "",
) -> list[DrawnTile]:
    """Each with its share of the room that a page has for rows."""
    room = max(
        LEAST_ROOM_OF_TILE, ROOM_OF_ROWS // max(1, sum(bool(tile.shown and not tile.shown.tiles) for tile in tiles))
    )
    drawn = []
    for tile in tiles:
        name = title(tile.saved.name)
        if tile.shown is None or tile.question is None:
            drawn.append(DrawnTile(name, problem=tile.problem, opens=opens(tile)))
            continue
        fit = fit_page(outside(tile.shown), "1", room)
        page = _page(tile.question, board_page, fit, room, address_of)
        drawn.append(DrawnTile(name, page, fit, opens=opens(tile)))
    return drawn


def _page(
    question: Question, board_page: NamingPage, shown: Presentation, room: int, address_of: Callable[[Link], str]
) -> TilePage:
    return TilePage(
        question=question,
        metrics_named=board_page.metrics_named,
        texts_of_charts=board_page.texts_of_charts,
        room=room,
        bytes_of_rows=max(1, sum(table.bytes_of_rows for table in shown.all_tables)),
        address_of=address_of,
    )


@dataclass(frozen=True)
class TileRun:
    """Tiles below each other of which all are figures, or none is: figures stand beside each other."""

    are_figures: bool
    tiles: list[DrawnTile]


def runs_of(tiles: Iterable[DrawnTile]) -> list[TileRun]:
    runs: list[TileRun] = []
    for tile in tiles:
        if not runs or runs[-1].are_figures != tile.is_figure:
            runs.append(TileRun(tile.is_figure, []))
        runs[-1].tiles.append(tile)
    return runs
