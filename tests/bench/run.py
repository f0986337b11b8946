"""One run of the benchmark: load, ask, compare, print."""

import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import connection
from django.db.models import Sum
from django.db.models.functions import Length

from analytics.ledger import compaction
from analytics.models import DayColumn, DayPack, PackKind
from analytics.periods import Window
from tests import postgres
from tests.bench.engines import ClickHouse, DuckDB, Engine, PostgreSQL, Rows, day_number, statements, write_parquet
from tests.bench.history import PROPERTIES, TRIPLES, History, history, value_name
from tests.bench.ingest import measured_ingest
from tests.bench.load import load
from tests.bench.pages import measured_pages
from tests.bench.rates import measured_rates
from tests.bench.reading import cost
from tests.bench.server import PLAIN, REPORTS, Server, served
from workspaces.changes import create_key, create_workspace
from workspaces.models import KeyKind, User, Workspace

REQUESTS, ENGINE_RUNS, SLOW_RUNS = 30, 9, 3
DAYS = 30
GROWTH, TURNS = (1, 3, 10), 9
FACT_TABLES = ("event", "message", "contact", "person", "identity", "identitycall", "messageevent")
LEDGER_TABLES = ("daypack", "daycolumn", "daycount")


def run(events: int, growth: int) -> dict[str, Any]:
    call_command("migrate", verbosity=0)
    end = datetime.now(UTC).replace(microsecond=0)
    user = User.objects.create_user(f"bench-{end:%s}@example.com", "unused")
    workspace = create_workspace(name=f"Bench {end}", time_zone="Europe/Berlin", by=user)
    token = create_key(workspace=workspace, kind=KeyKind.SECRET, name="bench", by=user)[1]
    of = history(events, end=end)
    say(f"{events:,} events, {of.people:,} people, {len(of.message_person):,} messages on {connection.vendor}")

    times = load(workspace, of)
    start = time.perf_counter()
    compaction.merge_fully(workspace.pk)
    say(f"loaded in {times.seconds:.0f} s, of which {times.of_ledger:.0f} s in the ledger")
    say(f"the last night's merge took {time.perf_counter() - start:.1f} s")
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("VACUUM ANALYZE")
        else:
            cursor.execute("ANALYZE")

    result: dict[str, Any] = {
        "n": events,
        "db": "postgres" if connection.vendor == "postgresql" else "sqlite",
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
        "reports": {},
        "windows": {},
        "fact_bytes_per_event": round(size_of(FACT_TABLES) / events, 1),
        "pack_bytes_per_event": round(size_of(("daypack", "daycolumn")) / events, 2),
        "count_bytes_per_event": round(size_of(("daycount",)) / events, 2),
        "column_bytes_per_event": column_sizes(workspace, events),
        "import_events_per_s": round(times.events / times.of_events),
        "ledger_share_of_ingest": round(times.of_ledger / times.seconds, 3),
    }
    with served() as server:
        result["first_request_ms"] = round(server.first(workspace, token, "cohorts", DAYS), 1)
        for name in REPORTS:
            p50, p95, answer = server.measured(workspace, token, name, DAYS, REQUESTS)
            of_answer = cost(server.address(workspace, name, DAYS), token)._asdict()
            result["reports"][name] = {"p50_ms": p50, "p95_ms": p95, "answer": answer, **of_answer}
        for days in (7, 30, 90):
            result["windows"][days] = {
                name: server.measured(workspace, token, name, days, 10)[0] for name in PLAIN if name != "overview"
            }
        result["rss_mb"] = server.peak_mb()
        result["pages"] = measured_pages(server.port, user, workspace, DAYS)
    compare(workspace, of, result)
    result["ingest"] = measured_ingest(user, of)
    result["rates"] = measured_rates(user, of)
    if growth:
        result["growth"] = grown(growth, user)
    start = time.perf_counter()
    call_command("rebuild", workspace=workspace.api_id, stdout=StringIO())
    result["rebuild_s"] = round(time.perf_counter() - start, 1)
    show(result)
    return result


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


# The engines


def compare(workspace: Workspace, of: History, result: dict[str, Any]) -> None:
    window = window_of(workspace)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, postgres.served(is_durable=True) as address:
        write_parquet(of, workspace.zone, Path(folder))
        engines: tuple[Callable[[], Engine], ...] = (
            lambda: ClickHouse(Path(folder)),
            lambda: DuckDB(Path(folder)),
            lambda: PostgreSQL(Path(folder), address),
        )
        for start in engines:
            engine = start()
            compare_with(engine, statements(engine, window.first_day, window.last_day), result["reports"], window)
            engine.close()


def window_of(workspace: Workspace) -> Window:
    return Window.last_days(DAYS, zone=workspace.zone, now=datetime.now(UTC))


def compare_with(
    engine: Engine, by_report: dict[str, list[str]], reports: dict[str, dict[str, Any]], window: Window
) -> None:
    """Ask an engine for the reports that there are, and note what it takes and whether it says the same."""
    say(f"asking {engine.name}")
    for name, report in reports.items():
        _compare(engine, name, by_report[name], report, window.first_day)


