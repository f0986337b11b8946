"""What rows about messages, reports on them and events would add or change. Two items under one id are one fact."""

from collections.abc import Collection, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from analytics.ingest.files.workings import FieldChange, RowEffect, Workings
from analytics.ingest.formats.bulk import bulk_event
from analytics.ingest.formats.call_values import Call
from analytics.ingest.formats.messaging import names_message
from analytics.ingest.formats.reading import Reading
from analytics.ingest.formats.segment import read_call, read_message_event
from analytics.ingest.messages.reports import report_of_item, reports_among
from analytics.ingest.messages.sends import (
    MessageStatement,
    message_item,
    new_message,
    references_of,
    update_message,
    variants_by_name,
)
from analytics.ingest.outcome import ItemWarnings
from analytics.ingest.references import campaigns_by_external_id, own_contacts_by_external_id
from analytics.ingest.reuse import stored_among
from analytics.ingest.senders import TRUSTED
from analytics.models import Campaign, Contact, Event, IdentityCall, Message, MessageEvent
from analytics.models.facts import derived_id
from analytics.periods import instant_of
from workspaces.models import Workspace

_SHOWN_OF_MESSAGE = {
    "channel": "channel",
    "created_at": "createdAt",
    "sent_at": "sentAt",
    "delivered_at": "deliveredAt",
    "opened_at": "openedAt",
    "clicked_at": "clickedAt",
    "bounced_at": "bouncedAt",
    "failed_at": "failedAt",
    "provider_message_id": "providerMessageId",
}


class MessageWorkings(Workings[MessageStatement]):
    def __init__(self, workspace: Workspace, now: datetime) -> None:
        super().__init__(workspace, now)
        self._campaigns: dict[str, Campaign] = {}
        self._contacts: dict[str, Contact] = {}
        self._variants: dict[tuple[int, str, str], int] = {}
        self._messages: dict[UUID, Message] = {}

    def expect_contacts(self, external_ids: Collection[str]) -> None:
        for id in external_ids:
            self._contacts.setdefault(id, Contact(external_id=id, person_number=0))

    def read(self, item: dict[str, Any], warnings: ItemWarnings) -> MessageStatement:
        return message_item(item, self.now, warnings)

    def id_of(self, item: MessageStatement) -> str:
        return item.external_id

    def load(self, items: Sequence[MessageStatement]) -> None:
        """Four queries at most, fewer where all is known already."""
        workspace_id = self.workspace.pk
        if campaigns := {item.campaign for item in items} - self._campaigns.keys():
            found = campaigns_by_external_id(workspace_id, campaigns)
            self._campaigns |= found
            self._variants |= variants_by_name(workspace_id, found.values()) if found else {}
        if contacts := {item.contact for item in items} - self._contacts.keys():
            self._contacts |= own_contacts_by_external_id(workspace_id, contacts)
        if ids := {self._key(item) for item in items} - self._messages.keys():
            rows = Message.objects.filter(workspace_id=workspace_id, pk__among=[pk.hex for pk in ids])
            self._messages |= {row.pk: row for row in rows}

    def _key(self, item: MessageStatement) -> UUID:
        return derived_id(self.workspace.pk, item.external_id)

    def apply(self, item: MessageStatement) -> RowEffect:
        references = references_of(item, self._campaigns, self._contacts, self._variants)
        pk = self._key(item)
        message = self._messages.get(pk)
        if message is None:
            self._messages[pk] = new_message(self.workspace.pk, pk, item, references, self.now)
            named = [FieldChange("campaign", None, item.campaign), FieldChange("contact", None, item.contact)]
            return RowEffect(True, True, [*named, *_changes_of_message(None, self._messages[pk])])
        if message.contact_id == self._contacts[item.contact].pk:
            references |= {"contact_id": message.contact_id, "person_number": message.person_number}
        before = copy(message)
        is_changed = update_message(message, item, references, self.now)
        return RowEffect(False, is_changed, _changes_of_message(before, message))


