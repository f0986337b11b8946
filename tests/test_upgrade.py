"""Upgrades from the release before: what it stored is all there, and it serves while the next one takes over.

That is the newest with a day in CHANGELOG.md: its tag, or the last commit of that day. One that cannot hand over yet is
stopped for the upgrade: for it stands the first commit that could.
"""

import io
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import tarfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from tests.installation import asked, command_on, databases, done
from tests.postgres import programs
from tests.releases import Site, Visits, git, last_release, revision_of
from tests.torture.load import Client, Load

KEYS = """
from workspaces.changes import create_key, create_workspace
from workspaces.models import KeyKind, User
owner = User.objects.create_user("owner@example.com", "unused-unused")
workspace = create_workspace(name="Acme", time_zone="Europe/Berlin", by=owner)
print(*(create_key(workspace=workspace, kind=kind, name="", by=owner)[1] for kind in (KeyKind.WRITE, KeyKind.SECRET)))
"""
COUNT = """
from analytics.models import Event
from workspaces.scope import scope_of_all
with scope_of_all("a test counts"):
    print(Event.objects.count())
"""
MIGRATE = """
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
executor = MigrationExecutor(connection)
for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes()):
    call_command("migrate", migration.app_label, migration.name, verbosity=0)
    print(migration, flush=True)
    input()
"""
"""One after the other, and on with the next when a line comes."""
PROGRAM = ("analytics", "campaignos", "workspaces", "templates", "static", "manage.py")
LONGEST_WAIT_SECONDS = 4
"""Of a machine that is busy with other tests; in use it is one. A start of the program takes longer than this there."""
REPORT = "/api/workspaces/ws_1/analytics"
IMPLIED = {"sent", "openRate", "clickRate", "humanOpenRate", "humanClickRate", "statusBreakdown"}
"""What may differ since 0.1.0: messages of the past are brought up to what their statuses imply, as the notes say."""
BREAKING = """
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("analytics", {last!r})]
    operations = [migrations.RenameField("event", "type", "kind")]
"""


def release_that_hands_over() -> str:
    release = revision_of(last_release())
    if git("ls-tree", release, "campaignos/master.py"):
        return release
    return git("log", "--reverse", "--diff-filter=A", "--format=%H", "--", "campaignos/master.py").decode().split()[0]


def unpacked(revision: str, folder: Path) -> Path:
    with tarfile.open(fileobj=io.BytesIO(git("archive", revision))) as archive:
        archive.extractall(folder, filter="data")
    return folder


