"""Upgrades without downtime: the release before keeps serving while each migration is applied, and after.

The release before is the newest tag `v…` that can hand over; until there is one, the last commit stands for it.
"""

import io
import shutil
import socket
import subprocess
import sys
import tarfile
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.conf import settings

from tests.installation import done
from tests.releases import Site, Visits
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
PROGRAM = ("analytics", "campaignos", "workspaces", "templates", "static", "manage.py")
LONGEST_WAIT_SECONDS = 4
"""Of a machine that is busy with other tests; in use it is one. A start of the program takes longer than this there."""
REPORT = "/api/workspaces/ws_1/analytics"
BREAKING = """
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("analytics", {last!r})]
    operations = [migrations.RenameField("event", "type", "kind")]
"""


def git(*arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=settings.BASE_DIR, capture_output=True, check=True).stdout


def release_before() -> str:
    tags = git("tag", "--list", "v*", "--sort=-version:refname").decode().split()
    return next((tag for tag in tags if git("ls-tree", tag, "campaignos/master.py")), "HEAD")


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
        plan = done(self.url, "manage.py", "showmigrations", "--plan", root=root).splitlines()
        missing = [line.split()[2].split(".") for line in plan if line.startswith("[ ]")]
        for app, name in missing:
            done(self.url, "manage.py", "migrate", "-v0", app, name, root=root)
            self.statuses.add(self.asked())
        return len(missing)

    def stopped(self) -> set[int]:
        """All statuses that were answered since the start."""
        return self.statuses | {one.status for one in self.load.stop().taken}


@pytest.fixture
def site(tmp_path):
    """With the release before, which serves, and the program as it stands here."""
    if not (settings.BASE_DIR / ".git").exists():
        pytest.skip("the release before is taken from git")
    site = Site(tmp_path)
    unpacked(release_before(), site.release("old"))
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


def test_the_release_before_serves_during_each_migration_and_hands_over_and_back(site, own_database, tmp_path):
    """Nothing is lost, and nobody gets an error or waits; one that takes away what is in use would be noticed."""
    with ExitStack() as stack:
        old = Serving(stack, site, own_database)
        old.migrate(site.release("new"))
        with Visits(site, "/login/", "/readyz") as visits:
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
