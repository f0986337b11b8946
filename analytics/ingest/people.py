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
from itertools import compress
from typing import NamedTuple

from django.db import connection
from django.db.models import Q

from analytics.ingest.fields import EARLIEST_INSTANT
from analytics.ingest.objections import earliest_objections
from analytics.ingest.outcome import ItemError
from analytics.ingest.rows import insert_all
from analytics.ingest.senders import Sender
from analytics.ledger import Entries
from analytics.models import Contact, Identity, IdentityKind, Person, PersonNumbers
from analytics.models.bulk import in_binary, insert_columns
from analytics.periods import instant_of

LOCKED_AT_ONCE = 2_000
"""Among so many claims, as a block of an imported file has, somebody is nearly always new."""

_ANONYMOUS, _EXTERNAL, _PREVIOUS = (
    kind.value for kind in (IdentityKind.ANONYMOUS, IdentityKind.EXTERNAL, IdentityKind.PREVIOUS)
)
"""As plain texts: by a member of an enumeration, looking up a key takes twice as long."""
_KINDS = (_ANONYMOUS, _EXTERNAL, _PREVIOUS)


class Claim(NamedTuple):
    """The ids one item names, at least one of them, and when they were named, in µs since 1970."""

    user_id: str | None
    anonymous_id: str | None
    previous_id: str | None
    at: int
    signed_up_at: datetime | None
    sender: Sender


