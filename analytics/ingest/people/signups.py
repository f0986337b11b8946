"""When contacts signed up of whom nobody says so: when the earliest is known that happened to them."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple, Protocol

from django.db.models import Q

from analytics.ingest.people.families import Families
from analytics.ingest.people.words import Statement
from analytics.ingest.rows import update_columns
from analytics.ledger import Entries
from analytics.models import Contact
from analytics.models.bulk import in_binary


class MaybeEarlier(Protocol):
    """What it takes to say whether an earlier instant moves a contact's signup."""

    @property
    def pk(self) -> int: ...
    @property
    def signed_up_at(self) -> datetime: ...
    @property
    def own_signed_up_at(self) -> datetime | None: ...
    @property
    def signup_is_stated(self) -> bool: ...


class _Signup(NamedTuple):
    person_number: int
    signed_up_at: datetime
    merged_into_id: int | None = None


def is_moved(contact: MaybeEarlier, at: datetime) -> bool:
    """Where others are joined to it, what it shows may be their signup, and its own is still open."""
    is_sure = contact.signup_is_stated and contact.own_signed_up_at is None
    return not is_sure and at < (contact.own_signed_up_at or contact.signed_up_at)


def move_signups(entries: Entries, seen: Iterable[tuple[MaybeEarlier, datetime]]) -> None:
    """Contacts that were there at these instants signed up no later, where nobody stated when.

    Under the workspace's lock. The contacts may be as they were before it; where one of them moves, two statements, and
    three more where contacts are joined.
    """
    earliest: dict[int, datetime] = {}
    for contact, at in seen:
        if is_moved(contact, at):
            earliest[contact.pk] = min(at, earliest.get(contact.pk, at))
    if not earliest:
        return
    joined = _move_those_alone(entries, earliest)
    if joined:
        families = Families(entries.workspace_id, joined.keys())
        for pk, at in joined.items():
            if pk in families.words:
                families.words[pk].add(Statement(families.rows[pk].external_id, at))
        families.write(entries)


def _move_those_alone(entries: Entries, earliest: Mapping[int, datetime]) -> dict[int, datetime]:
    """Move those that are joined to nobody, and nobody to them, and of whom no page said more; answers the others."""
    alone = Contact.objects.filter(
        ~Q(provenance__has_key="keys"),
        workspace_id=entries.workspace_id,
        pk__among=earliest,
        merged_into=None,
        own_signed_up_at=None,
    )
    columns = ("pk", "person_number", "signed_up_at", "signup_is_stated")
    rows = list(in_binary(alone.values_list(*columns)))
    moved = {
        pk: earliest[pk] for pk, _, signed_up_at, is_stated in rows if not is_stated and earliest[pk] < signed_up_at
    }
    for pk, number, signed_up_at, _ in rows:
        if pk in moved:
            entries.change_contact(_Signup(number, signed_up_at), _Signup(number, moved[pk]))
    instants = {"signed_up_at": [*moved.values()], "received_at": [entries.received_at] * len(moved)}
    update_columns(Contact, {"id": [*moved], **instants}, workspace_id=entries.workspace_id)
    others = {pk for pk, *_ in rows}
    return {pk: at for pk, at in earliest.items() if pk not in others}
