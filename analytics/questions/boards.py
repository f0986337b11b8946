"""What a board is made of, as it is kept. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MOST_TILES = 12


@dataclass(frozen=True)
class BoardTile:
    """One thing that the answer to a saved question has: `shows` is `figure:`, `chart:` or `table:` and its key."""

    question: str
    """The question's id in the API, such as qst_1."""
    shows: str

    @property
    def data(self) -> dict[str, str]:
        return {"question": self.question, "shows": self.shows}


def tiles_of(data: Iterable[Mapping[str, Any]]) -> tuple[BoardTile, ...]:
    """From JSON's types."""
    return tuple(BoardTile(str(said["question"]), str(said["shows"])) for said in data)


def moved_tile(tiles: Sequence[BoardTile], place: int, by: int) -> tuple[BoardTile, ...]:
    """The tile at a place (from 0) so many places on, at most to an end."""
    others = [*tiles[:place], *tiles[place + 1 :]]
    target = max(0, min(len(others), place + by))
    return (*others[:target], tiles[place], *others[target:])
