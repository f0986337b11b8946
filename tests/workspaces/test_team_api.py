"""Members, invitations and keys over the API. What making a key takes and answers is in test_workspaces_api."""

import csv
import io
import json

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.test import Client
from django.utils import timezone

from campaignos.limits import Limit
from tests.conftest import PASSWORD, post_json
from workspaces.changes import change_settings, create_key
from workspaces.models import Action, AuditEvent, KeptAnswer, Key, KeyKind, Membership, User, Workspace
from workspaces.people import invite
from workspaces.roles import Right, Role


@pytest.fixture
def url(workspace):
    def of(path, workspace_id=workspace.api_id):
        return f"/api/workspaces/{workspace_id}/{path}"

    return of


@pytest.fixture
def member(workspace):
    """Somebody with a role, logged in."""

    def make(role, email=None):
        user = User.objects.create_user(email or f"{role.lower()}@example.org", PASSWORD, name=f"Some {role}")
        Membership.objects.create(workspace=workspace, user=user, role=role)
        client = Client()
        client.force_login(user)
        return user, client

    return make


def assert_error(response, status, code=None):
    assert response.status_code == status, response.content
    body = response.json()
    assert body["message"] == body["detail"] != ""
    if code is not None:
        assert body["code"] == code
    return body


def prove(client):
    assert post_json(client, "/api/session/proof", {"password": PASSWORD}).status_code == 204


def patch(client, path, body, **headers):
    return client.patch(path, json.dumps(body), content_type="application/json", headers=headers or None)


# Members


@pytest.mark.usefixtures("now")
def test_every_member_sees_who_the_others_are(api, url, owner, viewer_client):
    (first, second) = api.get(url("members"), {"ordering": "joinedAt"}).json()["results"]
    assert first == {
        "id": owner.api_id,
        "email": "owner@example.com",
        "name": None,
        "role": "OWNER",
        "joinedAt": "2026-03-31T12:00:00Z",
        "lastSeenAt": None,
    }
    assert (second["email"], second["role"]) == ("viewer@example.com", "VIEWER")
    assert viewer_client.get(f"{url('members')}/{owner.api_id}").json() == first


def test_members_by_role_and_text(api, url, member):
    member(Role.ADMIN)
    member(Role.VIEWER)

    def emails(**query):
        return [row["email"] for row in api.get(url("members"), query).json()["results"]]

    assert emails(role="ADMIN,VIEWER") == ["viewer@example.org", "admin@example.org"]
    assert emails(q="some adm") == emails(q="admin@") == ["admin@example.org"]
    lines = list(csv.DictReader(io.StringIO(api.get(url("members"), {"format": "csv"}).getvalue().decode())))
    assert [line["role"] for line in lines] == ["VIEWER", "ADMIN", "OWNER"]
    assert assert_error(api.get(url("members"), {"role": "BOSS"}), 400)["parameter"] == "role"


def test_who_may_see_and_change_members(url, owner, stranger_client, secret_key, member):
    key = {"Authorization": f"Bearer {secret_key}"}
    path = f"{url('members')}/{owner.api_id}"
    for one in (url("members"), path):
        assert_error(stranger_client.get(one), 404)
        assert_error(Client().get(one), 401)
        assert_error(Client().get(one, headers=key), 403)
    for role in (Role.VIEWER, Role.ANALYST, Role.ADMIN):
        assert_error(patch(member(role)[1], path, {"role": "VIEWER"}), 403)
    assert_error(patch(stranger_client, path, {"role": "VIEWER"}), 404)
    assert_error(stranger_client.delete(path), 404)
    assert_error(Client().delete(path), 401)
    elsewhere = User.objects.get(email="stranger@example.com").api_id
    assert_error(stranger_client.delete(f"{url('members')}/{elsewhere}"), 404)


def test_a_member_of_another_workspace_is_not_there(api, url, stranger_client):
    stranger = User.objects.get(email="stranger@example.com")
    for path in (f"{url('members')}/{stranger.api_id}", f"{url('members')}/usr_999999", f"{url('members')}/1"):
        assert_error(api.get(path), 404)
        assert_error(patch(api, path, {"role": "VIEWER"}), 404)
        assert_error(api.delete(path), 404)


def test_a_member_gets_another_role(api, url, owner, member):
    user, _ = member(Role.VIEWER)
    path = f"{url('members')}/{user.api_id}"
    prove(api)
    seen = api.get(path)["ETag"]
    changed = patch(api, path, {"role": "ANALYST"}, **{"If-Match": seen})
    assert (changed.status_code, changed.json()["role"]) == (200, "ANALYST")
    assert AuditEvent.objects.filter(action=Action.ROLE_CHANGED, account=user, actor=owner).exists()
    assert_error(patch(api, path, {"role": "ADMIN"}, **{"If-Match": seen}), 412)
    for role in ("analyst", "", None, "BOSS"):
        assert "role" in assert_error(patch(api, path, {"role": role}), 400, "invalid")["fields"]


