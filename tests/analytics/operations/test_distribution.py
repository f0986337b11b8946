"""`manage.py distribute`: from plain PostgreSQL to a Citus cluster with all data, and on from there."""

from io import StringIO
from urllib.parse import urlsplit

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from analytics.operations.distribution import tables
from tests import citus
from tests.installation import asked, done, run

on_a_cluster = pytest.mark.skipif(not citus.is_asked_for(), reason="needs a Citus cluster (CITUS_URL)")

OBSTACLES = """
CREATE UNIQUE INDEX one_per_message ON analytics_event (message_id);
ALTER TABLE analytics_message ADD CONSTRAINT one_per_sender UNIQUE (external_id);
CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER watch BEFORE INSERT ON analytics_daypack FOR EACH ROW EXECUTE FUNCTION nothing();
ALTER TABLE analytics_person ADD COLUMN serial bigserial;
ALTER TABLE analytics_event ADD CONSTRAINT to_workspace FOREIGN KEY (workspace_id) REFERENCES workspaces_workspace (id);
"""
MENDED = """
DROP INDEX one_per_message;
ALTER TABLE analytics_message DROP CONSTRAINT one_per_sender;
DROP TRIGGER watch ON analytics_daypack;
ALTER TABLE analytics_person DROP COLUMN serial;
"""
NEXT_RELEASE = """
import django
django.setup()
from django.db import connection, migrations, models
from django.db.migrations.loader import MigrationLoader
migration = migrations.Migration("next", "analytics")
migration.operations = [
    migrations.AddField("event", "note", models.CharField(max_length=20, db_default="none")),
    migrations.AddIndex("event", models.Index(fields=["workspace", "note"], name="event_note")),
    migrations.AddConstraint("event", models.UniqueConstraint(fields=["workspace", "id", "note"], name="event_noted")),
    migrations.AddConstraint("event", models.CheckConstraint(condition=~models.Q(note=""), name="event_has_note")),
    migrations.AlterField("event", "note", models.TextField(db_default="none")),
    migrations.RemoveConstraint("event", "event_noted"),
    migrations.RemoveIndex("event", "event_note"),
    migrations.RemoveField("message", "failed_at"),
]
with connection.schema_editor() as editor:
    migration.apply(MigrationLoader(connection).project_state(), editor)
with connection.cursor() as cursor:
    cursor.execute("SELECT count(*) FROM analytics_event WHERE workspace_id = 1 AND note = 'none'")
    print(cursor.fetchone()[0])
"""


def test_elsewhere_it_says_what_the_database_is_and_stops(db):
    if citus.is_asked_for():
        pytest.skip("here it would work")
    what = "PostgreSQL without Citus" if connection.vendor == "postgresql" else "SQLite"
    with pytest.raises(CommandError, match=rf"This is {what}.* Nothing was changed\."):
        call_command("distribute")


@on_a_cluster
def test_what_is_distributed_is_left_alone(db):
    out = StringIO()
    call_command("distribute", stdout=out)
    assert out.getvalue() == "Everything is distributed; nothing to do.\n"


@pytest.fixture
def installation():
    """A plain database beside the cluster's own, filled; its address."""
    with citus.another_database("moving") as url:
        done(url, "manage.py", "migrate", "-v0")
        done(url, "-m", "tests.installation", "fill")
        yield url


def sql(url, statements):
    with citus.connected(urlsplit(url).path.removeprefix("/")) as database:
        return list(database.execute(statements)) if "SELECT" in statements else database.execute(statements)


@on_a_cluster
def test_an_installation_moves_with_all_its_data_and_goes_on(installation):
    plain = asked(installation, "answers")
    assert "PostgreSQL without Citus" in run(installation, "manage.py", "distribute").stderr
    citus.join_cluster(urlsplit(installation).path.removeprefix("/"))

    sql(installation, OBSTACLES)
    told = run(installation, "manage.py", "distribute").stderr
    for name in ("one_per_message", "one_per_sender", "trigger watch", "values of serial"):
        assert name in told
    sql(installation, MENDED)

    planned = done(installation, "manage.py", "distribute", "--plan", "--shards", "4")
    assert 'ALTER TABLE "analytics_event" DROP CONSTRAINT "to_workspace"' in planned
    assert sql(installation, "SELECT count(*) FROM pg_dist_partition") == [(0,)]
    told = done(installation, "manage.py", "distribute", "--shards", "4")
    assert f"analytics_event: distribute, with {tables()[0]} (2,000 rows)\n" in told
    assert told.endswith("on all nodes, who waits for a lock gives up after 8 s\n")
    assert "nothing to do" in done(installation, "manage.py", "distribute", "--shards", "4")
    assert sql(installation, "SELECT count(DISTINCT colocationid), count(*) > 8 FROM pg_dist_partition") == [(1, True)]

    assert asked(installation, "answers") == plain
    assert "Ledger and facts agree." in done(installation, "manage.py", "verify")
    assert asked(installation, "track") == [
        {"accepted": 1, "duplicates": 0, "rejected": []},
        {"accepted": 0, "duplicates": 1, "rejected": []},
    ]
    done(installation, "manage.py", "makemigrations", "--check", "--dry-run")
    assert done(installation, "-c", NEXT_RELEASE, DJANGO_SETTINGS_MODULE="campaignos.settings") == "2001\n"


@on_a_cluster
def test_a_table_that_a_later_release_brings_joins_the_others(installation):
    citus.join_cluster(urlsplit(installation).path.removeprefix("/"))
    done(installation, "manage.py", "distribute", "--shards", "4")
    sql(installation, "SELECT undistribute_table('analytics_identitycall')")
    told = done(installation, "manage.py", "distribute")
    assert {line.split(":")[0] for line in told.splitlines()} == {"analytics_identitycall"}
    assert sql(installation, "SELECT count(DISTINCT colocationid) FROM pg_dist_partition") == [(1,)]
