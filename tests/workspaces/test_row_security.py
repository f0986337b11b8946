"""Row level security: what the database itself shows and takes, whatever the program asks it.

Most of it needs a PostgreSQL on which it is on: `python -m tests.postgres --row-security pytest …`.
"""

import json
from contextlib import nullcontext
from io import StringIO

import psycopg
import pytest
from django.conf import settings
from django.core import checks
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.db.backends.postgresql import base
from django.test import Client
from django.utils import timezone

from analytics.models import Campaign, Contact, DayCount, DayPack, Event, IngestRemark, JobState
from analytics.operations.jobs import JOBS
from analytics.operations.tick import tick
from analytics.providers import Provider
from tests import citus
from tests.analytics.rows import DEFAULTS, OF_THE_INSTALLATION, row
from tests.conftest import PASSWORD
from tests.copied_rows import copied_for_an_hour
from tests.database import database_url
from workspaces import row_security
from workspaces.audit import record
from workspaces.changes import change_settings, create_key, create_webhook, create_workspace
from workspaces.models import (
    Action,
    AuditEvent,
    KeptAnswer,
    Key,
    KeyKind,
    User,
    Workspace,
)
from workspaces.people import invite
from workspaces.roles import Role
from workspaces.row_security import OF_ITS_WORKSPACE, tenant_models
from workspaces.scope import READ_AT_THE_DOOR, at_the_door, scope

held_by_policies = pytest.mark.skipif(not settings.ROW_LEVEL_SECURITY, reason="row level security is off")
not_held = pytest.mark.skipif(
    settings.ROW_LEVEL_SECURITY or connection.vendor != "postgresql" or citus.is_asked_for(),
    reason="a plain PostgreSQL without row level security",
)
MODELS = tenant_models()
each = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)


def filled(name, email):
    """A workspace with a row in every table."""
    owner = User.objects.create_user(email, PASSWORD)
    workspace = create_workspace(name=name, time_zone="Europe/Berlin", by=owner)
    create_key(workspace=workspace, kind=KeyKind.SECRET, name="k", by=owner)
    create_webhook(workspace=workspace, provider=Provider.POSTMARK, by=owner)
    invite(workspace=workspace, email=f"new-{email}", role=Role.VIEWER, by=owner)
    change_settings(workspace=workspace, by=owner, slug=f"{workspace.slug}-moved")
    KeptAnswer.objects.create(workspace=workspace, key="k", created_at=timezone.now())
    for model in DEFAULTS:
        if model not in OF_THE_INSTALLATION and not model.objects.filter(workspace=workspace).exists():
            row(model, workspace)
    return workspace


@pytest.fixture
@copied_for_an_hour
def ours(db):
    return filled("Ours", "ours@example.com")


@pytest.fixture
@copied_for_an_hour
def theirs(db):
    return filled("Theirs", "theirs@example.com")


def of_table(model):
    return connection.ops.quote_name(model._meta.db_table)


def sql(statement, *params):
    """By hand, past every manager: the rows, or how many were written."""
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.fetchall() if cursor.description else cursor.rowcount


def workspaces_seen(model):
    by_hand = {pk for (pk,) in sql(f"SELECT workspace_id FROM {of_table(model)}")}
    assert by_hand == set(model._base_manager.values_list("workspace_id", flat=True))
    return by_hand


@held_by_policies
@each
def test_without_the_programs_filter_no_foreign_row_comes_back(ours, theirs, model):
    assert {ours.pk, theirs.pk} <= workspaces_seen(model)
    with scope(ours):
        assert workspaces_seen(model) == {ours.pk}
    with scope(theirs):
        assert workspaces_seen(model) == {theirs.pk}


@held_by_policies
@each
def test_at_the_door_only_what_it_needs_is_there(ours, theirs, model):
    with at_the_door():
        seen = workspaces_seen(model)
    both = {ours.pk, theirs.pk}
    assert seen & both == (both if model._meta.label in READ_AT_THE_DOOR else set())


