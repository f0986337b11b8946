"""Boards over the API: made, changed, deleted, and answered: each of their questions at one instant."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.api.questions.answers import saved_answer
from analytics.api.questions.board_answers import NOT_THERE, choices_of, questions_of
from analytics.api.questions.reading import Asking
from analytics.api.questions.saved_questions import QuestionRecord, masked_record
from analytics.boards import BoardInUse, QuestionGone, change_board, delete_board, hold_boards, save_board
from analytics.models import Board, SavedQuestion
from analytics.questions.boards import MOST_TILES, BoardTile, tiles_of
from campaignos.conditional import answer, check_precondition
from campaignos.errors import Conflict, ParameterError
from campaignos.filters import ListFilter, TextFilter
from campaignos.ids import number_of
from campaignos.resources.schema import row_parameter
from campaignos.strict import StrictSerializer
from campaignos.texts import one_line
from campaignos.views import ApiView
from workspaces.access import SecretKeyAuthentication, SessionAuthentication, api_access, caller
from workspaces.models import Workspace
from workspaces.resources import CURATED, ResourceViewSet
from workspaces.roles import Right, may_see_addresses


class TileRecord(serializers.Serializer[Any]):
    question = serializers.CharField(help_text="The saved question that it is of, such as qst_1.")
    shows = serializers.CharField(help_text="What it shows of the answer, such as figure:delivered.")


class TileItem(StrictSerializer):
    question = serializers.CharField(max_length=30, help_text="A saved question of the workspace, such as qst_1.")
    shows = serializers.CharField(
        max_length=200,
        help_text="What it shows of the answer, as the report's page has it: `figure:` and a metric, or `chart:` or "
        "`table:` and the key of one.",
    )


class BoardRecord(serializers.Serializer[Board]):
    id = serializers.CharField(source="api_id", help_text="Such as brd_1.")
    name = serializers.CharField(help_text="Unique in the workspace.")
    tiles = TileRecord(many=True, help_text="In their order.")
    createdAt = serializers.DateTimeField(source="created_at")
    createdBy = serializers.CharField(
        source="created_by.email",
        default=None,
        allow_null=True,
        help_text="The email of who made it; null for a key.",
    )


class BoardItem(StrictSerializer):
    name = serializers.CharField(
        max_length=200, help_text="A name that no other board of the workspace has.", validators=[one_line]
    )
    tiles = serializers.ListField(child=TileItem(), default=list, max_length=MOST_TILES, help_text="In their order.")


class BoardChange(StrictSerializer):
    name = serializers.CharField(
        max_length=200, required=False, help_text="A name that no other one has.", validators=[one_line]
    )
    tiles = serializers.ListField(
        child=TileItem(), required=False, max_length=MOST_TILES, help_text="All tiles, in place of those before."
    )


class BoardFilter(ListFilter):
    q = TextFilter("name", "contains_text", help_text="A part of the name.")


def check_tiles(workspace: Workspace, tiles: Sequence[BoardTile]) -> None:
    """Each shows what its question's answer has now. Raises ValidationError. A report for each question."""
    asking = Asking(workspace, timezone.now())
    for key, question in questions_of(workspace, tiles).items():
        try:
            choices = choices_of(question, asking)
        except ParameterError as error:
            raise serializers.ValidationError({"tiles": [f"{key}: {error.detail}"]}) from None
        except ObjectDoesNotExist:
            raise serializers.ValidationError({"tiles": [f"{key}: {NOT_THERE}"]}) from None
        for tile in tiles:
            if tile.question == key and tile.shows not in choices:
                problem = f"{key} shows no {tile.shows!r}; allowed: {', '.join(choices)}."
                raise serializers.ValidationError({"tiles": [problem]})


