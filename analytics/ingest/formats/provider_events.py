"""What an email provider reports, as Anymail reads it, told as a message event of the bulk API.

What Anymail drops (who opened, hard or soft bounces, our own id of the message) is read beside it.
"""

import hashlib
import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from anymail.signals import AnymailTrackingEvent, EventType

from analytics.actors import ProviderHint
from analytics.ingest.fields import MAX_URL_LENGTH
from analytics.models import BounceKind, MessageEventType
from analytics.providers import Provider

MESSAGE_KEY = "campaignos_message"
"""The key under which a provider gives our external id of a message back: its metadata, custom arguments or tags."""
MAX_REASON_LENGTH = 2000
_TIMES = {"timestamp", "Timestamp", "created_at", "ReceivedAt", "DeliveredAt", "BouncedAt", "ChangedAt"}
"""What providers call when something happened, where Anymail passes over what it cannot read."""
REPORT_TYPES = {
    EventType.QUEUED: MessageEventType.QUEUED,
    EventType.SENT: MessageEventType.SENT,
    EventType.DEFERRED: MessageEventType.DEFERRED,
    EventType.DELIVERED: MessageEventType.DELIVERED,
    EventType.OPENED: MessageEventType.OPENED,
    EventType.CLICKED: MessageEventType.CLICKED,
    EventType.BOUNCED: MessageEventType.BOUNCED,
    EventType.REJECTED: MessageEventType.FAILED,
    EventType.FAILED: MessageEventType.FAILED,
    EventType.COMPLAINED: MessageEventType.COMPLAINED,
    EventType.UNSUBSCRIBED: MessageEventType.UNSUBSCRIBED,
    EventType.AUTORESPONDED: MessageEventType.AUTORESPONDED,
    EventType.SUBSCRIBED: MessageEventType.SUBSCRIBED,
    EventType.UNKNOWN: MessageEventType.UNKNOWN,
}


@dataclass(frozen=True)
class _Details:
    """What Anymail does not tell of an event; None and empty where the provider does not either."""

    hint: ProviderHint | None = None
    bounce: BounceKind | None = None
    user_agent: str | None = None
    provider_id: str | None = None
    external_id: str | None = None


