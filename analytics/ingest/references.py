"""From the sender's ids to our rows."""

from collections.abc import Collection

from analytics.models import Campaign, Contact, Identity, IdentityKind, Person


def campaigns_by_external_id(workspace_id: int, external_ids: Collection[str]) -> dict[str, Campaign]:
    rows = Campaign.objects.filter(workspace_id=workspace_id, external_id__among=set(external_ids))
    return {row.external_id: row for row in rows}


def contacts_by_external_id(workspace_id: int, external_ids: Collection[str]) -> dict[str, Contact]:
    """A contact that was merged into another one answers as that one; so does an id that is only known by an alias."""
    return {id: row.known_by for id, row in own_contacts_by_external_id(workspace_id, external_ids).items()}


def own_contacts_by_external_id(workspace_id: int, external_ids: Collection[str]) -> dict[str, Contact]:
    """The contact of each id itself, with the one that it was merged into."""
    wanted = set(external_ids)
    rows = Contact.objects.filter(workspace_id=workspace_id, external_id__among=wanted)
    contacts = {row.external_id: row for row in rows.select_related("merged_into")}
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


def _by_alias(workspace_id: int, external_ids: set[str]) -> dict[str, Contact]:
    identities = Identity.objects.filter(
        workspace_id=workspace_id, kind=IdentityKind.PREVIOUS, value__among=external_ids
    ).values_list("value", "person_number")
    numbers = {number for _, number in identities}
    known_by = {number: number for number in numbers}
    for person in Person.objects.filter(workspace_id=workspace_id, number__among=numbers, joined_to__isnull=False):
        assert person.joined_to is not None
        known_by[person.number] = person.joined_to
    current = Contact.objects.current().filter(workspace_id=workspace_id, person_number__among=known_by.values())
    contacts = {contact.person_number: contact for contact in current}
    return {value: contacts[known_by[number]] for value, number in identities}
