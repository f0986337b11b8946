"""Who an item is about: identities to person numbers, new people, and two people found to be one.

The rules, in the order of the items:
- A user id leads to a contact of its own; an unknown one makes it. An anonymous id leads to a person who may not be
  known yet.
- An item with both ids says that they are one person: the anonymous person joins the contact's.
- An anonymous id whose person is already another contact stays with the first who claimed it (a shared device); the
  item then counts for the user id alone.
- An alias joins whoever `previousId` led to; of two contacts, the one that `userId` names stays. It also holds for a
  `previousId` that is seen later, as the id of a device or of a user.
- What was joined to one contact is refused for another one, and two known contacts are joined only by senders who may.
- A contact that only PostHog's `distinct_id` named in events is provisional: until more is said, it is joined as a
  device is.
- What was separated again is not joined by a call.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, partial
from itertools import compress
from typing import Any, NamedTuple

from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast

from analytics.ingest.senders import Sender
from analytics.models import Contact, Identity, IdentityKind, Join, Person, PersonNumbers
from analytics.models.fixed_queries import WORKSPACE, FixedQuery
from campaignos.fixed_rows import Placeholder

ANONYMOUS, EXTERNAL, PREVIOUS = (
    kind.value for kind in (IdentityKind.ANONYMOUS, IdentityKind.EXTERNAL, IdentityKind.PREVIOUS)
)
"""As plain texts: by a member of an enumeration, looking up a key takes twice as long."""
_KINDS = (ANONYMOUS, EXTERNAL, PREVIOUS)
AS_TEXT = {f"{name}_text": Cast(name, TextField()) for name in ("attributes", "provenance", "former_addresses")}
WORDS = ("email", "phone", "name", "attributes_at", *AS_TEXT, "made_by_key")
"""Columns of contacts with what was said of them, JSON as text."""


class Claim(NamedTuple):
    """The ids one item names, at least one of them, when they were named, in µs since 1970, and who sends it."""

    user_id: str | None
    anonymous_id: str | None
    previous_id: str | None
    at: int
    sender: Sender


class Claims(NamedTuple):
    """Claims, column by column."""

    user_id: Sequence[str | None]
    anonymous_id: Sequence[str | None]
    previous_id: Sequence[str | None]
    at: Sequence[int]
    sender: Sequence[Sender]


@dataclass
class KnownContact:
    """A contact, as far as it takes to say who is who and when they signed up; `pk` is 0 until it is written."""

    pk: int
    external_id: str
    person_number: int
    signed_up_at: datetime
    signup_is_stated: bool = False
    own_signed_up_at: datetime | None = None
    is_provisional: bool = False
    merged_into_id: int | None = None
    made_by_key: int | None = None

    @property
    def is_sure(self) -> bool:
        """Whether no call that only names it moves its signup."""
        return self.signup_is_stated and self.own_signed_up_at is None


_KNOWN = (
    "pk",
    "external_id",
    "person_number",
    "signed_up_at",
    "signup_is_stated",
    "own_signed_up_at",
    "is_provisional",
    "merged_into_id",
)


@dataclass
class People:
    """The people that a batch names, after the claims are settled.

    `number_of` has a person's number by kind and value of an identity. `joined_to` and `contacts` are those of user ids
    and of what is claimed for them; contacts are by their own numbers. `made` are the user ids of new ones, `changed`
    the keys of those that others were joined to, or that are provisional no more; `confirmed_by` has for the latter, by
    number, the key for web pages that said so, if it was one.
    """

    workspace_id: int
    number_of: dict[str, dict[str, int]] = field(default_factory=lambda: {kind: {} for kind in _KINDS})
    joined_to: dict[int, int] = field(default_factory=dict)
    contacts: dict[int, KnownContact] = field(default_factory=dict)
    made: set[str] = field(default_factory=set)
    changed: set[int] = field(default_factory=set)
    confirmed_by: dict[int, int | None] = field(default_factory=dict)
    is_locked: bool = False
    """Whether they were read under the workspace's lock."""
    words: dict[int, tuple[Any, ...]] = field(default_factory=dict)
    """By key, the columns `WORDS` of the contacts, where they were read with these."""
    separated: dict[int, set[int]] = field(default_factory=dict)
    """By number, whom a call does not join them to again."""

    def numbers(self, user_ids: Sequence[str | None], anonymous_ids: Sequence[str | None]) -> list[int]:
        """The numbers that facts with these ids carry."""
        of_user, of_anonymous = self.number_of[EXTERNAL], self.number_of[ANONYMOUS]
        return [
            of_anonymous[anonymous_id] if user_id is None else of_user[user_id]  # type: ignore[index]
            for user_id, anonymous_id in zip(user_ids, anonymous_ids, strict=True)
        ]

    def contact(self, user_id: str) -> KnownContact:
        """The user id's own; before ids had such, that of an alias."""
        number = self.number_of[EXTERNAL][user_id]
        return self.contacts.get(number) or self.contacts[self.known_by(number)]

    def owner(self, number: int | None) -> KnownContact | None:
        """The contact that the person is known as, if any."""
        return None if number is None else self.contacts.get(self.known_by(number))

    def owner_of_anonymous(self, anonymous_id: str, *, may_be_users: bool) -> KnownContact | None:
        """The contact that a device is; or whose id it is, where that may be a user's, as PostHog's clients send it."""
        kinds = (EXTERNAL, ANONYMOUS) if may_be_users else (ANONYMOUS,)
        owners = (self.owner(self.number_of[kind].get(anonymous_id)) for kind in kinds)
        return next((owner for owner in owners if owner is not None), None)

    def known_by(self, number: int) -> int:
        joined_to = self.joined_to
        known = joined_to.get(number)
        if known is None:
            return number
        path = [number]
        while (further := joined_to.get(known)) is not None:
            path.append(known)
            known = further
        for step in path:  # so that the next one is there in one step
            joined_to[step] = known
        return known


