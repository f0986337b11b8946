"""What rows about messages, reports on them and events would add or change. Two items under one id are one fact.

Where they say different things, the second one is refused. People are who they are after the rows before.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from analytics.ingest.calls import belongs_to, kept_apart_from
from analytics.ingest.files.contacts_by_email import with_contacts
from analytics.ingest.files.workings import FieldChange, RowEffect, Workings
from analytics.ingest.formats.bulk import bulk_event
from analytics.ingest.formats.call_values import Call, Calls
from analytics.ingest.formats.messaging import names_message
from analytics.ingest.formats.reading import Reading
from analytics.ingest.formats.segment import read_call, read_message_event
from analytics.ingest.messages.reports import are_different, find_messages, report_of_item, reports_among
from analytics.ingest.messages.sends import (
    MessageStatement,
    message_item,
    new_message,
    references_of,
    update_message,
    variants_by_name,
)
from analytics.ingest.outcome import ItemError, ItemWarnings
from analytics.ingest.people.people_of_file import PeopleOfFile
from analytics.ingest.references import OwnContact, campaigns_by_external_id, own_contacts_by_external_id
from analytics.ingest.reuse import StoredCalls, reused_id, reused_ids, stored_among
from analytics.ingest.senders import TRUSTED
from analytics.models import Campaign, Event, IdentityCall, Message, MessageEvent
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
        self._contacts: dict[str, OwnContact] = {}
        self._variants: dict[tuple[int, str, str], int] = {}
        self._messages: dict[UUID, Message] = {}

    def expect_contacts(self, external_ids: Collection[str]) -> None:
        for id in external_ids:
            self._contacts.setdefault(id, OwnContact(id, 0, 0, self.now, False, None, None))

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


@dataclass(frozen=True)
class NewFact:
    """An event, another call or a report on a message by its id, which is 32 digits; what is shown of it."""

    id: str
    shown_id: str
    shown: Mapping[str, Any]
    source: Call | MessageEvent
    given_id: str = ""


class _FactWorkings(Workings[NewFact]):
    are_instants_exact = True
    """Whether reports under one id are others if their instants differ."""

    def __init__(self, workspace: Workspace, now: datetime) -> None:
        super().__init__(workspace, now)
        self._reading = Reading(workspace.pk, now, TRUSTED)
        self._known: set[str] = set()
        self._stored = StoredCalls()
        """Of the items that were loaded last."""
        self._people = PeopleOfFile(workspace.pk)
        self._first_calls: dict[str, Call] = {}
        """Of the file, by id, those that would be counted."""
        self._kept_apart: dict[str, str] = {}
        """By the id of a call that was loaded last, whose its device is already."""
        self._first_reports: dict[str, MessageEvent] = {}
        """Stored or of the file, by id."""

    def id_of(self, item: NewFact) -> str:
        return item.shown_id

    def load(self, items: Sequence[NewFact]) -> None:
        """One query for calls, three for reports."""
        calls = {item.id for item in items if isinstance(item.source, Call)}
        self._stored = stored_among(self.workspace.pk, calls, [Event, IdentityCall]) if calls else StoredCalls()
        reports = [item.source for item in items if isinstance(item.source, MessageEvent)]
        ids = {report.pk.hex for report in reports}
        if reports:
            find_messages(self.workspace.pk, reports)
            rows = MessageEvent.objects.filter(workspace_id=self.workspace.pk, pk__among=ids)
            self._first_reports |= {row.pk.hex: row for row in rows}
        self._known |= {id for id in calls if id in self._stored} | (ids & self._first_reports.keys())

    def problems(self, items: Sequence[NewFact]) -> Mapping[int, ItemError]:
        """Up to ten queries."""
        calls = [(place, item.source) for place, item in enumerate(items) if isinstance(item.source, Call)]
        refused = self._refusals([call for _, call in calls]) if calls else {}
        problems = {calls[number][0]: error for number, error in refused.items()}
        for place, item in enumerate(items):
            if isinstance(item.source, MessageEvent):
                first = self._first_reports.setdefault(item.id, item.source)
                if are_different(item.source, first, are_instants_exact=self.are_instants_exact):
                    problems[place] = reused_id(item.given_id)
        return problems

    def _refusals(self, calls: Sequence[Call]) -> dict[int, ItemError]:
        """By place, why a call is refused: for what it says of people, or since another one has its id."""
        calls = self._with_ids_of_contacts(calls)
        before = [self._first_calls[id] for id in {call.id for call in calls} & self._first_calls.keys()]
        all_calls = Calls.of([*before, *calls])
        self._people.load(all_calls.claims)
        first = {call.id: place for place, call in enumerate(before)}
        fresh = [
            place
            for place, id in enumerate(all_calls.id)
            if place >= len(before) and id not in first and id not in self._stored
        ]
        named = all_calls.at_places(fresh)
        good, errors = self._people.settle(named.claims, named.id)
        counted = named.at_places(good)
        self._kept_apart = {counted.id[place]: owner for place, owner in kept_apart_from(self._people.people, counted)}
        first |= {named.id[place]: fresh[place] for place in good}
        again = [place for place, id in enumerate(all_calls.id) if first.get(id, place) != place or id in self._stored]
        refused = self._refusals_of_ids(all_calls, first, again) | {
            fresh[place]: error for place, error in errors.items()
        }
        for place in good:
            call = calls[fresh[place] - len(before)]
            self._first_calls[call.id] = call._replace(properties="", context="", statements=())
        return {place - len(before): error for place, error in refused.items()}

    def _refusals_of_ids(self, calls: Calls, first: Mapping[str, int], again: Sequence[int]) -> dict[int, ItemError]:
        if not again:
            return {}
        received_at = [self.now] * len(calls.id)
        return reused_ids(self.workspace.pk, self._people, calls, received_at, first, again, self._stored)

    def _with_ids_of_contacts(self, calls: Sequence[Call]) -> Sequence[Call]:
        """Instead of their addresses."""
        named = with_contacts(self.workspace, "events", [{"contact": call.user_id} for call in calls])
        return [call._replace(user_id=item["contact"]) for call, item in zip(calls, named.items, strict=True)]

    def apply(self, item: NewFact) -> RowEffect:
        if item.id in self._known:
            return RowEffect(False, False, [])
        self._known.add(item.id)
        return RowEffect(True, True, [FieldChange(name, None, value) for name, value in item.shown.items() if value])


class ReportWorkings(_FactWorkings):
    def __init__(self, workspace: Workspace, now: datetime) -> None:
        super().__init__(workspace, now)
        self._own_ids: Collection[UUID] = ()

    def prepare(self, items: Sequence[object]) -> None:
        self._own_ids = reports_among(self.workspace.pk, items)

    def read(self, item: dict[str, Any], warnings: ItemWarnings) -> NewFact:
        report = report_of_item(item, self.workspace.pk, self._own_ids, self.now, warnings, is_lenient=False)
        shown = {"message": report.message_ref, "type": report.type, "at": report.occurred_at, "url": report.url}
        shown_id = f"{report.message_ref} {report.type} {report.pk}"
        return NewFact(report.pk.hex, shown_id, shown, report, str(item.get("id")))


class EventWorkings(_FactWorkings):
    def read(self, item: dict[str, Any], warnings: ItemWarnings) -> NewFact:
        return _fact_of_call(bulk_event(self._reading, item, warnings), "event")


class CallWorkings(_FactWorkings):
    """Of archives of calls. Those that say what became of a message are reports on it."""

    are_instants_exact = False

    def warnings(self, items: Sequence[tuple[int, NewFact]]) -> Iterator[tuple[int, ItemWarnings]]:
        for index, item in items:
            if owner := self._kept_apart.pop(item.id, None):
                yield index, belongs_to(owner)

    def read(self, item: dict[str, Any], warnings: ItemWarnings) -> NewFact:
        if item.get("type") == "track" and names_message(item):
            said = read_message_event(self._reading, item, warnings)
            report = report_of_item(said, self.workspace.pk, (), self.now, warnings, is_lenient=True)
            id = str(said.get("id", ""))
            return NewFact(report.pk.hex, id, {"type": report.type, "at": report.occurred_at}, report, id)
        return _fact_of_call(read_call(self._reading, item, None, warnings), str(item.get("type")))


def _fact_of_call(call: Call, kind: str) -> NewFact:
    said = {
        "type": call.event_type or kind,
        "at": instant_of(call.at),
        "contact": call.user_id,
        "anonymousId": call.anonymous_id,
    }
    return NewFact(call.id, call.message_id, said, call)
