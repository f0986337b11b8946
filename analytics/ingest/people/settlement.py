"""Settling who is who: claims applied one after the other in memory, then written in a few statements."""

import uuid
from collections.abc import Sequence
from copy import copy
from typing import Any, NamedTuple

from django.db import connection

from analytics.ingest.fields import EARLIEST_INSTANT
from analytics.ingest.outcome import ItemError
from analytics.ingest.people.identities import (
    ANONYMOUS,
    EXTERNAL,
    PREVIOUS,
    Claim,
    Claims,
    KnownContact,
    People,
    load_people,
    locked_numbers,
    separated_from,
)
from analytics.ingest.people.words import TEXT_FIELDS
from analytics.ingest.rows import update_where
from analytics.ingest.senders import Sender
from analytics.ledger import Entries
from analytics.models import Contact, Identity, Join, JoinCause, Person, PersonNumbers
from analytics.models.bulk import insert_columns
from analytics.periods import instant_of

LOCKED_AT_ONCE = 2_000
"""Among so many claims, as a block of an imported file has, somebody is nearly always new."""


class _NewJoin(NamedTuple):
    gone: int
    kept: int
    cause: JoinCause
    at: int
    browser_key: int | None


def settle_claims(
    entries: Entries, claims: Claims, *, ids: Sequence[object], with_words: bool = False
) -> tuple[People, list[int], dict[int, ItemError]]:
    """Returns the people that the claims name, made and joined as they say; the places of the claims that count; and by
    place, why others are refused.

    `ids` are those of the items that make the claims. Of the claims of one id the first that is good counts; the others
    neither count nor are refused.

    Called in a transaction. Reads without a lock first; only where there is something new does it take the workspace's
    lock and read again. Very many claims are read under the lock at once, and so are those `with_words`, since what is
    said of a contact is written under it. Where there are no locks on rows (SQLite), a transaction that writes is alone
    from its beginning.
    """
    if with_words or not connection.features.has_select_for_update or len(ids) >= LOCKED_AT_ONCE:
        return _settle_under_lock(entries, claims, ids, with_words=with_words)
    people = load_people(entries.workspace_id, claims)
    try:
        return people, *Settlement(people, next_number=None).run(claims, ids)
    except _LockNeeded:
        return _settle_under_lock(entries, claims, ids)


def _settle_under_lock(
    entries: Entries, claims: Claims, ids: Sequence[object], *, with_words: bool = False
) -> tuple[People, list[int], dict[int, ItemError]]:
    next_number = locked_numbers(entries.workspace_id)
    people = load_people(entries.workspace_id, claims, with_words=with_words)
    people.is_locked = True
    people.separated = separated_from(people, claims)
    settlement = Settlement(people, next_number=next_number)
    good, refused = settlement.run(claims, ids)
    settlement.write(entries)
    return people, good, refused


def _conflict(problem: str) -> ItemError:
    return ItemError("identity_conflict", f"previousId {problem}")


class _LockNeeded(Exception):
    pass


