"""Views for warehouses that read PostgreSQL themselves: the tables of the export, each role the rows of its workspaces.

They lie in a schema of their own, `campaignos_read`, with the columns that docs/export.md tells, whatever the tables
below become. Which role reads which workspaces stands in a table there, which no reader may see or change.
"""

from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from analytics.export.exported_tables import EXPORT_FORMAT, EXPORTED, ColumnKind, ExportedColumn, ExportedTable
from analytics.models import UtmTriple

SCHEMA = "campaignos_read"
READERS = f"{SCHEMA}.readers"


class NoReadViews(Exception):
    """The database cannot have them, or there is no such role; the text says why."""


@dataclass(frozen=True)
class Reader:
    role: str
    workspace_id: int


def make_read_views() -> list[str]:
    """Makes the schema and its views, or brings them up to date. Returns their names. Raises NoReadViews."""
    _require_postgresql()
    with transaction.atomic():
        _run(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
        _run(
            f"CREATE TABLE IF NOT EXISTS {READERS} "
            "(role name NOT NULL, workspace_id bigint NOT NULL, PRIMARY KEY (role, workspace_id))"
        )
        _run(f"COMMENT ON SCHEMA {SCHEMA} IS 'Read views of CampaignOS Analytics, version {EXPORT_FORMAT}'")
        for table in EXPORTED.values():
            _run(view_statement(table))
        for role in {reader.role for reader in readers()}:
            _grant(role)
    return [*EXPORTED]


def drop_read_views(*, keep_readers: bool = False) -> None:
    """Drops the views, with the schema unless its readers are kept, as for a migration of the tables below."""
    _require_postgresql()
    with transaction.atomic():
        for name in EXPORTED:
            _run(f"DROP VIEW IF EXISTS {SCHEMA}.{name}")
        if not keep_readers:
            _run(f"DROP TABLE IF EXISTS {READERS}")
            _run(f"DROP SCHEMA IF EXISTS {SCHEMA}")


def have_read_views() -> bool:
    """Whether the database has the schema. One query, on PostgreSQL."""
    return connection.vendor == "postgresql" and _run("SELECT to_regclass(%s)", READERS) != [(None,)]


def readers() -> list[Reader]:
    return [
        Reader(role, number)
        for role, number in _run(f"SELECT role, workspace_id FROM {READERS} ORDER BY role, workspace_id")
    ]


def let_read(reader: Reader) -> None:
    """Lets a role of the database read a workspace's rows. Raises NoReadViews where there is no such role."""
    _require_role(reader.role)
    with transaction.atomic():
        _run(f"INSERT INTO {READERS} VALUES (%s, %s) ON CONFLICT DO NOTHING", reader.role, reader.workspace_id)
        _grant(reader.role)


def stop_reading(reader: Reader) -> None:
    """Takes that right again; from who reads nothing any more all rights."""
    with transaction.atomic():
        _run(f"DELETE FROM {READERS} WHERE role = %s AND workspace_id = %s", reader.role, reader.workspace_id)
        if not any(other.role == reader.role for other in readers()):
            role = _name(reader.role)
            _run(f"REVOKE ALL ON {_views()} FROM {role}")
            _run(f"REVOKE ALL ON SCHEMA {SCHEMA} FROM {role}")


def view_statement(table: ExportedTable) -> str:
    """A view runs with the rights of who made it, but for the role of who reads. Its barrier keeps functions of a
    reader's conditions from seeing rows of others."""
    columns = ", ".join(f"{_expression(column)} AS {column.name}" for column in table.columns)
    has_utm = any(column.kind is ColumnKind.UTM for column in table.columns)
    triples = _name(UtmTriple._meta.db_table)
    join = f" LEFT JOIN {triples} u ON u.id = t.utm_id AND u.workspace_id = t.workspace_id" if has_utm else ""
    mine = f"SELECT r.workspace_id FROM {READERS} r WHERE r.role = current_user"
    return (
        f"CREATE OR REPLACE VIEW {SCHEMA}.{table.name} WITH (security_barrier = true) AS "
        f"SELECT t.workspace_id, {columns} FROM {_name(table.model._meta.db_table)} t{join} "
        f"WHERE t.workspace_id = ANY(ARRAY({mine}))"
    )


def _expression(column: ExportedColumn) -> str:
    stored = f"t.{_name(column.field)}"
    match column.kind:
        case ColumnKind.TEXT:
            return f"nullif({stored}::text, '')"
        case ColumnKind.ID:
            return f"replace({stored}::text, '-', '')"
        case ColumnKind.UTM:
            return f"nullif(u.{_name(column.part)}, '')"
        case ColumnKind.NUMBER:
            return f"{stored}::bigint"
    return stored


def _views() -> str:
    return ", ".join(f"{SCHEMA}.{name}" for name in EXPORTED)


def _grant(role: str) -> None:
    _run(f"GRANT USAGE ON SCHEMA {SCHEMA} TO {_name(role)}")
    _run(f"GRANT SELECT ON {_views()} TO {_name(role)}")


def _require_role(role: str) -> None:
    if not _run("SELECT 1 FROM pg_roles WHERE rolname = %s", role):
        raise NoReadViews(f"There is no role {role!r} in the database: CREATE ROLE {_name(role)} LOGIN PASSWORD '…'.")


def _require_postgresql() -> None:
    if connection.vendor != "postgresql":
        raise NoReadViews(f"This is {connection.display_name}; read views are for PostgreSQL.")
    if _run("SELECT 1 FROM pg_extension WHERE extname = 'citus'"):
        raise NoReadViews("This is a Citus cluster; export files instead (docs/export.md).")


def _name(name: str) -> str:
    return str(connection.ops.quote_name(name.replace('"', '""')))


def _run(statement: str, *params: str | int) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params or None)
        return cursor.fetchall() if cursor.description else []
