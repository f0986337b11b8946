"""Very many events in one workspace, as packs without facts: what reports of 30 days take, beside the column stores."""

import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from django.core.management import call_command
from django.db import connection

from analytics.models import PersonNumbers
from tests.bench.engines import ClickHouse, DuckDB, Engine, statements, write_contacts, write_events
from tests.bench.history import DAYS as DAYS_OF_HISTORY
from tests.bench.packs import daily_histories, write_packs, write_signups
from tests.bench.reading import cost
from tests.bench.run import DAYS, column_sizes, compare_with, say, show_reports, size_of, window_of
from tests.bench.server import served
from workspaces.changes import create_key, create_workspace
from workspaces.models import KeyKind, User

ASKED = (
    "funnel",
    "attribution",
    "cohorts",
    "funnel, filtered",
    "funnel, bought twice",
    "funnel by referrer",
    "funnel by path",
)
TABLES = ("events", "contacts")
REQUESTS = 9
WITHOUT_CONTACTS = 1
"""The layout of a ledger that has neither contacts' attributes nor messages."""
MOST_IN_DUCKDB = 20_000_000
"""It has all of them in memory here."""


def run_packs(events: int) -> dict[str, Any]:
    call_command("migrate", verbosity=0)
    end, people = datetime.now(UTC).replace(microsecond=0), events // 20
    user = User.objects.create_user(f"bench-{end:%s}@example.com", "unused")
    workspace = create_workspace(name=f"Packs {end}", time_zone="Europe/Berlin", by=user)
    token = create_key(workspace=workspace, kind=KeyKind.SECRET, name="bench", by=user)[1]
    say(f"{events:,} events of {people:,} people on {connection.vendor}")
    start, stop = (int(end.timestamp() * 1000) - days * 86_400_000 for days in (DAYS_OF_HISTORY, 0))
    signup_at = np.random.default_rng(0).integers(start, stop, people)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        begin = time.perf_counter()
        for day, of in enumerate(daily_histories(events, end=end, days=DAYS_OF_HISTORY, people=people)):
            write_packs(workspace, of, with_signups=False)
            write_events(of, workspace.zone, Path(folder) / f"events{day:03}.parquet")
        write_signups(workspace, signup_at)
        PersonNumbers.objects.create(workspace=workspace, next_number=people, ledger_layout=WITHOUT_CONTACTS)
        write_contacts(signup_at, {}, workspace.zone, Path(folder) / "contacts.parquet")
        say(f"written in {time.perf_counter() - begin:.0f} s")
        result: dict[str, Any] = {
            "n": events,
            "db": "postgres" if connection.vendor == "postgresql" else "sqlite",
            "reports": {},
            "ledger_bytes_per_event": round(size_of(("daypack", "daycolumn")) / events, 2),
            "column_bytes_per_event": column_sizes(workspace, events),
        }
        with served() as server:
            for name in ASKED:
                p50, p95, answer = server.measured(workspace, token, name, DAYS, REQUESTS)
                of_answer = cost(server.address(workspace, name, DAYS), token)._asdict()
                result["reports"][name] = {"p50_ms": p50, "p95_ms": p95, "answer": answer, **of_answer}
                say(f"{name}: {p50} ms")
            result["rss_mb"] = server.peak_mb()
        window = window_of(workspace)
        kinds: list[type[Engine]] = [ClickHouse, *([DuckDB] if events <= MOST_IN_DUCKDB else [])]
        for kind in kinds:
            engine = kind(Path(folder), TABLES)  # type: ignore[call-arg]
            compare_with(engine, statements(engine, window.first_day, window.last_day), result["reports"], window)
            engine.close()
    show_reports(result)
    return result
