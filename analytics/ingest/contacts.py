"""What is said of contacts: by the bulk API in full, by identify calls in their traits, by any call that names one."""

from collections.abc import Collection, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from analytics.ingest import fields
from analytics.ingest.outcome import ItemWarnings, Outcome
from analytics.ingest.people import Claims, People, locked_numbers, settled
from analytics.ingest.rows import update_rows
from analytics.ingest.senders import TRUSTED
from analytics.ingest.zones import with_days_of_workspace
from analytics.ledger import Entries
from analytics.models import Contact
from analytics.periods import microseconds
from workspaces.models import Workspace

MAX_EMAIL_LENGTH = 320
MAX_PHONE_LENGTH = 50
MAX_NAME_LENGTH = 300

_WRITTEN = [
    "email",
    "phone",
    "name",
    "attributes",
    "attributes_at",
    "signed_up_at",
    "signup_is_stated",
    "received_at",
]


@dataclass(frozen=True)
class Said:
    """What was said of a contact at an instant; None where nothing was. `fills_only` changes nothing that is known."""

    user_id: str
    at: datetime
    email: str | None = None
    phone: str | None = None
    name: str | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    signed_up_at: datetime | None = None
    fills_only: bool = False

    @property
    def is_more_than_a_name(self) -> bool:
        return any((self.email, self.phone, self.name, self.attributes, self.signed_up_at))


@with_days_of_workspace
@transaction.atomic
def take_contacts(workspace: Workspace, items: Sequence[object], *, received_at: datetime) -> Outcome:
    """Make or update contacts by their external id; only the fields that are given change."""
    outcome = Outcome()
    said = [
        one
        for _, one in fields.parsed(items, lambda item, warnings: contact_item(item, received_at, warnings), outcome)
    ]
    claims = Claims(
        user_id=[one.user_id for one in said],
        anonymous_id=[None] * len(said),
        previous_id=[None] * len(said),
        at=[microseconds(one.at) for one in said],
        signed_up_at=[one.signed_up_at or received_at for one in said],
        sender=[TRUSTED] * len(said),
    )
    entries = Entries.begun(workspace, received_at=received_at)
    people, *_ = settled(entries, claims, ids=range(len(said)))
    changed = write_said(entries, people, said)
    entries.write()
    made = set(people.made)
    for one, is_changed in zip(said, changed, strict=True):
        if one.user_id in made:
            made.remove(one.user_id)
            outcome.accepted += 1
        elif is_changed:
            outcome.updated += 1
        else:
            outcome.duplicates += 1
    return outcome


def contact_item(item: dict[str, Any], received_at: datetime, warnings: ItemWarnings) -> Said:
    return Said(
        user_id=fields.required(fields.identifier(item, "externalId"), "externalId"),
        at=received_at,
        email=fields.text(item, "email", max_length=MAX_EMAIL_LENGTH),
        phone=fields.text(item, "phone", max_length=MAX_PHONE_LENGTH),
        name=fields.text(item, "name", max_length=MAX_NAME_LENGTH),
        attributes=fields.without_ips(fields.mapping(item, "attributes")),
        signed_up_at=fields.unless_ahead(item, "signedUpAt", received_at, warnings),
    )


def said_in_traits(
    user_id: str,
    traits: dict[str, Any],
    at: datetime,
    received_at: datetime,
    warnings: ItemWarnings,
    *,
    fills_only: bool = False,
) -> Said:
    """The traits that a call states: those with a meaning of their own, and all of them as attributes.

    One that cannot be read is only an attribute, with a warning.
    """

    def text(name: str, max_length: int) -> str | None:
        return warnings.optional(fields.text, traits, name, max_length=max_length) if name in traits else None

    names = (text(key, MAX_NAME_LENGTH) for key in ("firstName", "lastName"))
    created_at = warnings.optional(fields.instant_or_epoch, traits, "createdAt") if "createdAt" in traits else None
    if created_at is not None and created_at > received_at + fields.LONGEST_AHEAD:
        fields.warn_of_future("createdAt", warnings)
        created_at = None
    return Said(
        user_id=user_id,
        at=at,
        email=text("email", MAX_EMAIL_LENGTH),
        phone=text("phone", MAX_PHONE_LENGTH),
        name=text("name", MAX_NAME_LENGTH) or " ".join(filter(None, names))[:MAX_NAME_LENGTH].rstrip() or None,
        attributes=fields.without_ips(traits),
        signed_up_at=created_at,
        fills_only=fills_only,
    )


