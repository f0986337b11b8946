"""The resources to write in bulk."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, cast

from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from analytics import ingest
from analytics.api.resources import items
from analytics.api.resources.items import OutcomeBody
from analytics.ingest.outcome import ItemWarnings
from analytics.intake.calls import MAX_BATCH_ITEMS, batch_items, outcome_body
from campaignos.bodies import ItemsParser
from campaignos.errors import BodyError
from campaignos.schema import IDEMPOTENCY_KEY, JSON, ApiSchema, operation_id
from campaignos.strict import Known, known_fields, unknown_fields
from campaignos.views import ApiView
from workspaces.access import SecretKeyAuthentication, SessionAuthentication, api_access, caller, caller_key
from workspaces.idempotency import answered_once
from workspaces.models import Workspace
from workspaces.roles import Right

_Take = Callable[..., ingest.Outcome]

_TAKE: dict[str, _Take] = {
    "contacts": ingest.take_contacts,
    "campaigns": ingest.take_campaigns,
    "enrollments": ingest.take_enrollments,
    "messages": ingest.take_messages,
    "message-events": ingest.take_message_events,
    "events": ingest.take_events,
    "assignments": ingest.take_assignments,
    "rates": ingest.take_rates,
}
_AUDITED = ("campaigns", "rates")
"""The audit log tells who sent them."""
_ITEMS: dict[str, type[serializers.Serializer[Any]]] = {
    "contacts": items.ContactItem,
    "campaigns": items.CampaignItem,
    "enrollments": items.EnrollmentItem,
    "messages": items.MessageItem,
    "message-events": items.MessageEventItem,
    "events": items.EventItem,
    "assignments": items.AssignmentItem,
    "rates": items.RateItem,
}


class BulkSchema(ApiSchema):
    """The schema allows any object as an item, since the answer reports a bad one."""

    def get_operation_id(self) -> str:
        return operation_id("send", self._resource)

    def get_summary(self) -> str:
        return f"Send many {self._resource}".replace("-", " ")

    def get_tags(self) -> list[str]:
        return [self._resource]

    def get_override_parameters(self) -> list[Any]:
        return [IDEMPOTENCY_KEY]

    def get_request_serializer(self) -> Any:
        item = self.resolve_serializer(_ITEMS[self._resource], "request").ref
        batch = {
            "type": "object",
            "properties": {"items": {"type": "array", "maxItems": MAX_BATCH_ITEMS, "items": item}},
            "required": ["items"],
            "additionalProperties": True,
        }
        return {JSON: self.named_schema(f"{_ITEMS[self._resource].__name__.removesuffix('Item')}Batch", batch)}

    def get_response_serializers(self) -> Any:
        return {200: OpenApiResponse(OutcomeBody, description="What became of the items.")}

    @property
    def _resource(self) -> str:
        return str(cast("BulkView", self.view).resource)


class BulkView(ApiView):
    """`{"items": [ … ]}` of one resource, up to 1,000. A bad item never spoils the others."""

    authentication_classes = (SecretKeyAuthentication, SessionAuthentication)
    parser_classes = (ItemsParser,)
    schema = BulkSchema()
    resource = ""

    def post(self, request: Request, workspace_id: str) -> Response:
        access = api_access(request, workspace_id, Right.WRITE)
        workspace = access.workspace
        received_at, source, key = timezone.now(), f"bulk/{self.resource}", caller_key(request)
        try:
            sent = _items(request)
        except BodyError as error:
            ingest.keep_refusal(workspace, error.code, error.message, source=source, received_at=received_at, key=key)
            raise

        def take() -> Response:
            outcome = self.taken_items(request, workspace, sent, received_at)
            warn_of_unknown_fields(outcome, request.data, sent, known_fields(_ITEMS[self.resource]))
            items = sent or [request.data]
            ingest.keep_remarks(workspace, outcome, items, source=source, received_at=received_at, key=key)
            return Response(outcome_body(outcome))

        return answered_once(access, request, take)

    def taken_items(
        self, request: Request, workspace: Workspace, items: Sequence[object], received_at: datetime
    ) -> ingest.Outcome:
        by = {"by": caller(request)} if self.resource in _AUDITED else {}
        return _TAKE[self.resource](workspace, items, received_at=received_at, **by)


def warn_of_unknown_fields(outcome: ingest.Outcome, body: object, sent: Sequence[object], known: Known) -> None:
    """Adds a warning for each unknown name, at the first item that has it. A name beside the items is reported at index
    0, even where there are no items."""
    names: set[str] = set()
    warnings = ItemWarnings()
    for name in body.keys() - {"items"} if isinstance(body, dict) else ():
        warnings.add("unknown_field", f"{name[:100]!r} is not read beside items.")
    is_flat = not any(known.values())
    for index, item in enumerate(sent):
        if is_flat and isinstance(item, dict) and item.keys() <= known.keys() and not warnings.pending:
            continue
        for field in set(unknown_fields(item, known)):
            if field.name not in names:
                names.add(field.name)
                warnings.add("unknown_field", f"{field.name[:100]!r} is not read. {field.problem}")
        if warnings.pending:
            outcome.warn(index, item, warnings)
    if warnings.pending:
        outcome.warn(0, body, warnings)


def _items(request: Request) -> list[object]:
    body = request.data
    if not isinstance(body, dict):
        raise BodyError("invalid_body", 'The body must be a JSON object {"items": [ … ]}.')
    return batch_items(body, "items")


VIEWS: dict[str, Callable[..., Any]] = {name: BulkView.as_view(resource=name) for name in _TAKE}
"""By resource."""
