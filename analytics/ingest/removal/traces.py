"""What names a contact in passing, outside of its own rows: waiting reports, kept answers, files to be imported.

Only what names it goes. An Idempotency-Key goes on guarding its request, and a file keeps its other rows.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import unquote, urlsplit

from django.db.models import QuerySet

from analytics.addresses import addresses_in, phones_in, plain_address, plain_phone
from analytics.ingest.files.columns import parsed_json
from analytics.ingest.files.uploads import take_out_rows
from analytics.ingest.outcome import ItemError
from analytics.ingest.remarks import FORGOTTEN
from analytics.ingest.removals import note_removals
from analytics.models import Contact, Event, EventProperty, Identity, Message, MessageEvent, RemovedFrom
from campaignos.ids import uuid_of
from workspaces.kept_answers import change_answers
from workspaces.models import Workspace

REPORTS_READ = 5_000


@dataclass(frozen=True)
class Names:
    """All that leads to some contacts: their ids, ours and the sender's, email addresses and telephone numbers.

    The addresses are those there are now and former ones, in lower case; of the numbers there are the digits alone.
    """

    ids: frozenset[str]
    external_ids: frozenset[str]
    addresses: frozenset[str]
    phones: frozenset[str]

    @classmethod
    def of(cls, workspace: Workspace, contacts: QuerySet[Contact], numbers: Collection[int]) -> "Names":
        """Two queries."""
        rows = list(contacts)
        identities = Identity.objects.filter(workspace_id=workspace.pk, person_number__in=numbers)
        values = {*identities.values_list("value", flat=True), *(row.external_id for row in rows)}
        texts = {text for row in rows for text in (row.email, row.phone, *row.former_addresses) if text} | values
        return cls(
            ids=frozenset(values | {row.api_id for row in rows}),
            external_ids=frozenset(values),
            addresses=frozenset(plain_address(text) for text in texts if "@" in text),
            phones=frozenset(filter(None, (plain_phone(text) for text in texts))),
        )

    def are_in(self, text: str) -> bool:
        """Whether one of the addresses or numbers stands in the text."""
        return not self.addresses.isdisjoint(addresses_in(text)) or not self.phones.isdisjoint(phones_in(text))

    def are_in_address(self, url: str) -> bool:
        """Whether one of the addresses or numbers stands in the address, or one of the ids is a part of its path or a
        value in its query."""
        return self.are_in(url) or not self.external_ids.isdisjoint(_parts(url))

    def are_in_item(self, item: Any) -> bool:
        """Whether one of the texts in it, however deep, is an id of them, or has an address or number in it."""
        return any(text in self.ids or self.are_in(text) for text in _texts(item))

    def are_in_row(self, resource: str, item: object) -> bool:
        """Whether a row of a file is about them, or has one of the addresses or numbers in it."""
        is_theirs = resource == "contacts" and not self.external_ids.isdisjoint(_ids_of_contact(item))
        return is_theirs or any(map(self.are_in, _texts(item)))

    def are_in_words(self, text: str) -> bool:
        """Whether one of the addresses or numbers stands in the text, or one of the ids in quotes, as in messages about
        refused rows."""
        return self.are_in(text) or any(repr(id) in text for id in self.external_ids)


def _ids_of_contact(item: object) -> Iterator[str]:
    """The id that a row of a file is about, and those that it says the contact had before, in JSON or as a cell."""
    if not isinstance(item, dict):
        return
    yield from (text.strip() for text in _texts(item.get("externalId")))
    former_ids = item.get("formerIds")
    if isinstance(former_ids, str):
        with suppress(ItemError):  # what is refused may be the id alone
            former_ids = parsed_json(former_ids)
    yield from (text.strip() for text in _texts(former_ids))


def _parts(url: str) -> Iterator[str]:
    try:
        split = urlsplit(url)
    except ValueError:
        return
    for part in (*split.path.split("/"), *split.query.split("&"), *split.fragment.split("&")):
        yield unquote(part.rpartition("=")[2])


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for name, inner in value.items():
                yield name
                yield from _texts(inner)
        case list():
            for inner in value:
                yield from _texts(inner)


def erase_traces(workspace: Workspace, contacts: QuerySet[Contact], numbers: Collection[int]) -> None:
    """Erase what names these contacts, while they and their events are still there. Nobody else writes meanwhile."""
    names = Names.of(workspace, contacts, numbers)
    _delete_waiting_reports(workspace, contacts, names)
    _erase_answers(workspace, contacts, numbers, names)
    _delete_named_properties(workspace, names)
    take_out_rows(workspace, is_named=names.are_in_row, is_told=names.are_in_words)


def forget_answers(workspace: Workspace, contacts: QuerySet[Contact], numbers: Collection[int]) -> None:
    """Erase the kept answers that name these contacts, while their events are still there."""
    _erase_answers(workspace, contacts, numbers, Names.of(workspace, contacts, numbers))


def _delete_waiting_reports(workspace: Workspace, contacts: QuerySet[Contact], names: Names) -> None:
    """Those that wait for their message and name a contact, as bounces do, or one of the contacts' messages."""
    messages = Message.objects.filter(workspace_id=workspace.pk, contact__in=[contact.pk for contact in contacts])
    refs = {ref for pair in messages.values_list("external_id", "provider_message_id") for ref in pair}
    waiting = MessageEvent.objects.filter(workspace_id=workspace.pk, message=None).order_by()
    columns = ("pk", "message_ref", "reason", "url", "user_agent")
    reports = waiting.values_list(*columns).iterator(chunk_size=REPORTS_READ)
    while rows := list(islice(reports, REPORTS_READ)):
        named = [
            pk
            for pk, ref, reason, url, agent in rows
            if ref in refs or names.are_in_item(ref) or names.are_in(f"{reason} {agent}") or names.are_in_address(url)
        ]
        if named:
            note_removals(workspace.pk, RemovedFrom.MESSAGE_EVENTS, named)
            of_these = MessageEvent.objects.filter(workspace_id=workspace.pk, pk__among=[pk.hex for pk in named])
            of_these.delete()


