"""The short way for most of what is said: newer than all before, of contacts that nobody was joined to.

It ends in the rows that `Families` writes, without an object of the ORM for each contact and a word for each field.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from datetime import datetime
from itertools import chain
from operator import attrgetter
from typing import Any, NamedTuple

from django.core.serializers.json import DjangoJSONEncoder

from analytics.ingest.fields import EARLIEST_INSTANT
from analytics.ingest.people.identities import AS_TEXT, WORDS, KnownContact, People
from analytics.ingest.people.words import ADDRESSES, ATTRIBUTE, MOST_FORMER, SIGNUP, TEXT_FIELDS, Statement
from analytics.ingest.rows import update_columns
from analytics.ledger import Entries
from analytics.models import Contact
from analytics.models.bulk import in_binary
from analytics.periods import microseconds

_to_json = DjangoJSONEncoder().encode
_OF_INSTANTS = ("attributes_at", "provenance")
_SHOWN = (*TEXT_FIELDS, "attributes", "signed_up_at", "signup_is_stated", "former_addresses")
_READ = ("pk", "person_number", "signed_up_at", "signup_is_stated", "own_signed_up_at", "merged_into_id", *WORDS)


class _LoneContact:
    """A contact's columns, JSON as text.

    `newest` is the rank of the fields that have none in `ranks`, `top` the greatest of all. `is_changed` if it shows
    something new, `is_repeated` if words have other ranks.
    """

    __slots__ = (
        "attributes",
        "attributes_at",
        "email",
        "first_signed_up_at",
        "former_addresses",
        "is_changed",
        "is_plain",
        "is_repeated",
        "name",
        "newest",
        "person_number",
        "phone",
        "pk",
        "provenance",
        "ranks",
        "signed_up_at",
        "signup_is_stated",
        "top",
        "values",
    )

    def __init__(
        self,
        values: dict[str, Any],
        pk: int,
        person_number: int,
        signed_up_at: datetime,
        signup_is_stated: bool,
        email: str = "",
        phone: str = "",
        name: str = "",
        attributes_at: datetime = EARLIEST_INSTANT,
        attributes: str = "{}",
        provenance: str = "{}",
        former_addresses: str = "[]",
    ) -> None:
        self.pk, self.person_number = pk, person_number
        self.email, self.phone, self.name = email, phone, name
        self.attributes, self.provenance, self.former_addresses = attributes, provenance, former_addresses
        self.attributes_at = attributes_at
        self.signed_up_at = self.first_signed_up_at = signed_up_at
        self.signup_is_stated = signup_is_stated
        self.is_changed = self.is_repeated = False
        self.values = values
        provenance_values: dict[str, Any] = {} if provenance == "{}" else json.loads(provenance)
        self.ranks: dict[str, int] = provenance_values.pop("ranks", {})
        self.is_plain = not provenance_values and None not in self.values.values()
        self.newest = microseconds(attributes_at) + 1
        self.top = max(self.newest, *self.ranks.values()) if self.ranks else self.newest

    @property
    def merged_into_id(self) -> None:
        return None

    def add(self, statement: Statement) -> bool | None:
        """Whether a field has another value now; None, and nothing is done, unless it is newer than all else."""
        if statement.of_key is not None or statement.unsubscribed_at is not None:
            return None
        if not statement.is_more_than_a_name:
            return self._add_signup(statement)
        rank = statement.rank
        if self._repeats(statement, rank):
            return self._add_signup(statement)
        if not self._is_newest(statement, rank):
            return None
        self._rank(statement, rank)
        is_changed = self._add_signup(statement)
        for name, value in statement.texts.items():
            if (value or "") != getattr(self, name):
                self._change_text(name, value or "")
                is_changed = True
        if statement.attributes and not _are_same(statement.attributes, self.values):
            is_changed |= self._change_values(statement.attributes)
        self.is_changed |= is_changed
        return is_changed

    def _change_values(self, attributes: Mapping[str, Any]) -> bool:
        values = {name: value for name, value in {**self.values, **attributes}.items() if value is not None}
        is_changed = values != self.values
        if is_changed or not _are_same(values, self.values):
            self.values, self.attributes, self.is_changed = values, _to_json(values), True
        return is_changed

    def _repeats(self, statement: Statement, rank: int) -> bool:
        """Whether all of it was said before, and no earlier than now."""
        if rank > self.newest or (rank == self.newest and not statement.is_dated) or self.ranks:
            return False
        if statement.signed_up_at not in (None, self.signed_up_at if self.signup_is_stated else None):
            return False
        if not all(value and value == getattr(self, name) for name, value in statement.texts.items()):
            return False
        known = {name: self.values.get(name) for name in statement.attributes}
        return None not in known.values() and _are_same(statement.attributes, known)

    def _is_newest(self, statement: Statement, rank: int) -> bool:
        """Also leaves something to be seen, so that the rank is that of the contact's instant."""
        if rank < self.top or (rank == self.top and statement.is_dated) or statement.fills_only:
            return False
        if statement.signed_up_at is not None:
            return True
        return any(value is not None for value in chain(statement.texts.values(), statement.attributes.values()))

    def _rank(self, statement: Statement, rank: int) -> None:
        """Fields of which nothing is said keep their ranks."""
        before, ranks = self.newest, {}
        if self.ranks or rank != before:
            ranks = {name: older for name, older in self.ranks.items() if not _is_about(statement, name)}
        if rank != before:
            for name in TEXT_FIELDS:
                if name not in statement.texts and getattr(self, name):
                    ranks.setdefault(name, before)
            if not self.values.keys() <= statement.attributes.keys():
                for name in self.values.keys() - statement.attributes.keys():
                    ranks.setdefault(ATTRIBUTE + name, before)
            if self.signup_is_stated and statement.signed_up_at is None:
                ranks.setdefault(SIGNUP, before)
        if None in statement.texts.values():
            ranks |= {name: rank for name, value in statement.texts.items() if value is None}
        if None in statement.attributes.values():
            ranks |= {ATTRIBUTE + name: rank for name, value in statement.attributes.items() if value is None}
        self.newest = self.top = rank
        self.attributes_at = statement.at
        self.is_repeated = True
        if ranks != self.ranks:
            self.ranks = ranks
            self.provenance = _to_json({"ranks": ranks}) if ranks else "{}"

    def _change_text(self, name: str, value: str) -> None:
        before = getattr(self, name)
        setattr(self, name, value)
        if name in ADDRESSES and (before or self.former_addresses != "[]"):
            former = {*json.loads(self.former_addresses), before} - {"", self.email, self.phone}
            self.former_addresses = _to_json(sorted(former)[:MOST_FORMER])

    def _add_signup(self, statement: Statement) -> bool:
        at, is_stated = statement.signed_up_at, True
        if at is None:
            if self.signup_is_stated or statement.earliest_at >= self.signed_up_at:
                return False
            at, is_stated = statement.earliest_at, False
        if at == self.signed_up_at and is_stated == self.signup_is_stated:
            return False
        self.signed_up_at, self.signup_is_stated, self.is_changed = at, is_stated, True
        return True


