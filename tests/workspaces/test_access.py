"""The one door: every role and every right, members and strangers, sessions and keys."""

from datetime import timedelta
from itertools import pairwise

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import Http404
from django.test import Client, RequestFactory
from rest_framework.request import Request

from workspaces import access
from workspaces.access import (
    KEY_GUESSES,
    KeyHolder,
    api_workspace,
    authorization_token,
    memberships_of,
    page_membership,
    usable_key,
)
from workspaces.changes import create_key, create_workspace
from workspaces.models import Key, KeyKind, Membership, User
from workspaces.roles import RIGHTS, Right, Role

MAY = {
    (Role.VIEWER, Right.READ): True,
    (Role.VIEWER, Right.CURATE): False,
    (Role.VIEWER, Right.WRITE): False,
    (Role.VIEWER, Right.OWN): False,
    (Role.VIEWER, Right.MANAGE): False,
    (Role.ANALYST, Right.READ): True,
    (Role.ANALYST, Right.CURATE): True,
    (Role.ANALYST, Right.WRITE): False,
    (Role.ANALYST, Right.OWN): False,
    (Role.ANALYST, Right.MANAGE): False,
    (Role.ADMIN, Right.READ): True,
    (Role.ADMIN, Right.CURATE): True,
    (Role.ADMIN, Right.WRITE): True,
    (Role.ADMIN, Right.OWN): False,
    (Role.ADMIN, Right.MANAGE): True,
    (Role.OWNER, Right.READ): True,
    (Role.OWNER, Right.CURATE): True,
    (Role.OWNER, Right.WRITE): True,
    (Role.OWNER, Right.OWN): True,
    (Role.OWNER, Right.MANAGE): True,
}
every_role_and_right = pytest.mark.parametrize(("role", "right"), list(MAY))
NO_IDS = ["", "1", "ws", "ws_", "ws_x", "ws_-1", "ws_1.0", "ws_ 1", "ws_٣", "cmp_1", "WS_1", "ws_" + "9" * 18, "ws_1_2"]


@pytest.fixture
def member(workspace):
    """A user with a role in the workspace, and one of their own besides."""

    def of(role):
        user = User.objects.create_user("member@example.com")
        Membership.objects.create(workspace=workspace, user=user, role=role)
        create_workspace(name="Own", time_zone="UTC", by=user)
        return user

    return of


@pytest.fixture
def stranger(db):
    user = User.objects.create_user("stranger@example.com")
    create_workspace(name="Elsewhere", time_zone="UTC", by=user)
    return user


def page_request(user):
    request = RequestFactory().get("/")
    request.user = user
    return request


def api_request(user, auth=None):
    request = Request(RequestFactory().get("/"))
    request.user, request.auth = user, auth
    return request


def test_the_table_covers_every_role_and_right():
    assert set(MAY) == {(role, right) for role in Role for right in Right}
    assert RIGHTS.keys() == set(Role)


def test_a_role_includes_the_rights_of_the_roles_below_it():
    lowest_first = [Role.VIEWER, Role.ANALYST, Role.ADMIN, Role.OWNER]
    for lower, higher in pairwise(lowest_first):
        assert RIGHTS[lower] <= RIGHTS[higher]


@every_role_and_right
def test_the_api_lets_in_who_has_the_right(member, workspace, role, right):
    request = api_request(member(role))
    if MAY[role, right]:
        assert api_workspace(request, workspace.api_id, right) == workspace
    else:
        with pytest.raises(PermissionDenied):
            api_workspace(request, workspace.api_id, right)


@every_role_and_right
def test_a_page_lets_in_who_has_the_right(member, workspace, role, right):
    request = page_request(member(role))
    if MAY[role, right]:
        membership = page_membership(request, workspace.slug, right)
        assert (membership.workspace, membership.role) == (workspace, role)
    else:
        with pytest.raises(PermissionDenied):
            page_membership(request, workspace.slug, right)


def test_a_page_asks_for_the_right_to_read_unless_told_otherwise(member, workspace):
    assert page_membership(page_request(member(Role.VIEWER)), workspace.slug).workspace == workspace


@pytest.mark.parametrize("right", list(Right))
def test_a_foreign_workspace_is_not_there_whatever_the_right(stranger, workspace, right):
    with pytest.raises(Http404):
        api_workspace(api_request(stranger), workspace.api_id, right)
    with pytest.raises(Http404):
        page_membership(page_request(stranger), workspace.slug, right)


@pytest.mark.parametrize("right", list(Right))
def test_a_workspace_that_never_was_is_not_there(owner, workspace, right):
    with pytest.raises(Http404):
        api_workspace(api_request(owner), f"ws_{workspace.pk + 1000}", right)
    with pytest.raises(Http404):
        page_membership(page_request(owner), "never-was", right)


@pytest.mark.parametrize("api_id", NO_IDS)
def test_what_is_no_identifier_leads_nowhere(owner, workspace, api_id):
    with pytest.raises(Http404):
        api_workspace(api_request(owner), api_id, Right.READ)


def test_staff_are_no_members(workspace):
    admin = User.objects.create_superuser("root@example.com")
    with pytest.raises(Http404):
        api_workspace(api_request(admin), workspace.api_id, Right.READ)
    with pytest.raises(Http404):
        page_membership(page_request(admin), workspace.slug)


def test_who_left_is_a_stranger(owner, workspace):
    Membership.objects.all().delete()
    with pytest.raises(Http404):
        api_workspace(api_request(owner), workspace.api_id, Right.READ)


