"""Boards: listed, made, looked at, and put together."""

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from analytics.api.questions.board_answers import choices_of, questions_of, shown_board
from analytics.api.questions.reading import Asking
from analytics.boards import (
    BoardInUse,
    QuestionGone,
    TooManyTiles,
    change_board,
    delete_board,
    hold_boards,
    save_board,
    uses_of_board,
)
from analytics.models import Board, SavedQuestion
from analytics.presentation.kept.boards import TileChoice, boards_table
from analytics.presentation.kept.saved_questions import link_to_report
from analytics.presentation.presentation import Presentation
from analytics.questions.boards import MOST_TILES, BoardTile, moved_tile
from analytics.views.board_tiles import draw_tiles, runs_of
from analytics.views.listing import ListPage, open_list
from analytics.views.page import Page, open_page
from campaignos.conflicts import FormErrors
from campaignos.errors import ParameterError
from campaignos.ids import number_of
from campaignos.page_parameters import PAGE, AllowedValues, understands
from campaignos.texts import CodePoints, one_line
from workspaces.models import User, Workspace
from workspaces.roles import Right
from workspaces.undo import tell_undoable
from workspaces.versions import StoredForm

ROWS_OF_BOARDS = 50
MOST_QUESTIONS = 500
QUESTION_OF_TILE = AllowedValues("a saved question such as qst_1", "qst_[0-9]{1,18}")
MOVES = {"earlier": -1, "later": 1}