@held_by_policies
@each
@pytest.mark.parametrize("within", [scope, lambda _: at_the_door()], ids=["in our own", "at the door"])
def test_no_foreign_row_can_be_changed_or_deleted(ours, theirs, model, within):
    table = of_table(model)
    there = f"SELECT count(*) FROM {table} WHERE workspace_id = %s"
    [(before,)] = sql(there, theirs.pk)
    with within(ours):
        assert sql(f"UPDATE {table} SET workspace_id = workspace_id WHERE workspace_id = %s", theirs.pk) == 0
        assert sql(f"DELETE FROM {table} WHERE workspace_id = %s", theirs.pk) == 0
        assert model._base_manager.filter(workspace=theirs)._raw_delete("default") == 0
    assert sql(there, theirs.pk) == [(before,)]
    assert before > 0


@held_by_policies
@each
def test_no_row_can_be_written_into_a_foreign_workspace(ours, theirs, model):
    columns = ", ".join(
        connection.ops.quote_name(field.column)
        for field in model._meta.local_concrete_fields
        if field.column != "workspace_id"
    )
    table = of_table(model)
    sql(f"CREATE TEMP TABLE copied AS SELECT {columns} FROM {table} LIMIT 1")
    for elsewhere in (scope(ours), at_the_door()):
        with elsewhere, pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            sql(f"INSERT INTO {table} (workspace_id, {columns}) SELECT %s, {columns} FROM copied", theirs.pk)
    if model is not AuditEvent:  # of which nothing may be changed anyway
        with scope(ours), pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            sql(f"UPDATE {table} SET workspace_id = %s", theirs.pk)


@held_by_policies
def test_of_accounts_the_audit_trail_shows_what_happened_to_members(ours, theirs):
    for email in ("ours@example.com", "theirs@example.com"):
        record(Action.LOG_IN, by=None, account=User.objects.get(email=email))
    with scope(ours):
        of_accounts = AuditEvent._base_manager.filter(workspace=None)
        assert {event.account.email for event in of_accounts} == {"ours@example.com"}
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            record(Action.LOG_IN, by=None, account=User.objects.get(email="theirs@example.com"))
    with at_the_door():
        assert AuditEvent._base_manager.filter(workspace=None).count() == 2


@held_by_policies
def test_the_scope_is_told_anew_when_it_changes_and_when_a_savepoint_takes_it_back(ours, theirs):
    with transaction.atomic():
        with scope(ours):
            assert workspaces_seen(Contact) == {ours.pk}
        with scope(theirs):
            savepoint = transaction.savepoint()
            assert workspaces_seen(Contact) == {theirs.pk}
            transaction.savepoint_rollback(savepoint)
            assert workspaces_seen(Contact) == {theirs.pk}
        with scope(ours), pytest.raises(DatabaseError), transaction.atomic():
            sql("SELECT 1/0")
        with scope(ours):
            assert workspaces_seen(Contact) == {ours.pk}
        with at_the_door():
            assert workspaces_seen(Contact) == set()


@pytest.fixture
def two_workspaces(transactional_db):
    """Committed, with three contacts each."""
    found = [Workspace.objects.create(name=name, slug=name) for name in ("one", "two")]
    for workspace in found:
        for _ in range(3):
            row(Contact, workspace)
    return found


@held_by_policies
def test_outside_of_a_transaction_each_statement_has_its_scope_and_leaves_none_behind(two_workspaces):
    one, two = two_workspaces
    assert connection.connection.autocommit
    with scope(one):
        assert workspaces_seen(Contact) == {one.pk}
        assert not base.Cursor(connection.connection).execute(_SETTING).fetchone()[0]
        assert sql("UPDATE analytics_contact SET name = 'x'") == 3
    with scope(two):
        assert workspaces_seen(Contact) == {two.pk}
        with transaction.atomic():
            assert workspaces_seen(Contact) == {two.pk}
        assert not base.Cursor(connection.connection).execute(_SETTING).fetchone()[0]
    assert Contact.objects.filter(name="x").count() == 3


_SETTING = "SELECT current_setting('campaignos.workspace', true)"


