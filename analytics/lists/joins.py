"""Who was joined to whom: rows with the contacts and ids that stand behind their numbers."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from analytics.lists.people import roots_by_number
from analytics.models import Contact, Identity, IdentityKind, Join, JoinCause
from workspaces.models import Workspace


@dataclass(frozen=True)
class JoinedPerson:
    """A join that holds: a device, or the contact of an id, turned out to be the contact that stays.

    `ids` led to the person before the join.
    """

    join: Join
    contact: Contact
    gone: Contact | None
    ids: tuple[str, ...]

    @property
    def api_id(self) -> str:
        return self.join.api_id

    @property
    def kind(self) -> str:
        return "device" if self.gone is None else "contact"

    @property
    def cause(self) -> str:
        return JoinCause(self.join.cause).name.lower()

    @property
    def joined_at(self) -> datetime | None:
        return self.join.joined_at

    @property
    def received_at(self) -> datetime | None:
        return self.join.received_at


def joins(workspace: Workspace) -> QuerySet[Join]:
    """The joins that were not undone."""
    rows: QuerySet[Join] = Join.objects.filter(workspace_id=workspace.pk, undone_at=None)
    return rows


def joined_people(workspace: Workspace, rows: Sequence[Join]) -> list[JoinedPerson]:
    """The joins in the order of the rows. Three queries."""
    numbers = {join.gone for join in rows}
    root_of = roots_by_number(workspace, numbers)
    wanted = numbers | set(root_of.values())
    contacts = {row.person_number: row for row in Contact.objects.filter(workspace=workspace, person_number__in=wanted)}
    ids: dict[int, list[str]] = defaultdict(list)
    identities = Identity.objects.filter(workspace_id=workspace.pk, person_number__in=numbers).order_by("value")
    of_users_first = sorted(identities, key=lambda identity: identity.kind != IdentityKind.EXTERNAL)
    for identity in of_users_first:
        ids[identity.person_number].append(identity.value)
    return [
        JoinedPerson(join, contacts[root_of[join.gone]], contacts.get(join.gone), tuple(dict.fromkeys(ids[join.gone])))
        for join in rows
    ]


def joins_of(workspace: Workspace, numbers: Sequence[int]) -> QuerySet[Join]:
    """The joins of people who are known to be one."""
    return joins(workspace).filter(Q(gone__in=numbers) | Q(kept__in=numbers))