def test_another_role_asks_who_one_is_and_says_how_to_prove_it(api, url, member):
    path = f"{url('members')}/{member(Role.VIEWER)[0].api_id}"
    refused = assert_error(patch(api, path, {"role": "ADMIN"}), 403, "proof_required")
    assert "/api/session/proof" in refused["message"]
    assert api.get(path).json()["role"] == "VIEWER"
    assert_error(post_json(api, "/api/session/proof", {"password": "wrong"}), 403, "proof_refused")
    assert_error(patch(api, path, {"role": "ADMIN"}), 403, "proof_required")
    prove(api)
    assert patch(api, path, {"role": "ADMIN"}).json()["role"] == "ADMIN"


def test_a_proof_is_good_for_five_minutes_and_for_its_session_alone(api, url, owner, member, time_machine):
    time_machine.move_to(timezone.now())
    path = f"{url('members')}/{member(Role.VIEWER)[0].api_id}"
    prove(api)
    other = Client()
    other.force_login(owner)
    assert_error(patch(other, path, {"role": "ADMIN"}), 403, "proof_required")
    time_machine.shift(301)
    assert_error(patch(api, path, {"role": "ADMIN"}), 403, "proof_required")


def test_a_second_factor_proves_who_one_is(api, url, owner, member):
    RecoveryCodes.activate(owner)
    TOTP.activate(owner, "A" * 32)
    codes = owner.authenticator_set.get(type="recovery_codes").wrap().get_unused_codes()
    path = f"{url('members')}/{member(Role.VIEWER)[0].api_id}"
    assert_error(post_json(api, "/api/session/proof", {"code": "000000"}), 403, "proof_refused")
    assert post_json(api, "/api/session/proof", {"code": codes[0]}).status_code == 204
    assert patch(api, path, {"role": "ANALYST"}).status_code == 200


@pytest.mark.parametrize("body", [{}, {"password": PASSWORD, "code": "000000"}, {"password": ""}])
def test_a_proof_is_the_password_or_a_code(api, body):
    assert_error(post_json(api, "/api/session/proof", body), 400, "invalid")


