"""Dropping what came by a key for web pages since an instant, for anybody can send with one.

What goes: its events, with what they count as, and the variants that they say were given; what it joined, as if nobody
had said so; ids of devices that it named first and nobody else knows; contacts that only it has named; what it filled
in of others, who show again what they showed before. What others said of the same meanwhile counts from their next
word on. Each step is a transaction of facts and ledger: whoever is stopped in between goes on by dropping again.
"""

import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from itertools import chain

from django.db import transaction
from django.db.models import Min, QuerySet

from analytics.audited import DataAction
from analytics.ingest.assignments import take_assignments_away
from analytics.ingest.edits import people_held
from analytics.ingest.fields import EARLIEST_INSTANT
from analytics.ingest.people.families import Families
from analytics.ingest.people.identities import locked_numbers
from analytics.ingest.people.joins import part
from analytics.ingest.people.words import NOBODY_KNOWS, words_of
from analytics.ingest.removal.erasure import delete_unused_triples, erase_facts, take_events_away
from analytics.ingest.removal.expiry import unheard_of
from analytics.ledger import Entries, drop_unused_types, forget_taken
from analytics.ledger.locks import take_alone
from analytics.models import Assignment, Contact, Event, Identity, IdentityKind, Join, Message, Person
from analytics.periods import microseconds
from workspaces.audit import record
from workspaces.models import Key, User, Workspace

EVENTS_DROPPED = JOINS_DROPPED = DEVICES_DROPPED = 5_000
CONTACTS_DROPPED = 200
"""In one step."""
DROP_SECONDS = 10
"""How long one request goes on dropping; what is left takes another one."""


@dataclass(frozen=True)
class DroppedRows:
    """`fields` are those of contacts that are known otherwise."""

    events: int = 0
    contacts: int = 0
    joins: int = 0
    fields: int = 0

    def __add__(self, other: "DroppedRows") -> "DroppedRows":
        return DroppedRows(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(DroppedRows)))


@dataclass(frozen=True)
class SentByKey:
    """What came by a key between two instants, both included."""

    workspace: Workspace
    key: Key
    since: datetime
    until: datetime

    def events(self) -> QuerySet[Event]:
        received = {"received_at__gte": self.since, "received_at__lte": self.until}
        return Event.objects.filter(workspace_id=self.workspace.pk, browser_key=self.key.pk, **received)

    def assignments(self) -> QuerySet[Assignment]:
        """To variants, as its events say them."""
        received = {"received_at__gte": self.since, "received_at__lte": self.until}
        return Assignment.objects.filter(workspace_id=self.workspace.pk, browser_key=self.key.pk, **received)

    def contacts(self) -> QuerySet[Contact]:
        """Those that it named first, whatever else is known of them by now."""
        made = {"made_at__gte": self.since, "made_at__lte": self.until}
        return Contact.objects.current().filter(workspace=self.workspace, made_by_key=self.key.pk, **made)

    def joins(self) -> QuerySet[Join]:
        received = {"received_at__gte": self.since, "received_at__lte": self.until}
        return Join.objects.filter(
            workspace_id=self.workspace.pk, made_by_key=self.key.pk, undone_at__isnull=True, **received
        )

    def devices(self) -> QuerySet[Identity]:
        """The ids of devices that it named first."""
        made = {"made_at__gte": self.since, "made_at__lte": self.until, "kind": IdentityKind.ANONYMOUS}
        return Identity.objects.filter(workspace_id=self.workspace.pk, made_by_key=self.key.pk, **made)

    def count(self) -> DroppedRows:
        """At most what would go. Three queries."""
        return DroppedRows(self.events().count(), self.contacts().count(), self.joins().count())


