"""A/B tests and assignments over the API, and which variant somebody gets."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from analytics import ingest
from analytics.api.filters.base import InstantFilter, WorkspaceListFilter
from analytics.api.filters.catalogue import same_contacts
from analytics.api.resources.items import ABTestChange, ABTestItem, AssignmentItem
from analytics.api.resources.records import ABTestRecord, AssignmentRecord
from analytics.api.resources.refusals import checked_identity
from analytics.api.resources.viewsets import Item, WrittenViewSet, with_whom
from analytics.draws import draw, drawn_place
from analytics.ingest.ab_tests import TestInUse, delete_test, take_tests
from analytics.ingest.assignments import stored_assignment
from analytics.ingest.edits import campaigns_held
from analytics.ingest.fields import MAX_ID_LENGTH
from analytics.lists.assignments import given_variant, same_people
from analytics.models import ABTest, Assignment, Variant
from campaignos.conditional import check_precondition
from campaignos.errors import Conflict, ParameterError
from campaignos.filters import FlagFilter, ReferenceFilter, Row, TextFilter, WholeNumberFilter
from campaignos.ids import number_of
from campaignos.resources.schema import row_parameter
from campaignos.views import ApiView
from workspaces.access import SecretKeyAuthentication, SessionAuthentication, api_workspace, caller
from workspaces.roles import Right


class ABTestFilter(WorkspaceListFilter):
    named = ("campaign",)

    campaign = ReferenceFilter("campaign_id", prefix="cmp", help_text="Tests of this campaign.")
    q = TextFilter("name", "contains_text", help_text="A part of the name.")
    externalId = TextFilter("external_id", help_text="The sender's id.")
    isHoldout = FlagFilter("is_holdout", help_text="Whether its control is withheld.")


class ABTestsViewSet(WrittenViewSet):
    """Tests of several variants against each other, of a campaign's messages or of anything else; and holdouts, whose
    control is given nothing. Those of campaigns are also written with them."""

    resource, prefix = "ab-tests", "ab"
    filters = ABTestFilter
    serializer_class = ABTestRecord
    item_class, change_class = ABTestItem, ABTestChange
    can_fail = {"destroy": ("409",)}
    orderings = {"id": "pk", "name": "name"}
    take = staticmethod(take_tests)

    def rows(self) -> QuerySet[ABTest]:
        tests = ABTest.objects.filter(workspace=self.access.workspace)
        return tests.select_related("campaign").prefetch_related("variants")

    def taken_items(self, items: Sequence[Item], received_at: datetime) -> ingest.Outcome:
        return take_tests(self.access.workspace, items, received_at=received_at, by=caller(self.request))

    def row_of(self, item: Item) -> ABTest:
        campaign = str(item.get("campaign") or "").strip()
        of = {"campaign__external_id": campaign} if campaign else {"campaign": None}
        return self.rows().get(external_id=str(item["externalId"]).strip(), **of)

    def partial_update(self, request: Request, workspace_id: str, resource_id: str) -> Response:
        """Only the fields that are given change; variants that are not named stay."""
        with campaigns_held(self.access.workspace):
            test = self.row(resource_id)
            identity = {"externalId": test.external_id}
            identity |= {"campaign": test.campaign.external_id} if test.campaign else {}
            return self.change(request, test, checked_identity(self.item(request), **identity))

    def destroy(self, request: Request, workspace_id: str, resource_id: str) -> Response:
        """Delete a test that nobody is in; end any other one (`endedAt`)."""
        with campaigns_held(self.access.workspace):
            test = self.row(resource_id)
            check_precondition(request, self.record(test))
            try:
                delete_test(test=test, by=caller(request))
            except TestInUse:
                raise Conflict("People were given variants of the test: end it instead.") from None
        return Response(status=status.HTTP_204_NO_CONTENT)


class AssignmentFilter(WorkspaceListFilter):
    named = ("contact", "variant")

    abTest = ReferenceFilter("test_id", prefix="ab", help_text="To variants of this test.")
    variant = WholeNumberFilter("variant_id", help_text="To the variant of this number.")
    contact = ReferenceFilter(method="of_contact", prefix="ct", help_text="Of this contact.")
    withheld = FlagFilter("withheld", help_text="Whether the person was given nothing.")
    assignedFrom = InstantFilter("assigned_at", "gte", help_text="At this instant or later.")
    assignedBefore = InstantFilter("assigned_at", "lt", help_text="Before this instant.")

    def of_contact(self, rows: QuerySet[Row], name: str, value: int) -> QuerySet[Row]:
        numbers = [contact.person_number for contact in same_contacts(self.workspace, value)]
        return rows.filter(person_number__among=same_people(self.workspace, numbers))


class AssignmentsViewSet(WrittenViewSet):
    """Who was given which variant of a test, and when. Of a person the first one counts."""

    resource, prefix = "assignments", "asg"
    filters = AssignmentFilter
    serializer_class = AssignmentRecord
    item_class, has_uuids = AssignmentItem, True
    orderings = {"assignedAt": "assigned_at"}
    take = staticmethod(ingest.take_assignments)

    def rows(self) -> QuerySet[Assignment]:
        tests = Prefetch("test", ABTest.objects.select_related("campaign"))
        return Assignment.objects.filter(workspace_id=self.access.workspace.pk).prefetch_related(tests, "variant")

    def records(self, rows: Sequence[Any]) -> list[dict[str, Any]]:
        """Two queries for all their contacts, two more where some have none."""
        return super().records(with_whom(self.access.workspace, rows))

    def row_of(self, item: Item) -> Assignment | None:
        return stored_assignment(self.access.workspace, item)


class ArmBody(serializers.Serializer[Any]):
    variant = serializers.CharField(help_text="The variant's name.")
    withheld = serializers.BooleanField(help_text="Whether to give nothing.")
    isAssigned = serializers.BooleanField(
        help_text="Whether it is known that the person was given it; otherwise it is drawn, and nothing is kept: state "
        "the assignment when it happens."
    )


_CONTACT, _DEVICE = "contact", "anonymousId"


class ArmView(ApiView):
    authentication_classes = (SecretKeyAuthentication, SessionAuthentication)
    parameters = (_CONTACT, _DEVICE)

    @extend_schema(
        operation_id="getArm",
        summary="Which variant somebody gets",
        tags=["ab-tests"],
        parameters=[
            row_parameter("test", "ab"),
            OpenApiParameter(
                _CONTACT,
                {"type": "string", "maxLength": MAX_ID_LENGTH},
                description="The contact's externalId, known or not. This or `anonymousId` is required.",
            ),
            OpenApiParameter(
                _DEVICE,
                {"type": "string", "maxLength": MAX_ID_LENGTH},
                description="The id of somebody not known.",
            ),
        ],
        responses={200: OpenApiResponse(ArmBody, description="The variant.")},
    )
    def get(self, request: Request, workspace_id: str, resource_id: str) -> Response:
        """The variant that the person was given first; else the one that is drawn by the test's seed, the id and the
        weights: FNV-1a as GrowthBook's clients have it (the second version), so that you can also draw it yourself.
        Needs the right `read`: read reports and data.
        """
        workspace = api_workspace(request, workspace_id, Right.READ)
        test = ABTest.objects.filter(workspace=workspace, pk=number_of("ab", resource_id) or 0).first()
        if test is None:
            raise Http404
        contact, anonymous_id = (_id(request, name) for name in (_CONTACT, _DEVICE))
        if (id := contact or anonymous_id) is None:
            raise ParameterError(_CONTACT, given="", allowed="the externalId of a contact, or anonymousId")
        given = given_variant(workspace, test.pk, contact=contact, anonymous_id=anonymous_id)
        variants = list(test.variants.all())
        if given is not None:
            name = next(variant.name for variant in variants if variant.pk == given.variant_id)
            return Response({"variant": name, "withheld": given.withheld, "isAssigned": True})
        return Response(_drawn_variant(test, variants, id))


def _drawn_variant(test: ABTest, variants: Sequence[Variant], id: str) -> dict[str, Any]:
    place = drawn_place([variant.weight for variant in variants], draw(test.hash_seed, id))
    if place is None:
        raise Conflict("The test has no variants with a weight.")
    variant = variants[place]
    return {"variant": variant.name, "withheld": test.is_holdout and variant.is_control, "isAssigned": False}


def _id(request: Request, name: str) -> str | None:
    text = request.query_params.get(name, "").strip()
    if len(text) > MAX_ID_LENGTH:
        raise ParameterError(name, given=text[:50], allowed=f"an id of at most {MAX_ID_LENGTH} characters")
    return text or None