def test_proofs_are_not_guessed(api):
    answers = [post_json(api, "/api/session/proof", {"password": "wrong"}) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [403] * 5 + [429]


def test_nobody_proves_anything_without_a_session(db, secret_key):
    assert_error(post_json(Client(), "/api/session/proof", {"password": PASSWORD}), 401)
    bearer = {"Authorization": f"Bearer {secret_key}"}
    assert_error(post_json(Client(), "/api/session/proof", {"password": PASSWORD}, **bearer), 403)


@pytest.mark.parametrize("role", ["OWNER", "ADMIN"])
def test_inviting_somebody_who_manages_asks_who_one_is(api, url, workspace, role):
    body = {"email": "ada@example.com", "role": role}
    assert_error(post_json(api, url("invitations"), body), 403, "proof_required")
    page = api.post(f"/w/{workspace.slug}/settings/members/", body)
    assert page["Location"].startswith("/account/reauthenticate/")
    assert not workspace.invitations.exists()
    prove(api)
    assert post_json(api, url("invitations"), body).status_code == 201


def test_a_member_is_taken_out_or_leaves(api, url, workspace, owner, member):
    viewer, viewer_client = member(Role.VIEWER)
    analyst, analyst_client = member(Role.ANALYST)
    assert_error(viewer_client.delete(f"{url('members')}/{analyst.api_id}"), 403)
    assert viewer_client.delete(f"{url('members')}/{viewer.api_id}").status_code == 204
    assert api.delete(f"{url('members')}/{analyst.api_id}").status_code == 204
    assert_error(analyst_client.get(url("members")), 404)
    assert [one.user for one in workspace.memberships.all()] == [owner]


def test_the_last_owner_stays(api, url, owner):
    path = f"{url('members')}/{owner.api_id}"
    assert "owner" in assert_error(api.delete(path), 409, "conflict")["message"]
    assert_error(patch(api, path, {"role": "ADMIN"}), 409, "conflict")


# Invitations


@pytest.mark.usefixtures("now")
def test_who_is_invited_gets_a_mail_with_the_link(
    api, url, workspace, owner, mailoutbox, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        made = post_json(api, url("invitations"), {"email": " Ada@Example.com ", "role": "ANALYST"})
    assert made.status_code == 201
    invitation = workspace.invitations.get()
    row = {
        "id": invitation.api_id,
        "email": "ada@example.com",
        "role": "ANALYST",
        "createdAt": "2026-03-31T12:00:00Z",
        "createdBy": "owner@example.com",
        "expiresAt": "2026-04-07T12:00:00Z",
    }
    link = made.json()["link"]
    assert made.json() == {**row, "link": link}
    assert [mail.to for mail in mailoutbox] == [["ada@example.com"]]
    assert link in mailoutbox[0].body
    assert "Acme" in Client().get(link).content.decode()
    assert AuditEvent.objects.filter(action=Action.MEMBER_INVITED, target=invitation.api_id, actor=owner).exists()
    assert api.get(url("invitations")).json()["results"] == [row]
    assert api.get(f"{url('invitations')}/{invitation.api_id}").json() == row
    assert api.get(url("invitations"), {"q": "ADA@", "role": "VIEWER"}).json()["results"] == []


def test_only_who_manages_invites_and_admins_no_owners(url, secret_key, member, stranger_client, workspace):
    body = {"email": "ada@example.com", "role": "VIEWER"}
    for role in (Role.VIEWER, Role.ANALYST):
        client = member(role)[1]
        assert_error(post_json(client, url("invitations"), body), 403)
        assert_error(client.get(url("invitations")), 403)
    assert_error(post_json(Client(), url("invitations"), body, Authorization=f"Bearer {secret_key}"), 403)
    assert_error(post_json(stranger_client, url("invitations"), body), 404)
    admin = member(Role.ADMIN)[1]
    assert_error(post_json(admin, url("invitations"), {**body, "role": "OWNER"}), 403)
    assert not workspace.invitations.exists()
    assert post_json(admin, url("invitations"), body).status_code == 201


@pytest.mark.parametrize(("field", "value"), [("email", "ada"), ("email", ""), ("email", None), ("role", "BOSS")])
def test_a_bad_invitation_is_refused(api, url, field, value):
    body = {"email": "ada@example.com", "role": "VIEWER", field: value}
    assert field in assert_error(post_json(api, url("invitations"), body), 400, "invalid")["fields"]


def test_a_member_is_not_invited(api, url):
    body = {"email": "OWNER@example.com", "role": "VIEWER"}
    assert_error(post_json(api, url("invitations"), body), 409, "conflict")


def test_a_revoked_invitation_is_gone_and_its_link_with_it(api, url, member, stranger_client, owner):
    prove(api)
    made = post_json(api, url("invitations"), {"email": "ada@example.com", "role": "OWNER"}).json()
    path = f"{url('invitations')}/{made['id']}"
    assert_error(member(Role.ADMIN)[1].delete(path), 403)
    assert_error(stranger_client.delete(path), 404)
    assert_error(api.delete(path, headers={"If-Match": '"other"'}), 412)
    assert api.delete(path, headers={"If-Match": api.get(path)["ETag"]}).status_code == 204
    assert_error(api.delete(path), 404)
    assert Client().get(made["link"]).status_code == 404
    assert AuditEvent.objects.filter(action=Action.INVITATION_REVOKED, target=made["id"], actor=owner).exists()


def test_the_same_request_invites_once_and_keeps_no_link(
    api, url, workspace, mailoutbox, django_capture_on_commit_callbacks
):
    body, key = {"email": "ada@example.com", "role": "VIEWER"}, {"Idempotency-Key": "k1"}
    with django_capture_on_commit_callbacks(execute=True):
        first, again = (post_json(api, url("invitations"), body, **key) for _ in range(2))
    assert (again.status_code, again.json()) == (201, {**first.json(), "link": None})
    assert (workspace.invitations.count(), len(mailoutbox)) == (1, 1)
    assert first.json()["link"].split("/")[-2] not in str(list(KeptAnswer.objects.values()))


def test_a_mail_that_cannot_be_sent_leaves_the_link(api, url, settings, django_capture_on_commit_callbacks):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    with django_capture_on_commit_callbacks(execute=True):
        made = post_json(api, url("invitations"), {"email": "ada@example.com", "role": "VIEWER"})
    assert Client().get(made.json()["link"]).status_code == 200


def test_nobody_invites_by_the_hundred(api, url, workspace, monkeypatch):
    monkeypatch.setattr("workspaces.team_api.INVITATIONS", Limit("few", times=1, seconds=3600))
    body = {"email": "ada@example.com", "role": "VIEWER"}
    assert post_json(api, url("invitations"), body).status_code == 201
    assert_error(post_json(api, url("invitations"), {**body, "email": "eve@example.com"}), 429)
    monkeypatch.setattr("workspaces.views.members.INVITATIONS", Limit("few", times=1, seconds=3600))
    page = api.post(f"/w/{workspace.slug}/settings/members/", {**body, "email": "eve@example.com"})
    assert (page.status_code, "Too many invitations" in page.content.decode()) == (400, True)
    assert workspace.invitations.count() == 1


# Keys


@pytest.mark.long
def test_a_write_key_may_be_for_web_pages_and_its_successor_is_too(api, url):
    made = post_json(api, url("keys"), {"kind": "write", "name": "Shop", "allowsBrowsers": True}).json()
    assert made["allowsBrowsers"] is True
    rotated = post_json(api, f"{url('keys')}/{made['id']}/rotate", {}).json()
    assert rotated["allowsBrowsers"] is True
    refused = post_json(api, url("keys"), {"kind": "secret", "name": "CRM", "allowsBrowsers": True})
    assert (refused.status_code, list(refused.json()["fields"])) == (400, ["allowsBrowsers"])


@pytest.mark.usefixtures("now")
def test_keys_are_listed_without_their_secret(api, url, secret_key, owner):
    key = Key.objects.get()
    (row,) = api.get(url("keys")).json()["results"]
    assert row == {
        "id": key.api_id,
        "kind": "secret",
        "name": "test",
        "prefix": secret_key[:9],
        "scopes": ["read", "write"],
        "allowsBrowsers": False,
        "createdAt": "2026-03-31T12:00:00Z",
        "createdBy": "owner@example.com",
        "expiresAt": None,
        "revokedAt": None,
        "lastUsedAt": None,
    }
    assert api.get(f"{url('keys')}/{key.api_id}").json() == row
    assert secret_key not in api.get(url("keys"), {"format": "csv"}).getvalue().decode()
    assert api.get(url("keys"), {"kind": "write"}).json()["results"] == []
    assert len(api.get(url("keys"), {"q": "TEST"}).json()["results"]) == 1


@pytest.mark.usefixtures("now")
def test_a_key_with_scopes_and_an_end(api, url, time_machine):
    body = {"kind": "secret", "name": "Reader", "scopes": ["read"], "expiresAt": "2026-04-01T00:00:00Z"}
    made = post_json(api, url("keys"), body).json()
    listed = api.get(f"{url('keys')}/{made['id']}").json()
    assert (listed["scopes"], listed["expiresAt"]) == (["read"], "2026-04-01T00:00:00Z")
    header = {"Authorization": f"Bearer {made['key']}"}
    assert Client().get(url("campaigns"), headers=header).status_code == 200
    assert_error(post_json(Client(), url("campaigns"), {}, **header), 403)
    time_machine.shift(24 * 3600)
    assert_error(Client().get(url("campaigns"), headers=header), 401)


@pytest.mark.parametrize(
    ("given", "at"),
    [("2026-04-02", "2026-04-01T22:00:00Z"), ("2026-04-02T00:00", "2026-04-02T00:00:00Z")],
)
def test_a_key_ends_with_the_beginning_of_a_day_of_the_workspace(api, url, now, given, at):
    body = {"kind": "secret", "name": "Reader", "expiresAt": given}
    assert post_json(api, url("keys"), body).status_code == 201
    [row] = api.get(url("keys")).json()["results"]
    assert row["expiresAt"] == at


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("scopes", []),
        ("scopes", ["manage"]),
        ("scopes", "read"),
        ("expiresAt", "2020-01-01T00:00:00Z"),
        ("expiresAt", "2100-01-01T00:00:01Z"),
        ("expiresAt", "9999-12-31T23:59:59Z"),
        ("expiresAt", 1),
    ],
)
def test_a_bad_key_is_refused(api, url, field, value):
    body = {"kind": "secret", "name": "Reader", field: value}
    assert field in assert_error(post_json(api, url("keys"), body), 400, "invalid")["fields"]