def _object(raw: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The object of this name; empty where it is absent or null."""
    value: Mapping[str, Any] = raw.get(name) or {}
    return value


def _amazon_ses(raw: Mapping[str, Any]) -> _Details:
    kinds = {"Permanent": BounceKind.HARD, "Transient": BounceKind.SOFT}
    ids = _object(_object(raw, "mail"), "tags").get(MESSAGE_KEY) or [None]
    return _Details(bounce=kinds.get(str(_object(raw, "bounce").get("bounceType"))), external_id=ids[0])


def _brevo(raw: Mapping[str, Any]) -> _Details:
    kinds = {"hard_bounce": BounceKind.HARD, "invalid_email": BounceKind.HARD, "soft_bounce": BounceKind.SOFT}
    is_proxy = raw.get("event") in ("proxy_open", "unique_proxy_open")
    return _Details(
        hint=ProviderHint.PREFETCH if is_proxy else None,
        bounce=kinds.get(str(raw.get("event"))),
        user_agent=raw.get("user_agent"),
    )


def _mailersend(raw: Mapping[str, Any]) -> _Details:
    kinds = {"hard_bounced": BounceKind.HARD, "soft_bounced": BounceKind.SOFT}
    return _Details(bounce=kinds.get(raw["data"]["type"]))


def _mailgun(raw: Mapping[str, Any]) -> _Details:
    event = _object(raw, "event-data")  # none in webhooks of before 2018
    hints = {"apple": ProviderHint.PREFETCH, "gmail": ProviderHint.PROXY}
    bot = _object(event, "client-info").get("bot")
    return _Details(
        hint=hints.get(bot, ProviderHint.BOT) if bot else None,
        bounce=BounceKind.HARD if event.get("severity") == "permanent" else None,
    )


def _mailjet(raw: Mapping[str, Any]) -> _Details:
    kinds = {True: BounceKind.HARD, False: BounceKind.SOFT}
    return _Details(bounce=kinds.get(raw["hard_bounce"]) if "hard_bounce" in raw else None)


def _mailtrap(raw: Mapping[str, Any]) -> _Details:
    return _Details(bounce=BounceKind.HARD if raw.get("event") == "bounce" else None)


def _postmark(raw: Mapping[str, Any]) -> _Details:
    kinds = {"HardBounce": BounceKind.HARD, "SoftBounce": BounceKind.SOFT}
    return _Details(bounce=kinds.get(str(raw.get("Type") or raw.get("SuppressionReason"))))


def _resend(raw: Mapping[str, Any]) -> _Details:
    data = _object(raw, "data")
    kinds = {"Permanent": BounceKind.HARD, "Transient": BounceKind.SOFT}
    tags = data.get("tags") or {}
    if isinstance(tags, list):
        tags = {tag["name"]: tag["value"] for tag in tags}
    return _Details(
        bounce=kinds.get(str(_object(data, "bounce").get("type"))),
        user_agent=_object(data, "open").get("userAgent"),
        external_id=tags.get(MESSAGE_KEY),
    )


def _sendgrid(raw: Mapping[str, Any]) -> _Details:
    """SendGrid's own id of a message begins with the id that its API has answered."""
    kinds = {"bounce": BounceKind.HARD, "blocked": BounceKind.SOFT}
    own = raw.get("sg_message_id")
    return _Details(
        hint=ProviderHint.PREFETCH if raw.get("sg_machine_open") is True else None,
        bounce=kinds.get(str(raw.get("type", "bounce"))),
        provider_id=re.split(r"\.(?:recv|filter)", own)[0] if own is not None else None,
    )


def _sparkpost(raw: Mapping[str, Any]) -> _Details:
    """Its classes of bounces: 10, 30 and 90 are hard."""
    (event,) = raw["msys"].values()
    agent = event.get("user_agent_parsed") or {}
    hint = None
    if event.get("is_prefetched") or agent.get("is_prefetched"):
        hint = ProviderHint.PREFETCH
    elif agent.get("is_proxy"):
        hint = ProviderHint.PROXY
    is_hard = str(event.get("bounce_class")) in ("10", "30", "90")
    return _Details(hint=hint, bounce=BounceKind.HARD if is_hard else BounceKind.SOFT)


_DETAILS: dict[str, Callable[[Mapping[str, Any]], _Details]] = {
    Provider.AMAZON_SES: _amazon_ses,
    Provider.BREVO: _brevo,
    Provider.MAILERSEND: _mailersend,
    Provider.MAILGUN: _mailgun,
    Provider.MAILJET: _mailjet,
    Provider.MAILTRAP: _mailtrap,
    Provider.POSTMARK: _postmark,
    Provider.RESEND: _resend,
    Provider.SENDGRID: _sendgrid,
    Provider.SPARKPOST: _sparkpost,
}


def item_of(provider: str, event: AnymailTrackingEvent, received_at: datetime) -> dict[str, Any]:
    """An event as an item of `take_message_events`. Odd data raises what it meets: LookupError, TypeError, …"""
    details = _DETAILS[provider](event.esp_event)
    metadata = event.metadata if isinstance(event.metadata, dict) else {}
    provider_id = details.provider_id or event.message_id
    user_agent = details.user_agent or event.user_agent or ""
    known_by = event.event_id or [
        provider_id,
        event.timestamp.isoformat() if event.timestamp else None,
        event.click_url,
        user_agent,
    ]
    key = json.dumps([provider, known_by, event.event_type, event.recipient])
    reasons = (event.reject_reason, event.description, event.mta_response)
    return {
        "id": f"{provider}-{hashlib.sha256(key.encode()).hexdigest()}",
        "message": next(filter(_is_id, (details.external_id, metadata.get(MESSAGE_KEY), provider_id)), None),
        "type": REPORT_TYPES[event.event_type],
        "at": event.timestamp.isoformat()
        if event.timestamp
        else _unread_time(event.esp_event) or received_at.isoformat(),
        "url": (event.click_url or "")[:MAX_URL_LENGTH],
        "userAgent": user_agent[:MAX_REASON_LENGTH],
        "reason": "; ".join(str(reason) for reason in reasons if reason)[:MAX_REASON_LENGTH],
        "bounce": details.bounce,
        "providerHint": details.hint,
    }


def _unread_time(report: object) -> str | None:
    """A time of a report that cannot be read, so that whoever takes the report warns of it."""
    if not isinstance(report, Mapping):
        return None
    for name, value in report.items():
        if name in _TIMES and not _may_be_time(value):
            return str(value)
        if (within := _unread_time(value)) is not None:
            return within
    return None


def _may_be_time(value: object) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    if not isinstance(value, str) or not value:
        return True
    try:
        return value.replace(".", "", 1).isdigit() or bool(datetime.fromisoformat(value))
    except ValueError:
        return False


def _is_id(value: object) -> bool:
    return bool(value) and isinstance(value, str | int) and not isinstance(value, bool)
