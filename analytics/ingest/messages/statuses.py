"""What a message has reached: for each status the earliest instant that is known.

That is when it was reported, or when one that implies it was: whoever opened, clicked, complained or unsubscribed got
the message. So any order of the same reports ends in the same message, and no rate passes 1.
"""

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from django.db.models import Q, QuerySet

from analytics.ingest.messages.engagement import HUMAN_INSTANTS
from analytics.ingest.people.objections import OBJECTION_FIELD_OF
from analytics.metrics import HARM, LIFE_CYCLE
from analytics.models import BounceKind, Message, MessageEvent, MessageEventType

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
HARM_INSTANTS = tuple(harm.field for harm in HARM)
"""Those that reports alone tell."""
_FIELD_OF_BOUNCE = {BounceKind.HARD: "hard_bounced_at", BounceKind.SOFT: "soft_bounced_at"}
STATED = {"opened_at": "stated_opened_at", "clicked_at": "stated_clicked_at"}
REPORTED_COLUMNS = [*STATUS_INSTANTS, *REPORTED.values(), *HUMAN_INSTANTS, *HARM_INSTANTS, "received_at"]
"""What reports change of a message."""
MESSAGE_COLUMNS = [
    "campaign",
    "contact",
    "person_number",
    "channel",
    "variant",
    "provider_message_id",
    "created_at",
    *STATED.values(),
    *REPORTED_COLUMNS,
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


def harm_reports(workspace_id: int) -> QuerySet[MessageEvent]:
    """The reports that tell of harm."""
    of_harm = Q(type__in=OBJECTION_FIELD_OF) | ~Q(bounce_kind="")
    return MessageEvent.objects.filter(of_harm, workspace_id=workspace_id)


def note_harm(workspace_id: int, messages: Mapping[uuid.UUID, Message]) -> list[Message]:
    """Bring messages up to the harm that was reported of them, which a release before did not write. Returns those that
    changed. One query."""
    reports = harm_reports(workspace_id).filter(message__among=[pk.hex for pk in messages])
    told = [(messages[report.message_id], report) for report in reports if report.message_id is not None]
    return list({message.pk: message for message, report in told if _note(report, message)}.values())


def apply_report(report: MessageEvent, message: Message, received_at: datetime) -> bool:
    """Bring a message up to what a report says of it; whether that changed it."""
    if not _note(report, message):
        return False
    message.received_at = received_at
    return True


def _note(report: MessageEvent, message: Message) -> bool:
    """Note what a report says of its message; whether that changed it."""
    kind = MessageEventType(report.type)
    if kind in OBJECTION_FIELD_OF:
        return keep_earliest(message, [OBJECTION_FIELD_OF[kind], *_RECEIVED], report.occurred_at)
    if kind not in _STATUS_FIELDS:
        return False
    is_changed = _reach(message, _STATUS_FIELDS[kind], report.occurred_at)
    if report.bounce_kind:
        is_changed |= keep_earliest(message, [_FIELD_OF_BOUNCE[BounceKind(report.bounce_kind)]], report.occurred_at)
    return is_changed