def test_a_write_key_has_no_scopes(api, url):
    body = {"kind": "write", "name": "site", "scopes": ["read"]}
    assert "scopes" in assert_error(post_json(api, url("keys"), body), 400, "invalid")["fields"]


@pytest.mark.usefixtures("now")
def test_a_rotated_key_gives_way_to_a_new_one_within_a_day(api, url, secret_key, time_machine):
    old = Key.objects.get()
    made = post_json(api, f"{url('keys')}/{old.api_id}/rotate", None)
    assert made.status_code == 201
    new = made.json()
    assert (new["name"], new["scopes"]) == ("test", ["read", "write"])
    assert api.get(f"{url('keys')}/{old.api_id}").json()["expiresAt"] == "2026-04-01T12:00:00Z"
    time_machine.shift(24 * 3600)
    assert_error(Client().get(url("campaigns"), headers={"Authorization": f"Bearer {secret_key}"}), 401)
    assert Client().get(url("campaigns"), headers={"Authorization": f"Bearer {new['key']}"}).status_code == 200


def test_the_latest_end_of_a_key_can_be_shown_in_every_zone_and_outlives_rotation(api, url, workspace, time_machine):
    time_machine.move_to(timezone.now())
    change_settings(workspace=workspace, by=None, time_zone="Pacific/Kiritimati")
    body = {"kind": "write", "name": "long", "expiresAt": "2100-01-01T00:00:00Z"}
    made = post_json(api, url("keys"), body).json()["id"]
    time_machine.shift(24 * 3600)
    rotated = api.post(f"{url('keys')}/{made}/rotate").json()["id"]
    assert api.get(f"{url('keys')}/{rotated}").json()["expiresAt"] == "2100-01-01T00:00:00Z"
    assert api.get(f"/w/{workspace.slug}/settings/keys/").status_code == 200