def drop_sent(sent: SentByKey, *, by: User | Key | None) -> Iterator[DroppedRows]:
    """Drop it; answers each step when it is done. Others write in between."""
    after = {"since": sent.since.isoformat(timespec="seconds")}
    record(DataAction.KEY_DATA_DROPPED, by=by, workspace=sent.workspace, target=sent.key.api_id, after=after)
    triples: set[int] = set()
    while (step := _drop_events(sent, triples)) is not None:
        yield step
    _drop_assignments(sent)
    while step := _drop_joins(sent):
        yield step
    _forget_devices(sent)
    yield from _drop_contacts(sent)
    yield from _take_words_back(sent)
    with transaction.atomic():
        take_alone(sent.workspace.pk)
        drop_unused_types(sent.workspace.pk)
        delete_unused_triples(sent.workspace, triples)
    forget_taken(sent.workspace.pk)


def drop_for_a_while(sent: SentByKey, *, by: User | Key | None) -> tuple[DroppedRows, bool]:
    """Drop as much of it as goes in about DROP_SECONDS; and whether that was all."""
    end, dropped = time.monotonic() + DROP_SECONDS, DroppedRows()
    for step in drop_sent(sent, by=by):
        dropped += step
        if time.monotonic() > end:
            return dropped, False
    return dropped, True


@transaction.atomic
def _drop_events(sent: SentByKey, triples: set[int]) -> DroppedRows | None:
    """None where there are none left."""
    take_alone(sent.workspace.pk)
    ids = [pk.hex for (pk,) in sent.events().order_by("received_at", "pk").values_list("pk")[:EVENTS_DROPPED]]
    if not ids:
        return None
    take_events_away(sent.workspace, Event.objects.filter(workspace_id=sent.workspace.pk, pk__among=ids), triples)
    return DroppedRows(events=len(ids))


@transaction.atomic
def _drop_assignments(sent: SentByKey) -> None:
    take_alone(sent.workspace.pk)
    take_assignments_away(sent.workspace, sent.assignments())


def _drop_joins(sent: SentByKey) -> DroppedRows | None:
    """None where there are none left. Unlike those that somebody undoes by hand, they leave no trace."""
    with people_held(sent.workspace):
        ids = [pk.hex for pk in sent.joins().order_by("received_at", "pk").values_list("pk", flat=True)[:JOINS_DROPPED]]
        if not ids:
            return None
        joins = Join.objects.filter(workspace_id=sent.workspace.pk, pk__among=ids)
        entries = Entries.begin(sent.workspace, received_at=sent.until)
        part(entries, [*joins.values_list("gone", flat=True)])
        joins.delete()
        entries.write()
    return DroppedRows(joins=len(ids))


def _forget_devices(sent: SentByKey) -> None:
    last = ""
    while values := list(
        sent.devices().filter(value__gt=last).order_by("value").values_list("value", flat=True)[:DEVICES_DROPPED]
    ):
        last = values[-1]
        with people_held(sent.workspace):
            _forget_unknown(sent, values)


def _forget_unknown(sent: SentByKey, values: Collection[str]) -> None:
    """Forget those of these devices that nobody else knows: all that the key named a contact's, and those without
    events, variants and joins. Five queries."""
    of_workspace = {"workspace_id": sent.workspace.pk}
    devices = sent.devices().filter(value__among=values)
    numbers = {*devices.values_list("person_number", flat=True)}
    contacts = Contact.objects.filter(person_number__among=numbers, **of_workspace)
    alone = numbers - {*contacts.values_list("person_number", flat=True)}
    events = Event.objects.filter(person_number__among=alone, **of_workspace).order_by()
    joined = Person.objects.filter(number__among=alone, joined_to__isnull=False, **of_workspace)
    given = Assignment.objects.filter(person_number__among=alone, **of_workspace).order_by()
    of_facts = (rows.values_list("person_number", flat=True).distinct() for rows in (events, given))
    known = {*chain.from_iterable(of_facts), *joined.values_list("number", flat=True)}
    devices.filter(person_number__among=numbers - known).delete()


def _drop_contacts(sent: SentByKey) -> Iterator[DroppedRows]:
    last = 0
    while pks := list(
        sent.contacts().filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:CONTACTS_DROPPED]
    ):
        last = pks[-1]
        if dropped := _drop_unknown(sent, pks):
            yield DroppedRows(contacts=dropped)