def _compare(engine: Engine, name: str, sql: list[str], report: dict[str, Any], first_day: date) -> None:
    milliseconds, cpu_ms, rows = asked(engine, sql, SLOW_RUNS if engine.name == "postgres" else ENGINE_RUNS)
    report[f"{engine.name}_ms"], report[f"{engine.name}_cpu_ms"] = milliseconds, cpu_ms
    report.setdefault("equal", True)
    theirs, ours = cells(name, rows), our_cells(name, report["answer"], first_day)
    if theirs != ours:
        report["equal"] = False
        say(f"{engine.name} answers {name} differently:\n  {theirs!s:.300}\n  {ours!s:.300}")


def asked(engine: Engine, sql: list[str], runs: int) -> tuple[float, float, list[Rows]]:
    """Medians of what the clock shows, and of the time of this process, in milliseconds; and the answer."""
    taken, of_process = [], []
    rows: list[Rows] = []
    for _ in range(runs + 1):
        start, cpu_start = time.perf_counter(), time.process_time()
        rows = [engine.rows(one) for one in sql]
        taken.append(1000 * (time.perf_counter() - start))
        of_process.append(1000 * (time.process_time() - cpu_start))
    return round(statistics.median(taken[1:]), 1), round(statistics.median(of_process[1:]), 1), rows


def cells(name: str, rows: list[Rows]) -> Any:
    """An engine's answer as the numbers that a report has."""
    match name:
        case "overview":
            (events,), (total, sent, _, opened, clicked, _, _), (contacts, new) = (found[0] for found in rows)
            return [contacts, new, total, sent, opened, clicked, events]
        case "campaign":
            return [list(rows[0][0]), [tuple(row) for row in rows[1]]]
        case "timeseries":
            return [dict(found) for found in rows]
        case "attribution":
            return [sorted(rows[0]), rows[1][0][0]]
        case "funnel by referrer" | "funnel by path":
            return rows[0]
        case "contacts":
            return [person for (person,) in rows[0]]
        case "cohorts":
            return [dict(rows[0]), {(day, week): n for day, week, n in rows[1]}]
        case _:
            return list(rows[0][0])


def our_cells(name: str, answer: Any, first: date) -> Any:
    match name:
        case "overview":
            messages = answer["messages"]
            return [
                answer["contacts"]["total"],
                answer["contacts"]["new"],
                *(messages[key] for key in ("total", "sent", "opened", "clicked")),
                answer["events"]["total"],
            ]
        case "campaign":
            messages = answer["messages"]
            channels = {"EMAIL": 0, "SMS": 1, "PUSH": 2, "IN_APP": 3}
            keys = ("total", "sent", "delivered", "opened", "clicked", "bounced", "failed")
            return [
                [messages[key] for key in keys],
                sorted((channels[row["channel"]], row["_count"]) for row in answer["channelBreakdown"]),
            ]
        case "timeseries":
            return [
                {day_number(date.fromisoformat(row["date"])): row[key] for row in answer["series"] if row[key]}
                for key in ("events", "contacts", "messages", "opens", "clicks")
            ]
        case "attribution":
            number = {triple: place for place, triple in enumerate(TRIPLES)}
            return [
                sorted(
                    (number[row["source"], row["medium"], row["campaign"]], row["totalEvents"], row["uniqueVisitors"])
                    for row in answer["sources"]
                ),
                answer["conversions"],
            ]
        case "funnel by referrer" | "funnel by path":
            property_name = name.rpartition(" ")[2]
            codes = {value_name(property_name, code): code for code in range(PROPERTIES[property_name])}
            return [
                (codes[group["name"]], *(step["count"] for step in group["steps"]))
                for group in answer["groups"]
                if group["value"] not in (None, "other")
            ]
        case "contacts":
            return [int(row["externalId"].removeprefix("u")) for row in answer["results"]]
        case "cohorts":
            days = {day_number(date.fromisoformat(row["cohort"])): row for row in answer["cohorts"]}
            return [
                {day: row["size"] for day, row in days.items()},
                {
                    (day, int(week.removeprefix("week_"))): n
                    for day, row in days.items()
                    for week, n in row["retention"].items()
                    if n
                },
            ]
        case _:
            return [step["count"] for step in answer["steps"]]


# Size and growth