class BoardForm(forms.Form):
    name = forms.CharField(max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"}), validators=[one_line])


class BoardNameForm(StoredForm):
    name = forms.CharField(max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"}), validators=[one_line])


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@understands("q", page=PAGE)
def boards_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    """All of them, by name; analysts and above make a new one."""
    right = Right.CURATE if request.method == "POST" else Right.READ
    page = open_list(request, slug, "boards", "Boards", right)
    form = BoardForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        with FormErrors(form):
            name = form.cleaned_data["name"]
            board = save_board(workspace=page.workspace, name=name, by=cast(User, request.user))
            return redirect("board-edit", slug, board.pk)
    return _list_response(page, form)


def _list_response(page: ListPage, form: BoardForm) -> HttpResponseBase:
    rows = _rows(page.workspace).select_related("created_by").order_by(CodePoints("name"))
    if text := page.parameters.text("q"):
        rows = rows.filter(name__contains_text=text)
    table = boards_table([*rows], page.audience)
    cut = table.cut(page.request.GET.get("page", ""), ROWS_OF_BOARDS, ROWS_OF_BOARDS)
    return page.response(
        "lists/boards.html",
        Presentation(meta=None, tables=(cut,)),
        status=400 if form.errors else 200,
        total=cut.row_count,
        unit=("board", "boards"),
        is_filtered=bool(text),
        form=form if page.may(Right.CURATE) else None,
        fields=[page.field("q", "Search", "search", hint="A part of the name")],
    )


def _rows(workspace: Workspace) -> QuerySet[Board]:
    return Board.objects.filter(workspace=workspace).select_related("workspace")


def _board(workspace: Workspace, pk: int) -> Board:
    board = _rows(workspace).filter(pk=pk).first()
    if board is None:
        raise Http404
    return board


@login_required
@require_safe
def board_page(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Its tiles, each of the days that its question asks for."""
    page = open_page(request, slug, "boards", "Board")
    board = _board(page.workspace, pk)
    page.title, page.other_rows = page.audience.text(board.name), ": its report has all"
    tiles = shown_board(board, Asking(page.workspace, page.now), page.audience)
    drawn = draw_tiles(
        tiles,
        page,
        title=page.audience.text,
        address_of=page.link_address,
        opens=lambda tile: page.link_address(link_to_report(tile.saved.text)),
    )
    return page.response(
        "lists/board.html",
        runs=runs_of(drawn),
        has_charts=any(tile.shown and tile.shown.charts for tile in drawn),
        back=page.address("boards"),
        edit=page.address("board-edit", str(pk)) if page.may(Right.CURATE) else "",
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@understands(question=QUESTION_OF_TILE)
def board_edit(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Its name and its tiles, to be changed; with a question chosen, what a tile can show of it."""
    page = open_page(request, slug, "boards", "Change board", Right.CURATE)
    board = _board(page.workspace, pk)
    form = BoardNameForm(request.POST if request.method == "POST" else None, stored={"name": board.name})
    if form.is_valid():
        with FormErrors(form):
            change_board(board=board, by=cast(User, request.user), name=form.cleaned_data["name"])
            messages.success(request, f"{board.name} is renamed.")
            return redirect("board-edit", slug, pk)
    parts = _parts_of_edit(page, board)
    status = 400 if form.errors else 200
    return page.response("lists/board_edit.html", status=status, form=form, board=board, **parts)


def _parts_of_edit(page: Page, board: Board) -> dict[str, Any]:
    number = number_of("qst", page.request.GET.get("question", ""))
    rows = SavedQuestion.objects.filter(workspace=page.workspace)
    chosen = rows.filter(pk=number).first() if number else None
    named = rows.order_by(CodePoints("name"))[:MOST_QUESTIONS]
    return {
        "rows": _named_tiles(page, board),
        "questions": [(one.api_id, page.audience.text(one.name)) for one in named],
        "chosen": chosen,
        "choices": _choices(page, chosen) if chosen else [],
        "is_full": len(board.board_tiles) >= MOST_TILES,
        "most": MOST_TILES,
        "uses": uses_of_board(board),
        "address": page.address("board", str(board.pk)),
        "changing": page.address("board-tiles", str(board.pk)),
        "deletion": page.address("board-delete", str(board.pk)),
        "sharing": page.address("settings-links", board=board.api_id) if page.may(Right.MANAGE) else "",
        "saved": page.address("saved-questions"),
    }


def _named_tiles(page: Page, board: Board) -> list[dict[str, Any]]:
    """Each by what its report calls it. A report for each question."""
    tiles = shown_board(board, Asking(page.workspace, page.now), page.audience)
    last = len(tiles) - 1
    return [
        {
            "place": shown.place,
            "tile": shown.tile,
            "name": page.audience.text(shown.saved.name),
            "label": shown.label or shown.tile.shows,
            "problem": shown.problem,
            "is_first": shown.place == 0,
            "is_last": shown.place == last,
        }
        for shown in tiles
    ]


def _choices(page: Page, question: SavedQuestion) -> list[TileChoice]:
    try:
        return [*choices_of(question, Asking(page.workspace, page.now)).values()]
    except ParameterError as error:
        page.notices.append(f"{question.name} cannot be asked: {error.detail}")
    except ObjectDoesNotExist:
        page.notices.append(f"What {question.name} is about is not there any more.")
    return []


class TileForm(forms.Form):
    act = forms.ChoiceField(choices=[(name, name) for name in ("add", "remove", *MOVES)])
    question = forms.CharField(max_length=30)
    shows = forms.CharField(max_length=200)
    place = forms.IntegerField(min_value=0, max_value=MOST_TILES, required=False)

    @property
    def tile(self) -> BoardTile:
        return BoardTile(self.cleaned_data["question"], self.cleaned_data["shows"])


@login_required
@require_POST
def board_tiles_page(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Adds a tile, removes it or moves it, and goes back to the board's parts."""
    page = open_page(request, slug, "boards", "Boards", Right.CURATE)
    board = _board(page.workspace, pk)
    form = TileForm(request.POST)
    if not form.is_valid():
        messages.warning(request, "The board was not changed: choose what the tile shows.")
    elif form.cleaned_data["act"] == "add":
        _add(page, board, form.tile)
    else:
        _change(page, board.pk, form)
    return redirect("board-edit", slug, pk)


def _add(page: Page, board: Board, tile: BoardTile) -> None:
    question = questions_of(page.workspace, [tile]).get(tile.question)
    if question is None or tile.shows not in {choice.shows for choice in _choices(page, question)}:
        messages.warning(page.request, "The board was not changed: its question shows no such thing.")
        return
    try:
        with transaction.atomic():
            hold_boards(page.workspace)
            board.refresh_from_db(fields=["tiles"])
            change_board(board=board, by=cast(User, page.request.user), tiles=(*board.board_tiles, tile))
    except (QuestionGone, TooManyTiles) as error:
        messages.warning(page.request, f"The board was not changed. {error}")
    else:
        messages.success(page.request, "The tile is on the board.")


def _change(page: Page, pk: int, form: TileForm) -> None:
    """Moves or removes the tile that was seen at the place, if it still stands there."""
    place, act, by = form.cleaned_data["place"] or 0, form.cleaned_data["act"], cast(User, page.request.user)
    with transaction.atomic():
        hold_boards(page.workspace)
        board = _board(page.workspace, pk)
        tiles = board.board_tiles
        if tiles[place : place + 1] != (form.tile,):
            messages.warning(page.request, "Somebody changed the board meanwhile. Nothing was changed now.")
        elif act in MOVES:
            change_board(board=board, by=by, tiles=moved_tile(tiles, place, MOVES[act]))
        else:
            change_board(board=board, by=by, tiles=tiles[:place] + tiles[place + 1 :])
            noted = {"board": pk, "place": place, "tile": form.tile.data}
            tell_undoable(page.request, "The tile is removed.", "board-tile", page.workspace, **noted)


@login_required
@require_POST
def delete_board_page(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """At once; the notice has the button that takes it back."""
    page = open_page(request, slug, "boards", "Boards", Right.CURATE)
    board = _board(page.workspace, pk)
    noted = {name: getattr(board, name) for name in ("pk", "name", "tiles", "created_by_id")}
    try:
        delete_board(board=board, by=cast(User, request.user))
    except BoardInUse as error:
        messages.warning(request, f"The board was not deleted. {error}")
    else:
        tell_undoable(request, f"{board.name} is deleted.", "board", page.workspace, **noted)
    return redirect("boards", slug)
