"""The answers to a board's questions, without a request: each question is asked once, all at one instant."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from django.core.exceptions import ObjectDoesNotExist

from analytics.api.questions.answers import shown_answer
from analytics.api.questions.forms import read_report
from analytics.api.questions.reading import Asking
from analytics.models import Board, SavedQuestion
from analytics.presentation.audience import Audience
from analytics.presentation.kept.boards import TileChoice, tile_at, tile_choices
from analytics.presentation.presentation import Presentation
from analytics.questions.boards import BoardTile
from analytics.questions.questions import Question
from analytics.questions.saved import QuestionText
from campaignos.errors import ParameterError
from campaignos.ids import number_of
from workspaces.models import Workspace

NOT_THERE = "What it shows is not there any more."
ReadText = Callable[[QuestionText, Asking], Question]


@dataclass(frozen=True)
class TileShown:
    """A tile of a board, with what it shows; without where that is not there any more, and then `problem` says so."""

    place: int
    saved: SavedQuestion
    tile: BoardTile
    question: Question | None = None
    shown: Presentation | None = None
    problem: str = ""
    label: str = ""


def questions_of(workspace: Workspace, tiles: Iterable[BoardTile]) -> dict[str, SavedQuestion]:
    """Those of tiles by their ids in the API. One query."""
    numbers = {number_of("qst", tile.question) or 0 for tile in tiles}
    rows = SavedQuestion.objects.filter(workspace=workspace, pk__in=numbers).select_related("created_by", "workspace")
    return {question.api_id: question for question in rows}


def shown_board(board: Board, asking: Asking, audience: Audience, read: ReadText = read_report) -> Sequence[TileShown]:
    """Each tile in order. One whose question cannot be asked shows nothing: never without a condition or a lock."""
    questions = questions_of(asking.workspace, board.board_tiles)
    answers = {key: _parts_of_answer(saved, asking, audience, read) for key, saved in questions.items()}
    return [
        _tile(place, questions[tile.question], tile, *answers[tile.question])
        for place, tile in enumerate(board.board_tiles)
        if tile.question in questions
    ]


def _parts_of_answer(
    saved: SavedQuestion, asking: Asking, audience: Audience, read: ReadText
) -> tuple[Question | None, dict[str, TileChoice], str]:
    try:
        question = read(saved.text, asking)
        return question, tile_choices(shown_answer(saved.report, question, asking, audience)), ""
    except ParameterError as error:
        return None, {}, str(error.detail)
    except ObjectDoesNotExist:
        return None, {}, NOT_THERE


def _tile(
    place: int,
    saved: SavedQuestion,
    tile: BoardTile,
    question: Question | None,
    choices: dict[str, TileChoice],
    problem: str,
) -> TileShown:
    choice = choices.get(tile.shows)
    if choice is None or question is None:
        return TileShown(place, saved, tile, problem=problem or NOT_THERE)
    return TileShown(place, saved, tile, question, tile_at(choice.shown, place), label=choice.label)


def choices_of(saved: SavedQuestion, asking: Asking) -> dict[str, TileChoice]:
    """What a tile can show of a question. Raises ParameterError, ObjectDoesNotExist where it cannot be asked."""
    audience = Audience(asking.workspace.zone, sees_addresses=False)
    return tile_choices(shown_answer(saved.report, read_report(saved.text, asking), asking, audience))
