"""Share links over the API: made by people who manage the workspace, listed with their views, and revoked."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar, cast

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.api.questions.board_answers import questions_of
from analytics.api.questions.forms import read_report
from analytics.api.questions.locks import locks_data, read_locks
from analytics.api.questions.reading import Asking
from analytics.models import Board, SavedQuestion, ShareLink
from analytics.models.share_links import DAYS_OF_LINK, LONGEST_LIFE, MOST_ORIGINS
from analytics.questions.filters import AllOf
from analytics.share_links import create_link, revoke_link
from campaignos.conditional import check_precondition
from campaignos.errors import ParameterError
from campaignos.filters import FlagFilter, ListFilter, Row
from campaignos.ids import number_of
from campaignos.strict import StrictSerializer
from campaignos.texts import one_line
from workspaces.access import SessionAuthentication
from workspaces.models import User
from workspaces.resources import ResourceViewSet
from workspaces.roles import Right

_ORIGIN = re.compile(r"https://[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?(?::[0-9]{1,5})?")
ORIGIN_ALLOWED = "an origin such as https://intranet.example, without a path"


def validate_origin(origin: str) -> None:
    """Raises ValidationError for what is no origin: within what else nobody shows a link."""
    if not _ORIGIN.fullmatch(origin):
        raise ValidationError(f"It cannot be {origin[:100]!r}; allowed: {ORIGIN_ALLOWED}.")


def checked_locks(shown: SavedQuestion | Board, given: Mapping[str, Any], now: datetime) -> AllOf:
    """Under which the question, or each of the board's, can be asked. Raises ParameterError."""
    locks = read_locks(given, shown.workspace)
    of_board = questions_of(shown.workspace, shown.board_tiles).values() if isinstance(shown, Board) else [shown]
    for question in of_board:
        read_report(question.text, Asking(shown.workspace, now, locks=locks))
    return locks


class ShareLinkRecord(serializers.Serializer[ShareLink]):
    id = serializers.CharField(source="api_id", help_text="Such as lnk_1.")
    question = serializers.CharField(
        source="question.api_id",
        default=None,
        allow_null=True,
        help_text="The saved question that it shows, if one.",
    )
    board = serializers.CharField(
        source="board.api_id", default=None, allow_null=True, help_text="The board that it shows, if it is one."
    )
    name = serializers.CharField(help_text="Whom it is for.")
    locks = serializers.JSONField(help_text="Conditions that join what is asked, as `where` and so on.")
    origins = serializers.ListField(
        child=serializers.CharField(), help_text="Where it may be shown within a page; nowhere where there are none."
    )
    hasPassword = serializers.BooleanField(source="password")
    isRounded = serializers.BooleanField(source="is_rounded")
    mayChooseDays = serializers.BooleanField(source="may_choose_days")
    views = serializers.IntegerField(min_value=0, help_text="How often it was opened.")
    lastViewedAt = serializers.DateTimeField(source="last_viewed_at", allow_null=True)
    expiresAt = serializers.DateTimeField(source="expires_at", help_text="From this instant on it shows nothing.")
    revokedAt = serializers.DateTimeField(source="revoked_at", allow_null=True)
    createdAt = serializers.DateTimeField(source="created_at")
    createdBy = serializers.CharField(source="created_by.email", default=None, allow_null=True)


class NewShareLinkRecord(ShareLinkRecord):
    address = serializers.CharField(help_text="Where it is: in this answer only, for a hash is kept.")


class LocksItem(StrictSerializer):
    where = serializers.ListField(child=serializers.CharField(max_length=4096), max_length=20, required=False)
    segment = serializers.ListField(child=serializers.CharField(max_length=30), max_length=20, required=False)
    filter = serializers.JSONField(required=False)


class ShareLinkItem(StrictSerializer):
    question = serializers.CharField(required=False, help_text="The saved question, such as qst_1.")
    board = serializers.CharField(required=False, help_text="Or the board, such as brd_1: one of the two.")
    name = serializers.CharField(
        max_length=200, default="", allow_blank=True, help_text="Whom it is for.", validators=[one_line]
    )
    password = serializers.CharField(
        min_length=8, max_length=128, required=False, trim_whitespace=False, help_text="That it asks for."
    )
    locks = LocksItem(
        required=False, help_text="Conditions that hold whatever the question asks, as lists and reports take them."
    )
    origins = serializers.ListField(
        child=serializers.CharField(max_length=300, validators=[validate_origin]),
        max_length=MOST_ORIGINS,
        default=list,
        help_text=f"Where it may be shown within a page: each {ORIGIN_ALLOWED}. Not with a password.",
    )
    isRounded = serializers.BooleanField(
        default=False, help_text="Whether numbers are rounded to tens, and none is of fewer than ten."
    )
    mayChooseDays = serializers.BooleanField(
        default=False, help_text="Whether who opens it may look at other days by `range`, `from` and `to`."
    )
    expiresAt = serializers.DateTimeField(
        required=False,
        help_text=f"Its end, at most {LONGEST_LIFE.days} days from now; {DAYS_OF_LINK.days} days where none is said.",
    )


