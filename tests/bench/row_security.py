"""What row level security costs: the same data and requests with it and without it, asked in turn.

`python -m tests.postgres --durable --row-security python -m tests.bench.row_security EVENTS`
"""

import json
import os
import statistics
import sys
import time
import urllib.request
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django
import psycopg

ROOT = Path(__file__).resolve().parents[2]
REQUESTS, BATCHES, BATCH = 200, 200, 100
ASKED = ("overview", "funnel", "cohorts")
DAYS = 30
WITH, WITHOUT = "with", "without"


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "campaignos.settings"
    os.environ["LOG_LEVEL"] = "WARNING"
    django.setup()
    from workspaces.scope import scope_of_all

    with scope_of_all("the benchmark's own"):
        print(json.dumps(measured(int(sys.argv[1])), indent=2))


def measured(events: int) -> dict[str, Any]:
    """Milliseconds as the client sees them, medians; and how often longer it takes with row level security."""
    from django.core.management import call_command
    from django.db import connection

    from analytics.ledger import compaction
    from tests.bench import ingest
    from tests.bench.history import history
    from tests.bench.load import events as events_of
    from tests.bench.load import load
    from tests.bench.server import served
    from workspaces.changes import create_key, create_workspace
    from workspaces.models import KeyKind, User

    call_command("migrate", verbosity=0)
    of = history(events, end=datetime.now(UTC).replace(microsecond=0))
    user = User.objects.create_user("bench@example.com", "unused")
    workspace = create_workspace(name="Bench", time_zone="Europe/Berlin", by=user)
    keys = {kind: create_key(workspace=workspace, kind=kind, name="bench", by=user)[1] for kind in KeyKind}
    load(workspace, of)
    compaction.merge_fully(workspace.pk)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    protected, plain = os.environ["DATABASE_URL"], _copied(os.environ["DATABASE_URL"])
    call_command("protect", verbosity=0)
    calls = [ingest.as_call(event) for event in islice(events_of(of), BATCH)]
    environment = {"DATABASE_URL": plain, "ROW_LEVEL_SECURITY": "false"}
    with served(DATABASE_URL=protected) as one, served(**environment) as other:
        servers = {WITH: one, WITHOUT: other}
        addresses = {name: one.address(workspace, name, DAYS).partition(str(one.port))[2] for name in ASKED}
        times: dict[str, dict[str, list[float]]] = {}
        for name, path in addresses.items():
            for _ in range(REQUESTS):
                for which, server in servers.items():
                    spent, _ = server.ask(f"http://127.0.0.1:{server.port}{path}", keys[KeyKind.SECRET])
                    times.setdefault(name, {}).setdefault(which, []).append(spent)
        for number in range(BATCHES):
            for place, call in enumerate(calls):
                call.update(messageId=f"{number}-{place}", timestamp=datetime.now(UTC).isoformat())
            body = json.dumps({"batch": calls}).encode()
            for which, server in servers.items():
                spent = _sent(server.port, body, keys[KeyKind.WRITE])
                times.setdefault("batch", {}).setdefault(which, []).append(spent)
    return {name: _told(of_name) for name, of_name in times.items()}


def _copied(url: str) -> str:
    """Another database with the same rows."""
    from django.db import connection

    name = f"{connection.settings_dict['NAME']}_plain"
    template = connection.settings_dict["NAME"]
    connection.close()
    connection.close_pool()
    with psycopg.connect(urlsplit(url)._replace(path="/postgres").geturl(), autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    return urlsplit(url)._replace(path=f"/{name}").geturl()


def _sent(port: int, body: bytes, token: str) -> float:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}/v1/batch", body, headers)
    start = time.perf_counter()
    with urllib.request.urlopen(request) as response:
        if json.load(response)["accepted"] != BATCH:
            raise RuntimeError("A batch was not taken whole.")
    return 1000 * (time.perf_counter() - start)


def _told(times: dict[str, list[float]]) -> dict[str, float]:
    medians = {which: round(statistics.median(found), 2) for which, found in times.items()}
    each = [one / other for one, other in zip(times[WITH], times[WITHOUT], strict=True)]
    return {**medians, "ratio": round(statistics.median(each), 3)}


if __name__ == "__main__":
    main()
