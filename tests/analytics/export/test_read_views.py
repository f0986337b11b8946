"""Read views: each role sees the rows of its workspaces as the export has them, and nothing else."""

import json
from contextlib import contextmanager

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.core.management.sql import emit_post_migrate_signal
from django.db import DatabaseError, connection, transaction

from analytics.export.export import _rows, _triples
from analytics.export.exported_tables import EXPORTED, ColumnKind
from analytics.receivers import let_go_of_the_tables, make_the_views_again
from tests import citus
from workspaces.changes import create_workspace
from workspaces.scope import scope, scope_of_all

on_postgresql = pytest.mark.skipif(
    connection.vendor != "postgresql" or citus.is_asked_for(), reason="views for PostgreSQL"
)
ROLE = 'warehouse\'s "own"'


@pytest.fixture
def role(db):
    sql("SET LOCAL createrole_self_grant = 'set'")  # that who makes it may act as it, without being a superuser
    sql('CREATE ROLE "warehouse\'s ""own""" NOLOGIN')
    return ROLE


@pytest.fixture
def stored(bulk, track, now):
    at = "2026-03-10T08:00:00Z"
    bulk("campaigns", [{"externalId": "spring", "name": "Spring"}])
    bulk("contacts", [{"externalId": "ada", "email": "ada@example.com", "attributes": {"plan": "pro"}}])
    message = {"externalId": "m", "campaign": "spring", "contact": "ada", "channel": "EMAIL", "createdAt": at}
    bulk("messages", [message])
    bulk("message-events", [{"externalId": "e1", "message": "m", "type": "opened", "at": at}])
    call = {"type": "track", "userId": "ada", "event": "visit", "properties": {"n": 1}}
    track({**call, "context": {"campaign": {"source": "google"}}}, {**call, "event": "signup"})


def sql(statement, *params):
    with connection.cursor() as cursor:
        cursor.execute(statement, params or None)
        return cursor.fetchall() if cursor.description else []


@contextmanager
def reading(workspace):
    """As the role, to whom the server tells the workspace where row level security is on."""
    with scope(workspace), transaction.atomic():
        sql('SET LOCAL ROLE "warehouse\'s ""own"""')
        yield
        sql("RESET ROLE")


def readviews(capsys, **options):
    call_command("readviews", **options)
    return capsys.readouterr().out


@on_postgresql
@pytest.mark.usefixtures("stored")
def test_a_role_reads_what_the_export_has(workspace, role, capsys):
    out = readviews(capsys, let=role, workspace=workspace.api_id)
    assert f"campaignos_read has {', '.join(EXPORTED)}." in out
    assert f"{role} reads {workspace.api_id}." in out
    triples = _triples(workspace)
    for table in EXPORTED.values():
        names = ", ".join(column.name for column in table.columns)
        with reading(workspace):
            found = sql(f"SELECT {names} FROM campaignos_read.{table.name} ORDER BY {table.key}")
        objects = [place for place, column in enumerate(table.columns) if column.kind is ColumnKind.OBJECT]
        rows = _rows(workspace, table).order_by(table.key).values_list(*table.fields)
        known = [table.record(values, triples) for values in rows]
        for row in known:
            for place in objects:
                row[place] = json.loads(row[place])
        shown = [[json.loads(v) if p in objects and isinstance(v, str) else v for p, v in enumerate(r)] for r in found]
        assert sorted(shown, key=str) == sorted(known, key=str), table.name
        assert known


@on_postgresql
@pytest.mark.usefixtures("stored")
def test_a_role_sees_no_other_workspace_and_no_table_and_writes_nothing(workspace, owner, role, capsys):
    elsewhere = create_workspace(name="Elsewhere", time_zone="UTC", by=owner)
    readviews(capsys, let=role, workspace=elsewhere.api_id)
    for table in EXPORTED:
        with reading(workspace):
            assert sql(f"SELECT * FROM campaignos_read.{table}") == []
    with scope_of_all("a role that says whatever it likes"), transaction.atomic():
        sql('SET LOCAL ROLE "warehouse\'s ""own"""')
        sql("SET LOCAL campaignos.workspace = 'all'")
        assert sql("SELECT * FROM campaignos_read.events") == []
        sql("RESET ROLE")
    for statement in (
        "SELECT * FROM analytics_event",
        "SELECT * FROM campaignos_read.readers",
        "INSERT INTO campaignos_read.readers VALUES (current_user, 1)",
        "DELETE FROM campaignos_read.contacts",
        "DELETE FROM campaignos_read.messages",
    ):
        with pytest.raises(DatabaseError, match="permission denied"), reading(workspace):
            sql(statement)


@on_postgresql
@pytest.mark.usefixtures("stored")
def test_a_role_that_is_stopped_reads_nothing(workspace, owner, role, capsys):
    elsewhere = create_workspace(name="Elsewhere", time_zone="UTC", by=owner)
    readviews(capsys, let=role, workspace=workspace.api_id)
    readviews(capsys, let=role, workspace=elsewhere.api_id)
    assert "reads" in readviews(capsys, stop=role, workspace=workspace.api_id)
    with reading(workspace):
        assert sql("SELECT * FROM campaignos_read.events") == []
    assert "reads" not in readviews(capsys, stop=role, workspace=elsewhere.api_id)
    with pytest.raises(DatabaseError, match="permission denied"), reading(workspace):
        sql("SELECT * FROM campaignos_read.events")


@on_postgresql
@pytest.mark.usefixtures("stored")
def test_migrations_may_change_what_the_views_show(workspace, role, capsys):
    readviews(capsys, let=role, workspace=workspace.api_id)
    given = {"sender": apps.get_app_config("analytics"), "using": "default", "plan": ["any"]}
    let_go_of_the_tables(**given)
    sql("ALTER TABLE analytics_event ALTER COLUMN type TYPE varchar(201)")
    make_the_views_again(**given)
    with reading(workspace):
        assert len(sql("SELECT * FROM campaignos_read.events")) == 2


@on_postgresql
@pytest.mark.usefixtures("stored")
def test_what_empties_the_database_leaves_the_views(workspace, role, capsys):
    readviews(capsys, let=role, workspace=workspace.api_id)
    emit_post_migrate_signal(verbosity=0, interactive=False, db="default")  # as `manage.py flush` does, without a plan
    with reading(workspace):
        assert len(sql("SELECT * FROM campaignos_read.events")) == 2


@on_postgresql
def test_what_cannot_be_is_said(workspace, capsys):
    with pytest.raises(CommandError, match="There is no role 'nobody' in the database: CREATE ROLE"):
        readviews(capsys, let="nobody", workspace=workspace.api_id)
    with pytest.raises(CommandError, match="need --workspace"):
        readviews(capsys, let="x")
    assert "is dropped" in readviews(capsys, drop=True)
    assert sql("SELECT 1 FROM pg_namespace WHERE nspname = 'campaignos_read'") == []


@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite's")
def test_sqlite_has_none(db):
    with pytest.raises(CommandError, match="This is SQLite; read views are for PostgreSQL"):
        call_command("readviews")
