"""What became of emails, push notifications and SMS, told by track calls in the names of Segment's spec.

Such a call that names its message is a report on it, and no event of the person. One that names none is an event as any
other (docs/webhooks.md).
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from analytics.ingest import fields
from analytics.models import MessageEventType

MESSAGING_TYPES = {
    "Email Sent": MessageEventType.SENT,
    "Email Delivered": MessageEventType.DELIVERED,
    "Email Opened": MessageEventType.OPENED,
    "Email Link Clicked": MessageEventType.CLICKED,
    "Email Bounced": MessageEventType.BOUNCED,
    "Email Marked as Spam": MessageEventType.COMPLAINED,
    "Unsubscribed": MessageEventType.UNSUBSCRIBED,
    "Push Notification Sent": MessageEventType.SENT,
    "Push Notification Received": MessageEventType.DELIVERED,
    "Push Notification Tapped": MessageEventType.CLICKED,
    "Push Notification Bounced": MessageEventType.BOUNCED,
    "SMS Sent": MessageEventType.SENT,
    "SMS Delivered": MessageEventType.DELIVERED,
    "SMS Link Clicked": MessageEventType.CLICKED,
    "SMS Bounced": MessageEventType.BOUNCED,
    "SMS Failed": MessageEventType.FAILED,
}
"""Segment's names; of what it has no name for (sent, SMS), names made like them."""
NAMES_OF_MESSAGE = ("message_id", "messageId")
"""The properties that name a message. Not `email_id`, which is that of a template with some senders."""


def names_message(item: object) -> bool:
    """Whether a track call says what became of a message that it names."""
    if (
        not isinstance(item, dict)
        or not isinstance(event := item.get("event"), str)
        or event.strip() not in MESSAGING_TYPES
    ):
        return False
    properties = item.get("properties")
    return isinstance(properties, dict) and _message_of(properties) is not None


def _message_of(properties: Mapping[str, Any]) -> str | int | None:
    """The message that a call names by something that can be an id."""
    for name in NAMES_OF_MESSAGE:
        value = properties.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and value:
            return value
        if isinstance(value, str) and 0 < len(value.strip()) <= fields.MAX_ID_LENGTH:
            return value
    return None


def message_event(item: Mapping[str, Any], *, message_id: str, at: datetime) -> dict[str, Any]:
    """The call as an item of `take_message_events`; `message_id` is the call's own, by which it counts once.

    Raises ItemError.
    """
    properties = fields.mapping(item, "properties")
    return {
        "id": f"call-{hashlib.sha256(message_id.encode()).hexdigest()}",
        "messageId": message_id,
        "message": _message_of(properties),
        "type": MESSAGING_TYPES[item["event"].strip()],
        "at": at.isoformat(),
        "url": properties.get("link_url") or properties.get("url"),
        "userAgent": properties.get("user_agent") or properties.get("userAgent"),
        "reason": properties.get("reason"),
    }
