"""`python -m tests.torture.soak --minutes 30`: half the rate that the server can take, with readers and compaction.

On the empty database of DATABASE_URL. First measures for some seconds how many events a second the server takes; then
sends half as many for the time given, in batches of a hundred and to one workspace after the other, while a reader asks
one report after the other. Then three times as many as a key may send, and watches the server recover. Exits with 1 if
a promise is broken:

- no answer but 200, and to what is too much 429 with Retry-After;
- memory at the end within a fifth of that in the first third, p99 of ingest and of reports in the last third within
  twice that of the first (asked of soaks of five minutes and more);
- within 5 seconds after the overload a batch is taken as fast as before;
- every event that was accepted is in the reports, and `verify` finds no difference.
"""

import argparse
import itertools
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import django

from tests.served import ROOT, WORKERS, Served, served
from tests.torture.load import Answers, Client, Load, compacting, memory_mb, p99_ms

BATCH, SENDERS = 100, 4
REPORTS = ("", "/timeseries", "/attribution", "/funnel?steps=page_view,add_to_cart,purchase", "/cohorts")
FAST_MS = 50
"""p99s below are all the same: a quiet server's are mostly chance."""
SHORTEST_TREND_SECONDS = 300
SAVED_UP_SECONDS = 30
"""At three times the rate, what a key has saved up lasts for five; a server that cannot take as many needs longer."""
REFUSED_SECONDS, LONG_REFUSED_SECONDS = 3, 15
"""How long the overload goes on once too much is refused."""
WORKSPACES = 200
"""For half an hour: all that it brings is of one day; in a few, each report would take more time than the last."""


@dataclass(frozen=True)
class Shop:
    """One of the workspaces."""

    write_key: str
    secret_key: str
    reports: str


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--probe-seconds", type=float, default=10, help="how long the rate is measured")
    parser.add_argument("--workspaces", type=int, default=WORKSPACES)
    arguments = parser.parse_args()
    found = run(seconds=60 * arguments.minutes, probe_seconds=arguments.probe_seconds, workspaces=arguments.workspaces)
    print(json.dumps(found, indent=2))
    for promise in found["broken"]:
        print(f"BROKEN: {promise}", file=sys.stderr)
    return bool(found["broken"])


def run(*, seconds: float, probe_seconds: float, workspaces: int) -> dict[str, Any]:
    shops = _made_ready(workspaces)
    write_keys = [shop.write_key for shop in shops]
    found: dict[str, Any] = {}
    broken: list[str] = []
    with served(REQUESTS_PER_SECOND="0") as server, compacting():
        probe = Load(server.port, write_keys, events_per_s=None, batch=BATCH, threads=SENDERS, name="probe")
        time.sleep(probe_seconds)
        accepted = probe.stop().accepted
        found["events_per_s"] = round(accepted / probe_seconds)
        soak = _soak(server, shops, rate=max(found["events_per_s"] / 2, BATCH), seconds=seconds)
        accepted += soak.pop("accepted")
        found["soak"] = soak
        broken += soak.pop("broken")
    # What a key may send, over all processes, is then half of what the server can take.
    allowed = max(1, found["events_per_s"] // 2 // BATCH // WORKERS)
    with served(REQUESTS_PER_SECOND=str(allowed)) as server:
        refused_for = REFUSED_SECONDS if seconds < SHORTEST_TREND_SECONDS else LONG_REFUSED_SECONDS
        overload = _overload(server, write_keys[0], rate=3 * allowed * BATCH * WORKERS, refused_for=refused_for)
        accepted += overload.pop("accepted")
        found["overload"] = overload
        broken += overload.pop("broken")
        with Client(server.port) as client:
            counted = sum(client.get(shop.reports, shop.secret_key)[1]["events"]["total"] for shop in shops)
    if counted != accepted:
        broken.append(f"{accepted:,} events were accepted, the report counts {counted:,}")
    verified = subprocess.run([sys.executable, "manage.py", "verify"], cwd=ROOT, capture_output=True, text=True)
    if verified.returncode:
        broken.append(verified.stdout + verified.stderr)
    return {**found, "accepted": accepted, "broken": broken}


def _made_ready(workspaces: int) -> list[Shop]:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "campaignos.settings")
    django.setup()
    from django.core.management import call_command

    from workspaces.changes import create_key, create_workspace
    from workspaces.models import KeyKind, User

    call_command("migrate", verbosity=0)
    owner = User.objects.create_user("soak@example.com", "unused-unused")
    shops = []
    for number in range(workspaces):
        workspace = create_workspace(name=f"Soak {number}", time_zone="Europe/Berlin", by=owner)
        keys = [
            create_key(workspace=workspace, kind=kind, name="soak", by=owner)[1]
            for kind in (KeyKind.WRITE, KeyKind.SECRET)
        ]
        shops.append(Shop(*keys, f"/api/workspaces/{workspace.api_id}/analytics"))
    return shops


