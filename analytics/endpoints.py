"""Writes to the endpoints of a workspace. Each is one transaction, with its line in the audit trail."""

import base64
import secrets
from collections.abc import Sequence
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from analytics.audited import DataAction
from analytics.models import Delivery, DeliveryState, OutgoingEvent, WebhookEndpoint
from campaignos.outgoing import RefusedAddress, check_outgoing
from workspaces.audit import record
from workspaces.models import User, Workspace

SECRET_BYTES = 32
MOST_ENDPOINTS = 20


@transaction.atomic
def add_endpoint(*, workspace: Workspace, url: str, events: Sequence[str], by: User) -> tuple[WebhookEndpoint, str]:
    """A new endpoint, and its secret, which is shown this once. Raises ValidationError."""
    try:
        check_outgoing(url)
    except RefusedAddress as error:
        raise ValidationError({"url": str(error)}) from None
    if not events or not {*events} <= {*OutgoingEvent.values}:
        raise ValidationError({"events": f"Choose some of {', '.join(OutgoingEvent.values)}."})
    if WebhookEndpoint.objects.filter(workspace=workspace).count() >= MOST_ENDPOINTS:
        raise ValidationError(f"A workspace has at most {MOST_ENDPOINTS} endpoints: delete one first.")
    secret = f"whsec_{base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()}"
    endpoint = WebhookEndpoint(workspace=workspace, url=url, events=[*dict.fromkeys(events)], created_by=by)
    endpoint.secret = secret
    endpoint.save()
    after = {"host": _host(url), "events": endpoint.events}
    record(DataAction.ENDPOINT_ADDED, by=by, workspace=workspace, target=endpoint.api_id, after=after)
    return endpoint, secret


@transaction.atomic
def delete_endpoint(*, endpoint: WebhookEndpoint, by: User) -> None:
    """With all that waits to be sent to it."""
    target, before = endpoint.api_id, {"host": _host(endpoint.url), "events": endpoint.events}
    endpoint.delete()
    record(DataAction.ENDPOINT_DELETED, by=by, workspace=endpoint.workspace, target=target, before=before)


@transaction.atomic
def switch_endpoint(*, endpoint: WebhookEndpoint, is_on: bool, by: User, at: datetime) -> None:
    """What came while it was off is not sent later."""
    if is_on == (endpoint.disabled_at is None):
        return
    endpoint.disabled_at = None if is_on else at
    endpoint.save(update_fields=["disabled_at"])
    state = {"on": is_on}
    record(DataAction.ENDPOINT_CHANGED, by=by, workspace=endpoint.workspace, target=endpoint.api_id, after=state)


def send_again(delivery: Delivery, *, at: datetime) -> None:
    """What has ended, under the same id, so that who has it already can tell. Raises ValidationError for what waits to
    be sent, or goes where nothing is sent."""
    if delivery.state == DeliveryState.WAITING:
        raise ValidationError("It waits to be sent already.")
    if delivery.endpoint is not None and delivery.endpoint.disabled_at is not None:
        raise ValidationError("Its webhook is switched off: switch it on first.")
    delivery.state, delivery.due_at, delivery.ended_at = DeliveryState.WAITING, at, None
    delivery.save(update_fields=["state", "due_at", "ended_at"])


def _host(url: str) -> str:
    """What the audit trail keeps of an address: its path may hold a secret."""
    return url.partition("://")[2].partition("/")[0]
