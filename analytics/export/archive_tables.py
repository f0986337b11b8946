"""What an archive has of a workspace: the tables whose rows are in it, and how a row is written.

A table with a workspace is archived or stands among those that stay, with the reason.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import models

from analytics.metrics import Counted
from analytics.models import (
    ABTest,
    Alert,
    AlertChange,
    Assignment,
    Board,
    Campaign,
    Contact,
    Enrolment,
    Event,
    EventProperty,
    ExchangeRate,
    Identity,
    IdentityCall,
    IngestRemark,
    Join,
    KeptMapping,
    Message,
    MessageEvent,
    Note,
    Person,
    PersonNumbers,
    Removal,
    SavedFunnel,
    SavedQuestion,
    SavedSegment,
    UtmTriple,
    Variant,
)
from analytics.periods import local_day
from workspaces.models import Key, User

STAYS = {
    "analytics.DayColumn": "made anew from the facts",
    "analytics.DayCount": "made anew from the facts",
    "analytics.DayPack": "made anew from the facts",
    "analytics.Delivery": "what waits is sent from where it was made",
    "analytics.EmailRecipient": "accounts are the installation's",
    "analytics.ScheduledEmail": "is sent from where it was made, to accounts there",
    "analytics.ShareLink": "its address leads to the other installation",
    "analytics.Upload": "what waits to be imported belongs to who uploaded it",
    "analytics.WebhookEndpoint": "a secret, encrypted with the installation's key",
    "workspaces.AuditEvent": "says what people of the installation did",
    "workspaces.FormerSlug": "an address of the installation",
    "workspaces.Invitation": "a secret, and for an account of the installation",
    "workspaces.KeptAnswer": "answers to requests that are under way",
    "workspaces.Membership": "accounts are the installation's",
    "workspaces.Webhook": "a secret, and an address of the installation",
}
"""Tables with a workspace of which an archive has nothing, and why."""


@dataclass(frozen=True)
class ArchiveTable:
    """`day` names the instant on whose local day a row counts; without one all rows are of no day.

    Where `counted` is said, the ledger has as many on each day.
    """

    name: str
    model: type[models.Model]
    day: str = ""
    counted: Counted | None = None
    leaves_out: frozenset[str] = frozenset()
    replaced_by: str = ""
    """The column which says that a row is another one's by now: then it counts on no day."""

    @cached_property
    def fields(self) -> dict[str, "models.Field[Any, Any]"]:
        """By column. Who made something is an account of the installation."""
        return {
            field.attname: field
            for field in self.model._meta.concrete_fields
            if field.name not in ("workspace", *self.leaves_out) and field.related_model is not User
        }

    @property
    def has_objects(self) -> bool:
        return any(isinstance(field, models.JSONField) for field in self.fields.values())

    def day_reader(self, columns: Sequence[str], zone: ZoneInfo) -> Callable[[Sequence[Any]], str]:
        """Answers the local day on which a row of these columns counts, empty for none."""
        if not self.day:
            return lambda row: ""
        day = columns.index(self.day)
        replaced = columns.index(self.replaced_by) if self.replaced_by else None

        def read(row: Sequence[Any]) -> str:
            counts = replaced is None or row[replaced] is None
            return local_day(row[day], zone).isoformat() if counts else ""

        return read


ARCHIVED = (
    ArchiveTable("keys", Key, leaves_out=frozenset({"digest", "revoked_at", "last_used_at"})),
    ArchiveTable("utm_triples", UtmTriple),
    ArchiveTable("campaigns", Campaign),
    ArchiveTable("ab_tests", ABTest),
    ArchiveTable("variants", Variant),
    ArchiveTable("contacts", Contact, "signed_up_at", Counted.CONTACTS, replaced_by="merged_into_id"),
    ArchiveTable("enrollments", Enrolment, "enrolled_at", Counted.ENROLMENTS),
    ArchiveTable("person_numbers", PersonNumbers, leaves_out=frozenset({"ledger_layout"})),
    ArchiveTable("people", Person),
    ArchiveTable("identities", Identity),
    ArchiveTable("joins", Join),
    ArchiveTable("events", Event, "occurred_at", Counted.EVENTS),
    ArchiveTable("identity_calls", IdentityCall),
    ArchiveTable("messages", Message, "created_at", Counted.MESSAGES),
    ArchiveTable("message_events", MessageEvent, "occurred_at"),
    ArchiveTable("assignments", Assignment, "assigned_at"),
    ArchiveTable("event_properties", EventProperty),
    ArchiveTable("rates", ExchangeRate),
    ArchiveTable("segments", SavedSegment),
    ArchiveTable("funnels", SavedFunnel),
    ArchiveTable("questions", SavedQuestion),
    ArchiveTable("boards", Board),
    ArchiveTable("notes", Note),
    ArchiveTable("alerts", Alert),
    ArchiveTable("alert_changes", AlertChange),
    ArchiveTable("mappings", KeptMapping),
    ArchiveTable("remarks", IngestRemark, leaves_out=frozenset({"key_id"})),
    ArchiveTable("removals", Removal),
)
"""In an order in which each can be stored: what leads to others after them."""


def row_text(row: Sequence[Any]) -> str:
    """A row as a line of JSON: instants in UTC, UUIDs by their digits, objects in the order in which they are kept."""
    return _KEPT_ORDER.encode(row)


def canonical_text(row: Sequence[Any]) -> str:
    """As `row_text`, the same on every database: PostgreSQL orders the keys of objects by itself, and keeps large
    numbers by their digits, without an exponent."""
    text = _SORTED.encode(row)
    return _SORTED.encode(json.loads(text, parse_float=_by_its_digits)) if "e+" in text else text


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return f"{value.isoformat().removesuffix('+00:00')}Z"
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"A {type(value).__name__} has no place in an archive.")


def _by_its_digits(text: str) -> float | int:
    return int(Decimal(text)) if "e+" in text.lower() else float(text)


def _encoder(*, sort_keys: bool) -> json.JSONEncoder:
    return json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=sort_keys, default=_plain)


_KEPT_ORDER, _SORTED = _encoder(sort_keys=False), _encoder(sort_keys=True)
