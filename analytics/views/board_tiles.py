"""What templates need to draw the tiles of a board, for members and for who has a link."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from analytics.api.questions.board_answers import TileShown
from analytics.metrics import Metric
from analytics.presentation.comparison import compared_word
from analytics.presentation.fitting import ROOM_OF_ROWS, charts_and_tables, fit_together, room_of_rows
from analytics.presentation.kept.boards import TileKind
from analytics.presentation.presentation import Presentation
from analytics.presentation.tables import Link
from analytics.questions.questions import Question

ROWS_OF_TILE = 12


class RowsPage(Protocol):
    """What the templates of reports ask of a page, whatever it shows: the metrics that it names, what its charts have
    told, and the room that its rows have left."""

    metrics_named: dict[str, Metric]
    texts_of_charts: dict[tuple[str, ...], int]
    room: int
    bytes_of_rows: int
    room_of_rows: int
    other_rows: str


@dataclass(kw_only=True)
class BarePage:
    metrics_named: dict[str, Metric] = field(default_factory=dict)
    texts_of_charts: dict[tuple[str, ...], int] = field(default_factory=dict)
    room: int = ROOM_OF_ROWS
    bytes_of_rows: int = 1
    room_of_rows: int = 0
    other_rows: str = ""


@dataclass(kw_only=True)
class SharedPage(BarePage):
    """A page of one question; no link leads anywhere."""

    question: Question

    @property
    def comparison_word(self) -> str:
        return compared_word(self.question)

    def link_address(self, link: Link) -> str:
        return ""


def _leads_nowhere(link: Link) -> str:
    return ""


@dataclass(kw_only=True)
class TilePage:
    """What the templates of reports ask of a page, for one tile: its own question, and what is the whole board's."""

    question: Question
    board_page: RowsPage
    address_of: Callable[[Link], str] = _leads_nowhere

    @property
    def comparison_word(self) -> str:
        return compared_word(self.question)

    def link_address(self, link: Link) -> str:
        return self.address_of(link)

    @property
    def metrics_named(self) -> dict[str, Metric]:
        return self.board_page.metrics_named

    @property
    def texts_of_charts(self) -> dict[tuple[str, ...], int]:
        return self.board_page.texts_of_charts

    @property
    def other_rows(self) -> str:
        return self.board_page.other_rows

    @property
    def room(self) -> int:
        return self.board_page.room

    @property
    def bytes_of_rows(self) -> int:
        return self.board_page.bytes_of_rows

    @property
    def room_of_rows(self) -> int:
        return self.board_page.room_of_rows

    @room_of_rows.setter
    def room_of_rows(self, left: int) -> None:
        self.board_page.room_of_rows = left


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
    def kind(self) -> TileKind:
        """That of a table where nothing is there."""
        if self.shown and self.shown.tiles:
            return TileKind.FIGURE
        return TileKind.CHART if self.shown and self.shown.charts else TileKind.TABLE


def draw_tiles(
    tiles: Sequence[TileShown],
    board_page: RowsPage,
    *,
    title: Callable[[str], str],
    outside: Callable[[Presentation], Presentation] = lambda shown: shown,
    address_of: Callable[[Link], str] = _leads_nowhere,
    opens: Callable[[TileShown], str] = lambda tile: "",
) -> list[DrawnTile]:
    """Each with at most `ROWS_OF_TILE` rows, and with its share of the room that `board_page` has for all."""
    parts = {tile.place: outside(tile.shown) for tile in tiles if tile.shown}
    board_page.room = room_of_rows(charts_and_tables([*parts.values()]), board_page.room)
    fit = dict(zip(parts, fit_together([*parts.values()], board_page.room, ROWS_OF_TILE), strict=True))
    tables = charts_and_tables([*fit.values()]).all_tables
    board_page.bytes_of_rows = max(1, sum(table.bytes_of_rows for table in tables))
    drawn = []
    for tile in tiles:
        page, name = None, title(tile.saved.name)
        if tile.question:
            page = TilePage(question=tile.question, board_page=board_page, address_of=address_of)
        drawn.append(DrawnTile(name, page, fit.get(tile.place), problem=tile.problem, opens=opens(tile)))
    return drawn


@dataclass(frozen=True)
class TileRun:
    """Tiles that follow each other and are of one kind: figures, and charts, stand beside each other."""

    kind: TileKind
    tiles: list[DrawnTile]


def runs_of(tiles: Iterable[DrawnTile]) -> list[TileRun]:
    runs: list[TileRun] = []
    for tile in tiles:
        if not runs or runs[-1].kind != tile.kind:
            runs.append(TileRun(tile.kind, []))
        runs[-1].tiles.append(tile)
    return runs
