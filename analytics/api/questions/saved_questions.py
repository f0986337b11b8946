"""Saved questions over the API: kept, changed, deleted, and answered."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.addresses import hidden_value
from analytics.api.questions.answers import saved_answer
from analytics.api.questions.forms import FORMS, read_report
from analytics.api.questions.reading import Asking
from analytics.api.questions.texts import text_of_body, whole_text
from analytics.models import SavedQuestion
from analytics.questions.saved import QuestionText
from analytics.saved_questions import QuestionInUse, change_question, delete_question, save_question
from campaignos.conditional import answer, check_precondition
from campaignos.errors import Conflict, ParameterError
from campaignos.filters import ChoicesFilter, ListFilter, TextFilter
from campaignos.ids import number_of
from campaignos.resources.schema import row_parameter
from campaignos.strict import StrictSerializer
from campaignos.texts import one_line
from campaignos.views import ApiView
from workspaces.access import SecretKeyAuthentication, SessionAuthentication, api_access, caller
from workspaces.models import Workspace
from workspaces.resources import CURATED, ResourceViewSet
from workspaces.roles import Right, may_see_addresses

REPORT_NAMES = [(name, name) for name in FORMS]


class QuestionRecord(serializers.Serializer[SavedQuestion]):
    id = serializers.CharField(source="api_id", help_text="Such as qst_1.")
    name = serializers.CharField(help_text="Unique in the workspace.")
    report = serializers.ChoiceField(REPORT_NAMES, help_text="Which report is asked, by the name of its page.")
    parameters = serializers.JSONField(
        help_text="What it is asked: by the names of the page's parameters a text, or several."
    )
    createdAt = serializers.DateTimeField(source="created_at")
    createdBy = serializers.CharField(
        source="created_by.email",
        default=None,
        allow_null=True,
        help_text="The email of who saved it; null for a key.",
    )


class QuestionItem(StrictSerializer):
    name = serializers.CharField(
        max_length=200, help_text="A name that no other saved question of the workspace has.", validators=[one_line]
    )
    report = serializers.ChoiceField(REPORT_NAMES, help_text="Which report is asked, by the name of its page.")
    parameters = serializers.DictField(
        child=serializers.JSONField(),
        default=dict,
        help_text="As the address of the report's page has them, such as range, compare, where and segment; a filter "
        "may be an object. A range may be relative: its days are those of the asking.",
    )


class QuestionChange(QuestionItem):
    """With `report` or `parameters`, all that it asks is new."""

    name = serializers.CharField(
        max_length=200, required=False, help_text="A name that no other one has.", validators=[one_line]
    )
    report = serializers.ChoiceField(REPORT_NAMES, required=False, help_text="Which report is asked.")
    parameters = serializers.DictField(
        child=serializers.JSONField(), required=False, help_text="All parameters, in place of those before."
    )


class QuestionFilter(ListFilter):
    q = TextFilter("name", "contains_text", help_text="A part of the name.")
    report = ChoicesFilter("report", choices=[*FORMS], help_text="Questions to that report.")


class SavedQuestionsViewSet(ResourceViewSet):
    """Questions that everybody in the workspace sees: a report with its parameters, under a name.

    What is asked is kept, never the answer. What it names may be gone later; then asking it is refused.
    """

    resource, prefix = "saved-questions", "qst"
    filters = QuestionFilter
    serializer_class = QuestionRecord
    item_class, new_class, change_class, is_upsert = QuestionItem, QuestionRecord, QuestionChange, False
    can_fail = {"create": ("409",), "partial_update": ("409",), "destroy": ("409",)}
    orderings = {"id": "pk", "name": "name"}
    rights = CURATED

    def rows(self) -> QuerySet[SavedQuestion]:
        return SavedQuestion.objects.filter(workspace=self.access.workspace).select_related("created_by")

    def records(self, rows: Sequence[Model]) -> list[dict[str, Any]]:
        records = super().records(rows)
        return records if may_see_addresses(self.access.rights) else [*map(masked_record, records)]

    def create(self, request: Request, workspace_id: str) -> Response:
        """Save a question for everybody."""
        item = QuestionItem(data=request.data)
        item.is_valid(raise_exception=True)
        return self.once(request, lambda: self._save(request, item.validated_data))

    def _save(self, request: Request, item: Mapping[str, Any]) -> Response:
        text = self._text(item["report"], item["parameters"])
        question = save_question(workspace=self.access.workspace, name=item["name"], text=text, by=caller(request))
        return answer(request, self.record(question), status_code=status.HTTP_201_CREATED)

    def partial_update(self, request: Request, workspace_id: str, resource_id: str) -> Response:
        """Only the fields that are given change."""
        item = QuestionChange(data=request.data)
        item.is_valid(raise_exception=True)
        asked = item.validated_data
        with transaction.atomic():
            Workspace.objects.select_for_update(no_key=True).get(pk=self.access.workspace.pk)
            question = self.row(resource_id)
            check_precondition(request, self.record(question))
            text = None
            if {"report", "parameters"} & {*asked}:
                parameters = asked.get("parameters", question.parameters)
                text = self._text(asked.get("report", question.report), parameters)
            change_question(question=question, by=caller(request), name=asked.get("name"), text=text)
        return answer(request, self.record(question))

    def destroy(self, request: Request, workspace_id: str, resource_id: str) -> Response:
        """Delete the question. One that something is made of stays."""
        question = self.row(resource_id)
        check_precondition(request, self.record(question))
        try:
            delete_question(question=question, by=caller(request))
        except QuestionInUse as error:
            raise Conflict(str(error)) from None
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _text(self, report: str, parameters: Mapping[str, Any]) -> QuestionText:
        """As it is kept. Everybody sees it, so that it names no address. Raises ValidationError."""
        try:
            text = text_of_body(report, parameters)
            return whole_text(text, read_report(text, Asking(self.access.workspace, timezone.now())))
        except ParameterError as error:
            raise serializers.ValidationError({"parameters": [str(error.detail)]}) from None


def masked_record(record: Mapping[str, Any]) -> dict[str, Any]:
    """For who sees no addresses, those that a member wrote into a name or a parameter are masked."""
    return {name: value if name == "createdBy" else hidden_value(value) for name, value in record.items()}


class SavedAnswerSerializer(serializers.Serializer[Any]):
    question = QuestionRecord()
    answer = serializers.JSONField(help_text="As the report's own address answers the same question.")


class SavedAnswerView(ApiView):
    """GET with a session, or a secret key that may read."""

    authentication_classes = (SecretKeyAuthentication, SessionAuthentication)
    http_method_names = ["get", "head"]

    @extend_schema(
        operation_id="getSavedQuestionAnswer",
        summary="What a saved question is answered",
        tags=["saved-questions"],
        parameters=[row_parameter("question", "qst")],
        responses={
            (200, "application/json"): OpenApiResponse(SavedAnswerSerializer, description="The question, answered.")
        },
    )
    def get(self, request: Request, workspace_id: str, resource_id: str) -> Response:
        """The question, and what its report answers to it now. A 400 where it names what there is not any more."""
        access = api_access(request, workspace_id, Right.READ)
        rows = SavedQuestion.objects.filter(workspace=access.workspace).select_related("created_by")
        saved = rows.filter(pk=number_of("qst", resource_id) or 0).first()
        if saved is None:
            raise Http404
        asking, sees_addresses = Asking(access.workspace, timezone.now()), may_see_addresses(access.rights)
        try:
            body = saved_answer(saved, asking, sees_addresses=sees_addresses)
        except ObjectDoesNotExist:
            raise Http404 from None
        record = cast(dict[str, Any], QuestionRecord(saved).data)
        return Response({"question": record if sees_addresses else masked_record(record), "answer": body})