class BoardsViewSet(ResourceViewSet):
    """Boards that everybody in the workspace sees: up to 12 tiles, each a figure, a chart or a table of the answer to a
    saved question."""

    resource, prefix = "boards", "brd"
    filters = BoardFilter
    serializer_class = BoardRecord
    item_class, new_class, change_class, is_upsert = BoardItem, BoardRecord, BoardChange, False
    can_fail = {"create": ("409",), "partial_update": ("409",), "destroy": ("409",)}
    orderings = {"id": "pk", "name": "name"}
    rights = CURATED

    def rows(self) -> QuerySet[Board]:
        return Board.objects.filter(workspace=self.access.workspace).select_related("created_by", "workspace")

    def records(self, rows: Sequence[Model]) -> list[dict[str, Any]]:
        records = super().records(rows)
        return records if may_see_addresses(self.access.rights) else [*map(masked_record, records)]

    def create(self, request: Request, workspace_id: str) -> Response:
        """Make a board for everybody."""
        item = BoardItem(data=request.data)
        item.is_valid(raise_exception=True)
        return self.once(request, lambda: self._make(request, item.validated_data))

    def _make(self, request: Request, item: Mapping[str, Any]) -> Response:
        tiles, workspace = tiles_of(item["tiles"]), self.access.workspace
        check_tiles(workspace, tiles)
        try:
            board = save_board(workspace=workspace, name=item["name"], by=caller(request), tiles=tiles)
        except QuestionGone as error:
            raise serializers.ValidationError({"tiles": [str(error)]}) from None
        return answer(request, self.record(board), status_code=status.HTTP_201_CREATED)

    def partial_update(self, request: Request, workspace_id: str, resource_id: str) -> Response:
        """Only the fields that are given change. Tiles that were there before may stay whatever they show."""
        item = BoardChange(data=request.data)
        item.is_valid(raise_exception=True)
        asked = item.validated_data
        with transaction.atomic():
            hold_boards(self.access.workspace)
            board = self.row(resource_id)
            check_precondition(request, self.record(board))
            tiles = tiles_of(asked["tiles"]) if "tiles" in asked else None
            check_tiles(self.access.workspace, [tile for tile in tiles or () if tile not in board.board_tiles])
            try:
                change_board(board=board, by=caller(request), name=asked.get("name"), tiles=tiles)
            except QuestionGone as error:
                raise serializers.ValidationError({"tiles": [str(error)]}) from None
        return answer(request, self.record(board))

    def destroy(self, request: Request, workspace_id: str, resource_id: str) -> Response:
        """Delete the board; its questions stay. One that a link shows stays."""
        board = self.row(resource_id)
        check_precondition(request, self.record(board))
        try:
            delete_board(board=board, by=caller(request))
        except BoardInUse as error:
            raise Conflict(str(error)) from None
        return Response(status=status.HTTP_204_NO_CONTENT)


class AnswerOfBoard(serializers.Serializer[Any]):
    question = QuestionRecord()
    answer = serializers.JSONField(help_text="As the report's own address answers; null where it cannot.")
    problem = serializers.CharField(allow_null=True, help_text="Why the question cannot be asked.")


class BoardAnswerSerializer(serializers.Serializer[Any]):
    board = BoardRecord()
    answers = AnswerOfBoard(many=True, help_text="One for each question that a tile is of.")


class BoardAnswerView(ApiView):
    """GET with a session, or a secret key that may read."""

    authentication_classes = (SecretKeyAuthentication, SessionAuthentication)
    http_method_names = ["get", "head"]

    @extend_schema(
        operation_id="getBoardAnswer",
        summary="What the questions of a board are answered",
        tags=["boards"],
        parameters=[row_parameter("board", "brd")],
        responses={
            (200, "application/json"): OpenApiResponse(BoardAnswerSerializer, description="The board, answered.")
        },
    )
    def get(self, request: Request, workspace_id: str, resource_id: str) -> Response:
        """The board, and what the report of each of its questions answers now: all of one instant."""
        access = api_access(request, workspace_id, Right.READ)
        rows = Board.objects.filter(workspace=access.workspace).select_related("created_by")
        board = rows.filter(pk=number_of("brd", resource_id) or 0).first()
        if board is None:
            raise Http404
        asking, sees_addresses = Asking(access.workspace, timezone.now()), may_see_addresses(access.rights)
        questions = questions_of(access.workspace, board.board_tiles)
        records = [BoardRecord(board).data, *(QuestionRecord(question).data for question in questions.values())]
        shown, *asked = records if sees_addresses else map(masked_record, records)
        answers = [_answer_of(question, asking, sees_addresses) for question in questions.values()]
        told = [{"question": record, **said} for record, said in zip(asked, answers, strict=True)]
        return Response({"board": shown, "answers": told})


def _answer_of(saved: SavedQuestion, asking: Asking, sees_addresses: bool) -> dict[str, Any]:
    try:
        return {"answer": saved_answer(saved, asking, sees_addresses=sees_addresses), "problem": None}
    except ParameterError as error:
        return {"answer": None, "problem": str(error.detail)}
    except ObjectDoesNotExist:
        return {"answer": None, "problem": NOT_THERE}
