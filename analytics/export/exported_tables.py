"""What is exported: of each table its columns, and where their values stand. Pure of any file format.

EXPORT_FORMAT changes with the meaning or the type of a column; a new column alone changes nothing for readers.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from enum import StrEnum
from typing import Any

from django.db import models

from analytics.models import Campaign, Contact, Event, Message, MessageEvent, Person

EXPORT_FORMAT = 1
TriplesByKey = Mapping[int, tuple[str, str, str]]
"""Source, medium and campaign by the key of each."""
UTM_PARTS = ("source", "medium", "campaign")


class ValueType(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    INSTANT = "instant"
    """In UTC, to the microsecond."""


class ColumnKind(StrEnum):
    """What a column's values are made of."""

    TEXT = "text"
    """A text, null where it is empty."""
    NUMBER = "number"
    INSTANT = "instant"
    ID = "id"
    """A UUID, by its 32 digits."""
    OBJECT = "object"
    """An object, as JSON."""
    UTM = "utm"
    """A part of the UTM triple that a row leads to."""

    @property
    def type(self) -> ValueType:
        return {ColumnKind.NUMBER: ValueType.NUMBER, ColumnKind.INSTANT: ValueType.INSTANT}.get(self, ValueType.TEXT)


@dataclass(frozen=True)
class ExportedColumn:
    """`field` is where the value stands in a row of the model; of a triple, `name` ends with the part's."""

    name: str
    kind: ColumnKind
    field: str

    def value(self, stored: Any, triples: TriplesByKey) -> Any:
        """What is written."""
        match self.kind:
            case ColumnKind.TEXT:
                return stored or None
            case ColumnKind.ID:
                return stored and stored.hex
            case ColumnKind.OBJECT:
                return json.dumps(stored, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
            case ColumnKind.INSTANT:
                return stored and stored.astimezone(UTC)
            case ColumnKind.UTM:
                triple = triples.get(stored) if stored is not None else None
                return (triple and triple[UTM_PARTS.index(self.part)]) or None
        return stored

    @property
    def part(self) -> str:
        """Of a triple."""
        return self.name.removeprefix("utm_")


@dataclass(frozen=True)
class ExportedTable:
    """Facts have files by the day on which they were received (UTC): of a row in several, the newest counts. Of others
    each file has all rows there are, and the newest file counts."""

    name: str
    model: type[models.Model]
    columns: tuple[ExportedColumn, ...]
    key: str = "id"
    is_of_facts: bool = False

    @property
    def fields(self) -> list[str]:
        return [column.field for column in self.columns]

    def record(self, values: Sequence[Any], triples: TriplesByKey) -> list[Any]:
        """What is written of a row, by column."""
        return [column.value(value, triples) for column, value in zip(self.columns, values, strict=True)]


def _texts(*names: str) -> list[ExportedColumn]:
    return [ExportedColumn(name, ColumnKind.TEXT, name) for name in names]


def _numbers(*names: str) -> list[ExportedColumn]:
    return [ExportedColumn(name, ColumnKind.NUMBER, name) for name in names]


def _instants(*names: str) -> list[ExportedColumn]:
    return [ExportedColumn(name, ColumnKind.INSTANT, name) for name in names]


def _ids(*names: str) -> list[ExportedColumn]:
    return [ExportedColumn(name, ColumnKind.ID, name) for name in names]


def _objects(*names: str) -> list[ExportedColumn]:
    return [ExportedColumn(name, ColumnKind.OBJECT, name) for name in names]


_UTM = [ExportedColumn(f"utm_{part}", ColumnKind.UTM, "utm_id") for part in UTM_PARTS]

EXPORTED_EVENTS = ExportedTable(
    "events",
    Event,
    (
        *_ids("id"),
        *_texts("message_id"),
        *_numbers("person_number"),
        *_texts("type"),
        *_instants("occurred_at", "stated_at", "received_at"),
        *_UTM,
        *_objects("properties", "context"),
    ),
    is_of_facts=True,
)
_MESSAGES = ExportedTable(
    "messages",
    Message,
    (
        *_ids("id"),
        *_texts("external_id"),
        *_numbers("campaign_id", "contact_id", "person_number"),
        *_texts("channel"),
        *_numbers("variant_id"),
        *_texts("provider_message_id"),
        *_instants("created_at", "sent_at", "delivered_at", "opened_at", "clicked_at", "bounced_at", "failed_at"),
        *_instants("hard_bounced_at", "soft_bounced_at", "complained_at", "unsubscribed_at"),
        *_instants("human_opened_at", "human_clicked_at", "received_at"),
    ),
    is_of_facts=True,
)
_MESSAGE_EVENTS = ExportedTable(
    "message_events",
    MessageEvent,
    (
        *_ids("id", "message_id"),
        *_texts("message_ref", "type"),
        *_instants("occurred_at", "received_at"),
        *_texts("url", "user_agent", "reason", "bounce_kind", "actor"),
    ),
    is_of_facts=True,
)
_CONTACTS = ExportedTable(
    "contacts",
    Contact,
    (
        *_numbers("id"),
        *_texts("external_id"),
        *_numbers("person_number"),
        *_texts("email", "phone", "name"),
        *_objects("attributes"),
        *_instants("signed_up_at", "complained_at", "unsubscribed_at"),
        *_numbers("merged_into_id"),
    ),
)
_PEOPLE = ExportedTable("people", Person, (*_numbers("number", "joined_to"),), key="number")
_CAMPAIGNS = ExportedTable(
    "campaigns",
    Campaign,
    (
        *_numbers("id"),
        *_texts("external_id", "name", "channel", "status"),
        *_instants("started_at", "ended_at"),
        *_texts("utm_source", "utm_medium", "utm_campaign"),
    ),
)
FACT_TABLES = (EXPORTED_EVENTS, _MESSAGES, _MESSAGE_EVENTS)
WHOLE_TABLES = (_CAMPAIGNS, _CONTACTS, _PEOPLE)
EXPORTED = {table.name: table for table in (*FACT_TABLES, *WHOLE_TABLES)}