class Settlement:
    """Applies claims one after the other to People in memory; without a lock it stops at the first change."""

    def __init__(self, people: People, *, next_number: int | None) -> None:
        self.people = people
        self.next_number = next_number
        self.new_numbers: list[int] = []
        self.new_identities: list[tuple[str, str, int, int | None]] = []
        self.new_contacts: list[KnownContact] = []
        self.joins: list[_NewJoin] = []
        self.confirmed: list[KnownContact] = []

    def run(self, claims: Claims, ids: Sequence[object]) -> tuple[list[int], dict[int, ItemError]]:
        good: dict[object, int] = {}
        refused: dict[int, ItemError] = {}
        for index, (id, claim) in enumerate(zip(ids, zip(*claims, strict=True), strict=True)):
            if id in good:
                continue
            if not self._is_known(*claim):
                try:
                    self._settle(Claim._make(claim))
                except ItemError as error:
                    refused[index] = error
                    continue
            good[id] = index
        return list(good.values()), refused

    def _is_known(
        self, user_id: str | None, anonymous_id: str | None, previous_id: str | None, at: int, sender: Sender
    ) -> bool:
        """Whether it changes nothing that these are named together: nearly always so."""
        if previous_id is not None or sender.joins_provisional:
            return False
        people = self.people
        of_anonymous = people.number_of[ANONYMOUS]
        if user_id is None:
            return anonymous_id in of_anonymous
        number = people.number_of[EXTERNAL].get(user_id)
        if number is None or people.known_by(number) not in people.contacts or self._is_confirmed_by(sender, number):
            return False
        return anonymous_id is None or people.owner(of_anonymous.get(anonymous_id)) is not None

    def _settle(self, claim: Claim) -> None:
        """A claim that is not known."""
        if claim.previous_id is not None:
            self._alias(claim, claim.previous_id)
        elif claim.user_id is not None:
            number = self._contact(claim)
            if claim.anonymous_id is not None:
                if claim.sender.joins_provisional:
                    self._claim_provisional(claim, claim.anonymous_id, number)
                self._claim_device(claim, claim.anonymous_id, number)
        elif claim.anonymous_id not in self.people.number_of[ANONYMOUS]:
            self._identify(ANONYMOUS, str(claim.anonymous_id), self._new_number(), claim)

    def _contact(self, claim: Claim) -> int:
        """The number of the claim's user id, whose contact is made if it is new."""
        number = self.people.number_of[EXTERNAL].get(str(claim.user_id))
        if number is None:
            return self._new_contact(claim, str(claim.user_id))
        if self.people.owner(number) is None:
            self._need_lock()  # merged into another one since the first of our reads
        if self._is_confirmed_by(claim.sender, number):
            self._need_lock()
            self.people.contacts[number].is_provisional = False
            self.confirmed.append(self.people.contacts[number])
            self.people.confirmed_by[number] = claim.sender.browser_key
        return number

    def _is_confirmed_by(self, sender: Sender, number: int) -> bool:
        contact = self.people.contacts.get(number)
        return contact is not None and contact.is_provisional and not sender.names_provisionally

    def _new_contact(self, claim: Claim, user_id: str) -> int:
        """It takes over the anonymous person's number if that is free; an alias may have joined it already.

        Not what came by a key for web pages, since the contact may be dropped, and the device is somebody else's.
        """
        reserved = self.people.number_of[PREVIOUS].get(user_id)
        device = self.people.number_of[ANONYMOUS].get(claim.anonymous_id or claim.previous_id or "")
        is_free = reserved is None and device is not None and self.people.owner(device) is None
        is_free &= claim.sender.browser_key is None
        number = device if is_free and device is not None else self._new_number()
        self._identify(EXTERNAL, user_id, number, claim)
        contact = KnownContact(
            0,
            user_id,
            number,
            instant_of(claim.at),
            is_provisional=claim.sender.names_provisionally,
            made_by_key=claim.sender.browser_key,
        )
        self.people.contacts[number] = contact
        self.people.made.add(user_id)
        self.new_contacts.append(contact)
        if reserved is not None:
            self._join(number, reserved, JoinCause.ALIAS, claim)
        return number

    def _claim_device(self, claim: Claim, anonymous_id: str, number: int) -> None:
        device = self.people.number_of[ANONYMOUS].get(anonymous_id)
        if device is None:
            self._identify(ANONYMOUS, anonymous_id, number, claim)
        elif self.people.owner(device) is None and not self._are_separated(device, number):
            cause = JoinCause.IDENTIFY if claim.previous_id is None else JoinCause.ALIAS
            self._join(device, number, cause, claim)

    def _claim_provisional(self, claim: Claim, distinct_id: str, number: int) -> None:
        """What PostHog's client called itself before somebody was known, and perhaps sent as a user's id."""
        known = self.people.number_of[EXTERNAL].get(distinct_id)
        if known is None:
            self._reserve(claim, distinct_id, number)
            return
        contact = self.people.contacts.get(known)
        if (
            contact is not None
            and contact.is_provisional
            and known not in self.people.joined_to
            and self.people.known_by(number) != known
            and not self._are_separated(known, number)
        ):
            self._join(known, number, JoinCause.IDENTIFY, claim)

    def _reserve(self, claim: Claim, user_id: str, number: int) -> None:
        if claim.sender.may_reserve_users and user_id not in self.people.number_of[PREVIOUS]:
            self._identify(PREVIOUS, user_id, number, claim)

    def _alias(self, claim: Claim, previous_id: str) -> None:
        earlier = self.people.number_of[EXTERNAL].get(previous_id)
        if claim.user_id == previous_id:
            self._contact(claim)
            return
        self._check_alias(claim, previous_id, earlier)
        number = self._contact(claim)
        if earlier is not None and self.people.known_by(earlier) != self.people.known_by(number):
            self._join(
                self.people.known_by(earlier),
                number,
                JoinCause.MEMBER if claim.sender.is_by_hand else JoinCause.ALIAS,
                claim,
            )
        if earlier is None or claim.sender.may_reserve_users:
            self._claim_device(claim, previous_id, number)
            self._reserve(claim, previous_id, number)

    def _check_alias(self, claim: Claim, previous_id: str, earlier: int | None) -> None:
        """Raises ItemError where what `previousId` led to is another contact's, or one that must not be joined."""
        people = self.people
        user_id = str(claim.user_id)
        named = people.number_of[EXTERNAL].get(user_id, people.number_of[PREVIOUS].get(user_id))
        kept = None if named is None else people.known_by(named)
        device, reserved = (people.number_of[kind].get(previous_id) for kind in (ANONYMOUS, PREVIOUS))
        for number in (earlier, device, reserved if earlier is None else None):
            if number is None:
                continue
            if named is not None and not claim.sender.is_by_hand and self._are_separated(number, named):
                raise _conflict(f"{previous_id!r} was separated from the contact {claim.user_id!r} by hand.")
            owner = people.owner(number)
            if owner is None or owner.person_number == kept:
                continue
            if number != earlier or owner.person_number != earlier:
                is_told = claim.sender.may_join_contacts  # a write key learns nobody's id by trying out devices
                known_as = f"the contact {owner.external_id!r}" if is_told else "another contact"
                raise _conflict(f"{previous_id!r} already belongs to {known_as}.")
            if not (claim.sender.may_join_contacts or owner.is_provisional):
                raise _conflict(
                    f"{previous_id!r} is a known contact, which a write key may not join to another one: send the "
                    "alias with a secret key, or join the two on the contact's page."
                )

    def _are_separated(self, number: int, from_number: int) -> bool:
        known_by = self.people.known_by
        return any(known_by(other) == known_by(from_number) for other in self.people.separated.get(number, ()))

    def _join(self, gone: int, kept: int, cause: JoinCause, claim: Claim) -> None:
        self._need_lock()
        self.people.joined_to[gone] = kept
        self.joins.append(_NewJoin(gone, kept, cause, claim.at, claim.sender.browser_key))

    def _identify(self, kind: str, value: str, number: int, claim: Claim) -> None:
        self._need_lock()
        self.people.number_of[kind][value] = number
        self.new_identities.append((kind, value, number, claim.sender.browser_key))

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

    def write(self, entries: Entries) -> None:
        workspace_id = self.people.workspace_id
        insert_columns(Person, {"number": self.new_numbers}, workspace_id=workspace_id)
        if self.new_identities:
            kinds, values, numbers, keys = zip(*self.new_identities, strict=True)
            identities: dict[str, Sequence[Any]] = {"kind": kinds, "value": values, "person_number": numbers}
            if any(keys):
                received_at = entries.received_at
                identities |= {"made_by_key": keys, "made_at": [key and received_at for key in keys]}
            insert_columns(Identity, identities, workspace_id=workspace_id)
        self._write_contacts(entries)
        self._write_joins(entries)
        if self.new_numbers:
            PersonNumbers.objects.filter(workspace_id=workspace_id).update(next_number=self.next_number)

    def _write_contacts(self, entries: Entries) -> None:
        if pks := [contact.pk for contact in self.confirmed if contact.pk]:
            Contact.objects.filter(workspace_id=self.people.workspace_id, pk__among=pks).update(is_provisional=False)
        if not self.new_contacts:
            return
        n, ids = len(self.new_contacts), [contact.external_id for contact in self.new_contacts]
        columns: dict[str, Sequence[Any]] = {
            "external_id": ids,
            "person_number": [contact.person_number for contact in self.new_contacts],
            **{name: [""] * n for name in TEXT_FIELDS},
            **{name: ["{}"] * n for name in ("attributes", "provenance")},
            "former_addresses": ["[]"] * n,
            "attributes_at": [EARLIEST_INSTANT] * n,
            "signed_up_at": [contact.signed_up_at for contact in self.new_contacts],
            "signup_is_stated": [False] * n,
            "is_provisional": [contact.is_provisional for contact in self.new_contacts],
            "made_by_key": [contact.made_by_key for contact in self.new_contacts],
            "made_at": [contact.made_by_key and entries.received_at for contact in self.new_contacts],
            "received_at": [entries.received_at] * n,
        }
        insert_columns(Contact, columns, workspace_id=self.people.workspace_id)
        made = Contact.objects.filter(workspace_id=self.people.workspace_id, external_id__among=ids)
        pk_of = dict(made.values_list("external_id", "pk"))
        for contact in self.new_contacts:
            contact.pk = pk_of[contact.external_id]
            entries.change_contact(None, contact)

    def _write_joins(self, entries: Entries) -> None:
        """Everybody who leads to one that gave way leads on to whom that is known by."""
        workspace_id, people = self.people.workspace_id, self.people
        people.changed |= {contact.pk for contact in self.confirmed}
        if not self.joins:
            return
        roots = {join.gone: people.known_by(join.gone) for join in self.joins}
        for by in ("joined_to", "number"):
            update_where(Person, by, "joined_to", roots, workspace_id=workspace_id)
        columns: dict[str, Sequence[Any]] = {
            "id": [uuid.uuid4().hex for _ in self.joins],
            "gone": [join.gone for join in self.joins],
            "kept": [join.kept for join in self.joins],
            "cause": [join.cause.value for join in self.joins],
            "joined_at": [instant_of(join.at) for join in self.joins],
            "made_by_key": [join.browser_key for join in self.joins],
        }
        insert_columns(Join, columns, workspace_id=workspace_id, received_at=entries.received_at)
        merged = {
            people.contacts[gone].pk: people.contacts[root].pk
            for gone, root in roots.items()
            if gone in people.contacts
        }
        for by in ("merged_into_id", "id"):
            update_where(Contact, by, "merged_into_id", merged, workspace_id=workspace_id)
        people.changed |= set(merged.values())
        for join in self.joins:
            entries.join(join.gone, join.kept)
            if (contact := people.contacts.get(join.gone)) is not None:
                before, contact.merged_into_id = copy(contact), merged[contact.pk]
                entries.change_contact(before, contact)
