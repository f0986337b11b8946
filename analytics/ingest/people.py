"""Who an item is about: identities to person numbers, new people, and two people found to be one.

The rules, in the order of the items:
- A user id leads to a contact; an unknown one makes it. An anonymous id leads to a person who may not be known yet.
- An item with both ids says that they are one person: the anonymous person joins the contact's.
- An anonymous id whose person is already another contact stays with the first who claimed it (a shared device); the
  item then counts for the user id alone.
- An alias joins whoever `previousId` led to; two contacts become one, the one that `userId` names. It also holds for a
  `previousId` that is seen later, as the id of a device or of a user.
"""

from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from django.db import connection
from django.db.models import Q

from analytics.ingest.fields import EARLIEST_INSTANT
from analytics.ingest.objections import earliest_objections
from analytics.ingest.outcome import ItemError
from analytics.ingest.rows import insert_all
from analytics.ledger import Entries
from analytics.models import Contact, Identity, IdentityKind, Person, PersonNumbers
from analytics.models.bulk import in_binary, insert_columns

LOCKED_AT_ONCE = 2_000
"""Among so many claims, as a block of an imported file has, somebody is nearly always new."""

Key = tuple[str, str]
"""An identity's kind and value."""

_ANONYMOUS, _EXTERNAL, _PREVIOUS = (
    kind.value for kind in (IdentityKind.ANONYMOUS, IdentityKind.EXTERNAL, IdentityKind.PREVIOUS)
)
"""As plain texts: by a member of an enumeration, looking up a key takes twice as long."""


class Claim(NamedTuple):
    """The ids one item names, at least one of them, and when they were named."""

    user_id: str | None
    anonymous_id: str | None
    at: datetime
    previous_id: str | None = None
    signed_up_at: datetime | None = None


@dataclass
class KnownContact:
    """A contact, as far as it takes to say who is who and when they signed up; `pk` is 0 until it is written."""

    pk: int
    external_id: str
    person_number: int
    signed_up_at: datetime
    signup_is_stated: bool
    merged_into_id: int | None = None


@dataclass
class People:
    """The people that a batch names, after the claims are settled.

    `contacts` are those there are now, by the number their person is known by; `made` are the user ids of new ones.
    """

    workspace_id: int
    number_of: dict[Key, int] = field(default_factory=dict)
    joined_to: dict[int, int] = field(default_factory=dict)
    contacts: dict[int, KnownContact] = field(default_factory=dict)
    made: set[str] = field(default_factory=set)

    def number(self, claim: Claim) -> int:
        """The number that a fact with these ids carries."""
        if claim.user_id is not None:
            return self.number_of[_EXTERNAL, claim.user_id]
        assert claim.anonymous_id is not None
        return self.number_of[_ANONYMOUS, claim.anonymous_id]

    def contact(self, user_id: str) -> KnownContact:
        return self.contacts[self.known_by(self.number_of[_EXTERNAL, user_id])]

    def known_by(self, number: int) -> int:
        return self.joined_to.get(number, number)


def settled(
    entries: Entries, claims: Sequence[Claim], *, ids: Sequence[object]
) -> tuple[People, list[int], dict[int, ItemError]]:
    """The people the claims name, made and joined as they say; which claims were heeded; and by index, the refused.

    `ids` are those of the items that make the claims: once one of an id is heeded, the others are neither.

    In a transaction. Reads without a lock first; only where there is something new does it take the workspace's lock
    and read again. Very many claims are read under the lock at once. Where there are no locks on rows (SQLite), a
    transaction that writes is alone from its beginning.
    """
    if not connection.features.has_select_for_update or len(claims) >= LOCKED_AT_ONCE:
        return _settled_under_lock(entries, claims, ids)
    people = _loaded(entries.workspace_id, claims)
    try:
        return people, *_Settlement(people, entries, next_number=None).run(claims, ids)
    except _LockNeeded:
        return _settled_under_lock(entries, claims, ids)


def _settled_under_lock(
    entries: Entries, claims: Sequence[Claim], ids: Sequence[object]
) -> tuple[People, list[int], dict[int, ItemError]]:
    numbers = locked_numbers(entries.workspace_id)
    people = _loaded(entries.workspace_id, claims)
    settlement = _Settlement(people, entries, next_number=numbers.next_number)
    heeded, refused = settlement.run(claims, ids)
    settlement.write()
    return people, heeded, refused


def locked_numbers(workspace_id: int) -> PersonNumbers:
    """The workspace's lock, until the transaction ends.

    Under it people are made, contacts and enrolments change, and reports find their messages.
    """
    numbers = PersonNumbers.objects.select_for_update().filter(workspace_id=workspace_id)
    if found := numbers.first():
        return found
    PersonNumbers.objects.bulk_create([PersonNumbers(workspace_id=workspace_id)], ignore_conflicts=True)
    return numbers.get()


