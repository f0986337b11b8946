"""Writes to who belongs to a workspace. Each is one transaction, with its line in the audit trail.

Owners give and take every role, admins all but the owner's; a workspace never loses its last owner.
"""

import secrets
from datetime import timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from workspaces import undo
from workspaces.audit import record
from workspaces.models import Action, Invitation, Membership, Session, User, Workspace, token_digest
from workspaces.proof import check_proved
from workspaces.roles import GRANTS, RIGHTS, Right, Role
from workspaces.scope import scope

INVITATION_LIFE = timedelta(days=7)
A_MOMENT = timedelta(seconds=10)
"""The same invitation within this time is a second click, and would make the link in the first mail worthless."""
NEEDS_OWNER = "A workspace needs an owner: make somebody else one first."


@transaction.atomic
def invite(*, workspace: Workspace, email: str, role: Role, by: User) -> tuple[Invitation, str]:
    """A new invitation and its link's token, which is nowhere kept. An open one to the same address ends.

    Raises ValidationError for the address of a member, IntegrityError where the same was done just now, and
    PermissionDenied for a role that `by` may not give. A role that manages asks for a proof, as `change_role` does.
    """
    _check_may_grant(workspace, by, role)
    email, now = email.strip().lower(), timezone.now()
    if Membership.objects.filter(workspace=workspace, user__email=email).exists():
        raise ValidationError("This person is a member already.")
    if Right.MANAGE in RIGHTS[role]:
        check_proved()
    unused = Invitation.objects.filter(workspace=workspace, email=email, accepted_at=None, revoked_at=None)
    unused.exclude(role=role, created_at__gt=now - A_MOMENT).update(revoked_at=now)
    token = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        workspace=workspace,
        email=email,
        role=role,
        digest=token_digest(token),
        created_by=by,
        expires_at=now + INVITATION_LIFE,
    )
    record(Action.MEMBER_INVITED, by=by, workspace=workspace, target=invitation.api_id, after={"role": role})
    return invitation, token


@transaction.atomic
def renew_invitation(*, invitation: Invitation, by: User) -> str:
    """Another link for one that is not accepted, for staff to have it sent again: its token. The former link ends.

    Raises ValidationError for one that was accepted or revoked meanwhile.
    """
    now, token = timezone.now(), secrets.token_urlsafe(32)
    pending = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, revoked_at=None)
    if not pending.update(digest=token_digest(token), expires_at=now + INVITATION_LIFE):
        raise ValidationError("This invitation was accepted or revoked meanwhile.")
    record(Action.INVITATION_RESENT, by=by, workspace=invitation.workspace, target=invitation.api_id)
    return token


@transaction.atomic
def revoke_invitation(*, invitation: Invitation, by: User) -> None:
    """End an invitation. One that is over already stays as it is."""
    _check_may_grant(invitation.workspace, by, Role(invitation.role))
    now = timezone.now()
    if Invitation.objects.open(now).filter(pk=invitation.pk).update(revoked_at=now):
        record(Action.INVITATION_REVOKED, by=by, workspace=invitation.workspace, target=invitation.api_id)


@transaction.atomic
def accept_invitation(*, invitation: Invitation, by: User) -> Membership:
    """Make `by` a member. Raises ValidationError if the invitation is over, PermissionDenied if it is another's."""
    if by.email != invitation.email:
        raise PermissionDenied
    with scope(invitation.workspace):
        if not Invitation.objects.open(timezone.now()).filter(pk=invitation.pk).update(accepted_at=timezone.now()):
            raise ValidationError("This invitation is over. Ask for a new one.")
        membership, is_new = Membership.objects.get_or_create(
            workspace=invitation.workspace, user=by, defaults={"role": invitation.role}
        )
        if is_new:
            _record(Action.MEMBER_JOINED, membership, by=by, after={"role": membership.role})
    return membership


@transaction.atomic
def accept_as_new_user(*, invitation: Invitation, name: str, password: str) -> User:
    """A new user with the invitation's address, and a member.

    Raises IntegrityError where there is such a user, ValidationError if the invitation is over.
    """
    user = User.objects.create_user(invitation.email, password, name=name)
    record(Action.SIGNED_UP, by=user, account=user)
    accept_invitation(invitation=invitation, by=user)
    return user


@transaction.atomic
def change_role(*, membership: Membership, role: Role, by: User) -> None:
    """Give a member another role; their sessions get new keys at their next use.

    Raises PermissionDenied where `by` may not, ReauthenticationRequired where they have not proved who they are
    (`workspaces.proof`), ValidationError for the last owner.
    """
    membership = _locked_membership(membership)
    before = Role(membership.role)
    _check_may_grant(membership.workspace, by, before, role)
    if role == before:
        return
    _check_owner_remains(membership)
    check_proved()
    membership.role = role
    membership.save(update_fields=["role"])
    Session.objects.filter(user=membership.user).update(must_rotate=True)
    _record(Action.ROLE_CHANGED, membership, by=by, before={"role": before}, after={"role": role})


@transaction.atomic
def remove_member(*, membership: Membership, by: User) -> None:
    """Take a member out, or let them leave: everybody may do that. Raises like `change_role`."""
    membership = _locked_membership(membership)
    if membership.user_id != by.pk:
        _check_may_grant(membership.workspace, by, Role(membership.role))
    _check_owner_remains(membership)
    _record(Action.MEMBER_REMOVED, membership, by=by, before={"role": membership.role})
    membership.delete()


@transaction.atomic
def restore_member(*, workspace: Workspace, by: User, user_id: int, role: str) -> str:
    """Takes a removal back: the same role again. Raises like `change_role`, ValidationError if the user is gone."""
    Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
    _check_may_grant(workspace, by, Role(role))
    if Right.MANAGE in RIGHTS[Role(role)]:
        check_proved()
    user = User.objects.filter(pk=user_id).first()
    if user is None:
        raise ValidationError("This person has no account any more.")
    membership, is_new = Membership.objects.get_or_create(workspace=workspace, user=user, defaults={"role": role})
    if is_new:
        _record(Action.MEMBER_JOINED, membership, by=by, after={"role": membership.role})
    return f"{user} is a member again."


undo.register("member", Right.MANAGE, restore_member)


def _locked_membership(membership: Membership) -> Membership:
    """The membership as it is now, while nobody else changes who belongs to its workspace.

    Raises ValidationError where somebody has just taken it away.
    """
    Workspace.objects.select_for_update(no_key=True).get(pk=membership.workspace_id)
    locked = Membership.objects.select_related("workspace", "user").filter(pk=membership.pk).first()
    if locked is None:
        raise ValidationError("This person is no member any more.")
    return locked


def _check_may_grant(workspace: Workspace, by: User, *roles: Role) -> None:
    own = Membership.objects.filter(workspace=workspace, user=by).first()
    if own is None or not GRANTS[Role(own.role)].issuperset(roles):
        raise PermissionDenied


def is_last_owner(membership: Membership) -> bool:
    """As it is stored, whatever role the object has. One query."""
    owners = Membership.objects.filter(workspace=membership.workspace_id, role=Role.OWNER)
    return list(owners.values_list("pk", flat=True)[:2]) == [membership.pk]


def _check_owner_remains(membership: Membership) -> None:
    if is_last_owner(membership):
        raise ValidationError(NEEDS_OWNER)


def _record(
    action: Action,
    membership: Membership,
    *,
    by: User,
    before: dict[str, str] | None = None,
    after: dict[str, str] | None = None,
) -> None:
    record(
        action,
        by=by,
        workspace=membership.workspace,
        account=membership.user,
        before=before,
        after=after,
    )
