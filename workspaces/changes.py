"""Writes to workspaces, their members and keys."""

from django.db import transaction
from django.dispatch import Signal

from workspaces.models import Key, KeyKind, Membership, User, Workspace, new_token, token_digest, unused_slug
from workspaces.roles import Right, Role

time_zone_changed = Signal()
"""Sent with `workspace`, in the transaction that saves its new time zone."""


@transaction.atomic
def create_workspace(*, name: str, time_zone: str, by: User) -> Workspace:
    """A new workspace with `by` as its owner."""
    workspace = Workspace.objects.create(name=name, slug=unused_slug(name), time_zone=time_zone)
    Membership.objects.create(workspace=workspace, user=by, role=Role.OWNER)
    return workspace


@transaction.atomic
def change_time_zone(workspace: Workspace, time_zone: str) -> None:
    """Give a workspace's days another meaning; what is kept by days is made anew before it is seen."""
    workspace.time_zone = time_zone
    workspace.save(update_fields=["time_zone"])
    time_zone_changed.send(Workspace, workspace=workspace)


def create_key(*, workspace: Workspace, kind: KeyKind, name: str, by: User | None) -> tuple[Key, str]:
    """A new key and its token, which is nowhere kept."""
    token = new_token(kind)
    key = Key.objects.create(
        workspace=workspace,
        kind=kind,
        name=name,
        prefix=token[:9],
        digest=token_digest(token),
        scopes=[Right.READ, Right.WRITE] if kind is KeyKind.SECRET else [],
        created_by=by,
    )
    return key, token
