"""Putting what is to go out into the outbox, in the transaction of what it tells; the clock's work sends it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from analytics.models import Delivery, OutgoingEvent, WebhookEndpoint


def tell_endpoints(workspace_id: int, event: OutgoingEvent, key: str, data: Mapping[str, Any], *, at: datetime) -> int:
    """Tell all endpoints that take such events, each once of the same `key`; answers how many. Two queries."""
    body = {"type": event.value, "timestamp": at.isoformat(), "data": dict(data)}
    endpoints = WebhookEndpoint.objects.filter(workspace=workspace_id).that_take(event)
    deliveries = [
        Delivery(
            workspace_id=workspace_id,
            endpoint=endpoint,
            event=event.value,
            key=f"{key}:{endpoint.api_id}",
            body=body,
            made_at=at,
            due_at=at,
        )
        for endpoint in endpoints
    ]
    if deliveries:
        Delivery.objects.bulk_create(deliveries, ignore_conflicts=True)
    return len(deliveries)


def mail(workspace_id: int, email: str, event: str, key: str, body: Mapping[str, Any], *, at: datetime) -> None:
    """Mail to an address once of the same `key`. One query."""
    delivery = Delivery(
        workspace_id=workspace_id,
        email=email,
        event=event,
        key=f"{key}:{email}",
        body=dict(body),
        made_at=at,
        due_at=at,
    )
    Delivery.objects.bulk_create([delivery], ignore_conflicts=True)