def _delete_named_properties(workspace: Workspace, names: Names) -> None:
    """What was said of properties that senders named after these contacts, or of events that they named so."""
    properties = EventProperty.objects.filter(workspace=workspace)
    rows = properties.values_list("pk", "event_type", "name")
    properties.filter(pk__in=[pk for pk, *texts in rows if any(map(names.are_in, texts))]).delete()


def _erase_answers(workspace: Workspace, contacts: QuerySet[Contact], numbers: Collection[int], names: Names) -> None:
    pks = [contact.pk for contact in contacts]

    def changes(bodies: Mapping[int, Any]) -> dict[int, Any]:
        """Those that change, None for what is or has a record of these contacts'. Two queries."""
        ids = {key: body["id"] for key, body in bodies.items() if isinstance(body, dict) and "id" in body}
        events = Event.objects.filter(workspace_id=workspace.pk, person_number__in=numbers)
        messages = Message.objects.filter(workspace_id=workspace.pk, contact__in=pks)
        theirs = {*_stored_ids("evt", events, ids.values()), *_stored_ids("msg", messages, ids.values())}
        return {
            key: None if is_theirs else _without_remarks(body)
            for key, body in bodies.items()
            if (is_theirs := ids.get(key) in theirs or ("id" in body and names.are_in_item(body)))
            or body.get("rejected")
            or body.get("warnings")
        }

    change_answers(workspace, changes)


def _without_remarks(body: dict[str, Any]) -> dict[str, Any]:
    """A bulk answer whose remarks tell index and code alone: what was refused is nowhere stored to be recognized."""
    plain = {
        name: [{**remark, "messageId": None, "message": FORGOTTEN} for remark in body[name]]
        for name in ("rejected", "warnings")
    }
    return {**body, **plain}


def _stored_ids(prefix: str, rows: QuerySet[Any], ids: Iterable[Any]) -> Iterator[str]:
    """Those of our ids that belong to these rows."""
    digits = [pk.hex for id in ids if isinstance(id, str) and (pk := uuid_of(prefix, id)) is not None]
    if digits:
        yield from (f"{prefix}_{pk.hex}" for (pk,) in rows.filter(pk__among=digits).order_by().values_list("pk"))