def test_a_revoked_key_works_no_more_and_stays_in_the_list(api, url, secret_key):
    path = f"{url('keys')}/{Key.objects.get().api_id}"
    assert_error(api.delete(path, headers={"If-Match": '"other"'}), 412)
    assert api.delete(path).status_code == 204
    assert api.delete(path).status_code == 204
    assert api.get(path).json()["revokedAt"] is not None
    assert_error(Client().get(url("campaigns"), headers={"Authorization": f"Bearer {secret_key}"}), 401)
    assert_error(post_json(api, f"{path}/rotate", None), 409, "conflict")


def test_the_same_request_makes_one_key_and_keeps_no_secret(api, url, workspace):
    body, key = {"kind": "secret", "name": "Reader"}, {"Idempotency-Key": "k1"}
    first, again = (post_json(api, url("keys"), body, **key) for _ in range(2))
    assert (again.status_code, again.json()) == (201, {**first.json(), "key": None})
    rotation = f"{url('keys')}/{first.json()['id']}/rotate"
    new, same = (post_json(api, rotation, None, **{"Idempotency-Key": "k2"}) for _ in range(2))
    assert (same.status_code, same.json()) == (201, {**new.json(), "key": None})
    assert workspace.keys.count() == 2
    kept = str(list(KeptAnswer.objects.values()))
    assert first.json()["key"] not in kept
    assert new.json()["key"] not in kept


def test_only_people_who_manage_see_keys(url, secret_key, stranger_client, member, owner):
    path = f"{url('keys')}/{Key.objects.get().api_id}"
    key = {"Authorization": f"Bearer {secret_key}"}
    for one in (url("keys"), path):
        assert_error(Client().get(one), 401)
        assert_error(Client().get(one, headers=key), 403)
        assert_error(stranger_client.get(one), 404)
    for role in (Role.VIEWER, Role.ANALYST):
        client = member(role)[1]
        for answer in (client.get(url("keys")), client.get(path), client.delete(path), client.post(f"{path}/rotate")):
            assert_error(answer, 403)
    assert member(Role.ADMIN)[1].get(url("keys")).status_code == 200


def test_another_workspaces_key_is_not_there(api, url, stranger_client):
    stranger = User.objects.get(email="stranger@example.com")
    other = Workspace.objects.get(name="Elsewhere")
    key, _ = create_key(workspace=other, kind=KeyKind.SECRET, name="x", by=stranger, scopes=[Right.READ])
    path = f"{url('keys')}/{key.api_id}"
    for answer in (api.get(path), api.delete(path), api.post(f"{path}/rotate")):
        assert_error(answer, 404)
    assert Key.objects.get(pk=key.pk).revoked_at is None


@pytest.mark.parametrize("resource", ["members", "invitations", "keys"])
def test_the_number_of_queries_does_not_grow(
    api, url, workspace, owner, member, django_assert_max_num_queries, resource
):
    with django_assert_max_num_queries(6) as queries:
        api.get(url(resource))
        before = len(queries)
    for n in range(5):
        member(Role.VIEWER, f"v{n}@example.org")
        create_key(workspace=workspace, kind=KeyKind.WRITE, name="k", by=owner)
        invite(workspace=workspace, email=f"i{n}@example.org", role=Role.VIEWER, by=owner)
    with django_assert_max_num_queries(before):
        assert len(api.get(url(resource)).json()["results"]) >= 5
