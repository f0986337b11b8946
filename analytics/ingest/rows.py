"""Set-based writes that the ORM has no words for. The only SQL by hand; the same on SQLite and PostgreSQL."""

import uuid
from collections.abc import Sequence
from itertools import chain
from operator import attrgetter
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import Field, Model


def insert_new(rows: Sequence[Model]) -> set[uuid.UUID]:
    """Insert facts of one model and workspace; answer the ids that were not there before. One statement.

    Sorted by id, so that two writers of the same rows wait for each other instead of locking each other out.
    """
    if not rows:
        return set()
    model = type(rows[0])
    fields = model._meta.concrete_fields
    rows = sorted(rows, key=lambda row: row.pk)
    one = f"({', '.join(['%s'] * len(fields))})"
    sql = (
        f"INSERT INTO {_quoted(model._meta.db_table)} ({', '.join(map(_column, fields))}) "
        f"VALUES {', '.join([one] * len(rows))} ON CONFLICT DO NOTHING RETURNING id"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, _prepared(rows, fields))
        return {_uuid(found) for (found,) in cursor.fetchall()}


def update_rows(rows: Sequence[Model], names: Sequence[str]) -> None:
    """Write these fields of rows of one model and workspace, which the caller has locked. One statement."""
    if not rows:
        return
    model = type(rows[0])
    id_field = model._meta.pk
    fields = [field for field in model._meta.concrete_fields if field.name in names]
    columns = [id_field, *fields]
    one = f"({', '.join(['%s'] * len(columns))})"
    table = _quoted(model._meta.db_table)
    changes = ", ".join(f"{_column(field)} = {_cast(f'v.{_column(field)}', field)}" for field in fields)
    sql = (
        f"WITH v ({', '.join(map(_column, columns))}) AS (VALUES {', '.join([one] * len(rows))}) "
        f"UPDATE {table} SET {changes} FROM v "
        f'WHERE {table}."workspace_id" = %s AND {table}."id" = {_cast("v.id", id_field)}'
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [*_prepared(rows, columns), rows[0].workspace_id])  # type: ignore[attr-defined]


def _prepared(rows: Sequence[Model], fields: Sequence["Field[Any, Any]"]) -> list[Any]:
    """Row by row, the values as the database takes them."""
    database = connections[DEFAULT_DB_ALIAS]  # `connection` would look it up anew for every value
    columns = [
        [prepare(value, database) for value in map(attrgetter(field.attname), rows)]
        for field in fields
        for prepare in [field.get_db_prep_save]
    ]
    return list(chain.from_iterable(zip(*columns, strict=True)))


def _column(field: "Field[Any, Any]") -> str:
    return _quoted(str(field.column))


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)


def _cast(value: str, field: "Field[Any, Any]") -> str:
    """PostgreSQL takes a column of VALUES that holds only nulls for text."""
    return f"CAST({value} AS {field.db_type(connection)})" if connection.vendor == "postgresql" else value


def _uuid(found: uuid.UUID | str) -> uuid.UUID:
    return found if isinstance(found, uuid.UUID) else uuid.UUID(hex=found)