@held_by_policies
def test_rows_that_come_bit_by_bit_are_of_the_scope_in_and_outside_of_a_transaction(two_workspaces):
    one, _ = two_workspaces
    with scope(one):
        assert [found.workspace_id for found in Contact._base_manager.iterator(chunk_size=1)] == [one.pk] * 3
        with transaction.atomic():
            assert [found.workspace_id for found in Contact._base_manager.iterator(chunk_size=1)] == [one.pk] * 3
        rows = Contact._base_manager.iterator(chunk_size=1)
        first = next(rows)
        with at_the_door():
            assert not Contact._base_manager.exists()
        assert [first.workspace_id, *(found.workspace_id for found in rows)] == [one.pk] * 3


@held_by_policies
@pytest.mark.parametrize("together", [transaction.atomic, nullcontext])
def test_many_statements_at_once_are_of_the_scope(two_workspaces, together):
    one, two = two_workspaces
    update = "UPDATE analytics_contact SET name = %s WHERE workspace_id = %s"
    with scope(one), together(), connection.cursor() as cursor:
        cursor.executemany(update, [("mine", one.pk), ("mine", two.pk)])
    assert set(Contact.objects.filter(name="mine").values_list("workspace_id", flat=True)) == {one.pk}


@held_by_policies
def test_a_program_that_does_not_say_for_whom_gets_an_error_and_no_empty_answer(two_workspaces):
    asked = "SELECT count(*) FROM analytics_contact"
    with psycopg.connect(database_url(), autocommit=True) as other:
        with pytest.raises(psycopg.errors.UndefinedObject, match="campaignos"):
            other.execute(asked)
        with other.transaction():
            other.execute("SET LOCAL campaignos.workspace = 'all'")
            assert other.execute(asked).fetchone() == (6,)
        with pytest.raises(psycopg.errors.InvalidTextRepresentation):  # what the last transaction said is over
            other.execute(asked)


@held_by_policies
def test_reports_and_ingest_answer_as_without_it(track, report, workspace, theirs, api):
    sent = [{"type": "track", "event": "purchase", "userId": f"u{number}"} for number in range(5)]
    answer = track(*sent)
    assert (answer.status_code, answer.json()["accepted"]) == (200, 5)
    assert track({"type": "track", "event": "", "userId": "u"}).json()["accepted"] == 0
    assert report("/timeseries", days=7)["series"][-1]["events"] == 5
    assert report("/funnel", steps="purchase", days=7)["steps"][0]["count"] == 5
    assert set(Event.objects.values_list("workspace_id", flat=True)) == {workspace.pk, theirs.pk}
    assert IngestRemark.objects.filter(workspace=workspace).count() == 1


@held_by_policies
def test_an_import_works(workspace, tmp_path):
    path = tmp_path / "contacts.jsonl"
    path.write_text("".join(json.dumps({"externalId": f"c{number}"}) + "\n" for number in range(50)))
    with at_the_door():
        call_command("import", "contacts", str(path), workspace=workspace.api_id, stdout=StringIO())
    assert Contact.objects.filter(workspace=workspace).count() == 50


@held_by_policies
def test_exports_are_streamed_with_the_rows_of_their_workspace(ours, theirs):
    client = Client()
    client.force_login(User.objects.get(email="ours@example.com"))
    contacts = b"".join(client.get(f"/w/{ours.slug}/contacts/?format=csv")).decode()
    assert len(contacts.splitlines()) == 1 + Contact.objects.filter(workspace=ours).count() > 1
    audit = b"".join(client.get(f"/w/{ours.slug}/settings/audit.csv")).decode()
    assert "Workspace created" in audit
    assert "theirs" not in audit


@held_by_policies
def test_staff_see_every_workspace(ours, theirs):
    client = Client()
    client.force_login(User.objects.create_superuser("root@example.com", PASSWORD))
    page = client.get("/admin/analytics/campaign/").content.decode()
    for campaign in Campaign.objects.all():
        assert campaign.api_id in page
    assert client.get("/admin/workspaces/key/").content.decode().count('class="field-prefix"') == Key.objects.count()