def copied(folder: Path) -> Path:
    """The program as it stands here, committed or not."""
    for name in git("ls-files", "--cached", "--others", "--exclude-standard", *PROGRAM).decode().splitlines():
        if (settings.BASE_DIR / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(settings.BASE_DIR / name, folder / name)
    return folder


class Serving:
    """The release before on a database of its own, with senders, a reader and a visitor."""

    def __init__(self, stack: ExitStack, site: Site, url: str) -> None:
        self.url, self.site, root = url, site, site.release("old")
        done(url, "manage.py", "migrate", "-v0", root=root)
        self.write_key, self.secret_key = done(url, "manage.py", "shell", "-v0", "-c", KEYS, root=root).split()
        with socket.create_server(("127.0.0.1", 0)) as listener:
            site.start(listener, "campaignos.wsgi", DATABASE_URL=url, SECRET_KEY="for-tests", LOG_LEVEL="ERROR")
        stack.callback(site.stop)
        stack.callback(lambda: self.load.stop())
        self.start("good")

    def start(self, name: str) -> None:
        """Send events that were not sent before, if the name is new."""
        self.load = Load(self.site.port, [self.write_key], events_per_s=100, batch=10, threads=2, name=name)
        self.statuses = {self.asked()}

    def asked(self) -> int:
        with Client(self.site.port) as client:
            return client.get(REPORT, self.secret_key)[0].status

    def migrate(self, root: Path) -> int:
        """Apply what is missing one by one, with a report asked after each; how many there were."""
        command = command_on(self.url, "manage.py", "shell", "-v0", "-c", MIGRATE, root=root)
        applied = 0
        with subprocess.Popen(**command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as migrating:
            assert migrating.stdin is not None
            assert migrating.stdout is not None
            for applied, _ in enumerate(migrating.stdout, 1):  # noqa: B007
                self.statuses.add(self.asked())
                migrating.stdin.write(b"\n")
        assert migrating.returncode == 0
        return applied

    def stopped(self) -> set[int]:
        """All statuses that were answered since the start."""
        return self.statuses | {one.status for one in self.load.stop().taken}


@pytest.fixture
def history(capfd):
    """Of git, which has the release before; where it is not there, that is told loudly."""
    missing = "" if (settings.BASE_DIR / ".git").exists() else "this is no clone of git"
    if not missing and git("rev-parse", "--is-shallow-repository").strip() == b"true":
        missing = "this clone is shallow (git fetch --unshallow)"
    if missing:
        with capfd.disabled():
            print(f"NOT TESTED: upgrades from the release before, as {missing}.", file=sys.stderr)
        pytest.skip(missing)


@pytest.fixture
def site(tmp_path, history):
    """With the release before, which serves, and the program as it stands here."""
    site = Site(tmp_path)
    unpacked(release_that_hands_over(), site.release("old"))
    copied(site.release("new"))
    for name in ("old", "new"):  # as `deploy/release` does: else each process compiles all it reads
        folders = [site.release(name) / part for part in ("campaignos", "workspaces", "analytics")]
        subprocess.run([sys.executable, "-m", "compileall", "-q", *folders], check=True)
    site.choose("old")
    return site


def hand_over_to(site: Site, name: str) -> None:
    site.choose(name)
    done = site.hand_over()
    assert (done.returncode, done.stderr) == (0, "")
    site.follow()


def differences(before: Any, after: Any, name: str = "") -> set[str]:
    """The names of what was answered before and is answered otherwise now."""
    if isinstance(before, dict) and isinstance(after, dict):
        return {each for key, value in before.items() for each in differences(value, after.get(key), key)}
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        pairs = zip(before, after, strict=True)
        return {name if each == "_count" else each for pair in pairs for each in differences(*pair, name)}
    return set() if before == after else {name}


def shape(url: str) -> list[str]:
    """The lines of a database's schema, each statement's in order of the alphabet.

    SQLite puts a column last that was altered, and PostgreSQL writes the casts of a condition anew when its column's
    type changes; neither changes what the table holds, and every statement names its columns.
    """
    if path := url.partition("sqlite:///")[2]:
        with sqlite3.connect(path) as connection:
            statements = [sql for (sql,) in connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")]
        return sorted(" ".join(sorted(sql.replace("(", " ( ").replace(",", " ").split())) for sql in statements)
    dump = [programs() / "pg_dump", "--schema-only", "--no-owner", "--no-privileges", url]
    lines = subprocess.run(dump, capture_output=True, text=True, check=True).stdout.splitlines()
    plain = (re.sub(r"::(text|character varying)(\[\])?|[()]", "", line) for line in lines)
    return [line for line in plain if not line.startswith(("\\restrict", "\\unrestrict"))]


def test_what_the_last_release_stored_is_told_alike_after_the_upgrade(history, own_database, tmp_path, migrated):
    old = unpacked(revision_of(last_release()), tmp_path)
    done(own_database, "manage.py", "migrate", "-v0", root=old)
    done(own_database, "-m", "tests.installation", "fill", root=old)
    before = asked(own_database, "answers", root=old)
    done(own_database, "manage.py", "migrate", "-v0")
    after = asked(own_database, "answers")
    assert len(before) == len(after) > 5
    assert differences(before, after) <= IMPLIED
    assert "Ledger and facts agree." in done(own_database, "manage.py", "verify")
    with databases(tmp_path, f"new_{tmp_path.name}") as (new,):
        assert shape(own_database) == shape(migrated(new)), "the way of an empty database is another one"


def test_the_release_before_serves_during_each_migration_and_hands_over_and_back(site, own_database, tmp_path):
    """Nothing is lost, and nobody gets an error or waits; one that takes away what is in use would be noticed."""
    with ExitStack() as stack:
        old = Serving(stack, site, own_database)
        with Visits(site, "/login/", "/readyz") as visits:
            old.migrate(site.release("new"))
            for name in ("new", "old"):
                hand_over_to(site, name)
                assert old.asked() == 200
        assert visits.failures == []
        assert visits.longest < LONGEST_WAIT_SECONDS
        assert old.stopped() == {200}
        assert "Ledger and facts agree." in done(own_database, "manage.py", "verify")
        assert int(done(own_database, "manage.py", "shell", "-v0", "-c", COUNT)) == old.load.answers.accepted

        breaking = unpacked("HEAD", tmp_path / "breaking")
        last = max(path.stem for path in (breaking / "analytics" / "migrations").glob("0*.py"))
        (breaking / "analytics" / "migrations" / "9999_breaking.py").write_text(BREAKING.format(last=last))
        old.start("bad")
        assert old.migrate(breaking) >= 1
        time.sleep(1)
        assert old.stopped() & {500, 503}
