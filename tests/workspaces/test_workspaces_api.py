"""`/api/workspaces` and `/api/workspaces/{id}/keys`; and what a key is good for."""

import base64
from datetime import timedelta

import pytest
from django.test import Client

from tests.conftest import PASSWORD, post_json
from workspaces.changes import create_key
from workspaces.models import Action, AuditEvent, Key, KeyKind, Membership, User, Workspace, token_digest
from workspaces.roles import Right, Role

PROPERTIES = {"amount": ["revenue", "value", "total"], "currency": ["currency"], "order": ["order_id", "orderId"]}
MONEY_RULES = [
    {"type": "purchase", "kind": "sale", **PROPERTIES},
    {"type": "Order Refunded", "kind": "refund", **PROPERTIES},
]
URL = "/api/workspaces"


def assert_refused(response, status, code=None):
    assert response.status_code == status, response.content
    body = response.json()
    assert body["message"] == body["detail"] != ""
    if code is not None:
        assert body["code"] == code
    return body


@pytest.fixture
def client_of(workspace):
    """A logged-in member of the workspace with a role."""

    def client(role):
        user = User.objects.create_user(f"some-{role.lower()}@example.com", PASSWORD)
        Membership.objects.create(workspace=workspace, user=user, role=role)
        client = Client()
        client.force_login(user)
        return client

    return client


# Workspaces


def test_a_new_workspace_belongs_to_its_maker(api, owner):
    response = post_json(api, URL, {"name": "Acme", "timezone": "Europe/Berlin"})

    assert response.status_code == 201
    made = Workspace.objects.get()
    assert response.json() == {
        "id": f"ws_{made.pk}",
        "name": "Acme",
        "slug": "acme",
        "timeZone": "Europe/Berlin",
        "timezone": "Europe/Berlin",
        "currency": "EUR",
        "conversionTypes": ["purchase"],
        "moneyRules": MONEY_RULES,
        "lookbackDays": {"utm": 30, "click": 5, "open": 1, "delivered": 1},
        "role": "OWNER",
    }
    assert made.time_zone == "Europe/Berlin"
    membership = Membership.objects.get()
    assert (membership.user, membership.workspace, membership.role) == (owner, made, Role.OWNER)


def test_a_new_workspace_answers_at_once(api):
    workspace_id = post_json(api, URL, {"name": "Acme"}).json()["id"]
    assert api.get(f"{URL}/{workspace_id}/analytics").status_code == 200


def test_the_time_zone_is_utc_unless_said_otherwise(api):
    assert post_json(api, URL, {"name": "Acme"}).json()["timezone"] == "UTC"


def test_the_currency_is_the_euro_unless_said_otherwise(api):
    assert post_json(api, URL, {"name": "Acme"}).json()["currency"] == "EUR"
    assert post_json(api, URL, {"name": "Acme", "currency": "USD"}).json()["currency"] == "USD"


@pytest.mark.parametrize("code", ["", None, "Euro", "eur", "€", "XXX", "ABC", 978, ["EUR"]])
def test_a_bad_currency_is_a_400_that_says_what_is_allowed(api, workspace, code):
    made = assert_refused(post_json(api, URL, {"name": "Other", "currency": code}), 400, "invalid")
    path = f"{URL}/{workspace.api_id}"
    changed = assert_refused(api.patch(path, {"currency": code}, content_type="application/json"), 400, "invalid")
    assert made["fields"] == changed["fields"]
    if code in ("Euro", "eur", "ABC"):
        allowed = f"'{code}' is not a currency; allowed are codes of ISO 4217 such as EUR or USD."
        assert made["fields"] == {"currency": [allowed]}
    workspace.refresh_from_db()
    assert (workspace.currency, Workspace.objects.count()) == ("EUR", 1)


def test_another_currency_is_recorded(api, workspace, owner):
    changed = api.patch(f"{URL}/{workspace.api_id}", {"currency": "JPY"}, content_type="application/json")
    assert (changed.status_code, changed.json()["currency"]) == (200, "JPY")
    line = AuditEvent.objects.get(action=Action.SETTINGS_CHANGED, actor=owner)
    assert (line.before, line.after) == ({"currency": "EUR"}, {"currency": "JPY"})


def test_two_workspaces_of_one_name_have_different_slugs(api):
    slugs = [post_json(api, URL, {"name": "Acme & Söhne"}).json()["slug"] for _ in range(3)]
    assert slugs == ["acme-sohne", "acme-sohne-2", "acme-sohne-3"]