@held_by_policies
def test_the_scheduled_jobs_run(ours, theirs):
    for workspace in (ours, theirs):
        for _ in range(20):
            row(DayCount, workspace, counted="events")
    DayPack.objects.all().delete()  # which are no more than rows
    with at_the_door():
        runs = list(tick(timezone.now()))
    assert [(run.job, run.state) for run in runs] == [(job.name, JobState.DONE) for job in JOBS]
    assert [DayCount.objects.filter(workspace=one, counted="events").count() for one in (ours, theirs)] == [1, 1]


def protect(*options):
    out, err = StringIO(), StringIO()
    call_command("protect", *options, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def readyz():
    response = Client().get("/readyz")
    return response.status_code, response.json()["rowLevelSecurity"]


@held_by_policies
def test_protect_leaves_alone_what_is_done_and_can_be_taken_back(db):
    assert protect() == ("Every table is protected; nothing to do.\n", "")
    gone, _ = protect("--off")
    assert len(gone.splitlines()) == len(MODELS)
    assert protect("--off") == ("No table is protected.\n", "")
    planned, _ = protect("--plan")
    assert planned.count("CREATE POLICY") == len(MODELS) + len(READ_AT_THE_DOOR)
    assert len(row_security.plan()) == len(MODELS)
    made, problems = protect()
    assert (len(made.splitlines()), problems, row_security.plan()) == (len(MODELS), "", [])


@held_by_policies
@pytest.mark.parametrize(
    "change",
    [
        f"DROP POLICY {OF_ITS_WORKSPACE} ON analytics_contact",
        "ALTER TABLE analytics_contact NO FORCE ROW LEVEL SECURITY",
        "ALTER TABLE analytics_contact DISABLE ROW LEVEL SECURITY",
        f"COMMENT ON POLICY {OF_ITS_WORKSPACE} ON analytics_contact IS 'of an older release'",
    ],
)
def test_a_table_without_its_policy_is_told_and_mended(db, change):
    sql(change)
    told = "Without their policy, run `manage.py protect`: analytics_contact."
    assert readyz() == (200, {"on": True, "problems": [told]})
    assert [warning.msg for warning in checks.run_checks(tags=["database"], databases=["default"])] == [told]
    assert protect()[0] == "analytics_contact: only rows of the workspace that is acted for\n"
    assert readyz() == (200, {"on": True, "problems": []})


@held_by_policies
def test_a_policy_that_opens_a_table_further_is_told_and_left_alone(db):
    sql("CREATE POLICY open ON analytics_contact USING (true)")
    told = "The policy open of analytics_contact shows rows beside our own."
    assert row_security.problems() == [told]
    assert protect() == ("Every table is protected; nothing to do.\n", f"{told}\n")


@held_by_policies
def test_protected_tables_and_a_program_that_does_not_know_of_it_are_not_ready(db, settings):
    settings.ROW_LEVEL_SECURITY = False
    told = "The tables are protected, but ROW_LEVEL_SECURITY is off."
    assert readyz() == (503, {"on": False, "problems": [told]})
    assert [error.msg for error in checks.run_checks(tags=["database"], databases=["default"])] == [told]


@not_held
def test_a_superuser_is_told_that_no_policy_holds_them(db, settings):
    settings.ROW_LEVEL_SECURITY = True
    with pytest.raises(CommandError, match=r"connects as \w+, a superuser, whom no policy holds.*Nothing was changed"):
        protect()
    assert len(row_security.plan()) == len(MODELS)


@not_held
def test_no_table_is_protected_from_a_program_that_could_not_read_it_then(db):
    with pytest.raises(CommandError, match=r"ROW_LEVEL_SECURITY is off.*Nothing was changed"):
        protect()
    assert len(row_security.plan()) == len(MODELS)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite's")
def test_on_sqlite_there_is_none(db):
    for options in ([], ["--off"], ["--plan"]):
        with pytest.raises(CommandError, match="This is SQLite, which has no row level security; PostgreSQL has"):
            protect(*options)
    assert readyz() == (200, {"on": False, "problems": []})
