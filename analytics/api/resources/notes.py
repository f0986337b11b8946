"""Notes on days over the API."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Model, QuerySet
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.addresses import hidden_value
from analytics.api.filters.base import DayFilter, WorkspaceListFilter
from analytics.models import Campaign, Note
from analytics.notes import change_note, delete_note, write_note
from campaignos.conditional import answer, check_precondition
from campaignos.days import FIRST_DAY, LAST_DAY
from campaignos.filters import ReferenceFilter
from campaignos.ids import number_of
from campaignos.strict import StrictSerializer
from campaignos.texts import one_line
from workspaces.access import caller
from workspaces.resources import CURATED, ResourceViewSet
from workspaces.roles import may_see_addresses


class NoteRecord(serializers.Serializer[Note]):
    id = serializers.CharField(source="api_id", help_text="Such as note_1.")
    day = serializers.DateField(help_text="A day of the workspace's time zone.")
    text = serializers.CharField()
    campaign = serializers.CharField(
        source="campaign_api_id", allow_null=True, help_text="Such as cmp_1; null where it is of all that goes on."
    )
    createdAt = serializers.DateTimeField(source="created_at")
    createdBy = serializers.EmailField(
        source="created_by.email", default=None, allow_null=True, help_text="Who wrote it; null for a key."
    )


class NoteItem(StrictSerializer):
    day = serializers.DateField(help_text=f"A day of the workspace's time zone, from {FIRST_DAY} to {LAST_DAY}.")
    text = serializers.CharField(max_length=200, help_text="What is to be known of the day.", validators=[one_line])
    campaign = serializers.CharField(
        required=False, allow_null=True, help_text="The campaign that it is of, such as cmp_1; of all without one."
    )


class NoteChange(NoteItem):
    day = serializers.DateField(required=False, help_text="A day of the workspace's time zone.")
    text = serializers.CharField(
        max_length=200, required=False, help_text="What is to be known of the day.", validators=[one_line]
    )


class NoteFilter(WorkspaceListFilter):
    named = ("campaign",)

    dayFrom = DayFilter("day", "gte", help_text="Of this day or later.")
    dayBefore = DayFilter("day", "lt", help_text="Before this day.")
    campaign = ReferenceFilter("campaign", prefix="cmp", help_text="Of this campaign alone, such as cmp_1.")


class NotesViewSet(ResourceViewSet):
    """What members know of a day that its numbers do not say: the charts of days show it."""

    resource, prefix = "notes", "note"
    filters = NoteFilter
    serializer_class = NoteRecord
    item_class, new_class, change_class, is_upsert = NoteItem, NoteRecord, NoteChange, False
    orderings = {"day": "day", "id": "pk"}
    rights = CURATED

    def rows(self) -> QuerySet[Note]:
        return Note.objects.filter(workspace=self.access.workspace).select_related("created_by")

    def matching_rows(self, query: Mapping[str, str]) -> Any:
        sees_addresses = may_see_addresses(self.access.rights)
        filters = NoteFilter(query, self.rows(), workspace=self.access.workspace, sees_addresses=sees_addresses)
        return filters.checked_rows()

    def records(self, rows: Sequence[Model]) -> list[dict[str, Any]]:
        records = super().records(rows)
        if may_see_addresses(self.access.rights):
            return records
        return [{**record, "text": hidden_value(record["text"])} for record in records]

    def create(self, request: Request, workspace_id: str) -> Response:
        """Write a note for everybody in the workspace."""
        item = NoteItem(data=request.data)
        item.is_valid(raise_exception=True)
        return self.once(request, lambda: self._write(request, item.validated_data))

    def _write(self, request: Request, item: Mapping[str, Any]) -> Response:
        try:
            note = write_note(workspace=self.access.workspace, by=caller(request), **self._fields(item))
        except ValueError as error:
            raise serializers.ValidationError({"day": [str(error)]}) from None
        return answer(request, self.record(note), status_code=status.HTTP_201_CREATED)

    def partial_update(self, request: Request, workspace_id: str, resource_id: str) -> Response:
        """Only the fields that are given change."""
        item = NoteChange(data=request.data)
        item.is_valid(raise_exception=True)
        with transaction.atomic():
            note = self.row(resource_id)
            check_precondition(request, self.record(note))
            try:
                change_note(note=note, by=caller(request), **self._fields(item.validated_data))
            except ValueError as error:
                raise serializers.ValidationError({"day": [str(error)]}) from None
        return answer(request, self.record(note))

    def destroy(self, request: Request, workspace_id: str, resource_id: str) -> Response:
        """Delete the note."""
        note = self.row(resource_id)
        check_precondition(request, self.record(note))
        delete_note(note=note, by=caller(request))
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _fields(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """As the note has them, with the campaign that is named. Raises ValidationError where there is none."""
        if item.get("campaign") is None:
            return dict(item)
        number = number_of("cmp", item["campaign"])
        campaign = number and Campaign.objects.filter(workspace=self.access.workspace, pk=number).first()
        if not campaign:
            raise serializers.ValidationError({"campaign": ["There is no such campaign in this workspace."]})
        return {**item, "campaign": campaign}
