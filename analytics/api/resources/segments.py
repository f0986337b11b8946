"""Segments over the API."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast

from django.db import transaction
from django.db.models import Model, QuerySet
from django.utils import timezone
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.addresses import hidden_value
from analytics.api import params
from analytics.api.condition_names import condition_names
from analytics.ledger import Ledger, LedgerPeople
from analytics.models import SavedSegment
from analytics.periods import Window, local_day
from analytics.presentation.kept.segments import SegmentDescription
from analytics.questions.fields import Subject
from analytics.questions.filter_reader import FilterParameters
from analytics.questions.filters import AllOf, InSegment, all_of
from analytics.segments import SegmentInUse, change_segment, delete_segment, save_segment
from campaignos.conditional import answer, check_precondition
from campaignos.errors import Conflict, ParameterError
from campaignos.filters import FlagFilter, ListFilter, Row, TextFilter
from campaignos.strict import StrictSerializer
from campaignos.texts import one_line
from workspaces.access import caller
from workspaces.models import Workspace
from workspaces.resources import CURATED, ResourceViewSet
from workspaces.roles import may_see_addresses

MOST_WHERE = 20
MAX_WHERE_LENGTH = 4096


def people_now(workspace: Workspace) -> LedgerPeople:
    """Conditions on a workspace's people, where what has to lie within so many days ends today."""
    today = local_day(timezone.now(), workspace.zone)
    return LedgerPeople(Ledger(workspace), Window.between(today, today, zone=workspace.zone))


def described_segments(
    workspace: Workspace, segments: Iterable[SavedSegment], *, with_sizes: bool
) -> list[SegmentDescription]:
    """In the same order. Three queries for names; with sizes, those of all conditions."""
    conditions = {segment: segment.conditions(workspace.zone) for segment in segments}
    names, people = condition_names(workspace, all_of(*conditions.values())), people_now(workspace)
    return [
        SegmentDescription(
            key=segment.pk,
            name=segment.name,
            conditions=meant,
            names=names,
            created_at=segment.created_at,
            author=segment.created_by.get_short_name() if segment.created_by else "",
            author_email=segment.created_by.email if segment.created_by else None,
            size=len(people.people(InSegment(segment.pk))) if with_sizes else None,
        )
        for segment, meant in conditions.items()
    ]


class SegmentRecord(serializers.Serializer[SegmentDescription]):
    id = serializers.CharField(source="api_id", help_text="Such as seg_1.")
    name = serializers.CharField(help_text="Unique in the workspace.")
    filter = serializers.JSONField(help_text="Its conditions, as `filter` of lists and reports takes them.")
    where = serializers.ListField(
        child=serializers.CharField(),
        allow_null=True,
        help_text="The same as conditions that `where` takes, all of which hold; null where it cannot say them.",
    )
    sentence = serializers.CharField(help_text="The same in words.")
    createdAt = serializers.DateTimeField(source="created_at")
    createdBy = serializers.CharField(
        source="author_email",
        allow_null=True,
        help_text="The email of who saved it; null for a key.",
    )
    size = serializers.IntegerField(
        allow_null=True, help_text="The people who are in it now; in lists null unless `size=true` asks for it."
    )


class SegmentItem(StrictSerializer):
    name = serializers.CharField(
        max_length=200, help_text="A name that no other segment of the workspace has.", validators=[one_line]
    )
    filter = serializers.JSONField(
        required=False,
        help_text="Conditions on people, as `filter` of lists and reports takes them. With `where`, both hold.",
    )
    where = serializers.ListField(
        child=serializers.CharField(max_length=MAX_WHERE_LENGTH, trim_whitespace=False),
        max_length=MOST_WHERE,
        required=False,
        allow_null=True,
        help_text="Conditions on people such as `contact.plan:pro`, all of which hold.",
    )


class SegmentChange(SegmentItem):
    """With `filter` or `where`, all of its conditions are new."""

    name = serializers.CharField(
        max_length=200, required=False, help_text="A name that no other segment has.", validators=[one_line]
    )


class SegmentFilter(ListFilter):
    q = TextFilter("name", "contains_text", help_text="A part of the name.")
    size = FlagFilter(method="with_sizes", help_text="Whether to count the people who are in each now.")

    def with_sizes(self, rows: QuerySet[Row], name: str, value: bool) -> QuerySet[Row]:
        """The same rows: sizes are no matter of which."""
        return rows


