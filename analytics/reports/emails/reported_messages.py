"""What is only in the reports on messages: which were put off by a mailbox provider, and why which came back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from analytics.bounces import BounceClass, bounce_class
from analytics.models import Message, MessageEvent, MessageEventType
from analytics.reports.messages_meant import MessagesMeant
from workspaces.models import Workspace


@dataclass(frozen=True)
class DeferredMessage:
    """One that was put off at least once."""

    created_at: datetime
    campaign_id: int
    contact_id: int


@dataclass(frozen=True)
class BouncedMessage:
    bounce_class: BounceClass
    is_hard: bool
    is_soft: bool


def deferred_messages(messages: MessagesMeant) -> Sequence[DeferredMessage]:
    """In no order. Source: the reports, by their own index. One query, and those of conditions."""
    if not messages.are_any:
        return ()
    reports = MessageEvent.objects.filter(
        messages.rows("message__"), workspace=messages.workspace.pk, type=MessageEventType.DEFERRED
    )
    columns = ("message_id", "message__created_at", "message__campaign_id", "message__contact_id")
    rows = reports.order_by().values_list(*columns).distinct()
    return [DeferredMessage(*row) for _, *row in rows]


def bounced_messages(messages: MessagesMeant) -> Sequence[BouncedMessage]:
    """In no order. Source: the messages that bounced, by their own index, and their reports. Two queries, and those of
    conditions."""
    if not messages.are_any:
        return ()
    bounced = Message.objects.filter(messages.rows(), bounced_at__isnull=False)
    classes = bounce_classes(
        MessageEvent.objects.filter(messages.rows("message__"), message__bounced_at__isnull=False),
        messages.workspace,
    )
    rows = bounced.order_by().values_list("pk", "hard_bounced_at", "soft_bounced_at")
    return [
        BouncedMessage(classes.get(pk, BounceClass.UNKNOWN), hard is not None, soft is not None)
        for pk, hard, soft in rows
    ]


def bounce_classes(reports: QuerySet[MessageEvent], workspace: Workspace) -> Mapping[UUID, BounceClass]:
    """By message, of those of the reports that tell of a bounce: the class of the first, of several at one instant of
    that with the lowest id. One query."""
    of_bounces = reports.filter(workspace=workspace.pk, type=MessageEventType.BOUNCED, message__isnull=False)
    first: dict[UUID, tuple[datetime, UUID, str]] = {}
    rows: Any = of_bounces.order_by().values_list("message_id", "occurred_at", "pk", "reason")
    for message, *report in rows.iterator(chunk_size=10_000):
        if message not in first or (*report[:2],) < first[message][:2]:
            first[message] = (*report,)
    return {message: bounce_class(reason) for message, (_, _, reason) in first.items()}
