"""A short sample of what `make torture` does for half an hour."""

import json

from tests.installation import run

SECONDS = 4


def test_under_load_the_server_keeps_its_promises(own_database, migrated):
    arguments = ("--minutes", str(SECONDS / 60), "--probe-seconds", "1", "--workspaces", "20")
    done = run(migrated(own_database), "-m", "tests.torture.soak", *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout)
    assert found["broken"] == []
    assert found["accepted"] > 0
    assert found["overload"]["refused"] > 0
