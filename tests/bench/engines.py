"""The same questions, put to the column stores and to raw SQL on PostgreSQL, on the same data.

They get every advantage: people are resolved beforehand, types and sources are numbers, tables are sorted by type and
time (ClickHouse) or indexed (PostgreSQL), and what is timed is the query alone.
"""

import io
import tempfile
from collections.abc import Collection
from datetime import date, datetime
from pathlib import Path
from typing import Any

import chdb.session
import duckdb
import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from tests.bench.history import History

Rows = list[tuple[Any, ...]]
FUNNEL = (0, 3, 8)  # page_view, add_to_cart, purchase
CONVERSION = 8
PLAN, AMOUNT, AGE = 1, 25_000, 40
"""Which plan is asked for, from how many hundredths on, and from what age on."""
GROUPS = {"referrer": 500, "path": 25}
"""By property, how many groups are shown."""
PAGE = 200
TABLES = ("events", "messages", "contacts")


class Engine:
    name: str

    def rows(self, sql: str) -> Rows:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError


def write_parquet(of: History, zone: Any, folder: Path) -> None:
    """Events, messages and contacts; with each instant its local day, so that nobody pays for time zones."""
    write_events(of, zone, folder / "events.parquet")
    _write_messages(of, zone, folder / "messages.parquet")
    write_contacts(of.signup_at, of.attributes, zone, folder / "contacts.parquet")