def _changes_of_message(before: Message | None, after: Message) -> list[FieldChange]:
    changes = []
    for name, shown in _SHOWN_OF_MESSAGE.items():
        old, new = None if before is None else getattr(before, name), getattr(after, name)
        if (old or None) != (new or None):
            changes.append(FieldChange(shown, old, new))
    return changes


class ReportWorkings(Workings[MessageEvent]):
    def __init__(self, workspace: Workspace, now: datetime) -> None:
        super().__init__(workspace, now)
        self._own_ids: Collection[UUID] = ()
        self._known: set[UUID] = set()

    def prepare(self, items: Sequence[object]) -> None:
        self._own_ids = reports_among(self.workspace.pk, items)

    def read(self, item: dict[str, Any], warnings: ItemWarnings) -> MessageEvent:
        return report_of_item(item, self.workspace.pk, self._own_ids, self.now, warnings, is_lenient=False)

    def id_of(self, item: MessageEvent) -> str:
        return f"{item.message_ref} {item.type} {item.pk}"

    def load(self, items: Sequence[MessageEvent]) -> None:
        """One query."""
        ids = {item.pk.hex for item in items if item.pk not in self._known}
        rows = MessageEvent.objects.filter(workspace_id=self.workspace.pk, pk__among=ids)
        self._known |= set(rows.values_list("pk", flat=True)) if ids else set()

    def apply(self, item: MessageEvent) -> RowEffect:
        if item.pk in self._known:
            return RowEffect(False, False, [])
        self._known.add(item.pk)
        said = {"message": item.message_ref, "type": item.type, "at": item.occurred_at, "url": item.url}
        return RowEffect(True, True, [FieldChange(name, None, value) for name, value in said.items() if value])


@dataclass(frozen=True)
class NewFact:
    """An event or call by its id, which is 32 digits; what is shown of it."""

    id: str
    shown_id: str
    shown: Mapping[str, Any]


class _FactWorkings(Workings[NewFact]):
    def __init__(self, workspace: Workspace, now: datetime) -> None:
        super().__init__(workspace, now)
        self._reading = Reading(workspace.pk, now, TRUSTED)
        self._known: set[str] = set()

    def id_of(self, item: NewFact) -> str:
        return item.shown_id

    def load(self, items: Sequence[NewFact]) -> None:
        """One query."""
        if ids := {item.id for item in items} - self._known:
            stored = stored_among(self.workspace.pk, ids, [Event, IdentityCall])
            self._known |= {id for id in ids if id in stored}

    def apply(self, item: NewFact) -> RowEffect:
        if item.id in self._known:
            return RowEffect(False, False, [])
        self._known.add(item.id)
        return RowEffect(True, True, [FieldChange(name, None, value) for name, value in item.shown.items() if value])


def _fact_of_call(call: Call, kind: str) -> NewFact:
    said = {
        "type": call.event_type or kind,
        "at": instant_of(call.at),
        "contact": call.user_id,
        "anonymousId": call.anonymous_id,
    }
    return NewFact(call.id, call.message_id, said)


class EventWorkings(_FactWorkings):
    def read(self, item: dict[str, Any], warnings: ItemWarnings) -> NewFact:
        return _fact_of_call(bulk_event(self._reading, item, warnings), "event")


class CallWorkings(_FactWorkings):
    """Of archives of calls. Those that say what became of a message are reports on it."""

    def read(self, item: dict[str, Any], warnings: ItemWarnings) -> NewFact:
        if item.get("type") == "track" and names_message(item):
            report = read_message_event(self._reading, item, warnings)
            stored = report_of_item(report, self.workspace.pk, (), self.now, warnings, is_lenient=True)
            return NewFact(stored.pk.hex, str(report.get("id", "")), {"type": stored.type, "at": stored.occurred_at})
        return _fact_of_call(read_call(self._reading, item, None, warnings), str(item.get("type")))

    def load(self, items: Sequence[NewFact]) -> None:
        """Two queries."""
        super().load(items)
        if ids := {item.id for item in items} - self._known:
            rows = MessageEvent.objects.filter(workspace_id=self.workspace.pk, pk__among=ids)
            self._known |= {pk.hex for pk in rows.values_list("pk", flat=True)}
