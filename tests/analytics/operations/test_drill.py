"""What an operator is shown of things that befall a server is what the guide says, and what users see."""

import os
import re
import subprocess
import sys

import pytest
from django.conf import settings
from django.db import connection

from analytics.operations.drill import Sight, databases
from analytics.operations.drill.databases import postgresql_programs
from tests.postgres import programs

WAIT = re.compile(r" +(at once|within 15 s|within a minute)\b")
UNTRIED = "The database's disk is full: not tried, it takes root to make a small disk."


def documented():
    """By incident, without how long anybody waited: a machine may be busy."""
    guide = (settings.BASE_DIR / "docs" / "operations.md").read_text()
    [text] = re.findall(r"```text\n(The database is stopped.*?)```", guide, re.DOTALL)
    return incidents(text)


def incidents(text):
    return [WAIT.sub("", incident.strip() + " ") for incident in text.split("\n\n") if incident.strip()]


@pytest.mark.long
@pytest.mark.processes
@pytest.mark.skipif(connection.vendor != "postgresql", reason="the guide has PostgreSQL's; SQLite's migrates first")
def test_the_drill_prints_what_the_guide_says_and_leaves_nothing_behind(own_database, migrated, tmp_path):
    drill = [sys.executable, "manage.py", "drill", "--programs", str(programs())]
    environment = {**os.environ, "DATABASE_URL": migrated(own_database), "SECRET_KEY": "for-tests", "TMPDIR": "/tmp"}
    done = subprocess.run(drill, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    found, expected = incidents(done.stdout), documented()
    assert len(found) == 6
    if UNTRIED in [incident.strip() for incident in found]:
        expected[1] = found[1]
    assert found == expected


def test_a_wait_is_told_as_what_it_is_to_a_user():
    assert [Sight("page", 200, "", seconds).wait for seconds in (0.1, 2, 2.1, 15, 59)] == [
        *("at once", "at once"),
        *("within 15 s", "within 15 s"),
        "within a minute",
    ]


def test_a_host_without_postgresqls_programs_is_told_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr(databases, "DEBIAN", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(databases.DrillError, match="install it, or name its programs' folder"):
        postgresql_programs()
