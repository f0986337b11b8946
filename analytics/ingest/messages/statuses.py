"""What a message has reached: for each status the earliest instant that is known.

That is when it was reported, or when one that implies it was: whoever opened, clicked, complained or unsubscribed got
the message. So any order of the same reports ends in the same message, and no rate passes 1.
"""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime

from analytics.ingest.messages.engagement import HUMAN_INSTANTS
from analytics.ingest.people.objections import OBJECTION_FIELD_OF
from analytics.metrics import LIFE_CYCLE
from analytics.models import Message, MessageEvent, MessageEventType

_STATUS_FIELDS = {MessageEventType(status.value): status.field for status in LIFE_CYCLE}
STATUS_INSTANTS = tuple(_STATUS_FIELDS.values())
_RECEIVED = ("delivered_at", "sent_at")
IMPLIED_STATUSES = {
    "delivered_at": ("sent_at",),
    "opened_at": _RECEIVED,
    "clicked_at": ("opened_at", *_RECEIVED),
    "bounced_at": ("sent_at",),
}
"""By the field of a status, those of the statuses that a message passes before it."""
IMPLIED_INSTANTS = ("sent_at", "delivered_at", "opened_at")
REPORTED = {"delivered_at": "reported_delivered_at"}
STATED = {"opened_at": "stated_opened_at", "clicked_at": "stated_clicked_at"}
MESSAGE_COLUMNS = [
    "campaign",
    "contact",
    "person_number",
    "channel",
    "variant",
    "provider_message_id",
    "created_at",
    *STATUS_INSTANTS,
    *REPORTED.values(),
    *STATED.values(),
    *HUMAN_INSTANTS,
    "received_at",
]


def _reach(message: Message, instant_name: str, at: datetime) -> bool:
    """Note that a report said of a status that it was reached; whether that changed the message."""
    reported = [REPORTED[instant_name]] if instant_name in REPORTED else []
    return keep_earliest(message, [instant_name, *IMPLIED_STATUSES.get(instant_name, ()), *reported], at)


def settle(message: Message) -> bool:
    """Bring a message up to what its statuses imply, which a release before did not write; whether that changed it."""
    reached = {name: at for name in IMPLIED_STATUSES if (at := getattr(message, name)) is not None}
    changes = [keep_earliest(message, IMPLIED_STATUSES[name], at) for name, at in reached.items()]
    return any(changes)


def keep_earliest(message: Message, names: Sequence[str], at: datetime) -> bool:
    """Set those of the instants that are not set, or later; whether that changed the message."""
    earlier = [name for name in names if getattr(message, name) is None or at < getattr(message, name)]
    for name in earlier:
        setattr(message, name, at)
    return bool(earlier)


def locked_messages(workspace_id: int, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Message]:
    """The messages by id, until the transaction ends nobody else's to change. One query."""
    of_workspace = Message.objects.select_for_update().filter(workspace_id=workspace_id)
    rows = of_workspace.filter(pk__among=[pk.hex for pk in ids]).order_by("pk")
    return {row.pk: row for row in rows}


def apply_report(report: MessageEvent, message: Message, received_at: datetime) -> bool:
    """Bring a message up to what a report says of it; whether that changed it."""
    if not _note(report, message):
        return False
    message.received_at = received_at
    return True


def _note(report: MessageEvent, message: Message) -> bool:
    """Note what a report says of its message; whether that changed it."""
    if report.type in OBJECTION_FIELD_OF:
        return keep_earliest(message, _RECEIVED, report.occurred_at)
    name = _STATUS_FIELDS.get(MessageEventType(report.type))
    return name is not None and _reach(message, name, report.occurred_at)