@pytest.mark.parametrize("name", ["株式会社", "!!!", "🚀"])
def test_a_name_without_latin_letters_still_has_a_slug(api, name):
    answer = post_json(api, URL, {"name": name}).json()
    assert (answer["name"], answer["slug"]) == (name, "workspace")


def test_the_longest_name_is_taken(api):
    answer = post_json(api, URL, {"name": "x" * 200}).json()
    assert answer["name"] == "x" * 200
    assert len(answer["slug"]) == 70


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"timezone": "UTC"},
        {"name": ""},
        {"name": "   "},
        {"name": None},
        {"name": ["Acme"]},
        {"name": {"a": "b"}},
        {"name": True},
        {"name": "x" * 201},
        {"name": "a\0b"},
        {"name": "a\ud800b"},
    ],
)
def test_a_bad_name_is_a_400(api, body):
    assert "name" in assert_refused(post_json(api, URL, body), 400, "invalid")["fields"]
    assert not Workspace.objects.exists()


@pytest.mark.parametrize(
    "zone",
    ["", None, "Berlin", "Mars/Olympus", "europe/berlin", "+02:00", "CEST", "../etc/passwd", "/etc/localtime", 1, []],
)
def test_a_bad_time_zone_is_a_400(api, zone):
    told = assert_refused(post_json(api, URL, {"name": "Acme", "timezone": zone}), 400, "invalid")
    assert "timezone" in told["fields"]
    assert not Workspace.objects.exists()


def test_an_unknown_zone_is_named_with_what_is_allowed(api):
    told = post_json(api, URL, {"name": "Acme", "timezone": "Mars/Olympus"}).json()
    assert told["message"] == (
        "timezone: 'Mars/Olympus' is not a time zone; allowed are IANA names such as Europe/Berlin."
    )


@pytest.mark.parametrize("body", [[], "Acme", None, 1])
def test_a_body_that_is_no_object_is_a_400(api, body):
    assert_refused(post_json(api, URL, body), 400, "invalid")


def test_a_member_lists_their_own_workspaces_only(api, workspace, stranger_client):
    body = api.get(URL).json()
    assert [(row["id"], row["role"]) for row in body["results"]] == [(workspace.api_id, "OWNER")]
    assert body["next"] is None
    assert [row["name"] for row in stranger_client.get(URL).json()["results"]] == ["Elsewhere"]


def test_a_workspace_is_shown_to_its_members_and_keys(api, workspace, viewer_client, secret_key, stranger_client):
    path = f"{URL}/{workspace.api_id}"
    shown = {
        "id": workspace.api_id,
        "name": "Acme",
        "slug": "acme",
        "timeZone": "Europe/Berlin",
        "timezone": "Europe/Berlin",
        "currency": "EUR",
        "conversionTypes": ["purchase"],
        "moneyRules": MONEY_RULES,
        "lookbackDays": {"utm": 30, "click": 5, "open": 1, "delivered": 1},
        "role": "OWNER",
    }
    answer = api.get(path)
    assert answer.json() == shown
    assert api.get(path, headers={"If-None-Match": answer["ETag"]}).status_code == 304
    assert viewer_client.get(path).json() == {**shown, "role": "VIEWER"}
    assert Client().get(path, headers={"Authorization": f"Bearer {secret_key}"}).json() == {**shown, "role": None}
    assert_refused(stranger_client.get(path), 404)
    assert_refused(stranger_client.patch(path, {"name": "x"}, content_type="application/json"), 404)


def test_a_workspace_gets_another_name_and_time_zone(api, workspace, owner):
    path = f"{URL}/{workspace.api_id}"

    def change(body, **headers):
        return api.patch(path, body, content_type="application/json", headers=headers)

    seen = api.get(path)["ETag"]
    changed = change({"name": "Acme & Co", "timezone": "Asia/Tokyo"}, **{"If-Match": seen})
    assert (changed.status_code, changed["ETag"]) == (200, api.get(path)["ETag"])
    told = {name: changed.json()[name] for name in ("name", "timezone", "slug")}
    assert told == {"name": "Acme & Co", "timezone": "Asia/Tokyo", "slug": "acme"}
    line = AuditEvent.objects.get(action=Action.SETTINGS_CHANGED, actor=owner)
    assert (line.before["time_zone"], line.after["name"]) == ("Europe/Berlin", "Acme & Co")
    assert_refused(change({"name": "x"}, **{"If-Match": seen}), 412)
    assert change({}).json() == changed.json()
    for body in ({"name": ""}, {"name": "x" * 201}, {"name": None}, {"timezone": "Mars"}, {"timezone": ""}):
        assert_refused(change(body), 400)
    assert api.get(path).json() == changed.json()