@pytest.mark.parametrize("right", list(Right))
@pytest.mark.parametrize("scopes", [[], ["read"], ["write"], ["read", "write"]])
def test_a_secret_key_has_the_rights_of_its_scopes(owner, workspace, scopes, right):
    key, _ = create_key(workspace=workspace, kind=KeyKind.SECRET, name="k", by=owner)
    key.scopes = scopes
    request = api_request(KeyHolder(), key)
    if right in scopes:
        assert api_workspace(request, workspace.api_id, right) == workspace
    else:
        with pytest.raises(PermissionDenied):
            api_workspace(request, workspace.api_id, right)


@pytest.mark.parametrize("right", list(Right))
def test_a_secret_key_finds_no_other_workspace(owner, workspace, right):
    other = create_workspace(name="Second", time_zone="UTC", by=owner)
    key, _ = create_key(workspace=workspace, kind=KeyKind.SECRET, name="k", by=owner)
    with pytest.raises(Http404):
        api_workspace(api_request(KeyHolder(), key), other.api_id, right)


def test_the_door_costs_one_query(owner, workspace, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert api_workspace(api_request(owner), workspace.api_id, Right.MANAGE).zone.key == "Europe/Berlin"
    with django_assert_num_queries(1):
        assert page_membership(page_request(owner), workspace.slug).workspace.name == "Acme"


def test_memberships_come_by_name_in_one_query(owner, workspace, stranger, django_assert_num_queries):
    for name in ("Zebra", "Aardvark"):
        create_workspace(name=name, time_zone="UTC", by=owner)
    with django_assert_num_queries(1):
        names = [membership.workspace.name for membership in memberships_of(owner)]
    assert names == ["Aardvark", "Acme", "Zebra"]


def test_a_key_is_found_by_its_token_and_kind(workspace, write_key, secret_key):
    write, secret = usable_key(write_key, KeyKind.WRITE), usable_key(secret_key, KeyKind.SECRET)
    assert write.kind == KeyKind.WRITE
    assert secret.kind == KeyKind.SECRET
    assert write.workspace == secret.workspace == workspace
    assert usable_key(write_key, KeyKind.SECRET) is None
    assert usable_key(secret_key, KeyKind.WRITE) is None
    assert usable_key(secret_key + "x", KeyKind.SECRET) is None
    assert usable_key(Key.objects.first().digest, KeyKind.SECRET) is None


def test_a_key_used_again_within_the_minute_costs_one_query(secret_key, now, django_assert_num_queries):
    in_passing = 3 if connection.vendor == "sqlite" else 5
    with django_assert_num_queries(1 + in_passing):
        usable_key(secret_key, KeyKind.SECRET)
    with django_assert_num_queries(1):
        usable_key(secret_key, KeyKind.SECRET)


@pytest.mark.parametrize(
    ("header", "token"),
    [
        (None, None),
        ("", None),
        ("Bearer abc", "abc"),
        ("bearer   abc ", "abc"),
        ("Bearer", ""),
        ("Basic YWJjOg==", "abc"),
        ("BASIC YWJjOnh5eg==", "abc"),
        ("Basic YWJj", "abc"),
        ("Basic ?", ""),
        ("Basic /w==", ""),
        ("Digest abc", None),
    ],
)
def test_the_token_is_read_from_the_header(header, token):
    headers = {} if header is None else {"Authorization": header}
    assert authorization_token(RequestFactory().get("/", headers=headers)) == token


@pytest.mark.long
def test_who_guesses_keys_is_stopped_and_known_keys_are_not(secret_key, workspace, monkeypatch):
    monkeypatch.setattr("campaignos.limits.monotonic", lambda: 30.0)  # else a minute may end among the guesses

    def ask(token):
        return Client().get(f"/api/workspaces/{workspace.api_id}", headers={"Authorization": f"Bearer {token}"})

    answers = [ask(f"sk_guess{number}").status_code for number in range(KEY_GUESSES.times + 1)]
    assert answers == [401] * KEY_GUESSES.times + [429]
    assert ask(secret_key).status_code == 200


def test_who_lacks_a_right_is_told_what_is_lacking_and_who_has_it(workspace, owner, member):
    viewer = Client()
    viewer.force_login(member(Role.VIEWER))
    address = f"/api/workspaces/{workspace.api_id}"
    told = "You don't have permission to do this: your role here is viewer. Ask an owner or admin."
    assert viewer.get(f"{address}/keys").json()["message"] == told
    assert told in viewer.get(f"/w/{workspace.slug}/settings/keys/").content.decode().replace("&#x27;", "'")
    token = create_key(workspace=workspace, kind=KeyKind.SECRET, name="x", by=owner, scopes=[Right.READ])[1]
    key = Client(headers={"Authorization": f"Bearer {token}"})
    refused = key.post(f"{address}/contacts", {"externalId": "c"}, content_type="application/json").json()
    assert refused["message"] == "This needs the scope write; the key has read."
    assert key.get(f"{address}/keys").json()["message"] == "No key may do this: it is for people, who log in."


def test_a_key_that_a_clock_ahead_took_for_expired_is_good_when_that_is_put_back(
    write_key, workspace, now, time_machine, monkeypatch
):
    Key.objects.update(expires_at=now + timedelta(days=30))
    time_machine.move_to(now + timedelta(days=365), tick=False)
    monkeypatch.setattr(access, "monotonic", lambda: 1000)
    assert usable_key(write_key, KeyKind.WRITE) is None
    time_machine.move_to(now, tick=False)
    assert usable_key(write_key, KeyKind.WRITE) is None, "for a few seconds, without asking the database"
    monkeypatch.setattr(access, "monotonic", lambda: 1000 + access.UNKNOWN_KEY_SECONDS)
    assert usable_key(write_key, KeyKind.WRITE) is not None
