"""The six resources to write in bulk."""

from collections.abc import Callable

from django.http import Http404
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics import ingest
from analytics.api.ingest import batch_items, outcome_body
from campaignos.errors import BodyError
from workspaces.access import SecretKeyAuthentication, SessionAuthentication, api_workspace
from workspaces.idempotency import answered_once
from workspaces.roles import Right

_Take = Callable[..., ingest.Outcome]

_TAKE: dict[str, _Take] = {
    "contacts": ingest.take_contacts,
    "campaigns": ingest.take_campaigns,
    "enrollments": ingest.take_enrolments,
    "messages": ingest.take_messages,
    "message-events": ingest.take_message_events,
    "events": ingest.take_events,
}


class BulkView(APIView):
    """`{"items": [ … ]}` of one resource, up to 1,000. A bad item never spoils the others."""

    authentication_classes = (SecretKeyAuthentication, SessionAuthentication)

    def post(self, request: Request, workspace_id: str, resource: str) -> Response:
        workspace = api_workspace(request, workspace_id, Right.WRITE)
        if resource not in _TAKE:
            raise Http404
        received_at, source = timezone.now(), f"bulk/{resource}"
        try:
            items = _items(request)
        except BodyError as error:
            ingest.keep_refusal(workspace, error, source=source, received_at=received_at)
            raise

        def take() -> Response:
            outcome = _TAKE[resource](workspace, items, received_at=received_at)
            ingest.keep_remarks(workspace, outcome, items, source=source, received_at=received_at)
            return Response(outcome_body(outcome))

        return answered_once(workspace, request, take)


def _items(request: Request) -> list[object]:
    body = request.data
    if not isinstance(body, dict):
        raise BodyError("invalid_body", 'The body must be a JSON object {"items": [ … ]}.')
    return batch_items(body, "items")
