"""From one PostgreSQL to a Citus cluster: which statements spread the big tables over its nodes by workspace.

What is distributed is each model that inherits DistributedModel; everything else stays on the coordinator. The models
stay as they are: only the database's primary keys get the workspace before the id, so that migrations go on as before.
docs/decisions/0002 says why, docs/scaling.md when and how.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection, transaction

from analytics.models.distribution import DistributedModel
from analytics.operations.health import unapplied_migrations

COLUMN = "workspace_id"


@dataclass(frozen=True)
class DistributionStep:
    """One statement, on a table or on no one, and what it is for."""

    table: str
    what: str
    sql: str

    def __str__(self) -> str:
        return f"{self.table}: {self.what}" if self.table else self.what


@dataclass(frozen=True)
class Plan:
    """What stands in the way, and if nothing does, what is left to do; no steps where all is done."""

    problems: tuple[str, ...]
    steps: tuple[DistributionStep, ...]


@dataclass(frozen=True)
class _Constraint:
    table: str
    name: str
    kind: str
    """As PostgreSQL has it: p primary key, u unique, f foreign key, x exclusion."""
    columns: tuple[str, ...]
    refers_to: str


class NoCluster(Exception):
    """The database is not the coordinator of a Citus cluster; the text says what it is."""


def tables() -> list[str]:
    """Those that are to be distributed, by name."""
    return sorted(model._meta.db_table for model in apps.get_models() if issubclass(model, DistributedModel))


def plan(*, shards: int) -> Plan:
    """Compare the database with what it should be. Changes nothing. Raises NoCluster."""
    _require_coordinator()
    if missing := unapplied_migrations():
        return Plan((f"Migrations are not applied, run `manage.py migrate` first: {', '.join(missing)}.",), ())
    constraints, done = _constraints(), _placements()
    problems = [*_cluster_problems(), *_table_problems(constraints), *_placement_problems(done)]
    steps = [*_foreign_key_steps(constraints), *_primary_key_steps(constraints, done), *_table_steps(done, shards)]
    steps += _lock_steps()
    return Plan(tuple(problems), tuple(steps))


def carry_out(distribution: Plan) -> Iterator[tuple[DistributionStep, int]]:
    """Run the steps in one transaction; answers each when it is done, with the rows its table has.

    Nobody can write to the tables meanwhile. What went wrong anywhere has not happened.
    """
    with transaction.atomic():
        before = {table: _rows(table) for table in {step.table for step in distribution.steps if step.table}}
        for step in distribution.steps:
            _execute(step.sql)
            yield step, before.get(step.table, 0)
        for table, rows in before.items():
            if (now := _rows(table)) != rows:
                raise RuntimeError(f"{table} had {rows:,} rows and has {now:,}; nothing was changed.")
        if len({placed.colocation for placed in _placements().values()}) > 1:
            raise RuntimeError("The tables are not co-located; nothing was changed.")


def _require_coordinator() -> None:
    if connection.vendor != "postgresql":
        raise NoCluster(f"This is {connection.display_name}. Only PostgreSQL with Citus can distribute tables.")
    if not _execute("SELECT 1 FROM pg_extension WHERE extname = 'citus'"):
        raise NoCluster("This is PostgreSQL without Citus: its extension is not made in this database.")
    if _execute("SELECT groupid FROM pg_dist_local_group") != [(0,)]:
        raise NoCluster("This is a worker of a Citus cluster. DATABASE_URL must name the coordinator.")


def _cluster_problems() -> Iterator[str]:
    if not _execute("SELECT 1 FROM citus_get_active_worker_nodes()"):
        yield "The cluster has no active worker; add one: SELECT citus_add_node('HOST', 5432)."


def _table_problems(constraints: Sequence[_Constraint]) -> Iterator[str]:
    ours = tables()
    for constraint in constraints:
        if constraint.kind in "ux" and constraint.table in ours and COLUMN not in constraint.columns:
            yield f"{constraint.table}: the constraint {constraint.name} does not include {COLUMN}."
        if (
            constraint.kind == "f"
            and constraint.table in ours
            and constraint.refers_to in ours
            and COLUMN not in constraint.columns
        ):
            yield f"{constraint.table}: the foreign key {constraint.name} does not include {COLUMN}."
    for table, name in _execute(
        "SELECT t.relname, i.relname FROM pg_index x JOIN pg_class t ON t.oid = x.indrelid "
        "JOIN pg_class i ON i.oid = x.indexrelid WHERE t.relname = ANY(%s) AND x.indisunique "
        "AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = x.indexrelid) AND NOT EXISTS "
        "(SELECT 1 FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attname = %s AND a.attnum = ANY(x.indkey))",
        [ours, COLUMN],
    ):
        yield f"{table}: the unique index {name} does not include {COLUMN}."
    for table, name in _execute(
        "SELECT t.relname, g.tgname FROM pg_trigger g JOIN pg_class t ON t.oid = g.tgrelid "
        "WHERE t.relname = ANY(%s) AND NOT g.tgisinternal",
        [ours],
    ):
        yield f"{table}: the trigger {name} cannot follow the rows to other nodes."
    for table, name in _execute(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema() "
        "AND table_name = ANY(%s) AND (is_identity = 'YES' OR column_default LIKE 'nextval(%%')",
        [ours],
    ):
        yield f"{table}: the database makes the values of {name}; the application must."


@dataclass(frozen=True)
class _Placement:
    column: str
    colocation: int


def _placements() -> dict[str, _Placement]:
    """By name, how Citus manages those of our tables that it has already."""
    rows = _execute(
        "SELECT c.relname, CASE WHEN p.partkey IS NULL THEN '' "
        "ELSE column_to_column_name(p.logicalrelid, p.partkey) END, p.colocationid "
        "FROM pg_dist_partition p JOIN pg_class c ON c.oid = p.logicalrelid WHERE c.relname = ANY(%s)",
        [tables()],
    )
    return {table: _Placement(column, colocation) for table, column, colocation in rows}


def _placement_problems(done: dict[str, _Placement]) -> Iterator[str]:
    for table, placed in done.items():
        if placed.column != COLUMN:
            yield f"{table}: it is managed by Citus, but not distributed by {COLUMN}."
    if len({placed.colocation for placed in done.values()}) > 1:
        yield f"{', '.join(sorted(done))}: they are distributed, but not co-located."


def _constraints() -> list[_Constraint]:
    rows = _execute(
        "SELECT t.relname, c.conname, c.contype, ARRAY(SELECT a.attname::text "
        "FROM unnest(c.conkey) WITH ORDINALITY k(n, i) "
        "JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.n ORDER BY k.i), coalesce(r.relname, '') "
        "FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid LEFT JOIN pg_class r ON r.oid = c.confrelid "
        "WHERE c.contype IN ('p', 'u', 'f', 'x') AND c.connamespace = current_schema()::regnamespace "
        "ORDER BY t.relname, c.conname"
    )
    return [_Constraint(table, name, kind, tuple(columns), to) for table, name, kind, columns, to in rows]


def _foreign_key_steps(constraints: Sequence[_Constraint]) -> Iterator[DistributionStep]:
    ours = tables()
    for constraint in constraints:
        if constraint.kind == "f" and (constraint.table in ours) != (constraint.refers_to in ours):
            sql = f"ALTER TABLE {_quoted_name(constraint.table)} DROP CONSTRAINT {_quoted_name(constraint.name)}"
            yield DistributionStep(
                constraint.table, f"drop the foreign key to {constraint.refers_to}, which crosses the border", sql
            )


def _primary_key_steps(constraints: Sequence[_Constraint], done: dict[str, _Placement]) -> Iterator[DistributionStep]:
    for constraint in constraints:
        if (
            constraint.kind == "p"
            and constraint.table in tables()
            and constraint.table not in done
            and COLUMN not in constraint.columns
        ):
            columns = ", ".join(_quoted_name(name) for name in (COLUMN, *constraint.columns))
            name = _quoted_name(constraint.name)
            change = f"DROP CONSTRAINT {name}, ADD CONSTRAINT {name} PRIMARY KEY ({columns})"
            yield DistributionStep(
                constraint.table, f"primary key ({columns})", f"ALTER TABLE {_quoted_name(constraint.table)} {change}"
            )


def _table_steps(done: dict[str, _Placement], shards: int) -> Iterator[DistributionStep]:
    first = min(done, default=None)
    for table in tables():
        if table in done:
            continue
        where = f"colocate_with => '{first}'" if first else f"colocate_with => 'none', shard_count => {shards}"
        sql = f"SELECT create_distributed_table('{table}', '{COLUMN}', {where})"
        yield DistributionStep(table, f"distribute, with {first}" if first else f"distribute in {shards} shards", sql)
        sql = f"SELECT truncate_local_data_after_distributing_table('{table}')"
        yield DistributionStep(table, "drop the rows that were left on the coordinator", sql)
        first = first or table


def _lock_steps() -> Iterator[DistributionStep]:
    """Waits end on the workers, too: of what a connection to the coordinator is set to, they know nothing."""
    wanted = f"lock_timeout={settings.LOCK_SECONDS}s"
    if not _execute(
        "SELECT 1 FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole JOIN pg_database d "
        "ON d.oid = s.setdatabase WHERE r.rolname = current_user AND d.datname = current_database() "
        "AND %s = ANY(s.setconfig)",
        [wanted],
    ):
        where = f"IN DATABASE {_quoted_name(connection.settings_dict['NAME'])}"
        sql = f"ALTER ROLE CURRENT_USER {where} SET lock_timeout = '{settings.LOCK_SECONDS}s'"
        yield DistributionStep("", f"on all nodes, who waits for a lock gives up after {settings.LOCK_SECONDS} s", sql)


def _rows(table: str) -> int:
    return int(_execute(f"SELECT count(*) FROM {_quoted_name(table)}")[0][0])


def _execute(sql: str, params: Sequence[str | list[str]] | None = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall() if cursor.description else []


def _quoted_name(name: str) -> str:
    return connection.ops.quote_name(name)