def _days_of(at: np.ndarray, zone: Any) -> np.ndarray:
    hours = at // 3_600_000
    offsets = {
        hour: int(datetime.fromtimestamp(hour * 3600, zone).utcoffset().total_seconds() * 1000)  # type: ignore[union-attr]
        for hour in np.unique(hours).tolist()
    }
    keys, shift = np.array(list(offsets), np.int64), np.array(list(offsets.values()), np.int64)
    return ((at + shift[np.searchsorted(keys, hours)]) // 86_400_000).astype(np.int32)


def write_events(of: History, zone: Any, path: Path) -> None:
    """Properties are numbers of their values, in the values' order."""
    columns = {
        "ts": of.event_at,
        "day": _days_of(of.event_at, zone),
        "person": of.event_person.astype(np.int32),
        "type": of.event_type.astype(np.uint8),
        "utm": of.event_triple.astype(np.int16),
        "amount": of.event_amount,
        **of.event_properties,
    }
    pq.write_table(pa.table(columns), path)


def write_contacts(signup_at: np.ndarray, attributes: dict[str, np.ndarray], zone: Any, path: Path) -> None:
    columns = {
        "person": np.arange(len(signup_at), dtype=np.int32),
        "ts": signup_at,
        "day": _days_of(signup_at, zone),
        **{f"a_{name}": values for name, values in attributes.items()},
    }
    pq.write_table(pa.table(columns), path)


def _write_messages(of: History, zone: Any, path: Path) -> None:
    def day_of(at: np.ndarray) -> np.ndarray:
        return np.where(at >= 0, _days_of(np.maximum(at, 0), zone), -1).astype(np.int32)

    def table(**columns: np.ndarray) -> None:
        pq.write_table(pa.table(columns), path)

    reached = of.message_reached
    table(
        created=of.message_created,
        day=day_of(of.message_created),
        campaign=of.message_campaign.astype(np.int16),
        channel=(of.message_campaign % 4).astype(np.uint8),
        **reached,
        open_day=day_of(reached["opened"]),
        click_day=day_of(reached["clicked"]),
    )


def day_number(day: date) -> int:
    return (day - date(1970, 1, 1)).days


def questions(first: date, last: date) -> dict[str, list[str]]:
    """By report, the statements that answer it; the same text for both column stores, but for the funnel."""
    window = f"BETWEEN {day_number(first)} AND {day_number(last)}"
    attributed = f"SELECT person, min(ts) AS first_at FROM events WHERE utm >= 0 AND day {window} GROUP BY person"
    funnel = funnel_sql(window)
    twice = f"SELECT person FROM events WHERE type = {CONVERSION} AND day {window} GROUP BY person HAVING count(*) >= 2"
    statuses = ", ".join(
        f"sum(CASE WHEN {name} >= 0 THEN 1 ELSE 0 END)"
        for name in ("sent", "delivered", "opened", "clicked", "bounced", "failed")
    )
    return {
        "overview": [
            f"SELECT count(*) FROM events WHERE day {window}",
            f"SELECT count(*), {statuses} FROM messages WHERE day {window}",
            f"SELECT count(*), sum(CASE WHEN day {window} THEN 1 ELSE 0 END) FROM contacts",
        ],
        "campaign": [
            f"SELECT count(*), {statuses} FROM messages WHERE campaign = 7 AND day {window}",
            f"SELECT channel, count(*) FROM messages WHERE campaign = 7 AND day {window} "
            "GROUP BY channel ORDER BY channel",
        ],
        "timeseries": [
            f"SELECT day, count(*) FROM events WHERE day {window} GROUP BY day ORDER BY day",
            f"SELECT day, count(*) FROM contacts WHERE day {window} GROUP BY day ORDER BY day",
            f"SELECT day, count(*) FROM messages WHERE day {window} GROUP BY day ORDER BY day",
            f"SELECT open_day, count(*) FROM messages WHERE open_day {window} GROUP BY open_day ORDER BY open_day",
            f"SELECT click_day, count(*) FROM messages WHERE click_day {window} GROUP BY click_day ORDER BY click_day",
        ],
        "attribution": [
            f"SELECT utm, count(*), count(DISTINCT person) FROM events WHERE utm >= 0 AND day {window} "
            "GROUP BY utm ORDER BY utm",
            f"SELECT count(*) FROM events e JOIN ({attributed}) f ON f.person = e.person "
            f"WHERE e.type = {CONVERSION} AND e.day {window} AND e.ts >= f.first_at",
        ],
        "funnel": [funnel],
        "funnel, filtered": [funnel_sql(window, first=f"plan = {PLAN}", last=f"amount >= {AMOUNT}")],
        "funnel, bought twice": [funnel_sql(window, every=f"person IN ({twice})")],
        "funnel by referrer": [groups_sql(window, "referrer")],
        "funnel by path": [groups_sql(window, "path")],
        "contacts": [
            f"SELECT person FROM contacts WHERE a_plan = {PLAN} AND a_age >= {AGE - 18} "
            f"ORDER BY ts DESC, person LIMIT {PAGE}"
        ],
        "cohorts": [
            f"SELECT day, count(*) FROM contacts WHERE day {window} GROUP BY day ORDER BY day",
            "SELECT c_day, week, count(*) FROM (SELECT DISTINCT c.day AS c_day, e.person AS person, "
            f"{{week}} AS week FROM events e JOIN contacts c ON c.person = e.person "
            f"WHERE c.day {window} AND e.day {window} AND e.day >= c.day) x GROUP BY c_day, week ORDER BY c_day, week",
        ],
    }


def funnel_sql(window: str, *, first: str = "1 = 1", last: str = "1 = 1", every: str = "1 = 1") -> str:
    """People by step, with conditions on the first step's events, on the last one's, and on everybody's."""
    return f"""
        WITH {_steps_sql(window, first, last, every)}
        SELECT (SELECT count(*) FROM s1), (SELECT count(*) FROM s2), (SELECT count(*) FROM s3)"""


def _steps_sql(window: str, first: str, last: str, every: str) -> str:
    a, b, c = FUNNEL
    return f"""
        s1 AS (SELECT person, min(ts) AS ts FROM events
               WHERE type = {a} AND day {window} AND {first} AND {every} GROUP BY person),
        s2 AS (SELECT e.person AS person, min(e.ts) AS ts FROM events e JOIN s1 ON s1.person = e.person
               WHERE e.type = {b} AND e.day {window} AND e.ts >= s1.ts GROUP BY e.person),
        s3 AS (SELECT e.person AS person, min(e.ts) AS ts FROM events e JOIN s2 ON s2.person = e.person
               WHERE e.type = {c} AND e.day {window} AND e.ts >= s2.ts AND {last} GROUP BY e.person)"""


def groups_sql(window: str, name: str) -> str:
    """People by step and by the first value that they have at the instant of the first step; most first."""
    return f"""
        WITH {_steps_sql(window, "1 = 1", "1 = 1", "1 = 1")},
        g AS (SELECT e.person AS person, min(e.{name}) AS value FROM events e JOIN s1 ON s1.person = e.person
              WHERE e.type = {FUNNEL[0]} AND e.day {window} AND e.ts = s1.ts GROUP BY e.person)
        SELECT g.value, count(*), sum(CASE WHEN s2.ts > 0 THEN 1 ELSE 0 END), sum(CASE WHEN s3.ts > 0 THEN 1 ELSE 0 END)
        FROM g LEFT JOIN s2 ON s2.person = g.person LEFT JOIN s3 ON s3.person = g.person
        GROUP BY g.value ORDER BY count(*) DESC, g.value LIMIT {GROUPS[name]}"""


class ClickHouse(Engine):
    """ClickHouse's engine in this process."""

    name = "chdb"

    def __init__(self, folder: Path, tables: Collection[str] = TABLES) -> None:
        self.session = chdb.session.Session(tempfile.mkdtemp(prefix="chdb-"))
        self.session.query("CREATE DATABASE bench ENGINE = Atomic")
        orders = {"events": "(type, day, ts)", "messages": "(day, campaign)", "contacts": "person"}
        for table in tables:
            self.session.query(
                f"CREATE TABLE bench.{table} ENGINE = MergeTree ORDER BY {orders[table]} "
                "SETTINGS allow_nullable_key = 1 "
                f"AS SELECT * FROM file('{folder / table}*.parquet', Parquet, auto)"
            )
            self.session.query(f"OPTIMIZE TABLE bench.{table} FINAL")
        self.session.query("USE bench")

    def rows(self, sql: str) -> Rows:
        text = self.session.query(sql.replace("{week}", "intDiv(e.day - c.day, 7)"), "TabSeparated").data()
        return [tuple(int(part) for part in line.split("\t")) for line in text.splitlines()]

    def close(self) -> None:
        self.session.close()

    @staticmethod
    def funnels(first_day: date, last_day: date) -> dict[str, str]:
        """By ClickHouse's own function for funnels, which is faster than joins."""
        a, b, c = FUNNEL
        window = f"BETWEEN {day_number(first_day)} AND {day_number(last_day)}"

        def funnel(first: str = "1", last: str = "1", every: str = "1") -> str:
            levels = ClickHouse._levels(f"type = {a} AND {first}", f"type = {b}", f"type = {c} AND {last}")
            return (
                f"SELECT countIf(l >= 1), countIf(l >= 2), countIf(l >= 3) FROM (SELECT person, {levels} AS l "
                f"FROM events WHERE type IN ({a}, {b}, {c}) AND day {window} AND {every} GROUP BY person)"
            )

        def groups(name: str) -> str:
            levels = ClickHouse._levels(f"type = {a}", f"type = {b}", f"type = {c}")
            entry = f"argMinIf({name}, (ts, {name}), type = {a})"
            return (
                "SELECT value, countIf(l >= 1) AS n, countIf(l >= 2), countIf(l >= 3) FROM "
                f"(SELECT person, {levels} AS l, {entry} AS value FROM events "
                f"WHERE type IN ({a}, {b}, {c}) AND day {window} GROUP BY person) "
                f"WHERE l >= 1 GROUP BY value ORDER BY n DESC, value LIMIT {GROUPS[name]}"
            )

        twice = f"SELECT person FROM events WHERE type = {c} AND day {window} GROUP BY person HAVING count() >= 2"
        return {
            "funnel": funnel(),
            "funnel, filtered": funnel(f"plan = {PLAN}", f"amount >= {AMOUNT}"),
            "funnel, bought twice": funnel(every=f"person IN ({twice})"),
            "funnel by referrer": groups("referrer"),
            "funnel by path": groups("path"),
        }

    @staticmethod
    def _levels(*conditions: str) -> str:
        return f"windowFunnel(100000000000)(toUInt64(ts), {', '.join(conditions)})"


class DuckDB(Engine):
    name = "duckdb"

    def __init__(self, folder: Path, tables: Collection[str] = TABLES) -> None:
        self.connection = duckdb.connect()
        self.connection.execute("SET threads = 2")
        orders = {"events": "type, day, ts", "messages": "day, campaign", "contacts": "person"}
        for table in tables:
            self.connection.execute(
                f"CREATE TABLE {table} AS SELECT * FROM read_parquet('{folder / table}*.parquet') "
                f"ORDER BY {orders[table]}"
            )

    def rows(self, sql: str) -> Rows:
        found = self.connection.execute(sql.replace("{week}", "(e.day - c.day) // 7")).fetchall()
        return [tuple(int(cell) for cell in row) for row in found]

    def close(self) -> None:
        self.connection.close()


class PostgreSQL(Engine):
    """The same tables in a PostgreSQL of their own, indexed for these questions."""

    name = "postgres"

    def __init__(self, folder: Path, address: str) -> None:
        self.connection = psycopg.connect(address, autocommit=True)
        self.connection.execute("CREATE SCHEMA raw")
        self.connection.execute("SET search_path = raw")
        for table in ("events", "messages", "contacts"):
            data = pq.read_table(folder / f"{table}.parquet")
            names = data.column_names
            self.connection.execute(f"CREATE UNLOGGED TABLE {table} ({', '.join(f'{name} bigint' for name in names)})")
            with self.connection.cursor().copy(f"COPY {table} FROM STDIN (FORMAT csv)") as copy:
                for batch in data.to_batches(100_000):
                    copy.write(csv_of(batch))
        for index in ("events (day, type, person, ts)", "events (day) WHERE utm >= 0", "events (person, day)",
                      "messages (day)", "messages (campaign, day)", "messages (open_day)", "messages (click_day)",
                      "contacts (person)", "contacts (day)"):  # fmt: skip
            self.connection.execute(f"CREATE INDEX ON {index}")
        self.connection.execute("VACUUM ANALYZE")

    def rows(self, sql: str) -> Rows:
        found = self.connection.execute(sql.replace("{week}", "(e.day - c.day) / 7")).fetchall()
        return [tuple(int(cell) for cell in row) for row in found]

    def close(self) -> None:
        self.connection.close()


def csv_of(batch: pa.RecordBatch) -> bytes:
    target = io.BytesIO()
    pyarrow.csv.write_csv(batch, target, pyarrow.csv.WriteOptions(include_header=False))
    return target.getvalue()


def statements(engine: Engine, first: date, last: date) -> dict[str, list[str]]:
    found = questions(first, last)
    if isinstance(engine, ClickHouse):
        found |= {name: [sql] for name, sql in engine.funnels(first, last).items()}
    return found