def test_only_people_who_manage_change_a_workspace(client_of, workspace, secret_key):
    path, body = f"{URL}/{workspace.api_id}", {"name": "x"}
    for role, status in ((Role.VIEWER, 403), (Role.ANALYST, 403), (Role.ADMIN, 200)):
        assert client_of(role).patch(path, body, content_type="application/json").status_code == status
    key = {"Authorization": f"Bearer {secret_key}"}
    assert_refused(Client().patch(path, body, content_type="application/json", headers=key), 403)


def test_workspaces_need_a_session(db):
    assert_refused(Client().get(URL), 401, "not_authenticated")
    assert_refused(post_json(Client(), URL, {"name": "Acme"}), 401, "not_authenticated")


@pytest.mark.parametrize("path", ["/api/session", URL])
@pytest.mark.parametrize("method", ["trace", "put"])
def test_a_method_that_is_none_is_told_before_anybody_is_asked_who_they_are(db, path, method):
    assert_refused(getattr(Client(), method)(path), 405, "method_not_allowed")


def test_other_methods_are_not_allowed(api, workspace):
    assert_refused(api.delete(URL), 405, "method_not_allowed")
    assert_refused(api.delete(f"{URL}/{workspace.api_id}/keys"), 405, "method_not_allowed")


# Keys


@pytest.mark.parametrize(("kind", "beginning", "scopes"), [("write", "wk_", []), ("secret", "sk_", ["read", "write"])])
def test_a_new_key_is_shown_once_and_kept_as_a_hash(api, owner, workspace, kind, beginning, scopes):
    response = post_json(api, f"{URL}/{workspace.api_id}/keys", {"kind": kind, "name": "Shop"})

    assert response.status_code == 201
    body = response.json()
    token = body.pop("key")
    made = Key.objects.get()
    shown = {"id": f"key_{made.pk}", "kind": kind, "name": "Shop", "prefix": token[:9], "scopes": scopes}
    assert body == {**shown, "allowsBrowsers": False}
    assert token.startswith(beginning)
    assert len(token) >= 43 + len(beginning)
    assert made.digest == token_digest(token)
    assert token not in [str(getattr(made, field.attname)) for field in Key._meta.concrete_fields]
    assert (made.workspace, made.created_by, made.revoked_at, made.last_used_at) == (workspace, owner, None, None)


def test_two_keys_differ(api, workspace):
    body = {"kind": "write", "name": "Shop"}
    tokens = {post_json(api, f"{URL}/{workspace.api_id}/keys", body).json()["key"] for _ in range(2)}
    assert len(tokens) == 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "kind"),
        ({"name": "Shop"}, "kind"),
        ({"kind": "admin", "name": "Shop"}, "kind"),
        ({"kind": "WRITE", "name": "Shop"}, "kind"),
        ({"kind": None, "name": "Shop"}, "kind"),
        ({"kind": ["write"], "name": "Shop"}, "kind"),
        ({"kind": {"write": 1}, "name": "Shop"}, "kind"),
        ({"kind": "write"}, "name"),
        ({"kind": "write", "name": ""}, "name"),
        ({"kind": "write", "name": "x" * 201}, "name"),
        ({"kind": "write", "name": "a\0"}, "name"),
        ([], "non_field_errors"),
        (None, "non_field_errors"),
    ],
)
def test_a_bad_key_is_a_400_that_names_the_field(api, workspace, body, field):
    told = assert_refused(post_json(api, f"{URL}/{workspace.api_id}/keys", body), 400, "invalid")
    assert field in told["fields"]
    assert not Key.objects.exists()


@pytest.mark.parametrize(
    ("role", "status"), [(Role.VIEWER, 403), (Role.ANALYST, 403), (Role.ADMIN, 201), (Role.OWNER, 201)]
)
def test_keys_are_made_by_who_may_manage(client_of, workspace, role, status):
    response = post_json(client_of(role), f"{URL}/{workspace.api_id}/keys", {"kind": "write", "name": "Shop"})
    assert response.status_code == status
    assert Key.objects.exists() is (status == 201)


