"""Putting what is to go out into the outbox, in the transaction of what it tells; the clock's work sends it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from analytics.models import Delivery, OutgoingEvent, WebhookEndpoint


@dataclass(frozen=True)
class EndpointNews:
    """Something that endpoints are told of once: `key` is what it is."""

    key: str
    data: Mapping[str, Any]


def tell_endpoints(workspace_id: int, event: OutgoingEvent, key: str, data: Mapping[str, Any], *, at: datetime) -> int:
    """Tell all endpoints that take such events, each once of the same `key`; answers how many. Two queries."""
    return tell_of_each(workspace_id, event, [EndpointNews(key, data)], at=at)


def tell_of_each(workspace_id: int, event: OutgoingEvent, news: Sequence[EndpointNews], *, at: datetime) -> int:
    """Tell all endpoints that take such events of each; answers how many deliveries that makes. Two queries, none where
    nothing has happened."""
    if not news:
        return 0
    endpoints = WebhookEndpoint.objects.filter(workspace=workspace_id).that_take(event)
    deliveries = [
        Delivery(
            workspace_id=workspace_id,
            endpoint=endpoint,
            event=event.value,
            key=f"{each.key}:{endpoint.api_id}",
            body={"type": event.value, "timestamp": at.isoformat(), "data": dict(each.data)},
            made_at=at,
            due_at=at,
        )
        for each in news
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
