"""The drill: an installation is backed up and restored with the commands of docs/operations.md, as they stand there."""

import os
import stat
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

from tests.blocks import blocks
from tests.installation import asked, databases, done
from tests.postgres import programs

pytestmark = pytest.mark.processes


def documented(heading: str) -> str:
    """The commands under a heading of the guide."""
    [block] = blocks("docs/operations.md", "sh", heading)
    return block.text


def typed(commands: str, folder: Path, url: str) -> None:
    path = f"{programs()}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "DATABASE_URL": url}
    subprocess.run(["sh", "-ec", commands], cwd=folder, env=environment, check=True, timeout=120)


@pytest.fixture
def places(tmp_path, worker_id):
    """Two folders, each for an installation, and the addresses of their databases."""
    folders = [tmp_path / "old", tmp_path / "new"]
    for folder in folders:
        folder.mkdir()
    if settings.DATABASE_VENDOR == "sqlite3":
        for folder in folders:
            (folder / "var").mkdir()
        yield [(folder, f"sqlite:///{folder / 'var' / 'campaignos.sqlite3'}") for folder in folders]
        return
    with databases(tmp_path, f"drill_old_{worker_id}", f"drill_new_{worker_id}") as urls:
        yield list(zip(folders, urls, strict=True))


def test_what_was_backed_up_answers_the_same_when_it_is_restored(places, migrated):
    (old, old_url), (new, new_url) = places
    database = "SQLite" if settings.DATABASE_VENDOR == "sqlite3" else "PostgreSQL"
    protected = " with row level security" if settings.ROW_LEVEL_SECURITY else ""
    migrated(old_url)
    if protected:
        done(old_url, "manage.py", "protect")
    before = asked(old_url, "fill", "answers")

    for _ in range(2):  # a second night finds the first one's backup there
        typed(documented(f"Back up {database}{protected}"), old, old_url)
    asked(old_url, "track")  # is not in the backup
    [backup] = [path for path in old.rglob("campaignos.*") if path.suffix in (".dump", ".backup", ".new")]
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    backup.rename(new / backup.relative_to(old))
    typed(documented(f"Restore {database}"), new, new_url)

    done(new_url, "manage.py", "migrate", "--check")
    if protected:
        assert "nothing to do" in done(new_url, "manage.py", "protect")
    assert "Ledger and facts agree." in done(new_url, "manage.py", "verify")
    *after, first, second = asked(new_url, "answers", "track")
    assert [one["meta"] for one in after] == [one["meta"] for one in before]
    assert after == before
    assert [first["accepted"], second["accepted"]] == [1, 0]
