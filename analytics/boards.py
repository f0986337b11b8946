"""Writes to boards. Each is one transaction, with its line in the audit trail.

Each holds the lock that deleting a question takes, so that no board is left with a question that went.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from analytics.addresses import hidden_value
from analytics.audited import DataAction
from analytics.models import Board, SavedQuestion
from analytics.questions.boards import MOST_TILES, BoardTile, tiles_of
from analytics.saved_questions import register_use
from campaignos.ids import number_of
from workspaces import undo
from workspaces.audit import record, record_change
from workspaces.models import Key, User, Workspace
from workspaces.roles import Right

BoardUses = Callable[[Board], Sequence[str]]
"""What of one kind a board is part of, such as the names of links."""

_uses: list[BoardUses] = []


def register_board_use(uses: BoardUses) -> None:
    """By whoever shows boards: one that is shown is not deleted."""
    _uses.append(uses)


def uses_of_board(board: Board) -> list[str]:
    """What shows it, in words. A query for each kind."""
    return [use for uses in _uses for use in uses(board)]


class BoardInUse(ValueError):
    def __init__(self, name: str, users: Sequence[str]) -> None:
        super().__init__(f"{name} is shown by {', '.join(users)}: end that first.")


class QuestionGone(ValueError):
    def __init__(self, question: str) -> None:
        super().__init__(f"There is no saved question {question}.")


class TooManyTiles(ValueError):
    def __init__(self) -> None:
        super().__init__(f"A board has at most {MOST_TILES} tiles.")


def hold_boards(workspace: Workspace) -> None:
    """Until the transaction ends, nobody else changes a board or deletes a question."""
    Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)


@transaction.atomic
def save_board(*, workspace: Workspace, name: str, by: User | Key, tiles: Sequence[BoardTile] = ()) -> Board:
    """A new board. Raises IntegrityError where another one has the name, QuestionGone, TooManyTiles."""
    creator = by if isinstance(by, User) else None
    return _insert(Board(workspace=workspace, name=name, created_by=creator), tiles, by)


def _insert(board: Board, tiles: Sequence[BoardTile], by: User | Key) -> Board:
    hold_boards(board.workspace)
    board.tiles = _kept_tiles(board.workspace, tiles)
    board.save(force_insert=True)
    after = _summary(board)
    record(DataAction.BOARD_SAVED, by=by, workspace=board.workspace, target=board.api_id, after=after)
    return board


def _kept_tiles(workspace: Workspace, tiles: Sequence[BoardTile]) -> list[dict[str, str]]:
    """As they are kept, with all of their questions there. One query."""
    if len(tiles) > MOST_TILES:
        raise TooManyTiles
    questions = {tile.question: number_of("qst", tile.question) or 0 for tile in tiles}
    rows = SavedQuestion.objects.filter(workspace=workspace, pk__in=questions.values())
    there = {*rows.values_list("pk", flat=True)} if questions else set()
    for question, number in questions.items():
        if number not in there:
            raise QuestionGone(question)
    return [tile.data for tile in tiles]


@transaction.atomic
def change_board(
    *, board: Board, by: User | Key, name: str | None = None, tiles: Sequence[BoardTile] | None = None
) -> None:
    """Give it another name, or other tiles. Raises IntegrityError where another one has the name, QuestionGone,
    TooManyTiles."""
    hold_boards(board.workspace)
    before = _summary(board)
    board.name = board.name if name is None else name
    if tiles is not None:
        board.tiles = _kept_tiles(board.workspace, tiles)
    after = _summary(board)
    if before == after:
        return
    board.save(update_fields=["name", "tiles"])
    record_change(
        DataAction.BOARD_CHANGED,
        by=by,
        workspace=board.workspace,
        target=board.api_id,
        before=before,
        after=after,
    )


@transaction.atomic
def delete_board(*, board: Board, by: User | Key) -> None:
    """One that is deleted already is left alone. Raises BoardInUse for one that is shown."""
    hold_boards(board.workspace)
    if users := uses_of_board(board):
        raise BoardInUse(board.name, users)
    deleted, _ = Board.objects.filter(pk=board.pk, workspace=board.workspace_id).delete()
    if deleted:
        before = _summary(board)
        record(DataAction.BOARD_DELETED, by=by, workspace=board.workspace, target=board.api_id, before=before)


def restore_board(
    *, workspace: Workspace, by: User, name: str, tiles: Iterable[Mapping[str, Any]], **fields: Any
) -> str:
    """Takes a deletion back, under the same address. Raises ValidationError where another has its name by now, or a
    question of it is gone."""
    try:
        with transaction.atomic():
            _insert(Board(workspace=workspace, name=name, **fields), tiles_of(tiles), by)
    except IntegrityError:
        raise ValidationError(f"Another board is called {name} by now.") from None
    except QuestionGone as error:
        raise ValidationError(str(error)) from None
    return f"{name} is there again."


def restore_tile(*, workspace: Workspace, by: User, board: int, place: int, tile: Mapping[str, Any]) -> str:
    """Puts a tile that was removed back to where it stood. Raises ValidationError where the board or its question is
    gone, or it is full by now."""
    with transaction.atomic():
        hold_boards(workspace)
        found = Board.objects.filter(workspace=workspace, pk=board).first()
        if found is None:
            raise ValidationError("The board is gone by now.")
        tiles = found.board_tiles
        try:
            change_board(board=found, by=by, tiles=(*tiles[:place], *tiles_of([tile]), *tiles[place:]))
        except (QuestionGone, TooManyTiles) as error:
            raise ValidationError(str(error)) from None
    return "The tile is there again."


def _boards_with(question: SavedQuestion) -> list[str]:
    rows = Board.objects.filter(workspace=question.workspace_id).order_by("pk")
    return [f"the board {board}" for board in rows if question.api_id in {tile.question for tile in board.board_tiles}]


register_use(_boards_with)
undo.register("board", Right.CURATE, restore_board)
undo.register("board-tile", Right.CURATE, restore_tile)


def _summary(board: Board) -> dict[str, Any]:
    """Without addresses, for it is kept for ever."""
    return {"name": hidden_value(board.name), "tiles": board.tiles}