def size_of(tables: tuple[str, ...]) -> int:
    """Bytes on disk, with indexes; on a Citus cluster, on all its nodes."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT to_regclass('pg_dist_partition')")
            is_cluster = cursor.fetchone()[0] is not None
            spread = "WHEN oid IN (SELECT logicalrelid FROM pg_dist_partition) THEN citus_total_relation_size(oid)"
            cursor.execute(
                f"SELECT sum(CASE {spread if is_cluster else ''} WHEN true THEN pg_total_relation_size(oid) END) "
                "FROM pg_class WHERE relname = ANY(%s)",
                [[f"analytics_{table}" for table in tables]],
            )
        else:
            names = ", ".join(f"'analytics_{table}'" for table in tables)
            cursor.execute(
                "SELECT sum(pgsize) FROM dbstat WHERE aggregate = TRUE AND name IN "
                f"(SELECT name FROM sqlite_master WHERE tbl_name IN ({names}))"
            )
        return int(cursor.fetchone()[0] or 0)


def column_sizes(workspace: Workspace, events: int) -> dict[str, float]:
    """Bytes an event of each column of large segments, of all columns of small ones, and of who and when."""
    columns = DayColumn.objects.filter(workspace_id=workspace.pk).order_by().values_list("name")
    found = {name: size / events for name, size in columns.annotate(size=Sum(Length("data")))}
    packs = DayPack.objects.filter(workspace_id=workspace.pk, kind=PackKind.EVENT)
    sizes = packs.aggregate(core=Sum(Length("data")), together=Sum(Length("columns")))
    found |= {"together or names": (sizes["together"] or 0) / events, "core": sizes["core"] / events}
    return {name: round(size, 2) for name, size in found.items()}


def grown(smallest: int, user: User) -> dict[str, Any]:
    """The same last 30 days, with 1, 3 and 10 times as much history in all, the rest of it older.

    Asked in turns, as a shared machine is not for long as fast; the longest also before anything of it was merged.
    """
    end = datetime.now(UTC).replace(microsecond=0)
    found: dict[str, Any] = {}
    made: dict[int, tuple[Workspace, str]] = {}
    for times in GROWTH:
        workspace = create_workspace(name=f"Growth {times} {end}", time_zone="Europe/Berlin", by=user)
        made[times] = workspace, create_key(workspace=workspace, kind=KeyKind.SECRET, name="bench", by=user)[1]
        load(workspace, history(smallest * times, end=end, days=30 * times), is_merged=False)
        if times == GROWTH[-1]:
            with served() as server:
                found["never merged"] = asked_all(server, *made[times])
            found["segments never merged"] = DayPack.objects.filter(workspace_id=workspace.pk).count()
        compaction.merge_fully(workspace.pk)
    turns: dict[int, list[dict[str, float]]] = {times: [] for times in GROWTH}
    with served() as server:
        for turn in range(TURNS):
            for times in GROWTH if turn % 2 else GROWTH[::-1]:
                turns[times].append(asked_all(server, *made[times]))
    for times, taken in turns.items():
        found[str(times)] = {name: statistics.median(turn[name] for turn in taken) for name in PLAIN}
    return found


def asked_all(server: Server, workspace: Workspace, token: str) -> dict[str, float]:
    return {name: server.measured(workspace, token, name, DAYS, 15)[0] for name in PLAIN}


def show(result: dict[str, Any]) -> None:
    show_reports(result)
    print("| page | p50 | p95 | first byte | times its answer | bytes | elements | largest paint | layout shift |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name, page in result["pages"].items():
        print(f"| {name} | {' | '.join(map(str, page.values()))} |")
    print("\n| way in | " + " | ".join(next(iter(result["rates"].values()))) + " |\n|---|---|---|---|---|")
    for way, rates in result["rates"].items():
        print(f"| {way} | {' | '.join(map(str, rates.values()))} |")
    print()
    for key, value in result.items():
        if key not in ("reports", "pages", "rates", "n", "db", "machine", "rss_mb"):
            print(f"{key}: {value}")


def show_reports(result: dict[str, Any]) -> None:
    reports = result["reports"]
    for report in reports.values():
        report.pop("answer", None)
        report["ratio_chdb"] = round(report["p50_ms"] / report["chdb_ms"], 2)
    engines = [name for name in ("chdb", "duckdb", "postgres") if f"{name}_ms" in reports["funnel"]]
    about = f"{result['n']:,} events, {result['db']}; the last {DAYS} days"
    print(f"\n{about}; milliseconds; a worker {result['rss_mb']} MB\n")
    print("| report | p50 over HTTP | p95 | " + " | ".join(engines) + " | ratio to chDB | equal | MB read |")
    print("|---|---|---|" + "---|" * len(engines) + "---|---|---|")
    for name, report in reports.items():
        numbers = " | ".join(str(report[f"{engine}_ms"]) for engine in engines)
        end = f"{report['ratio_chdb']} | {'yes' if report['equal'] else 'NO'} | {report['bytes_read'] / 1e6:.1f} |"
        print(f"| {name} | {report['p50_ms']} | {report['p95_ms']} | {numbers} | {end}")
    print("\n| report, time of the processor | ours | chDB | ratio | DuckDB |\n|---|---|---|---|---|")
    for name, report in reports.items():
        ratio = round(report["cpu_ms"] / report["chdb_cpu_ms"], 2)
        print(f"| {name} | {report['cpu_ms']} | {report['chdb_cpu_ms']} | {ratio} | {report.get('duckdb_cpu_ms')} |")
    print()
