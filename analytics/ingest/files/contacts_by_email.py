"""Rows that name a contact by its email address alone: whose it is, and what becomes of an address that nobody has."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from analytics.ingest.fields import MAX_ID_LENGTH
from analytics.ingest.files.mappings import BY_EMAIL
from analytics.ingest.formats.call_values import ReadCalls
from analytics.ingest.outcome import ItemError
from analytics.ingest.people.contacts import take_contacts
from analytics.ingest.people.shared_addresses import Sharing, shared_addresses
from campaignos.email_addresses import is_email
from campaignos.texts import ascii_lower
from workspaces.models import Workspace


@dataclass(frozen=True)
class NamedContacts:
    """`items` with the external ids of their contacts; by place, why there is none. `missing` are addresses that no
    contact has, in lower case, which are the external ids of contacts to be made."""

    items: list[Any]
    errors: dict[int, ItemError] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()


def with_contacts(workspace: Workspace, resource: str, items: Sequence[object]) -> NamedContacts:
    """One query, none where no address stands for a contact."""
    key = "externalId" if resource == "contacts" else "contact"
    addresses = {place: email for place, item in enumerate(items) if (email := _address(item, key))}
    if not addresses:
        return NamedContacts(list(items))
    known = shared_addresses(workspace.pk, set(addresses.values()))
    named = NamedContacts(list(items))
    missing = set()
    for place, email in addresses.items():
        try:
            id, is_known = _external_id(email, known.get(email))
        except ItemError as error:
            named.errors[place] = error
            continue
        named.items[place] = {**named.items[place], key: id}
        if not is_known:
            missing.add(id)
    return replace(named, missing=frozenset(missing))


def make_missing(workspace: Workspace, missing: frozenset[str], *, received_at: datetime) -> None:
    """Contacts of addresses that nobody has."""
    if missing:
        items = [{"externalId": email, "email": email} for email in sorted(missing)]
        take_contacts(workspace, items, received_at=received_at)


def name_users(workspace: Workspace, read: ReadCalls, *, received_at: datetime) -> ReadCalls:
    """Events with the contacts' own ids. Contacts that are missing are made; what names nobody is refused."""
    users = read.calls.user_id
    named = with_contacts(workspace, "events", [{"contact": user} for user in users])
    make_missing(workspace, named.missing, received_at=received_at)
    outcome = replace(read.outcome, rejected=[*read.outcome.rejected])
    for place, error in named.errors.items():
        outcome.reject(read.indexes[place], None, error)
    places = [place for place in range(len(users)) if place not in named.errors]
    numbers = {place: number for number, place in enumerate(places)}
    calls = read.calls._replace(user_id=[item["contact"] for item in named.items]).at_places(places)
    made_ids = [numbers[place] for place in read.made_ids if place in numbers]
    indexes = [read.indexes[place] for place in places]
    return replace(read, indexes=indexes, calls=calls, outcome=outcome, made_ids=made_ids)


def _address(item: object, key: str) -> str | None:
    id = item.get(key) if isinstance(item, dict) else None
    return ascii_lower(id.removeprefix(BY_EMAIL).strip()) if isinstance(id, str) and id.startswith(BY_EMAIL) else None


def _external_id(email: str, sharing: Sharing | None) -> tuple[str, bool]:
    """And whether there is such a contact. Raises ItemError."""
    if not is_email(email) or len(email) > MAX_ID_LENGTH:
        raise ItemError("invalid_email", f"{email[:50]!r} is no email address, and the row names no contact otherwise.")
    if sharing is None:
        return email, False
    if email in (sharing.first, sharing.last):
        return email, True
    if sharing.contacts > 1:
        raise ItemError(
            "ambiguous_email",
            f"{sharing.contacts} contacts have the email address {email!r}, such as {sharing.first!r} and "
            f"{sharing.last!r}: name one by its id.",
        )
    return sharing.first, True
