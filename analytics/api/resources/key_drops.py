"""Dropping what came by a key for web pages, over the API."""

from dataclasses import asdict
from typing import Any, cast

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.ingest.removal.key_drops import SentByKey, drop_for_a_while
from campaignos.body_fields import DayOrInstantField
from campaignos.ids import number_of
from campaignos.resources.schema import row_parameter
from campaignos.strict import StrictSerializer
from campaignos.views import ApiView
from workspaces.access import SecretKeyAuthentication, SessionAuthentication, api_access
from workspaces.models import Key, User
from workspaces.roles import Right


class DropItem(StrictSerializer):
    since = DayOrInstantField(help_text="When the first of it was received.")


class DropBody(serializers.Serializer[Any]):
    events = serializers.IntegerField(min_value=0, help_text="Events that are gone.")
    contacts = serializers.IntegerField(min_value=0, help_text="Contacts that are gone: only the key had named them.")
    joins = serializers.IntegerField(min_value=0, help_text="Devices, contacts it had joined to others.")
    fields = serializers.IntegerField(  # type: ignore[assignment]
        min_value=0, help_text="Fields that the key had filled of contacts that are known otherwise."
    )
    isDone = serializers.BooleanField(source="is_done", help_text="False if there is more: ask again.")


class KeyDropView(ApiView):
    authentication_classes = (SecretKeyAuthentication, SessionAuthentication)

    @extend_schema(
        operation_id="dropWhatKeySent",
        summary="Drop what a key sent",
        tags=["keys"],
        parameters=[row_parameter("key", "key")],
        request=DropItem,
        responses={200: OpenApiResponse(DropBody, description="What is dropped, and whether that was all.")},
    )
    def post(self, request: Request, workspace_id: str, resource_id: str) -> Response:
        """Drop all that came by a key for web pages since an instant: its events, what it joined, contacts that only it
        has named, and what it filled of others. Nobody can bring it back. Needs the right `manage`, which no key has.
        """
        access = api_access(request, workspace_id, Right.MANAGE)
        keys = Key.objects.filter(workspace=access.workspace, allows_browsers=True)
        key = keys.filter(pk=number_of("key", resource_id) or 0).first()
        if key is None:
            raise Http404
        item = DropItem(data=request.data, context={"zone": access.workspace.zone})
        item.is_valid(raise_exception=True)
        sent = SentByKey(access.workspace, key, item.validated_data["since"], timezone.now())
        dropped, is_done = drop_for_a_while(sent, by=cast(User, request.user))
        return Response({**asdict(dropped), "isDone": is_done})
