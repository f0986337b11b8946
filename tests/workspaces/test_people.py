"""Who may make whom what; the last owner; and two owners who both leave at once."""

import threading
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection
from django.utils import timezone

from workspaces.models import Action, AuditEvent, Invitation, Membership, User, token_digest
from workspaces.people import (
    accept_as_new_user,
    accept_invitation,
    change_role,
    invite,
    remove_member,
    revoke_invitation,
)
from workspaces.roles import GRANTS, Role
from workspaces.scope import scope


@pytest.fixture
def member(workspace):
    def of(role, email=None):
        user = User.objects.create_user(email or f"{role.lower()}@example.com")
        return Membership.objects.create(workspace=workspace, user=user, role=role)

    return of


def test_every_role_says_which_roles_it_grants():
    assert GRANTS.keys() == set(Role)


@pytest.mark.parametrize("by", list(Role))
@pytest.mark.parametrize("before", list(Role))
@pytest.mark.parametrize("after", list(Role))
def test_a_role_is_changed_by_those_who_may_grant_both(workspace, owner, member, by, before, after):
    changer, changed = member(by, "changer@example.com"), member(before, "changed@example.com")
    may = {before, after} <= GRANTS[by]
    if may:
        change_role(membership=changed, role=after, by=changer.user)
    else:
        with pytest.raises(PermissionDenied):
            change_role(membership=changed, role=after, by=changer.user)
    changed.refresh_from_db()
    assert changed.role == (after if may else before)
    recorded = AuditEvent.objects.filter(action=Action.ROLE_CHANGED)
    assert recorded.count() == (may and before != after)


@pytest.mark.parametrize("by", list(Role))
@pytest.mark.parametrize("role", list(Role))
def test_a_member_is_removed_by_those_who_may_grant_the_role(workspace, owner, member, by, role):
    remover, removed = member(by, "remover@example.com"), member(role, "removed@example.com")
    if role in GRANTS[by]:
        remove_member(membership=removed, by=remover.user)
        event = AuditEvent.objects.latest("id")
        assert (event.action, event.account, event.before) == (Action.MEMBER_REMOVED, removed.user, {"role": role})
    else:
        with pytest.raises(PermissionDenied):
            remove_member(membership=removed, by=remover.user)
    assert Membership.objects.filter(pk=removed.pk).exists() is (role not in GRANTS[by])


@pytest.mark.parametrize("role", [Role.ADMIN, Role.ANALYST, Role.VIEWER])
def test_everybody_may_leave(workspace, owner, member, role):
    leaver = member(role)
    remove_member(membership=leaver, by=leaver.user)
    assert not Membership.objects.filter(pk=leaver.pk).exists()


def test_the_last_owner_cannot_leave_or_be_demoted(workspace, owner, member):
    own = Membership.objects.get(user=owner)
    with pytest.raises(ValidationError, match="needs an owner"):
        remove_member(membership=own, by=owner)
    with pytest.raises(ValidationError, match="needs an owner"):
        change_role(membership=own, role=Role.ADMIN, by=owner)
    member(Role.OWNER, "second@example.com")
    change_role(membership=own, role=Role.ADMIN, by=owner)


def test_a_stranger_changes_nothing(workspace, owner, member):
    stranger = User.objects.create_user("stranger@example.com")
    viewer = member(Role.VIEWER)
    with pytest.raises(PermissionDenied):
        change_role(membership=viewer, role=Role.ADMIN, by=stranger)
    with pytest.raises(PermissionDenied):
        invite(workspace=workspace, email="a@example.com", role=Role.VIEWER, by=stranger)


@pytest.mark.django_db(transaction=True)
def test_two_owners_who_leave_at_once_leave_one_behind(workspace, owner, member):
    for round_ in range(5):
        owners = [Membership.objects.get(user=owner), member(Role.OWNER, f"second{round_}@example.com")]
        barrier, refused = threading.Barrier(2), []

        def leave(one, barrier=barrier, refused=refused):
            barrier.wait()
            try:
                with scope(workspace):
                    remove_member(membership=one, by=one.user)
            except ValidationError as error:
                refused.append(error)
            finally:
                connection.close()

        threads = [threading.Thread(target=leave, args=(one,)) for one in owners]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        assert len(refused) == 1
        left = Membership.objects.get(workspace=workspace, role=Role.OWNER)
        left.delete()
        Membership.objects.create(workspace=workspace, user=owner, role=Role.OWNER)


# Invitations