def write_said(entries: Entries, people: People, said: Sequence[Said]) -> list[bool]:
    """Bring contacts up to what was said, in its order; for each whether it changed anything.

    Where it would, takes the workspace's lock and reads the contacts again first.
    """
    would_change = _would_change(people, said)
    if not would_change:
        return [False] * len(said)
    locked_numbers(people.workspace_id)
    rows = _current(people.workspace_id, would_change)
    before = {row.pk: copy(row) for row in rows.values()}
    changed = [
        _apply(rows[pk], one) if (pk := people.contact(one.user_id).pk) in would_change else False for one in said
    ]
    for row in {row.pk: row for row in rows.values()}.values():
        row.received_at = entries.received_at
        entries.change_contact(before[row.pk], row)
    update_rows(list({row.pk: row for row in rows.values()}.values()), _WRITTEN)
    return changed


def _would_change(people: People, said: Sequence[Said]) -> set[int]:
    """The contacts of whom something new was said. One query, where more was said than names."""
    names = [(people.contact(one.user_id), one) for one in said if not one.is_more_than_a_name]
    more = [(people.contact(one.user_id).pk, one) for one in said if one.is_more_than_a_name]
    found = {contact.pk for contact, one in names if not contact.signup_is_stated and one.at < contact.signed_up_at}
    found |= {people.contact(one.user_id).pk for one in said if one.is_more_than_a_name and one.user_id in people.made}
    if more:
        current = _current(people.workspace_id, {pk for pk, _ in more} - found)
        found |= {pk for pk, one in more if pk in current and differences(current[pk], one)}
    return found


def _current(workspace_id: int, pks: Collection[int]) -> dict[int, Contact]:
    """By key, each contact as it is now, or the one it was merged into meanwhile."""
    contacts = Contact.objects.filter(workspace_id=workspace_id)
    found = {contact.pk: contact for contact in contacts.filter(pk__among=pks)}
    missing = {one.merged_into_id for one in found.values() if one.merged_into_id is not None} - found.keys()
    known = found | {contact.pk: contact for contact in contacts.filter(pk__in=missing)} if missing else found
    return {pk: known[one.merged_into_id or pk] for pk, one in found.items()}


def _apply(contact: Contact, said: Said) -> bool:
    changed = differences(contact, said)
    for name, value in changed.items():
        setattr(contact, name, value)
    return bool(changed)


def differences(contact: Contact, said: Said) -> dict[str, Any]:
    """The fields that change: the newest word counts, and of an older one what nobody has said since."""
    is_newer = said.at >= contact.attributes_at and not said.fills_only
    wanted: dict[str, Any] = {}
    for name in ("email", "phone", "name"):
        value = getattr(said, name)
        if value is not None and (is_newer or not getattr(contact, name)):
            wanted[name] = value
    first, then = (contact.attributes, said.attributes) if is_newer else (said.attributes, contact.attributes)
    wanted["attributes"] = {**first, **then}
    if said.signed_up_at is not None and (is_newer or not contact.signup_is_stated):
        wanted |= {"signed_up_at": said.signed_up_at, "signup_is_stated": True}
    elif not contact.signup_is_stated:
        wanted["signed_up_at"] = min(contact.signed_up_at, said.at)
    changed = {name: value for name, value in wanted.items() if getattr(contact, name) != value}
    if changed and is_newer and said.is_more_than_a_name:
        changed["attributes_at"] = said.at
    return changed