def _are_same(these: Mapping[str, Any], those: Mapping[str, Any]) -> bool:
    """As JSON, in which 1, 1.0 and true differ."""
    if these != those:
        return False
    kinds = [*map(type, these.values())]
    if dict in kinds or list in kinds:
        return repr(these) == repr(those)
    return kinds == [type(those[name]) for name in these]


def _is_about(statement: Statement, name: str) -> bool:
    if name.startswith(ATTRIBUTE):
        return name.removeprefix(ATTRIBUTE) in statement.attributes
    return statement.signed_up_at is not None if name == SIGNUP else name in statement.texts


class _Before(NamedTuple):
    person_number: int
    signed_up_at: datetime
    merged_into_id: None = None


class LoneContacts:
    """Of these contacts, those that are joined to nobody, and nobody to them, and of which no page said anything.

    One query, none for those just `made`, nor where people were read with their words.

    The caller has the workspace's lock; `write` brings the rows up to what was added.
    """

    def __init__(self, people: People, pks: Set[int], *, made: Iterable[KnownContact]) -> None:
        self._workspace_id = people.workspace_id
        self._by_pk = {
            contact.pk: _LoneContact({}, contact.pk, contact.person_number, contact.signed_up_at, False)
            for contact in made
        }
        if others := pks - self._by_pk.keys():
            rows = list(_rows_of_lone(people, others))
            values = json.loads(f"[{','.join(row[_ATTRIBUTES] for row in rows)}]")
            for row, of_row in zip(rows, values, strict=True):
                contact = _LoneContact(of_row, *row)
                if contact.is_plain:
                    self._by_pk[contact.pk] = contact

    def add(self, pk: int, statement: Statement) -> bool | None:
        """Whether a field has another value now; None if all that was said of the contact is for `Families`."""
        contact = self._by_pk.get(pk)
        if contact is None:
            return None
        is_changed = contact.add(statement)
        if is_changed is None:
            del self._by_pk[pk]
        return is_changed

    def __contains__(self, pk: int) -> bool:
        return pk in self._by_pk

    def write(self, entries: Entries) -> None:
        """Writes the rows that differ, and what that changes for the ledger. At most two statements."""
        changed = [contact for contact in self._by_pk.values() if contact.is_changed]
        repeated = [contact for contact in self._by_pk.values() if contact.is_repeated and not contact.is_changed]
        for contact in changed:
            before = _Before(contact.person_number, contact.first_signed_up_at)
            entries.change_contact(before, contact, email=contact.email, attributes=contact.attributes)
        columns = _columns(changed, (*_SHOWN, *_OF_INSTANTS))
        columns["received_at"] = [entries.received_at] * len(changed)
        update_columns(Contact, columns, workspace_id=self._workspace_id)
        instants = _columns(repeated, _OF_INSTANTS)
        update_columns(Contact, instants, workspace_id=self._workspace_id, is_shown=False)


def _rows_of_lone(people: People, pks: Set[int]) -> Iterator[tuple[Any, ...]]:
    """The rows that `_LoneContact` is made of, without the values of fields."""
    rows: Iterable[tuple[Any, ...]]
    if pks <= people.words.keys():
        rows = (
            (
                contact.pk,
                contact.person_number,
                contact.signed_up_at,
                contact.signup_is_stated,
                contact.own_signed_up_at,
                contact.merged_into_id,
                *people.words[contact.pk],
            )
            for contact in people.contacts.values()
            if contact.pk in pks
        )
    else:
        contacts = Contact.objects.filter(workspace_id=people.workspace_id, pk__among=pks).annotate(**AS_TEXT)
        rows = in_binary(contacts.values_list(*_READ))
    for pk, number, signed_up_at, is_stated, own_signed_up_at, merged_into_id, *words, made_by_key in rows:
        if own_signed_up_at is None and merged_into_id is None and made_by_key is None:
            yield pk, number, signed_up_at, is_stated, *words


_ATTRIBUTES = 4 + WORDS.index("attributes_text")


def _columns(contacts: Sequence[_LoneContact], names: Iterable[str]) -> dict[str, list[Any]]:
    columns = {name: list(map(attrgetter(name), contacts)) for name in names}
    return {"id": [contact.pk for contact in contacts], **columns}