class ShareLinkFilter(ListFilter):
    usable = FlagFilter(method="only_usable", help_text="With `true`, those that still show something.")

    def only_usable(self, rows: QuerySet[Row], name: str, value: bool) -> QuerySet[Row]:
        usable = rows.filter(revoked_at=None, expires_at__gt=timezone.now())
        return usable if value else rows.exclude(pk__in=usable.values("pk"))


_Shown = TypeVar("_Shown", SavedQuestion, Board)


def _there(found: _Shown | None, name: str, allowed: str) -> _Shown:
    if found is None:
        raise serializers.ValidationError({name: [f"It must be {allowed}."]})
    return found


class ShareLinksViewSet(ResourceViewSet):
    """Addresses by which somebody without an account sees one saved question, or one board. People alone make them,
    no keys."""

    authentication_classes = (SessionAuthentication,)
    resource, prefix = "share-links", "lnk"
    filters = ShareLinkFilter
    serializer_class = ShareLinkRecord
    item_class, new_class, is_upsert, secret = ShareLinkItem, NewShareLinkRecord, False, "address"
    orderings = {"id": "pk"}
    rights = dict.fromkeys(("list", "retrieve", "create", "destroy"), Right.MANAGE)

    def rows(self) -> QuerySet[ShareLink]:
        rows = ShareLink.objects.filter(workspace=self.access.workspace)
        return rows.select_related("question", "board", "created_by")

    def create(self, request: Request, workspace_id: str) -> Response:
        """A new link. Its address stands in this answer only."""
        item = ShareLinkItem(data=request.data)
        item.is_valid(raise_exception=True)
        return self.once(request, lambda: self._make(request, item.validated_data))

    def _make(self, request: Request, item: Mapping[str, Any]) -> Response:
        shown, now = self._subject(item), timezone.now()
        try:
            locks = checked_locks(shown, item.get("locks") or {}, now)
            link, token = create_link(
                question=shown if isinstance(shown, SavedQuestion) else None,
                board=shown if isinstance(shown, Board) else None,
                by=cast(User, request.user),
                expires_at=item.get("expiresAt") or now + DAYS_OF_LINK,
                name=item["name"],
                password=item.get("password", ""),
                locks=locks_data(locks),
                origins=item["origins"],
                is_rounded=item["isRounded"],
                may_choose_days=item["mayChooseDays"],
            )
        except ParameterError as error:
            raise serializers.ValidationError({"locks": [str(error.detail)]}) from None
        except ValidationError as error:
            names = {"expires_at": "expiresAt"}
            problems = {names.get(name, name): texts for name, texts in error.message_dict.items()}
            raise serializers.ValidationError(problems) from None
        address = request.build_absolute_uri(reverse("shared", args=[token]))
        return Response({**self.record(link), "address": address}, status=status.HTTP_201_CREATED)

    def _subject(self, item: Mapping[str, Any]) -> SavedQuestion | Board:
        if ("question" in item) == ("board" in item):
            raise serializers.ValidationError({"question": ["Either a question or a board is needed."]})
        if "board" in item:
            boards = Board.objects.filter(workspace=self.access.workspace, pk=number_of("brd", item["board"]) or 0)
            return _there(
                boards.select_related("workspace").first(), "board", "a board of this workspace, such as brd_1"
            )
        rows = SavedQuestion.objects.filter(workspace=self.access.workspace, pk=number_of("qst", item["question"]) or 0)
        allowed = "a saved question of this workspace, such as qst_1"
        return _there(rows.select_related("workspace").first(), "question", allowed)

    def destroy(self, request: Request, workspace_id: str, resource_id: str) -> Response:
        """Revoke the link: it shows nothing from now on, and stays in the list."""
        link = self.row(resource_id)
        check_precondition(request, self.record(link))
        revoke_link(link=link, by=cast(User, request.user))
        return Response(status=status.HTTP_204_NO_CONTENT)
