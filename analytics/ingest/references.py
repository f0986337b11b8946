"""From the sender's ids to our rows."""

from collections.abc import Collection, Iterator
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from django.db.models import QuerySet

from analytics.models import Campaign, Contact, Identity, IdentityKind, Person
from analytics.models.fixed_queries import WORKSPACE, FixedQuery
from campaignos.fixed_rows import Placeholder


def campaigns_by_external_id(workspace_id: int, external_ids: Collection[str]) -> dict[str, Campaign]:
    rows = Campaign.objects.filter(workspace_id=workspace_id, external_id__among=set(external_ids))
    return {row.external_id: row for row in rows}


class KnownBy(NamedTuple):
    """A contact as which another one may be known."""

    pk: int
    person_number: int


class OwnContact(NamedTuple):
    """A contact as far as facts name it, and when it signed up; the one that it was merged into, if it was."""

    external_id: str
    pk: int
    person_number: int
    signed_up_at: datetime
    signup_is_stated: bool
    own_signed_up_at: datetime | None
    merged_into: KnownBy | None

    @property
    def known_by(self) -> KnownBy:
        """The contact itself, or the one that it was merged into."""
        return self.merged_into or KnownBy(self.pk, self.person_number)


def contacts_by_external_id(workspace_id: int, external_ids: Collection[str]) -> dict[str, Contact]:
    """A contact that was merged into another one answers as that one; so does an id that is only known by an alias."""
    own = own_contacts_by_external_id(workspace_id, external_ids)
    rows = Contact.objects.filter(workspace_id=workspace_id).in_bulk({contact.known_by.pk for contact in own.values()})
    return {id: rows[contact.known_by.pk] for id, contact in own.items()}


def own_contacts_by_external_id(workspace_id: int, external_ids: Collection[str]) -> dict[str, OwnContact]:
    """The contact of each id itself, with the one that it was merged into. One query, up to four where not each id is a
    contact's own."""
    wanted = set(external_ids)
    contacts = {contact.external_id: contact for contact in _contacts(_BY_ID, workspace_id, wanted)}
    return contacts if len(contacts) == len(wanted) else contacts | _by_alias(workspace_id, wanted - contacts.keys())


def owners_by_any_id(workspace_id: int, ids: Collection[str]) -> dict[str, set[str | None]]:
    """By each id that is known as a user's, a device's or a former one, the external ids of the contacts that it leads
    to; None for somebody not known. Three queries."""
    identities = Identity.objects.filter(workspace_id=workspace_id, kind__in=IdentityKind.values, value__among=ids)
    pairs = list(identities.order_by().values_list("value", "person_number"))
    known_by = {number: number for _, number in pairs}
    joined = Person.objects.filter(workspace_id=workspace_id, number__among=known_by, joined_to__isnull=False)
    known_by |= {number: root for number, root in joined.values_list("number", "joined_to") if root is not None}
    current = Contact.objects.current().filter(workspace_id=workspace_id, person_number__among=set(known_by.values()))
    contacts = dict(current.values_list("person_number", "external_id"))
    owners: dict[str, set[str | None]] = {}
    for value, number in pairs:
        owners.setdefault(value, set()).add(contacts.get(known_by[number]))
    return owners


def _by_alias(workspace_id: int, external_ids: set[str]) -> dict[str, OwnContact]:
    identities = Identity.objects.filter(
        workspace_id=workspace_id, kind=IdentityKind.PREVIOUS, value__among=external_ids
    ).values_list("value", "person_number")
    numbers = {number for _, number in identities}
    known_by = {number: number for number in numbers}
    for person in Person.objects.filter(workspace_id=workspace_id, number__among=numbers, joined_to__isnull=False):
        assert person.joined_to is not None
        known_by[person.number] = person.joined_to
    contacts = {
        contact.person_number: contact for contact in _contacts(_BY_NUMBER, workspace_id, set(known_by.values()))
    }
    return {value: contacts[known_by[number]] for value, number in identities}


def _contacts(query: FixedQuery, workspace_id: int, wanted: Collection[str | int]) -> Iterator[OwnContact]:
    if wanted:
        for *of_contact, merged_into_id, number in query.rows(workspace_id, wanted=wanted):
            merged_into = None if merged_into_id is None else KnownBy(merged_into_id, number)
            yield OwnContact._make([*of_contact, merged_into])


def _contacts_among(name: str, **conditions: Any) -> QuerySet[Any, tuple[Any, ...]]:
    among = {f"{name}__among": Placeholder("wanted")}
    return Contact.objects.filter(workspace_id=WORKSPACE, **among, **conditions).values_list(
        "external_id",
        "pk",
        "person_number",
        "signed_up_at",
        "signup_is_stated",
        "own_signed_up_at",
        "merged_into_id",
        "merged_into__person_number",
    )


_BY_ID = FixedQuery(partial(_contacts_among, "external_id"))
_BY_NUMBER = FixedQuery(partial(_contacts_among, "person_number", merged_into=None))