def test_a_strangers_workspace_is_as_absent_as_one_that_never_was(stranger_client, workspace):
    body = {"kind": "write", "name": "Shop"}
    foreign = assert_refused(post_json(stranger_client, f"{URL}/{workspace.api_id}/keys", body), 404, "not_found")
    absent = assert_refused(post_json(stranger_client, f"{URL}/ws_999999/keys", body), 404, "not_found")
    assert foreign == absent
    assert not Key.objects.exists()


def test_anonymous_makes_no_keys(workspace):
    response = post_json(Client(), f"{URL}/{workspace.api_id}/keys", {"kind": "write", "name": "Shop"})
    assert_refused(response, 401, "not_authenticated")


def test_a_secret_key_makes_no_keys(workspace, secret_key):
    response = post_json(
        Client(),
        f"{URL}/{workspace.api_id}/keys",
        {"kind": "secret", "name": "Shop"},
        Authorization=f"Bearer {secret_key}",
    )
    assert_refused(response, 403, "permission_denied")
    assert Key.objects.count() == 1


def test_making_a_key_needs_the_sessions_token(owner, workspace):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(owner)
    refused = post_json(browser, f"{URL}/{workspace.api_id}/keys", {"kind": "write", "name": "Shop"})
    assert_refused(refused, 403, "permission_denied")
    token = browser.get("/api/session").json()["csrfToken"]
    body = {"kind": "write", "name": "Shop"}
    assert post_json(browser, f"{URL}/{workspace.api_id}/keys", body, **{"X-CSRFToken": token}).status_code == 201


# What a key is good for


def read(workspace, token, scheme="Bearer"):
    return Client().get(f"{URL}/{workspace.api_id}/analytics", headers={"Authorization": f"{scheme} {token}"})


def write(workspace, token):
    path = f"{URL}/{workspace.api_id}/contacts/bulk"
    return post_json(Client(), path, {"items": [{"externalId": "u1"}]}, Authorization=f"Bearer {token}")


def ingest(token):
    call = {"type": "track", "event": "signup", "userId": "u1"}
    return post_json(Client(), "/v1/batch", {"batch": [call]}, Authorization=f"Bearer {token}")


def test_a_new_write_key_sends_events_and_nothing_else(api, workspace):
    body = {"kind": "write", "name": "Shop"}
    token = post_json(api, f"{URL}/{workspace.api_id}/keys", body).json()["key"]
    assert ingest(token).status_code == 200
    assert_refused(read(workspace, token), 401, "authentication_failed")
    assert_refused(write(workspace, token), 401, "authentication_failed")


def test_a_new_secret_key_reads_writes_and_sends_events(api, workspace):
    body = {"kind": "secret", "name": "CRM"}
    token = post_json(api, f"{URL}/{workspace.api_id}/keys", body).json()["key"]
    assert read(workspace, token).status_code == 200
    assert write(workspace, token).status_code == 200
    assert ingest(token).status_code == 200


@pytest.mark.parametrize(
    ("scopes", "reads", "writes"),
    [([], 403, 403), (["read"], 200, 403), (["write"], 403, 200), (["read", "write"], 200, 200)],
)
def test_a_secret_key_may_what_its_scopes_say(workspace, owner, scopes, reads, writes):
    key, token = create_key(workspace=workspace, kind=KeyKind.SECRET, name="CRM", by=owner)
    Key.objects.filter(pk=key.pk).update(scopes=scopes)
    assert read(workspace, token).status_code == reads
    assert write(workspace, token).status_code == writes


def test_a_key_with_the_right_to_manage_still_makes_no_keys(workspace, owner):
    key, token = create_key(workspace=workspace, kind=KeyKind.SECRET, name="CRM", by=owner)
    Key.objects.filter(pk=key.pk).update(scopes=[Right.READ, Right.WRITE, Right.MANAGE])
    body = {"kind": "secret", "name": "Another"}
    response = post_json(Client(), f"{URL}/{workspace.api_id}/keys", body, Authorization=f"Bearer {token}")
    assert_refused(response, 403, "permission_denied")
    assert Key.objects.count() == 1


def test_a_key_opens_its_own_workspace_only(workspace, secret_key, owner):
    other = Workspace.objects.create(name="Other", slug="other")
    Membership.objects.create(workspace=other, user=owner, role=Role.OWNER)
    foreign = assert_refused(read(other, secret_key), 404, "not_found")
    absent = assert_refused(read(Workspace(pk=999999), secret_key), 404, "not_found")
    assert foreign == absent
    assert_refused(write(other, secret_key), 404, "not_found")