@transaction.atomic
def _drop_unknown(sent: SentByKey, pks: Collection[int]) -> int:
    """Drop those of these contacts of whom nobody else knows anything. Returns how many."""
    workspace = sent.workspace
    take_alone(workspace.pk)
    locked_numbers(workspace.pk)
    workspace.refresh_from_db()
    unknown = [contact for contact in sent.contacts().filter(pk__in=pks) if _is_known_by_key_alone(contact, sent)]
    going = unheard_of(workspace.pk, unknown, EARLIEST_INSTANT)
    merged = Contact.objects.filter(workspace=workspace, merged_into__in=pks)
    with_others = set(merged.values_list("merged_into_id", flat=True))
    going = [contact for contact in going if contact.pk not in with_others]
    numbers = [contact.person_number for contact in going]
    erase_facts(
        workspace,
        contacts=Contact.objects.filter(workspace=workspace, pk__in=[contact.pk for contact in going]),
        events=Event.objects.filter(workspace_id=workspace.pk, pk__among=[]),
        messages=Message.objects.filter(workspace_id=workspace.pk, pk__among=[]),
        identities=Identity.objects.filter(workspace_id=workspace.pk, person_number__among=numbers),
        triples=set(),
    )
    return len(going)


def _is_known_by_key_alone(contact: Contact, sent: SentByKey) -> bool:
    words = words_of(contact)
    of_keys = [word.of_key for word in words.fields.values()]
    if words.signup_rank is not None:
        of_keys.append(words.signup_of_key)
    return all(of_key is not None and of_key[0] == sent.key.pk for of_key in of_keys)


def _take_words_back(sent: SentByKey) -> Iterator[DroppedRows]:
    last = 0
    filled = Contact.objects.filter(workspace=sent.workspace, provenance__has_key="keys").order_by("pk")
    while pks := list(filled.filter(pk__gt=last).values_list("pk", flat=True)[:CONTACTS_DROPPED]):
        last = pks[-1]
        if taken := _take_back(sent, pks):
            yield DroppedRows(fields=taken)


def _take_back(sent: SentByKey, pks: Collection[int]) -> int:
    with people_held(sent.workspace):
        entries = Entries.begin(sent.workspace, received_at=sent.until)
        families, taken = Families(sent.workspace.pk, pks), 0
        since, until = microseconds(sent.since), microseconds(sent.until)
        unstated = []
        for pk, words in families.words.items():
            before = words.signup_of_key
            taken += words.take_back(sent.key.pk, since=since, until=until)
            if words.signup_of_key != before and words.signup_rank is None:
                unstated.append(pk)
        earliest = _first_instants(sent, [families.rows[pk] for pk in unstated])
        for pk in unstated:
            words = families.words[pk]
            words.signed_up_at = min(words.signed_up_at, earliest.get(pk, words.signed_up_at))
            if words.signed_up_at == NOBODY_KNOWS:
                words.signed_up_at = families.rows[pk].made_at or sent.since
        families.write(entries)
        entries.write()
    return taken


def _first_instants(sent: SentByKey, contacts: Collection[Contact]) -> dict[int, datetime]:
    """By contact, when the first happened that came since, and is there still. Two queries, none without contacts."""
    if not contacts:
        return {}
    pk_of = {contact.person_number: contact.pk for contact in contacts}
    since = {"workspace_id": sent.workspace.pk, "received_at__gte": sent.since}
    events = Event.objects.filter(person_number__among=list(pk_of), **since).order_by()
    messages = Message.objects.filter(contact__in=list(pk_of.values()), **since).order_by()
    first = {pk_of[number]: at for number, at in events.values_list("person_number").annotate(first=Min("occurred_at"))}
    for pk, at in messages.values_list("contact_id").annotate(first=Min("created_at")):
        first[pk] = min(at, first.get(pk, at))
    return first
