"""The audit trail: what a line holds, and that the database changes and deletes none."""

import importlib
from contextlib import nullcontext

import pytest
from django.db import DatabaseError, connection, transaction

from analytics.audited import DataAction
from tests.conftest import PASSWORD
from workspaces.audit import record
from workspaces.changes import create_key, create_workspace, delete_workspace, revoke_key
from workspaces.models import Action, AuditEvent, KeyKind, User, Workspace

migration = importlib.import_module("workspaces.migrations.0004_audit_events")


@pytest.fixture
def kept(db):
    """The trigger that the tests' database goes without, so that it can be flushed."""
    if connection.vendor == "sqlite":
        connection.cursor().execute(migration.SQLITE[1])
    return nullcontext()


@pytest.mark.parametrize("sql", ["UPDATE {} SET action = 'nothing'", "DELETE FROM {}"])
def test_the_database_changes_and_deletes_no_line(kept, owner, sql):
    record(Action.LOG_IN, by=owner, account=owner)
    with (
        pytest.raises(DatabaseError, match="only appended to"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql.format(AuditEvent._meta.db_table))
    assert AuditEvent.objects.get().action == Action.LOG_IN


def test_a_line_outlives_what_it_names(kept, owner):
    workspace = create_workspace(name="Acme", time_zone="UTC", by=owner)
    named = workspace.api_id
    delete_workspace(workspace=workspace, by=owner)
    owner.delete()
    event = AuditEvent.objects.get(action=Action.WORKSPACE_DELETED)
    assert (event.actor_name, event.before) == ("owner@example.com", {"name": "Acme"})
    assert str(event) == f"Workspace deleted {named}"


def test_no_line_holds_a_token_or_hash(workspace, owner):
    key, token = create_key(workspace=workspace, kind=KeyKind.SECRET, name="CRM", by=owner)
    revoke_key(key=key, by=owner)
    for event in AuditEvent.objects.all():
        told = f"{event.target} {event.before} {event.after}"
        assert token not in told
        assert key.digest not in told


def test_a_key_acts_by_its_beginning(workspace, owner):
    key, _ = create_key(workspace=workspace, kind=KeyKind.SECRET, name="CRM", by=owner)
    event = record(DataAction.DATA_EXPORTED, by=key, workspace=workspace)
    assert (event.actor, event.actor_name) == (None, key.prefix)


def test_a_workspace_sees_what_happened_there_and_to_its_members(workspace, owner, stranger_client):
    stranger = User.objects.get(email="stranger@example.com")
    record(Action.LOG_IN, by=owner, account=owner)
    record(Action.LOG_IN, by=stranger, account=stranger)
    seen = AuditEvent.objects.seen_from(workspace)
    assert [(one.action, one.actor_name) for one in seen] == [
        (Action.LOG_IN, "owner@example.com"),
        (Action.WORKSPACE_CREATED, "owner@example.com"),
    ]
    elsewhere = Workspace.objects.get(name="Elsewhere")
    assert "owner@example.com" not in {one.actor_name for one in AuditEvent.objects.seen_from(elsewhere)}


def test_a_line_names_its_request(client, owner):
    client.post("/login/", {"login": "owner@example.com", "password": PASSWORD}, headers={"X-Request-Id": "abc"})
    assert AuditEvent.objects.latest("id").request_id == "abc"


def test_changes_are_worded():
    event = AuditEvent(before={"role": "VIEWER", "on": True}, after={"role": "ADMIN", "types": ["a", "b"]})
    assert event.changes == ["role: VIEWER → ADMIN", "on: yes", "types: a, b"]


def test_of_long_values_both_sides_are_begun():
    event = AuditEvent(before={"types": ["a" * 150, "b" * 150]}, after={"types": ["c" * 150, "d" * 150]})
    assert event.changes == [f"types: {'a' * 150}, {'b' * 47}… → {'c' * 150}, {'d' * 47}…"]