def locked_numbers(workspace_id: int) -> int:
    """Takes the workspace's lock, until the transaction ends, and answers the number of the next person.

    Under it people are made, contacts and enrollments change, and reports find their messages.
    """
    while True:
        for (number,) in _NEXT_NUMBER.rows(workspace_id):
            return number  # type: ignore[no-any-return]
        PersonNumbers.objects.bulk_create([PersonNumbers(workspace_id=workspace_id)], ignore_conflicts=True)


def load_people(workspace_id: int, claims: Claims, *, with_words: bool = False) -> People:
    """What is known of the identities that the claims name. Three queries, one more where there are aliases or a user
    id is new."""
    people = People(workspace_id)
    distinct = (sender.joins_provisional for sender in claims.sender)
    aliases = _texts(claims.previous_id) | _texts(compress(claims.anonymous_id, distinct))
    users, visitors = aliases | _texts(claims.user_id), aliases | _texts(claims.anonymous_id)
    _find(people, {EXTERNAL: users, ANONYMOUS: visitors})
    of_users = people.number_of[EXTERNAL]
    _find(people, {PREVIOUS: aliases | (users - of_users.keys())})
    claimed = aliases | _texts(compress(claims.anonymous_id, claims.user_id))
    of_claimed = [number for value, number in people.number_of[ANONYMOUS].items() if value in claimed]
    numbers = {*of_users.values(), *people.number_of[PREVIOUS].values(), *of_claimed}
    if not numbers:
        return people
    people.joined_to = dict(JOINED.rows(workspace_id, numbers=numbers))
    wanted = {*of_users.values(), *map(people.known_by, numbers)}
    contacts = _CONTACTS_WITH_WORDS if with_words else _CONTACTS
    for row in contacts.rows(workspace_id, numbers=wanted):
        people.contacts[row[2]] = KnownContact(*row[: len(_KNOWN)])
        if with_words:
            people.words[row[0]] = row[len(_KNOWN) :]
    return people


def separated_from(people: People, claims: Claims) -> dict[int, set[int]]:
    """By number of a device or contact that the claims may join, whom it was separated from. At most two queries."""
    previous = _texts(claims.previous_id)
    numbers = {number for value, number in people.number_of[EXTERNAL].items() if value in previous}
    numbers |= {number for number in people.number_of[ANONYMOUS].values() if people.owner(number) is None}
    separated: dict[int, set[int]] = {}
    if not numbers:
        return separated
    undone = Join.objects.filter(workspace_id=people.workspace_id, gone__among=numbers, undone_at__isnull=False)
    for gone, kept in undone.values_list("gone", "kept"):
        separated.setdefault(gone, set()).add(kept)
    if others := {kept for numbers in separated.values() for kept in numbers} - people.joined_to.keys():
        people.joined_to |= dict(JOINED.rows(people.workspace_id, numbers=others))
    return separated


def _texts(values: Iterable[str | None]) -> set[str]:
    return {value for value in values if value is not None}


def _find(people: People, wanted: dict[str, set[str]]) -> None:
    """Adds the numbers of the identities, by kind their values. One query."""
    kinds = tuple(kind for kind in wanted if wanted[kind])
    if kinds:
        values = {_VALUES + kind: wanted[kind] for kind in kinds}
        for kind, value, number in _identities(kinds).rows(people.workspace_id, **values):
            people.number_of[kind][value] = number


@cache
def _identities(kinds: tuple[str, ...]) -> FixedQuery:
    return FixedQuery(partial(_of_kinds, kinds))


def _of_kinds(kinds: tuple[str, ...]) -> QuerySet[Any, tuple[Any, ...]]:
    first, *others = (
        Identity.objects.filter(workspace_id=WORKSPACE, kind=kind, value__among=Placeholder(_VALUES + kind))
        .order_by()
        .values_list("kind", "value", "person_number")
        for kind in kinds
    )
    return first.union(*others, all=True) if others else first


def _contacts(columns: tuple[str, ...]) -> QuerySet[Any, tuple[Any, ...]]:
    contacts = Contact.objects.filter(workspace_id=WORKSPACE, person_number__among=Placeholder("numbers"))
    return contacts.annotate(**(AS_TEXT if columns else {})).values_list(*_KNOWN, *columns)


_VALUES = "values_of_kind_"
_NEXT_NUMBER = FixedQuery(
    lambda: PersonNumbers.objects.select_for_update().filter(workspace_id=WORKSPACE).values_list("next_number")
)
JOINED = FixedQuery(
    lambda: Person.objects.filter(
        workspace_id=WORKSPACE, number__among=Placeholder("numbers"), joined_to__isnull=False
    ).values_list("number", "joined_to")
)
_CONTACTS, _CONTACTS_WITH_WORDS = (FixedQuery(partial(_contacts, columns)) for columns in ((), WORDS))
