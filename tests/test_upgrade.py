"""Upgrades without downtime: the release before keeps serving while each migration is applied, and after.

The release before is the newest tag `v…`; until there is one, the last commit stands for it.
"""

import io
import subprocess
import tarfile
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.conf import settings

from tests.installation import done
from tests.served import served
from tests.torture.load import Client, Load

KEYS = """
from workspaces.changes import create_key, create_workspace
from workspaces.models import KeyKind, User
owner = User.objects.create_user("owner@example.com", "unused-unused")
workspace = create_workspace(name="Acme", time_zone="Europe/Berlin", by=owner)
print(*(create_key(workspace=workspace, kind=kind, name="", by=owner)[1] for kind in (KeyKind.WRITE, KeyKind.SECRET)))
"""
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
    return tags[0] if tags else "HEAD"


def unpacked(revision: str, folder: Path) -> Path:
    with tarfile.open(fileobj=io.BytesIO(git("archive", revision))) as archive:
        archive.extractall(folder, filter="data")
    return folder


class Serving:
    """The release before on a database of its own, with senders and a reader."""

    def __init__(self, stack: ExitStack, root: Path, url: str) -> None:
        self.url = url
        done(url, "manage.py", "migrate", "-v0", root=root)
        self.write_key, self.secret_key = done(url, "manage.py", "shell", "-v0", "-c", KEYS, root=root).split()
        self.server = stack.enter_context(served(root=root, DATABASE_URL=url, SECRET_KEY="for-tests"))
        stack.callback(lambda: self.load.stop())
        self.start("good")

    def start(self, name: str) -> None:
        """Send events that were not sent before, if the name is new."""
        self.load = Load(self.server.port, [self.write_key], events_per_s=100, batch=10, threads=2, name=name)
        self.statuses = {self.asked()}

    def asked(self) -> int:
        with Client(self.server.port) as client:
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
def old_release(tmp_path):
    if not (settings.BASE_DIR / ".git").exists():
        pytest.skip("the release before is taken from git")
    return unpacked(release_before(), tmp_path / "old")


def test_the_release_before_serves_during_and_after_each_migration(old_release, own_database, tmp_path):
    """And one that takes away what is in use would be noticed."""
    with ExitStack() as stack:
        old = Serving(stack, old_release, own_database)
        old.migrate(settings.BASE_DIR)
        new = stack.enter_context(served(DATABASE_URL=own_database, SECRET_KEY="for-tests"))
        client = stack.enter_context(Client(new.port))
        answer, body = client.get(REPORT, old.secret_key)
        assert answer.status == 200
        assert body["events"]["total"] > 0
        assert old.stopped() == {200}
        assert "Ledger and facts agree." in done(own_database, "manage.py", "verify")

        breaking = unpacked("HEAD", tmp_path / "breaking")
        last = max(path.stem for path in (breaking / "analytics" / "migrations").glob("0*.py"))
        (breaking / "analytics" / "migrations" / "9999_breaking.py").write_text(BREAKING.format(last=last))
        old.start("bad")
        assert old.migrate(breaking) >= 1
        time.sleep(1)
        assert old.stopped() & {500, 503}