def _loaded(workspace_id: int, claims: Iterable[Claim]) -> People:
    """What is known of the identities that the claims name. Three queries."""
    values = {value for claim in claims for value in (claim.user_id, claim.anonymous_id, claim.previous_id)} - {None}
    people = People(workspace_id)
    if not values:
        return people
    identities = Identity.objects.filter(workspace_id=workspace_id, kind__in=IdentityKind.values, value__among=values)
    for kind, value, number in in_binary(identities.values_list("kind", "value", "person_number")):
        people.number_of[kind, value] = number
    numbers = set(people.number_of.values())
    joined = Person.objects.filter(workspace_id=workspace_id, number__among=numbers, joined_to__isnull=False)
    people.joined_to = {number: kept for number, kept in joined.values_list("number", "joined_to") if kept is not None}
    roots = {people.known_by(number) for number in numbers}
    current = Contact.objects.current().filter(workspace_id=workspace_id, person_number__among=roots)
    columns = ("pk", "external_id", "person_number", "signed_up_at", "signup_is_stated")
    for contact in in_binary(current.values_list(*columns)):
        people.contacts[contact[2]] = KnownContact(*contact)
    return people


class _LockNeeded(Exception):
    pass


class _Settlement:
    """Applies claims one after the other to People in memory; without a lock it stops at the first change."""

    def __init__(self, people: People, entries: Entries, *, next_number: int | None) -> None:
        self.people = people
        self.entries = entries
        self.next_number = next_number
        self.new_numbers: list[int] = []
        self.new_identities: list[tuple[str, str, int]] = []
        self.new_contacts: list[tuple[KnownContact, datetime]] = []
        """With when their attributes were said."""
        self.joins: dict[int, int] = {}
        self.merged: list[tuple[KnownContact, KnownContact]] = []
        self.before: dict[int, KnownContact | None] = {}
        """By the number they were made with, contacts that change, as they were; None for new ones."""

    def run(self, claims: Sequence[Claim], ids: Sequence[object]) -> tuple[list[int], dict[int, ItemError]]:
        heeded: dict[object, int] = {}
        refused: dict[int, ItemError] = {}
        for index, (claim, id) in enumerate(zip(claims, ids, strict=True)):
            if id in heeded:
                continue
            try:
                self._settle(claim)
                heeded[id] = index
            except ItemError as error:
                refused[index] = error
        return list(heeded.values()), refused

    def _settle(self, claim: Claim) -> None:
        if claim.previous_id is not None:
            self._alias(claim, claim.previous_id)
        elif claim.user_id is not None:
            contact = self._contact(claim)
            if claim.anonymous_id is not None:
                self._claim_anonymous(claim.anonymous_id, contact)
        elif claim.anonymous_id is not None and (_ANONYMOUS, claim.anonymous_id) not in self.people.number_of:
            self._identify((_ANONYMOUS, claim.anonymous_id), self._new_number())

    def _contact(self, claim: Claim) -> KnownContact:
        """The contact of the claim's user id; a new one takes over the anonymous person's number if that is free."""
        assert claim.user_id is not None
        key = (_EXTERNAL, claim.user_id)
        previous = self.people.number_of.get((_PREVIOUS, claim.user_id))
        if key not in self.people.number_of and previous is not None:
            self._identify(key, previous)
        elif key not in self.people.number_of:
            anonymous = self.people.number_of.get((_ANONYMOUS, claim.anonymous_id or claim.previous_id or ""))
            number = None if anonymous is None else self.people.known_by(anonymous)
            if number is None or number in self.people.contacts:
                number = self._new_number()
            self._identify(key, number)
            self._make_contact(claim, number)
        elif self.people.known_by(self.people.number_of[key]) not in self.people.contacts:
            self._need_lock()  # merged into another one since the first of our reads
        return self.people.contact(claim.user_id)

    def _make_contact(self, claim: Claim, number: int) -> None:
        assert claim.user_id is not None
        is_stated = claim.signed_up_at is not None
        contact = KnownContact(0, claim.user_id, number, claim.signed_up_at or claim.at, is_stated)
        self.people.contacts[number] = contact
        self.people.made.add(claim.user_id)
        self.before[number] = None
        self.new_contacts.append((contact, claim.at if is_stated else EARLIEST_INSTANT))

    def _claim_anonymous(self, anonymous_id: str, contact: KnownContact) -> None:
        key = (_ANONYMOUS, anonymous_id)
        number = self.people.number_of.get(key)
        if number is None:
            self._identify(key, contact.person_number)
        elif self.people.known_by(number) not in self.people.contacts:
            self._join(self.people.known_by(number), contact.person_number)

    def _alias(self, claim: Claim, previous_id: str) -> None:
        earlier = self.people.number_of.get((_EXTERNAL, previous_id))
        if earlier is not None:
            gone, kept = self.people.contacts[self.people.known_by(earlier)], self._contact(claim)
            if gone is not kept:
                self._join(gone.person_number, kept.person_number)
                self._merge(gone, kept)
            return
        claimed = self.people.number_of.get((_ANONYMOUS, previous_id))
        owner = None if claimed is None else self.people.contacts.get(self.people.known_by(claimed))
        named = self.people.number_of.get((_EXTERNAL, str(claim.user_id)))
        if owner is not None and (named is None or owner.person_number != self.people.known_by(named)):
            raise ItemError(
                "identity_conflict",
                f"previousId {previous_id!r} already belongs to the contact {owner.external_id!r}.",
            )
        contact = self._contact(claim)
        self._claim_anonymous(previous_id, contact)
        if (_PREVIOUS, previous_id) not in self.people.number_of:
            self._identify((_PREVIOUS, previous_id), contact.person_number)

    def _merge(self, gone: KnownContact, kept: KnownContact) -> None:
        """The contact that stays signed up when the first of both did; what a sender stated counts before a guess."""
        for one in (gone, kept):
            self.before.setdefault(one.person_number, copy(one))
        stated = [one.signed_up_at for one in (gone, kept) if one.signup_is_stated]
        kept.signed_up_at = min(stated or [gone.signed_up_at, kept.signed_up_at])
        kept.signup_is_stated = bool(stated)
        del self.people.contacts[gone.person_number]
        self.merged.append((gone, kept))

    def _join(self, gone: int, kept: int) -> None:
        self._need_lock()
        for number, known_by in self.people.joined_to.items():
            if known_by == gone:
                self.people.joined_to[number] = kept
        self.people.joined_to[gone] = kept
        self.joins[gone] = kept

    def _identify(self, key: Key, number: int) -> None:
        self._need_lock()
        self.people.number_of[key] = number
        self.new_identities.append((*key, number))

    def _new_number(self) -> int:
        self._need_lock()
        assert self.next_number is not None
        number = self.next_number
        self.next_number += 1
        self.new_numbers.append(number)
        return number

    def _need_lock(self) -> None:
        if self.next_number is None:
            raise _LockNeeded

    def write(self) -> None:
        workspace_id = self.people.workspace_id
        insert_columns(Person, {"number": self.new_numbers}, workspace_id=workspace_id)
        if self.new_identities:
            kinds, values, numbers = zip(*self.new_identities, strict=True)
            identities = {"kind": kinds, "value": values, "person_number": numbers}
            insert_columns(Identity, identities, workspace_id=workspace_id)
        self._write_contacts()
        for gone, kept in self.joins.items():  # in their order: a later join moves the earlier ones on
            Person.objects.filter(Q(number=gone) | Q(joined_to=gone), workspace_id=workspace_id).update(joined_to=kept)
        for one, into in self.merged:
            Contact.objects.filter(Q(pk=one.pk) | Q(merged_into=one.pk), workspace_id=workspace_id).update(
                merged_into=into.pk
            )
            Contact.objects.filter(pk=into.pk, workspace_id=workspace_id).update(
                signed_up_at=into.signed_up_at,
                signup_is_stated=into.signup_is_stated,
                **earliest_objections(workspace_id, [one.pk, into.pk]),
            )
            one.merged_into_id = into.pk
        PersonNumbers.objects.filter(workspace_id=workspace_id).update(next_number=self.next_number)
        self._note()

    def _write_contacts(self) -> None:
        if not self.new_contacts:
            return
        rows = [
            Contact(
                workspace_id=self.people.workspace_id,
                external_id=contact.external_id,
                person_number=contact.person_number,
                attributes_at=attributes_at,
                signed_up_at=contact.signed_up_at,
                signup_is_stated=contact.signup_is_stated,
                received_at=self.entries.received_at,
            )
            for contact, attributes_at in self.new_contacts
        ]
        insert_all(rows)
        ids = [row.external_id for row in rows]
        made = Contact.objects.filter(workspace_id=self.people.workspace_id, external_id__among=ids)
        pks = dict(made.values_list("external_id", "pk"))
        for contact, _ in self.new_contacts:
            contact.pk = pks[contact.external_id]

    def _note(self) -> None:
        """What this changes for the ledger."""
        merged = [contact for pair in self.merged for contact in pair]
        new = [contact for contact, _ in self.new_contacts]
        changed = {contact.person_number: contact for contact in (*new, *merged)}
        for number, contact in changed.items():
            self.entries.change_contact(self.before[number], contact)
        for gone, kept in self.joins.items():
            self.entries.join(gone, kept)