def test_an_invitation_makes_a_member_of_whom_it_is_for(workspace, owner):
    invitation, token = invite(workspace=workspace, email=" Ada@Example.com", role=Role.ANALYST, by=owner)
    assert token_digest(token) == invitation.digest
    assert token not in str(vars(invitation))
    ada = User.objects.create_user("ada@example.com")
    membership = accept_invitation(invitation=invitation, by=ada)
    assert (membership.user, membership.role) == (ada, Role.ANALYST)
    with pytest.raises(ValidationError):
        accept_invitation(invitation=invitation, by=ada)


def test_an_invitation_is_for_its_address_alone(workspace, owner):
    invitation, _ = invite(workspace=workspace, email="ada@example.com", role=Role.VIEWER, by=owner)
    with pytest.raises(PermissionDenied):
        accept_invitation(invitation=invitation, by=User.objects.create_user("bob@example.com"))
    assert Invitation.objects.open(timezone.now()).exists()


def test_an_invitation_ends_after_seven_days(workspace, owner):
    invitation, _ = invite(workspace=workspace, email="ada@example.com", role=Role.VIEWER, by=owner)
    assert invitation.expires_at - invitation.created_at - timedelta(days=7) < timedelta(seconds=1)
    Invitation.objects.update(expires_at=timezone.now())
    with pytest.raises(ValidationError):
        accept_invitation(invitation=invitation, by=User.objects.create_user("ada@example.com"))


def test_a_second_invitation_replaces_the_first(workspace, owner):
    first, _ = invite(workspace=workspace, email="ada@example.com", role=Role.ADMIN, by=owner)
    second, _ = invite(workspace=workspace, email="ada@example.com", role=Role.VIEWER, by=owner)
    assert list(Invitation.objects.open(timezone.now())) == [second]
    with pytest.raises(ValidationError):
        accept_invitation(invitation=first, by=User.objects.create_user("ada@example.com"))


def test_a_second_click_leaves_the_link_of_the_first_mail_alone(workspace, owner, time_machine):
    time_machine.move_to(timezone.now())
    first, _ = invite(workspace=workspace, email="ada@example.com", role=Role.VIEWER, by=owner)
    with pytest.raises(IntegrityError):
        invite(workspace=workspace, email="Ada@example.com", role=Role.VIEWER, by=owner)
    assert list(Invitation.objects.open(timezone.now())) == [first]
    time_machine.shift(11)
    second, _ = invite(workspace=workspace, email="ada@example.com", role=Role.VIEWER, by=owner)
    assert list(Invitation.objects.open(timezone.now())) == [second]


def test_a_member_is_not_invited_again(workspace, owner, member):
    member(Role.VIEWER)
    with pytest.raises(ValidationError, match="member already"):
        invite(workspace=workspace, email="VIEWER@example.com", role=Role.ADMIN, by=owner)


def test_an_admin_invites_no_owner_and_revokes_no_owners_invitation(workspace, owner, member):
    admin = member(Role.ADMIN).user
    with pytest.raises(PermissionDenied):
        invite(workspace=workspace, email="ada@example.com", role=Role.OWNER, by=admin)
    invitation, _ = invite(workspace=workspace, email="ada@example.com", role=Role.OWNER, by=owner)
    with pytest.raises(PermissionDenied):
        revoke_invitation(invitation=invitation, by=admin)
    revoke_invitation(invitation=invitation, by=owner)
    revoke_invitation(invitation=invitation, by=owner)
    assert AuditEvent.objects.filter(action=Action.INVITATION_REVOKED).count() == 1


def test_a_new_user_comes_with_the_invitations_address(workspace, owner):
    invitation, _ = invite(workspace=workspace, email="ada@example.com", role=Role.VIEWER, by=owner)
    user = accept_as_new_user(invitation=invitation, name="Ada", password="a-brand-new-password")
    assert (user.email, user.name, user.is_staff) == ("ada@example.com", "Ada", False)
    with pytest.raises(IntegrityError):
        accept_as_new_user(invitation=invitation, name="Ada", password="a-brand-new-password")


def test_a_new_user_is_not_made_by_an_invitation_that_is_over(workspace, owner):
    invitation, _ = invite(workspace=workspace, email="ada@example.com", role=Role.VIEWER, by=owner)
    revoke_invitation(invitation=invitation, by=owner)
    with pytest.raises(ValidationError):
        accept_as_new_user(invitation=invitation, name="Ada", password="a-brand-new-password")
    assert not User.objects.filter(email="ada@example.com").exists()
