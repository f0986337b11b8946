"""Sessions: whose they are, how long they live, when their keys change, how they are ended."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client

from tests.conftest import PASSWORD
from workspaces.models import Action, AuditEvent, Membership, Session, User
from workspaces.people import change_role
from workspaces.roles import Role
from workspaces.sessions import SessionStore, public_id
from workspaces.user_agents import browser_named

HOUR = timedelta(hours=1)


@pytest.fixture
def client(owner):
    client = Client()
    client.post("/login/", {"login": "owner@example.com", "password": PASSWORD})
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    return client


@pytest.fixture
def other(owner):
    other = Client(headers={"User-Agent": "Mozilla/5.0 (iPhone) Safari/600"})
    other.post("/login/", {"login": "owner@example.com", "password": PASSWORD})
    return other


def is_in(client):
    return client.get("/w/").status_code == 200


def test_a_session_ends_when_it_is_unused_for_long(client, time_machine):
    time_machine.move_to(datetime.now(UTC) + 71 * HOUR)
    assert is_in(client)
    time_machine.shift(71 * HOUR)
    assert is_in(client)
    time_machine.shift(73 * HOUR)
    assert not is_in(client)


@pytest.mark.long
def test_a_session_ends_at_the_latest_after_two_weeks_however_much_it_is_used(client, time_machine):
    start = datetime.now(UTC)
    for day in range(1, 14):
        time_machine.move_to(start + timedelta(days=day))
        assert is_in(client)
    time_machine.move_to(start + timedelta(days=14, minutes=1))
    assert not is_in(client)


def test_saving_a_session_does_not_make_it_live_longer(client, time_machine):
    start = datetime.now(UTC)
    for day in range(1, 14):
        time_machine.move_to(start + timedelta(days=day))
        session = client.session
        session["day"] = day
        session.save()
    time_machine.move_to(start + timedelta(days=14, minutes=1))
    assert not is_in(client)


def test_use_is_noted_at_most_every_few_minutes(client, owner, time_machine, django_assert_num_queries):
    start = datetime.now(UTC)
    time_machine.move_to(start + timedelta(minutes=4))
    with django_assert_num_queries(3):
        is_in(client)
    time_machine.move_to(start + timedelta(minutes=6))
    transaction_and_patience = 2 if connection.vendor == "sqlite" else 4
    with django_assert_num_queries(5 + transaction_and_patience):
        is_in(client)
    owner.refresh_from_db()
    assert owner.last_seen_at > start + timedelta(minutes=5)


def test_a_change_of_role_changes_the_key_at_the_next_use(workspace, owner, viewer_client):
    viewer = User.objects.get(email="viewer@example.com")
    before = viewer_client.session.session_key
    change_role(membership=Membership.objects.get(user=viewer), role=Role.ANALYST, by=owner)
    assert viewer_client.get(f"/w/{workspace.slug}/settings/").status_code == 200
    assert viewer_client.session.session_key != before
    assert not Session.objects.filter(pk=before).exists()
    assert viewer_client.get(f"/w/{workspace.slug}/settings/").status_code == 200


def test_the_list_names_ones_browsers_and_no_keys(client, other):
    html = client.get("/account/sessions/").text
    assert "Safari on iPhone" in html
    assert html.count("This session") == 1
    for session in Session.objects.all():
        assert session.session_key not in html


def test_a_session_of_the_list_is_ended(client, other):
    chosen = public_id(other.session.session_key)
    assert client.post("/account/sessions/end/", {"session": chosen})["Location"] == "/account/sessions/"
    assert not is_in(other)
    assert is_in(client)
    assert AuditEvent.objects.latest("id").action == Action.SESSION_ENDED


def test_all_others_are_ended_at_once(client, other, stranger_client):
    client.post("/account/sessions/end/")
    assert (is_in(client), is_in(other), is_in(stranger_client)) == (True, False, True)


def test_another_users_session_is_not_ended(client, stranger_client):
    client.post("/account/sessions/end/", {"session": public_id(stranger_client.session.session_key)})
    assert is_in(stranger_client)


@pytest.mark.parametrize("path", ["/account/", "/account/sessions/", "/account/password/", "/account/second-factor/"])
def test_nobody_has_an_account_without_logging_in(db, path):
    assert Client().get(path)["Location"].startswith("/login/?next=")


def test_ending_sessions_asks_for_the_password_first(client, other):
    response = other.post("/account/sessions/end/")
    assert response["Location"].startswith("/account/reauthenticate/")
    assert is_in(client)


def test_ending_sessions_needs_a_post(client):
    assert client.get("/account/sessions/end/").status_code == 405


def test_expired_sessions_are_cleared_away(client, time_machine):
    time_machine.move_to(datetime.now(UTC) + timedelta(days=15))
    SessionStore.clear_expired()
    assert not Session.objects.exists()


def test_the_keys_of_sessions_are_long_and_differ(client, other):
    keys = list(Session.objects.values_list("session_key", flat=True))
    assert len(set(keys)) == 2
    assert all(re.fullmatch("[a-z0-9]{32}", key) for key in keys)


def test_a_session_made_up_is_none(db):
    client = Client()
    client.cookies["sessionid"] = "x" * 32
    assert not is_in(client)


@pytest.mark.parametrize(
    ("user_agent", "named"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit Chrome/140 Mobile Safari/537", "Chrome on Android"),
        ("curl/8.5.0", "curl"),
        ("SomethingElse/1.0", "SomethingElse/1.0"),
        ("", "Unknown"),
    ],
)
def test_browsers_are_named(user_agent, named):
    assert browser_named(user_agent) == named


# The profile


def test_the_profile_is_changed(client, owner):
    response = client.post("/account/", {"name": "Ada", "theme": "dark"})
    assert response["Location"] == "/account/"
    assert response.cookies["theme"].value == "dark"
    owner.refresh_from_db()
    assert (owner.name, owner.has_shortcuts) == ("Ada", False)
    assert 'data-shortcuts="off"' in client.get("/account/").text


def test_a_bad_profile_is_a_400(client, owner):
    assert client.post("/account/", {"name": "x" * 201, "theme": "neon"}).status_code == 400