class Claims(NamedTuple):
    """Claims, column by column."""

    user_id: Sequence[str | None]
    anonymous_id: Sequence[str | None]
    previous_id: Sequence[str | None]
    at: Sequence[int]
    signed_up_at: Sequence[datetime | None]
    sender: Sequence[Sender]


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

    `number_of` has a person's number by kind and value of an identity. `joined_to` and `contacts` are those of user ids
    and of what is claimed for them; contacts are as they are now, by the number their person is known by. `made` are
    the user ids of new ones.
    """

    workspace_id: int
    number_of: dict[str, dict[str, int]] = field(default_factory=lambda: {kind: {} for kind in _KINDS})
    joined_to: dict[int, int] = field(default_factory=dict)
    contacts: dict[int, KnownContact] = field(default_factory=dict)
    made: set[str] = field(default_factory=set)

    def numbers(self, user_ids: Sequence[str | None], anonymous_ids: Sequence[str | None]) -> list[int]:
        """The numbers that facts with these ids carry."""
        of_user, of_anonymous = self.number_of[_EXTERNAL], self.number_of[_ANONYMOUS]
        return [
            of_anonymous[anonymous_id] if user_id is None else of_user[user_id]  # type: ignore[index]
            for user_id, anonymous_id in zip(user_ids, anonymous_ids, strict=True)
        ]

    def contact(self, user_id: str) -> KnownContact:
        return self.contacts[self.known_by(self.number_of[_EXTERNAL][user_id])]

    def known_by(self, number: int) -> int:
        return self.joined_to.get(number, number)


def settled(
    entries: Entries, claims: Claims, *, ids: Sequence[object]
) -> tuple[People, list[int], dict[int, ItemError]]:
    """The people the claims name, made and joined as they say; which claims were heeded; and by index, the refused.

    `ids` are those of the items that make the claims: once one of an id is heeded, the others are neither.

    In a transaction. Reads without a lock first; only where there is something new does it take the workspace's lock
    and read again. Very many claims are read under the lock at once. Where there are no locks on rows (SQLite), a
    transaction that writes is alone from its beginning.
    """
    if not connection.features.has_select_for_update or len(ids) >= LOCKED_AT_ONCE:
        return _settled_under_lock(entries, claims, ids)
    people = _loaded(entries.workspace_id, claims)
    try:
        return people, *_Settlement(people, entries, next_number=None).run(claims, ids)
    except _LockNeeded:
        return _settled_under_lock(entries, claims, ids)


def _settled_under_lock(
    entries: Entries, claims: Claims, ids: Sequence[object]
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


def _loaded(workspace_id: int, claims: Claims) -> People:
    """What is known of the identities that the claims name. Three queries, one more where there are aliases or a user
    id is new."""
    people = People(workspace_id)
    aliases = _texts(claims.previous_id)
    users, visitors = aliases | _texts(claims.user_id), aliases | _texts(claims.anonymous_id)
    _find(people, {_EXTERNAL: users, _ANONYMOUS: visitors})
    of_users = people.number_of[_EXTERNAL]
    _find(people, {_PREVIOUS: aliases | (users - of_users.keys())})
    claimed = aliases | _texts(compress(claims.anonymous_id, claims.user_id))
    of_claimed = [number for one, number in people.number_of[_ANONYMOUS].items() if one in claimed]
    numbers = {*of_users.values(), *people.number_of[_PREVIOUS].values(), *of_claimed}
    if not numbers:
        return people
    joined = Person.objects.filter(workspace_id=workspace_id, number__among=numbers, joined_to__isnull=False)
    people.joined_to = {number: kept for number, kept in joined.values_list("number", "joined_to") if kept is not None}
    roots = {people.known_by(number) for number in numbers}
    current = Contact.objects.current().filter(workspace_id=workspace_id, person_number__among=roots)
    columns = ("pk", "external_id", "person_number", "signed_up_at", "signup_is_stated")
    for contact in in_binary(current.values_list(*columns)):
        people.contacts[contact[2]] = KnownContact(*contact)
    return people


def _texts(values: Iterable[str | None]) -> set[str]:
    return {value for value in values if value is not None}


def _find(people: People, wanted: dict[str, set[str]]) -> None:
    """Adds the numbers of the identities, by kind their values. One query."""
    parts = [
        Identity.objects.filter(workspace_id=people.workspace_id, kind=kind, value__among=values)
        .order_by()
        .values_list("kind", "value", "person_number")
        for kind, values in wanted.items()
        if values
    ]
    if parts:
        first, *others = parts
        for kind, value, number in in_binary(first.union(*others, all=True) if others else first):
            people.number_of[kind][value] = number


def _belongs_to(previous_id: str | None, owner: KnownContact) -> ItemError:
    return ItemError(
        "identity_conflict", f"previousId {previous_id!r} already belongs to the contact {owner.external_id!r}."
    )


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

    def run(self, claims: Claims, ids: Sequence[object]) -> tuple[list[int], dict[int, ItemError]]:
        heeded: dict[object, int] = {}
        refused: dict[int, ItemError] = {}
        for index, (id, claim) in enumerate(zip(ids, zip(*claims, strict=True), strict=True)):
            if id in heeded:
                continue
            if not self._is_known(*claim[:3]):
                try:
                    self._settle(Claim._make(claim))
                except ItemError as error:
                    refused[index] = error
                    continue
            heeded[id] = index
        return list(heeded.values()), refused

    def _is_known(self, user_id: str | None, anonymous_id: str | None, previous_id: str | None) -> bool:
        """Whether it changes nothing that these are named together: nearly always so."""
        if previous_id is not None:
            return False
        of_anonymous, contacts = self.people.number_of[_ANONYMOUS], self.people.contacts
        if user_id is None:
            return anonymous_id in of_anonymous
        number = self.people.number_of[_EXTERNAL].get(user_id)
        if number is None or self.people.known_by(number) not in contacts:
            return False
        if anonymous_id is None:
            return True
        claimed = of_anonymous.get(anonymous_id)
        return claimed is not None and self.people.known_by(claimed) in contacts

    def _settle(self, claim: Claim) -> None:
        """A claim that is not known."""
        if claim.previous_id is not None:
            self._alias(claim, claim.previous_id)
        elif claim.user_id is not None:
            contact = self._contact(claim)
            if claim.anonymous_id is not None:
                self._claim_anonymous(claim.anonymous_id, contact)
        elif claim.anonymous_id is not None:
            self._identify(_ANONYMOUS, claim.anonymous_id, self._new_number())

    def _contact(self, claim: Claim) -> KnownContact:
        """The contact of the claim's user id; a new one takes over the anonymous person's number if that is free."""
        assert claim.user_id is not None
        of_user, user_id = self.people.number_of[_EXTERNAL], claim.user_id
        previous = self.people.number_of[_PREVIOUS].get(user_id)
        if user_id not in of_user and previous is not None:
            self._identify(_EXTERNAL, user_id, previous)
        elif user_id not in of_user:
            anonymous = self.people.number_of[_ANONYMOUS].get(claim.anonymous_id or claim.previous_id or "")
            number = None if anonymous is None else self.people.known_by(anonymous)
            if number is None or number in self.people.contacts:
                number = self._new_number()
            self._identify(_EXTERNAL, user_id, number)
            self._make_contact(claim, number)
        elif self.people.known_by(of_user[user_id]) not in self.people.contacts:
            self._need_lock()  # merged into another one since the first of our reads
        return self.people.contact(user_id)

    def _make_contact(self, claim: Claim, number: int) -> None:
        assert claim.user_id is not None
        is_stated = claim.signed_up_at is not None
        at = instant_of(claim.at)
        contact = KnownContact(0, claim.user_id, number, claim.signed_up_at or at, is_stated)
        self.people.contacts[number] = contact
        self.people.made.add(claim.user_id)
        self.before[number] = None
        self.new_contacts.append((contact, at if is_stated else EARLIEST_INSTANT))

    def _claim_anonymous(self, anonymous_id: str, contact: KnownContact) -> None:
        number = self.people.number_of[_ANONYMOUS].get(anonymous_id)
        if number is None:
            self._identify(_ANONYMOUS, anonymous_id, contact.person_number)
        elif self.people.known_by(number) not in self.people.contacts:
            self._join(self.people.known_by(number), contact.person_number)

    def _alias(self, claim: Claim, previous_id: str) -> None:
        earlier = self.people.number_of[_EXTERNAL].get(previous_id)
        if earlier is not None:
            gone = self.people.contacts[self.people.known_by(earlier)]
            self._check_may_join(claim, gone)
            kept = self._contact(claim)
            if gone is not kept:
                self._join(gone.person_number, kept.person_number)
                self._merge(gone, kept)
            return
        claimed = self.people.number_of[_ANONYMOUS].get(previous_id)
        owner = None if claimed is None else self.people.contacts.get(self.people.known_by(claimed))
        if owner is not None and not self._is_of(claim, owner):
            raise _belongs_to(previous_id, owner)
        contact = self._contact(claim)
        self._claim_anonymous(previous_id, contact)
        if claim.sender.may_reserve_users and previous_id not in self.people.number_of[_PREVIOUS]:
            self._identify(_PREVIOUS, previous_id, contact.person_number)

    def _check_may_join(self, claim: Claim, gone: KnownContact) -> None:
        """What was joined to a contact is no other's; two known contacts are joined by those who may."""
        if self._is_of(claim, gone):
            return
        if gone.external_id != claim.previous_id:
            raise _belongs_to(claim.previous_id, gone)
        if not claim.sender.may_join_contacts:
            raise ItemError(
                "identity_conflict",
                f"previousId {claim.previous_id!r} is a known contact, which a write key may not join to another one: "
                "send the alias with a secret key, or join the two on the contact's page.",
            )

    def _is_of(self, claim: Claim, contact: KnownContact) -> bool:
        named = self.people.number_of[_EXTERNAL].get(str(claim.user_id))
        return named is not None and self.people.known_by(named) == contact.person_number

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

    def _identify(self, kind: str, value: str, number: int) -> None:
        self._need_lock()
        self.people.number_of[kind][value] = number
        self.new_identities.append((kind, value, number))

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
