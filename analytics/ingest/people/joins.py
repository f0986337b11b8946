"""Joining two contacts by hand, and undoing a join, whoever made it."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db.models import Q

from analytics.audited import DataAction
from analytics.ingest.people.contacts import write_statements
from analytics.ingest.people.families import Families
from analytics.ingest.people.identities import ANONYMOUS, EXTERNAL, PREVIOUS, Claims
from analytics.ingest.people.settlement import settle_claims
from analytics.ingest.rows import update_where
from analytics.ingest.senders import BY_HAND
from analytics.ledger import Entries
from analytics.ledger.joins import lead_elsewhere
from analytics.models import Contact, Identity, Join, JoinCause, Person
from analytics.models.stamps import stamp
from analytics.periods import microseconds
from workspaces.audit import record
from workspaces.models import Key, User, Workspace


class NoSuchJoin(Exception):
    """The person is joined to nobody: perhaps somebody else undid it."""


def join_contacts(workspace: Workspace, *, gone: Contact, kept: Contact, by: User | Key | None, now: datetime) -> Join:
    """Make one contact of two that are merged into nobody; `kept` stays. Needs `people_held`.

    Also where the two were separated before.
    """
    entries = Entries.begin(workspace, received_at=now)
    claims = Claims([kept.external_id], [None], [gone.external_id], [microseconds(now)], [BY_HAND])
    people, _, refused = settle_claims(entries, claims, ids=[0])
    for error in refused.values():
        raise error
    write_statements(entries, people, [])
    entries.write()
    record(DataAction.CONTACTS_JOINED, by=by, workspace=workspace, target=kept.api_id, after={"joined": gone.api_id})
    return Join.objects.get(workspace_id=workspace.pk, gone=gone.person_number, undone_at=None)


def undo_join(workspace: Workspace, *, gone: int, by: User | Key | None, now: datetime) -> Contact | None:
    """Part the person from whom they were joined to, with all who had been joined to them; answers their contact.

    Facts stay as they are: each carries the number of who did it. Both contacts show again what was said of them. Calls
    do not join the two again. Needs `people_held`. Raises NoSuchJoin.
    """
    root = Person.objects.filter(workspace_id=workspace.pk, number=gone).values_list("joined_to", flat=True).first()
    if root is None:
        raise NoSuchJoin
    entries = Entries.begin(workspace, received_at=now)
    _forget_aliases(workspace.pk, part(entries, [gone]))
    _note_undone(workspace.pk, gone, root, now)
    entries.write()
    contacts = Contact.objects.filter(workspace=workspace)
    contact = contacts.filter(person_number=gone).first()
    joined = contact.api_id if contact is not None else f"join_{gone}"
    target = contacts.get(person_number=root).api_id
    record(DataAction.JOIN_UNDONE, by=by, workspace=workspace, target=target, before={"joined": joined})
    return contact


def part(entries: Entries, gone: Collection[int]) -> Collection[int]:
    """Have each of these people lead to nobody, as do those who had been joined to them; answers all who were moved.

    The caller has the workspace's lock, and changes the joins afterwards. At most twelve statements.
    """
    workspace_id, gone = entries.workspace_id, {*gone}
    joined_to = _leads(workspace_id, gone)
    leads = joined_to | _steps(workspace_id, joined_to)
    left = {number: kept for number, kept in leads.items() if number not in gone}
    roots = {number: _root(left, number) for number in leads}
    moved = {number: root for number, root in roots.items() if root != joined_to[number]}
    lead_elsewhere(entries, {**leads, **dict.fromkeys(leads.keys() & gone)})
    behind = {number: root for number, root in moved.items() if root != number}
    update_where(Person, "number", "joined_to", behind, workspace_id=workspace_id)
    alone = Person.objects.filter(workspace_id=workspace_id, number__among=[*(moved.keys() - behind.keys())])
    alone.update(joined_to=None, written_at=stamp())
    _part_contacts(entries, {joined_to[number] for number in moved}, moved)
    return moved.keys()


def _leads(workspace_id: int, numbers: Collection[int]) -> dict[int, int]:
    """By number, whom each is known by; also of everybody else who is known by the same. Two queries."""
    people = Person.objects.filter(workspace_id=workspace_id)
    roots = people.filter(number__among=[*numbers], joined_to__isnull=False).values_list("joined_to", flat=True)
    joined = people.filter(joined_to__among=[root for root in {*roots} if root is not None])
    return {number: root for number, root in joined.values_list("number", "joined_to") if root is not None}


def _steps(workspace_id: int, numbers: Collection[int]) -> dict[int, int]:
    """By number, whom each was joined to itself, as far as it is known. One query."""
    joins = Join.objects.filter(workspace_id=workspace_id, gone__among=[*numbers], undone_at=None)
    return dict(joins.values_list("gone", "kept"))


def _root(leads: Mapping[int, int], number: int) -> int:
    while (further := leads.get(number)) is not None:
        number = further
    return number


def _note_undone(workspace_id: int, gone: int, kept: int, now: datetime) -> None:
    joins = Join.objects.filter(workspace_id=workspace_id, gone=gone, undone_at=None)
    if not joins.update(undone_at=now):  # joined before joins were kept
        Join.objects.bulk_create(
            [Join(workspace_id=workspace_id, gone=gone, kept=kept, cause=JoinCause.UNKNOWN, undone_at=now)]
        )


def _forget_aliases(workspace_id: int, below: Collection[int]) -> None:
    """What an alias had foreseen for their ids, which leads to the others."""
    identities = Identity.objects.filter(workspace_id=workspace_id)
    of_these = identities.filter(person_number__among=below)
    values = set(of_these.values_list("value", flat=True))
    users = set(of_these.filter(kind=EXTERNAL).values_list("value", flat=True))
    foreseen = Q(kind=PREVIOUS, value__among=values) | Q(kind=ANONYMOUS, value__among=users)
    elsewhere = identities.filter(foreseen)
    stray = [identity.pk for identity in elsewhere if identity.person_number not in below]
    for _, kind, value in stray:
        identities.filter(kind=kind, value=value).delete()


def _part_contacts(entries: Entries, roots_before: Collection[int], moved: Mapping[int, int]) -> None:
    contacts = Contact.objects.filter(workspace_id=entries.workspace_id, person_number__among=[*roots_before])
    pks = set(contacts.values_list("pk", flat=True))
    families = Families(entries.workspace_id, pks, joined_now=pks)
    of_number = {row.person_number: row for row in families.rows.values()}
    for number in moved.keys() & of_number.keys():
        of_number[number].merged_into = None if moved[number] == number else of_number.get(moved[number])
    families.write(entries)
