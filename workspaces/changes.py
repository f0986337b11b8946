"""Writes to workspaces, their members and keys."""

from django.db import transaction

from workspaces.models import Key, KeyKind, Membership, User, Workspace, new_token, token_digest, unused_slug
from workspaces.roles import Right, Role


@transaction.atomic
def create_workspace(*, name: str, time_zone: str, by: User) -> Workspace:
    """A new workspace with `by` as its owner."""
    workspace = Workspace.objects.create(name=name, slug=unused_slug(name), time_zone=time_zone)
    Membership.objects.create(workspace=workspace, user=by, role=Role.OWNER)
    return workspace


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
