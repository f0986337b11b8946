"""An installation of one's own, to move, to restore and to upgrade: `python -m tests.installation fill answers`.

On the database of DATABASE_URL, which is migrated already, one action after the other. The clock stands at END.

fill      makes a workspace and loads a small history
answers   prints every report's answer as JSON
track     sends an event through the ingest route, twice; prints both answers
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django
import time_machine

EVENTS, DAYS = 2000, 30
END = datetime(2026, 3, 31, 12, tzinfo=UTC)
REPORTS = (
    "",
    "/campaigns/{campaign}?period=90d",
    "/timeseries?days=90",
    "/attribution?days=90",
    "/funnel?steps=page_view,add_to_cart,purchase&days=90",
    "/cohorts?days=90",
    "/cohorts?days=90&metric=opens",
)


def fill() -> Iterator[Any]:
    from tests.bench.history import history
    from tests.bench.load import load
    from workspaces.changes import create_workspace
    from workspaces.models import User

    user = User.objects.create_user("owner@example.com", "unused-unused")
    load(create_workspace(name="Acme", time_zone="Europe/Berlin", by=user), history(EVENTS, end=END, days=DAYS))
    yield from ()


def answers() -> Iterator[Any]:
    from django.test import Client

    from analytics.models import Campaign
    from workspaces.models import User, Workspace

    workspace = Workspace.objects.get()
    client = Client()
    client.force_login(User.objects.get())
    campaign = Campaign.objects.get(workspace=workspace, external_id="c7").api_id
    for path in REPORTS:
        response = client.get(f"/api/workspaces/{workspace.api_id}/analytics{path.format(campaign=campaign)}")
        assert response.status_code == 200, response.content
        yield response.json()


def track() -> Iterator[Any]:
    from django.test import Client

    from workspaces.changes import create_key
    from workspaces.models import KeyKind, Workspace

    _, token = create_key(workspace=Workspace.objects.get(), kind=KeyKind.WRITE, name="test", by=None)
    call = {"writeKey": token, "event": "purchase", "userId": "somebody-new", "messageId": "sent-twice"}
    for _ in range(2):
        response = Client().post("/v1/track", json.dumps(call), content_type="application/json")
        yield {name: response.json()[name] for name in ("accepted", "duplicates", "rejected")}


@contextmanager
def databases(folder: Path, *names: str) -> Iterator[list[str]]:
    """Empty ones, on SQLite in the folder, else beside that of the tests; their addresses."""
    address = os.environ.get("DATABASE_URL", "sqlite")
    if address.startswith("sqlite"):
        yield [f"sqlite:///{folder / name}.sqlite3" for name in names]
        return
    import psycopg

    with psycopg.connect(address, autocommit=True) as server:
        for name in names:
            server.execute(f"DROP DATABASE IF EXISTS {name}")
            server.execute(f"CREATE DATABASE {name}")
        try:
            yield [urlsplit(address)._replace(path=f"/{name}").geturl() for name in names]
        finally:
            for name in names:
                server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def run(url: str, *command: str, root: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command of Python's, of the program in a folder or of this one, on the installation at a database's address."""
    return subprocess.run(
        **command_on(url, *command, root=root, **environment), capture_output=True, text=True, timeout=300
    )


def command_on(url: str, *command: str, root: Path | None = None, **environment: str) -> dict[str, Any]:
    """What subprocess is called with for it."""
    settings = {"DATABASE_URL": url, "SECRET_KEY": "for-tests", "LOG_LEVEL": "WARNING"}
    return {"args": [sys.executable, *command], "cwd": root, "env": {**os.environ, **settings, **environment}}


def done(url: str, *command: str, root: Path | None = None, **environment: str) -> str:
    """As `run`; what it printed, if it went well."""
    result = run(url, *command, root=root, **environment)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def asked(url: str, *actions: str, root: Path | None = None) -> Any:
    """What the actions print; a release before this one does one at a time."""
    return [json.loads(line) for line in done(url, "-m", "tests.installation", *actions, root=root).splitlines()]


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "campaignos.settings")
    os.environ["ALLOWED_HOSTS"] = "testserver"
    django.setup()
    from workspaces.scope import scope_of_all

    with time_machine.travel(END, tick=False), scope_of_all("the only one there is"):
        for action in sys.argv[1:]:
            for line in {"fill": fill, "answers": answers, "track": track}[action]():
                print(json.dumps(line))


if __name__ == "__main__":
    main()