def test_basic_authorization_carries_the_key_as_its_user_name(workspace, secret_key):
    for password in ("", "ignored", "a:b"):
        credentials = base64.b64encode(f"{secret_key}:{password}".encode()).decode()
        assert read(workspace, credentials, "Basic").status_code == 200


@pytest.mark.parametrize("credentials", ["!", "AAA", "/w==", "", base64.b64encode(b":").decode()])
def test_basic_authorization_that_cannot_be_read_is_a_401(workspace, credentials):
    assert_refused(read(workspace, credentials, "Basic"), 401, "authentication_failed")


@pytest.mark.parametrize("token", ["", "sk_unknown", "sk_" + "x" * 10_000, "sk_\x7f\xff"])
def test_an_unknown_key_is_a_401_with_a_challenge(workspace, token):
    response = read(workspace, token)
    assert_refused(response, 401, "authentication_failed")
    assert response["WWW-Authenticate"] == 'Bearer realm="CampaignOS"'


@pytest.mark.parametrize("scopes", [["read"], ["write"], ["curate"]])
def test_a_good_key_can_ask_which_workspace_it_opens(workspace, secret_key, scopes):
    Key.objects.update(scopes=scopes)
    answer = Client().get(URL, headers={"Authorization": f"Bearer {secret_key}"})
    [row] = answer.json()["results"]
    assert (row["id"], row["role"]) == (workspace.api_id, None)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/api/session"),
        ("delete", "/api/session"),
        ("post", "/api/session/proof"),
        ("post", "/api/workspaces"),
        ("get", "/api/workspaces/{}/members"),
        ("get", "/api/workspaces/{}/members.csv"),
        ("get", "/api/workspaces/{}/keys"),
        ("post", "/api/workspaces/{}/keys"),
        ("get", "/api/workspaces/{}/invitations"),
        ("patch", "/api/workspaces/{}"),
    ],
)
def test_a_good_key_is_never_a_401(workspace, secret_key, method, path):
    call = getattr(Client(), method)
    answer = call(path.format(workspace.api_id), headers={"Authorization": f"Bearer {secret_key}"})
    assert_refused(answer, 403, "permission_denied")


def test_a_bad_key_is_not_made_good_by_a_session(api, workspace):
    path = f"{URL}/{workspace.api_id}/analytics"
    assert api.get(path).status_code == 200
    assert_refused(api.get(path, headers={"Authorization": "Bearer sk_unknown"}), 401, "authentication_failed")


@pytest.mark.parametrize("method", [read, write])
def test_a_revoked_secret_key_is_a_401(workspace, secret_key, now, method):
    Key.objects.update(revoked_at=now)
    assert_refused(method(workspace, secret_key), 401, "authentication_failed")


def test_a_revoked_write_key_is_a_401(write_key, now):
    Key.objects.update(revoked_at=now)
    assert ingest(write_key).status_code == 401


@pytest.mark.parametrize(("expires_in", "status"), [(timedelta(microseconds=1), 200), (timedelta(0), 401)])
def test_a_key_ends_at_the_instant_it_expires(workspace, write_key, secret_key, now, expires_in, status):
    Key.objects.update(expires_at=now + expires_in)
    assert read(workspace, secret_key).status_code == status
    assert ingest(write_key).status_code == status


def test_the_last_use_of_a_key_is_noted_to_the_minute(workspace, secret_key, now, time_machine):
    read(workspace, secret_key)
    assert Key.objects.get().last_used_at == now
    time_machine.move_to(now + timedelta(seconds=60), tick=False)
    read(workspace, secret_key)
    assert Key.objects.get().last_used_at == now
    time_machine.move_to(now + timedelta(seconds=61), tick=False)
    read(workspace, secret_key)
    assert Key.objects.get().last_used_at == now + timedelta(seconds=61)


def test_conversion_types_count_once_and_are_not_many(api, workspace):
    def change(types):
        return api.patch(f"{URL}/{workspace.api_id}", {"conversionTypes": types}, content_type="application/json")

    assert change(["b", "a", "b"]).json()["conversionTypes"] == ["b", "a"]
    refused = change([f"type {number}" for number in range(101)])
    assert (refused.status_code, "allowed are 100" in refused.json()["message"]) == (400, True)
    assert change([f"type {number}" for number in range(100)]).status_code == 200