def _soak(server: Served, shops: Sequence[Shop], *, rate: float, seconds: float) -> dict[str, Any]:
    reading, stop = Answers(), threading.Event()

    def read() -> None:
        with Client(server.port) as client:
            for shop, report in itertools.cycle(itertools.product(shops, REPORTS)):
                if stop.wait(0.2):
                    return
                reading.taken.append(client.get(shop.reports + report, shop.secret_key)[0])

    start = time.monotonic()
    write_keys = [shop.write_key for shop in shops]
    load = Load(server.port, write_keys, events_per_s=rate, batch=BATCH, threads=SENDERS, name="soak")
    reader = threading.Thread(target=read)
    reader.start()
    memory = []
    for number in range(30):
        time.sleep(max(0, start + seconds * (number + 1) / 30 - time.monotonic()))
        memory.append(memory_mb(server))
    end = time.monotonic()
    writing = load.stop()
    stop.set()
    reader.join()
    third = (end - start) / 3
    found: dict[str, Any] = {
        "seconds": round(end - start),
        "events_per_s": round(writing.accepted / (end - start)),
        "reports": len(reading.taken),
        "memory_mb": {"after_a_third": max(memory[:10]), "most_after": max(memory[10:]), "end": memory[-1]},
    }
    broken = [f"an answer {one.status}" for one in (*writing.taken, *reading.taken) if one.status != 200][:10]
    is_trend = seconds >= SHORTEST_TREND_SECONDS
    if is_trend and memory[-1] > 1.2 * max(memory[:10]):
        broken.append(f"memory grew: {found['memory_mb']}")
    for name, answers in (("ingest", writing), ("reports_asked", reading)):
        first = p99_ms(answers.between(start, start + third))
        last = p99_ms(answers.between(end - third, end))
        found[name] = {"first_third_p99_ms": first, "last_third_p99_ms": last}
        if is_trend and (first is None or last is None or last > 2 * max(first, FAST_MS)):
            broken.append(f"{name}: p99 went from {first} to {last} ms")
    return {**found, "accepted": writing.accepted, "broken": broken}


def _overload(server: Served, write_key: str, *, rate: float, refused_for: float) -> dict[str, Any]:
    client = Client(server.port)
    usual = max(client.send([], write_key)[0].seconds for _ in range(10))
    load = Load(server.port, [write_key], events_per_s=rate, batch=BATCH, threads=4 * SENDERS, name="overload")
    _wait_for_refusal(load.answers)
    time.sleep(refused_for)
    answers = load.stop()
    refused = [one for one in answers.taken if one.status == 429]
    ended = time.monotonic()
    recovered = None
    while recovered is None and time.monotonic() < ended + 10:
        answer, _ = client.send([], write_key)
        if answer.status == 200 and answer.seconds <= 2 * max(usual, FAST_MS / 1000):
            recovered = round(time.monotonic() - ended, 2)
        else:
            time.sleep(0.1)
    broken = [f"an answer {one.status}" for one in answers.taken if one.status not in (200, 429)][:10]
    if not refused or not all(one.retry_after and one.retry_after.isdigit() for one in refused):
        broken.append("three times the rate was not answered by 429 with Retry-After")
    if recovered is None or recovered > 5:
        broken.append(f"recovered in {recovered} s after the overload")
    return {
        "requests": len(answers.taken),
        "refused": len(refused),
        "recovered_s": recovered,
        "accepted": answers.accepted,
        "broken": broken,
    }


def _wait_for_refusal(answers: Answers) -> None:
    end = time.monotonic() + SAVED_UP_SECONDS
    while time.monotonic() < end and not any(one.status == 429 for one in list(answers.taken)):
        time.sleep(0.1)


if __name__ == "__main__":
    sys.exit(main())
