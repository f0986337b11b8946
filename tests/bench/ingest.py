"""How fast events come in: over HTTP, from a file, and for comparison by nothing but the database's own bulk insert."""

import http.client
import json
import re
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from analytics.models import Event
from tests.bench.history import History, history
from tests.bench.load import events, write_files
from tests.bench.server import served
from workspaces.changes import create_key, create_workspace
from workspaces.models import KeyKind, User, Workspace

CLIENTS = 6
HTTP_EVENTS = {100: 60_000, 1000: 120_000}
SMALL, LARGEST = 100_000, 1_000_000


def measured_ingest(user: User, of: History) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for size, total in HTTP_EVENTS.items():
        found[f"http_{size}"] = over_http(new_workspace(user), user, history(total, end=of.end, days=7), size)
    if len(of.event_at) > SMALL:
        found["import_100k"] = by_command(new_workspace(user), history(SMALL, end=of.end))
    workspace = new_workspace(user)
    largest = of if len(of.event_at) <= LARGEST else history(LARGEST, end=of.end)
    found["import"] = by_command(workspace, largest)
    found["bare"] = bare(workspace, with_indexes=True)
    found["bare_without_indexes"] = bare(workspace, with_indexes=False)
    rate = found["import"]["events_per_s"]
    found["ratio_to_bare"] = round(rate / found["bare"]["events_per_s"], 3)
    found["ratio_to_bare_without_indexes"] = round(rate / found["bare_without_indexes"]["events_per_s"], 3)
    return found


def new_workspace(user: User) -> Workspace:
    return create_workspace(name=f"Ingest {time.time()}", time_zone="Europe/Berlin", by=user)


def know_contacts(workspace: Workspace, of: History) -> None:
    with TemporaryDirectory(prefix="bench-") as folder:
        path = write_files(Path(folder), of, only="contacts")["contacts"]
        call_command("import", "contacts", str(path), workspace=workspace.api_id, stdout=StringIO(), stderr=StringIO())


# Over HTTP


