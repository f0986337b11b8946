"""Outgoing webhooks over the API: endpoints made, switched and deleted, and what was sent to them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.endpoints import add_endpoint, delete_endpoint, send_again, switch_endpoint
from analytics.models import Delivery, DeliveryState, OutgoingEvent, WebhookEndpoint
from campaignos.conditional import answer, check_precondition
from campaignos.errors import Conflict
from campaignos.filters import ChoicesFilter, ListFilter, ReferenceFilter
from campaignos.strict import StrictSerializer
from workspaces.access import SessionAuthentication
from workspaces.models import User
from workspaces.resources import ResourceViewSet
from workspaces.roles import Right

_EVENTS = "What it is told of."


class WebhookEndpointRecord(serializers.Serializer[WebhookEndpoint]):
    id = serializers.CharField(source="api_id", help_text="Such as end_1.")
    url = serializers.CharField(help_text="Where events are posted to.")
    events = serializers.ListField(child=serializers.ChoiceField(OutgoingEvent.values), help_text=_EVENTS)
    isOn = serializers.SerializerMethodField()
    disabledAt = serializers.DateTimeField(
        source="disabled_at", allow_null=True, help_text="Since when nothing is sent to it; null while it is on."
    )
    createdAt = serializers.DateTimeField(source="created_at")
    createdBy = serializers.EmailField(source="created_by.email", default=None, allow_null=True)

    def get_isOn(self, endpoint: WebhookEndpoint) -> bool:
        return endpoint.disabled_at is None


class NewWebhookEndpointRecord(WebhookEndpointRecord):
    secret = serializers.CharField(
        allow_null=True,
        help_text="By which the receiver checks what comes. It stands in this answer alone: null where the answer to "
        "an Idempotency-Key is given again.",
    )


class WebhookEndpointItem(StrictSerializer):
    url = serializers.CharField(max_length=2000, help_text="It begins with https:// and leads to a public host.")
    events = serializers.ListField(
        child=serializers.ChoiceField(OutgoingEvent.values), allow_empty=False, help_text=_EVENTS
    )


class WebhookEndpointPatch(StrictSerializer):
    isOn = serializers.BooleanField(help_text="What happens while it is off is not sent later.")


class WebhookEndpointFilter(ListFilter):
    pass


class WebhookEndpointsViewSet(ResourceViewSet):
    """Addresses of yours that are told what happens, signed as Standard Webhooks says. People alone make them, no
    keys."""

    authentication_classes = (SessionAuthentication,)
    resource, prefix = "webhook-endpoints", "end"
    filters = WebhookEndpointFilter
    serializer_class = WebhookEndpointRecord
    item_class, new_class, is_upsert, secret = WebhookEndpointItem, NewWebhookEndpointRecord, False, "secret"
    change_class = WebhookEndpointPatch
    can_fail = {"create": ("409",)}
    orderings = {"id": "pk"}
    rights = dict.fromkeys(("list", "retrieve", "create", "partial_update", "destroy"), Right.MANAGE)

    def rows(self) -> QuerySet[WebhookEndpoint]:
        return WebhookEndpoint.objects.filter(workspace=self.access.workspace).select_related("created_by")

    def create(self, request: Request, workspace_id: str) -> Response:
        """A new endpoint. Its secret stands in this answer only. A workspace has at most 20."""
        item = WebhookEndpointItem(data=request.data)
        item.is_valid(raise_exception=True)
        return self.once(request, lambda: self._make(request, item.validated_data))

    def _make(self, request: Request, item: Mapping[str, Any]) -> Response:
        by = cast(User, request.user)
        try:
            endpoint, secret = add_endpoint(
                workspace=self.access.workspace, url=item["url"], events=item["events"], by=by
            )
        except ValidationError as error:
            if hasattr(error, "error_dict"):
                raise serializers.ValidationError(error.message_dict) from None
            raise Conflict(error.messages[0]) from None
        return Response({**self.record(endpoint), "secret": secret}, status=status.HTTP_201_CREATED)

    def partial_update(self, request: Request, workspace_id: str, resource_id: str) -> Response:
        """Switch it off or on. Where it is told of other events, or is elsewhere, it is another endpoint."""
        by = cast(User, request.user)
        with transaction.atomic():
            endpoint = self.row(resource_id)
            body = WebhookEndpointPatch(data=request.data)
            body.is_valid(raise_exception=True)
            check_precondition(request, self.record(endpoint))
            switch_endpoint(endpoint=endpoint, is_on=body.validated_data["isOn"], by=by, at=timezone.now())
        return answer(request, self.record(endpoint))

    def destroy(self, request: Request, workspace_id: str, resource_id: str) -> Response:
        """Delete it, with all that was sent to it and what waits to be sent."""
        endpoint = self.row(resource_id)
        check_precondition(request, self.record(endpoint))
        delete_endpoint(endpoint=endpoint, by=cast(User, request.user))
        return Response(status=status.HTTP_204_NO_CONTENT)


class StoredInstantField(serializers.DateTimeField):
    """An instant that is kept as a text."""

    def to_representation(self, value: Any) -> Any:
        return super().to_representation(datetime.fromisoformat(value))


class DeliveryAttemptRecord(serializers.Serializer[Any]):
    at = StoredInstantField()
    status = serializers.IntegerField(allow_null=True, help_text="That of HTTP; null where nothing was answered.")
    problem = serializers.CharField(help_text="Why nothing was answered; else empty.")


class WebhookDeliveryRecord(serializers.Serializer[Delivery]):
    id = serializers.CharField(source="api_id", help_text="Such as dlv_1: the `webhook-id` that is sent.")
    endpoint = serializers.CharField(source="endpoint.api_id", help_text="To which it goes.")
    event = serializers.ChoiceField(OutgoingEvent.values)
    state = serializers.ChoiceField(DeliveryState.values)
    body = serializers.JSONField(help_text="What is posted.")
    attempts = DeliveryAttemptRecord(many=True, help_text="The oldest first.")
    madeAt = serializers.DateTimeField(source="made_at", help_text="When it happened that it tells of.")
    nextAt = serializers.SerializerMethodField(help_text="When it is tried next; null once it has ended.")
    endedAt = serializers.DateTimeField(
        source="ended_at", allow_null=True, help_text="When it was taken, or given up; it is listed for 30 days then."
    )

    def get_nextAt(self, delivery: Delivery) -> str | None:
        if delivery.state != DeliveryState.WAITING:
            return None
        return serializers.DateTimeField().to_representation(delivery.due_at)


class WebhookDeliveryFilter(ListFilter):
    endpoint = ReferenceFilter("endpoint", prefix="end", help_text="To this endpoint, such as end_1.")
    event = ChoicesFilter(choices=OutgoingEvent.values, help_text="The event, or several.")
    state = ChoicesFilter(choices=DeliveryState.values, help_text="The state, or several.")


class WebhookDeliveriesViewSet(ResourceViewSet):
    """What was posted to the endpoints or waits to be, each with its attempts."""

    authentication_classes = (SessionAuthentication,)
    resource, prefix = "webhook-deliveries", "dlv"
    filters = WebhookDeliveryFilter
    serializer_class = WebhookDeliveryRecord
    can_fail = {"resend": ("409",)}
    orderings = {"madeAt": "made_at", "id": "pk"}
    rights = dict.fromkeys(("list", "retrieve", "resend"), Right.MANAGE)

    def rows(self) -> QuerySet[Delivery]:
        rows = Delivery.objects.filter(workspace=self.access.workspace, endpoint__isnull=False)
        return rows.select_related("endpoint")

    def resend(self, request: Request, workspace_id: str, resource_id: str) -> Response:
        """Post it once more within minutes, under the same id, by which the receiver can tell."""
        delivery = self.row(resource_id)
        try:
            send_again(delivery, at=timezone.now())
        except ValidationError as error:
            raise Conflict(error.messages[0]) from None
        return Response(self.record(delivery))