class SegmentsViewSet(ResourceViewSet):
    """Conditions on people that everybody in the workspace sees, and asks reports and lists for by `segment`.

    Who is in one is found out whenever it is asked for.
    """

    resource, prefix = "segments", "seg"
    filters = SegmentFilter
    serializer_class = SegmentRecord
    item_class, new_class, change_class, is_upsert = SegmentItem, SegmentRecord, SegmentChange, False
    can_fail = {"create": ("409",), "partial_update": ("409",), "destroy": ("409",)}
    orderings = {"id": "pk", "name": "name"}
    rights = CURATED

    def rows(self) -> QuerySet[SavedSegment]:
        return SavedSegment.objects.filter(workspace=self.access.workspace).select_related("created_by")

    def records(self, rows: Sequence[Model]) -> list[dict[str, Any]]:
        """With their sizes where the address asks for them."""
        is_list = self.action in ("list", "export")
        return self._records(rows, with_sizes=is_list and self.request.query_params.get("size") == "true")

    def _records(self, rows: Sequence[Model], *, with_sizes: bool) -> list[dict[str, Any]]:
        segments = cast("Sequence[SavedSegment]", rows)
        described = described_segments(self.access.workspace, segments, with_sizes=with_sizes)
        records = [dict(record) for record in self.get_serializer(described, many=True).data]
        return records if may_see_addresses(self.access.rights) else [*map(_masked_record, records)]

    def retrieve(self, request: Request, *, resource_id: str, **names: str) -> Response:
        return self._answer(request, self.row(resource_id))

    def _answer(self, request: Request, segment: SavedSegment, status_code: int = status.HTTP_200_OK) -> Response:
        """The segment with its size, which nobody has to have seen who changes it."""
        record = self.record(segment)
        size = len(people_now(self.access.workspace).people(InSegment(segment.pk)))
        return answer(request, record, status_code=status_code, live={"size": size})

    def create(self, request: Request, workspace_id: str) -> Response:
        """Save a segment for everybody."""
        item = SegmentItem(data=request.data)
        item.is_valid(raise_exception=True)
        return self.once(request, lambda: self._save(request, item.validated_data))

    def _save(self, request: Request, item: Mapping[str, Any]) -> Response:
        condition = self._condition(item) or AllOf()
        with _refused_as(item):
            segment = save_segment(
                workspace=self.access.workspace, name=item["name"], condition=condition, by=caller(request)
            )
        return self._answer(request, segment, status.HTTP_201_CREATED)

    def partial_update(self, request: Request, workspace_id: str, resource_id: str) -> Response:
        """Only the fields that are given change."""
        item = SegmentChange(data=request.data)
        item.is_valid(raise_exception=True)
        asked = item.validated_data
        with transaction.atomic():
            Workspace.objects.select_for_update(no_key=True).get(pk=self.access.workspace.pk)
            segment = self.row(resource_id)
            check_precondition(request, self.record(segment))
            with _refused_as(asked):
                change_segment(
                    segment=segment, by=caller(request), name=asked.get("name"), condition=self._condition(asked)
                )
        return self._answer(request, segment)

    def destroy(self, request: Request, workspace_id: str, resource_id: str) -> Response:
        """Delete the segment, not its people. One that another segment, a saved question, a funnel, an alert or a link
        names stays."""
        segment = self.row(resource_id)
        check_precondition(request, self.record(segment))
        try:
            delete_segment(segment=segment, by=caller(request))
        except SegmentInUse as error:
            raise Conflict(str(error)) from None
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _condition(self, item: Mapping[str, Any]) -> AllOf | None:
        """What an item says of people; None where it says nothing of them. Raises ValidationError for what it cannot
        say."""
        if item.keys().isdisjoint(_CONDITIONS):
            return None
        given = FilterParameters(where=item.get("where") or (), filter=item.get("filter"))
        try:
            return params.conditions(
                given,
                self.access.workspace,
                subjects=(Subject.PEOPLE,),
                sees_addresses=may_see_addresses(self.access.rights),
            )
        except ParameterError as error:
            raise _refusal(item, str(error.detail), error.parameter) from None


_CONDITIONS = ("filter", "where")


def _masked_record(record: Mapping[str, Any]) -> dict[str, Any]:
    """For who sees no addresses, those that a member wrote into a name or a condition are masked."""
    return {name: value if name == "createdBy" else hidden_value(value) for name, value in record.items()}


def _refusal(item: Mapping[str, Any], problem: str, parameter: str = "filter") -> serializers.ValidationError:
    """Of the field that said it."""
    field = next((name for name in (parameter, *_CONDITIONS) if item.get(name)), "filter")
    return serializers.ValidationError({field: [problem]})


@contextmanager
def _refused_as(item: Mapping[str, Any]) -> Iterator[None]:
    """What a segment cannot be made of as an error of the field that says it."""
    try:
        yield
    except ValueError as error:
        raise _refusal(item, str(error)) from None