def over_http(workspace: Workspace, user: User, of: History, size: int) -> dict[str, Any]:
    """Clients that send batch after batch as fast as they are answered; everything on this machine."""
    know_contacts(workspace, of)
    token = create_key(workspace=workspace, kind=KeyKind.WRITE, name="bench", by=user)[1]
    calls = map(as_call, events(of))
    lock, taken, milliseconds = threading.Lock(), [0], []
    begun: list[float] = []
    all_connected = threading.Barrier(CLIENTS, action=lambda: begun.append(time.perf_counter()))

    def send(port: int) -> None:
        client = http.client.HTTPConnection("127.0.0.1", port)
        client.request("GET", "/healthz")  # the processes have started
        client.getresponse().read()
        all_connected.wait()
        while True:
            with lock:
                batch = list(islice(calls, size))
            if not batch:
                return
            start = time.perf_counter()
            body = json.dumps({"batch": batch})
            client.request("POST", "/v1/batch", body, {"Authorization": f"Bearer {token}"})
            answer = json.loads(client.getresponse().read())
            milliseconds.append(1000 * (time.perf_counter() - start))
            taken[0] += answer["accepted"]

    with served() as server, ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(send, [server.port] * CLIENTS))
        seconds = time.perf_counter() - begun[-1]
    if taken[0] != len(of.event_at):
        raise RuntimeError(f"Of {len(of.event_at)} events, {taken[0]} were taken.")
    milliseconds.sort()
    return {
        "events_per_s": round(taken[0] / seconds),
        "p50_ms": round(milliseconds[len(milliseconds) // 2], 1),
        "p99_ms": round(milliseconds[int(0.99 * (len(milliseconds) - 1))], 1),
        "clients": CLIENTS,
    }


def as_call(event: dict[str, Any]) -> dict[str, Any]:
    """An event as an SDK sends it."""
    ids = {"userId": event["contact"]} if "contact" in event else {"anonymousId": event["anonymousId"]}
    context: dict[str, Any] = {"library": {"name": "bench", "version": "1.0"}}
    if utm := event.get("utm"):
        context["campaign"] = {"source": utm["source"], "medium": utm["medium"], "name": utm["campaign"]}
    return {
        "type": "track",
        "event": event["type"],
        "messageId": event["messageId"],
        "timestamp": event["occurredAt"],
        "properties": event["properties"],
        "context": context,
        **ids,
    }


# From a file


def by_command(workspace: Workspace, of: History) -> dict[str, Any]:
    """`manage.py import events` as anybody runs it, its start included; and the most memory a process of it had."""
    know_contacts(workspace, of)
    with TemporaryDirectory(prefix="bench-") as folder:
        path = write_files(Path(folder), of, only="events")["events"]
        command = [sys.executable, "manage.py", "import", "events", str(path), "--workspace", workspace.api_id]
        start = time.perf_counter()
        process = subprocess.Popen(command, cwd=settings.BASE_DIR, stdout=subprocess.DEVNULL)
        peak = peak_memory(process)
        seconds = time.perf_counter() - start
    if process.returncode or Event.objects.filter(workspace_id=workspace.pk).count() != len(of.event_at):
        raise RuntimeError(f"The import ended with {process.returncode}.")
    return {"events": len(of.event_at), "events_per_s": round(len(of.event_at) / seconds), "peak_mb": peak}


def peak_memory(process: "subprocess.Popen[bytes]") -> float:
    """Waits for the process; the most that it or a child of it has had, in MB."""
    peak = 0
    while process.poll() is None:
        found = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True).stdout.split()
        for pid in (str(process.pid), *found):
            try:
                status = Path(f"/proc/{pid}/status").read_text()
            except OSError:  # it has ended
                continue
            if high := re.search(r"VmHWM:\s+(\d+)", status):
                peak = max(peak, int(high[1]))
        time.sleep(0.25)
    return round(peak / 1024, 1)


# By the database alone


def bare(workspace: Workspace, *, with_indexes: bool) -> dict[str, Any]:
    """The same rows into a table of the same columns: one COPY of prepared bytes, or `executemany` of prepared rows."""
    insert = copied if connection.vendor == "postgresql" else executed_many
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bare_event")
        make_table(cursor, with_indexes=with_indexes)
        rows, seconds = insert(cursor, workspace.pk)
        cursor.execute("DROP TABLE bare_event")
    return {"events_per_s": round(rows / seconds)}


def make_table(cursor: Any, *, with_indexes: bool) -> None:
    if connection.vendor == "postgresql":
        including = "INCLUDING CONSTRAINTS INCLUDING INDEXES" if with_indexes else ""
        cursor.execute(f"CREATE TABLE bare_event (LIKE analytics_event {including})")
        return
    cursor.execute("SELECT type, sql FROM sqlite_master WHERE tbl_name = 'analytics_event' AND sql IS NOT NULL")
    for kind, sql in sorted(cursor.fetchall(), reverse=True):  # the table first
        if kind == "table":
            sql = sql.replace('"analytics_event"', '"bare_event"')
            cursor.execute(sql if with_indexes else sql.replace("PRIMARY KEY", ""))
        elif with_indexes:
            cursor.execute(re.sub(r'INDEX "(\w+)" ON "analytics_event"', r'INDEX "bare_\1" ON "bare_event"', sql))


def copied(cursor: Any, workspace_id: int) -> tuple[int, float]:
    with cursor.copy(f"COPY (SELECT * FROM analytics_event WHERE workspace_id = {workspace_id}) TO STDOUT") as copy:
        prepared = list(copy)
    start = time.perf_counter()
    with cursor.copy("COPY bare_event FROM STDIN") as copy:
        for part in prepared:
            copy.write(part)
    return cursor.rowcount, time.perf_counter() - start


def executed_many(cursor: Any, workspace_id: int) -> tuple[int, float]:
    """In transactions of 50,000 rows, which are read before."""
    rows, seconds = 0, 0.0
    source = connection.cursor()
    source.execute("SELECT * FROM analytics_event WHERE workspace_id = %s ORDER BY rowid", [workspace_id])
    marks = ", ".join(["%s"] * len(source.description))
    while prepared := source.fetchmany(50_000):
        start = time.perf_counter()
        cursor.execute("BEGIN")
        cursor.executemany(f"INSERT INTO bare_event VALUES ({marks})", prepared)
        cursor.execute("COMMIT")
        seconds += time.perf_counter() - start
        rows += len(prepared)
    return rows, seconds
