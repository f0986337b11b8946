"""Set-based writes that the ORM has no words for. The only SQL by hand.

Rows go to the database as columns: on PostgreSQL each column is one parameter, an array; on SQLite, where a statement
is a function call away, one prepared statement is run for each row.
"""

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import repeat
from operator import attrgetter, itemgetter
from typing import Any

from django.db import connection
from django.db.models import Field, JSONField, Model

from analytics.models import array_text

Columns = Mapping[str, Sequence[Any]]
"""By attribute of the model, a value for each row; JSON as text."""


def insert_new(rows: Sequence[Model]) -> set[uuid.UUID]:
    """Insert facts of one model and workspace; answer the ids that were not there before.

    One statement, on SQLite two.
    """
    if not rows:
        return set()
    model = type(rows[0])
    columns = _columns(rows, [field for field in model._meta.concrete_fields if field.name != "workspace"])
    new = insert_new_columns(model, columns, workspace_id=rows[0].workspace_id)  # type: ignore[attr-defined]
    return {row.pk for row in rows if row.pk.hex in new}


def insert_new_columns(model: type[Model], columns: Columns, *, workspace_id: int, **same: Any) -> set[str]:
    """As `insert_new`, of rows that are given as columns, with the values that are the `same` in all of them.

    Ids, in and out, are texts of 32 digits.

    Sorted by id, so that two writers of the same rows wait for each other instead of locking each other out.
    """
    order = sorted(range(len(columns["id"])), key=columns["id"].__getitem__)
    if not order:
        return set()
    in_order = itemgetter(*order) if len(order) > 1 else lambda values: (values[order[0]],)
    columns = {name: in_order(values) for name, values in columns.items()}
    insert = _insert_arrays if connection.vendor == "postgresql" else _insert_rows
    return insert(model, {"workspace_id": workspace_id, **same}, columns)


def _insert_arrays(model: type[Model], same: Mapping[str, Any], columns: Columns) -> set[str]:
    fields = [_field(model, name) for name in columns]
    sql = (
        f"INSERT INTO {_table(model)} ({_names(model, [*same, *columns])}) "
        f"SELECT {', '.join(['%s'] * len(same))}, v.* "
        f"FROM UNNEST({', '.join(map(_array, fields))}) AS v ON CONFLICT DO NOTHING RETURNING id"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [*same.values(), *_arrays(columns)])
        return set(columns["id"]) if cursor.rowcount == len(columns["id"]) else {id.hex for (id,) in cursor.fetchall()}


def _insert_rows(model: type[Model], same: Mapping[str, Any], columns: Columns) -> set[str]:
    """The transaction is alone from its beginning, so that what is not there now will not come in between."""
    stored = model._default_manager.filter(workspace_id=same["workspace_id"], pk__among=columns["id"])
    known = {id.hex for id in stored.values_list("pk", flat=True)}
    constant = [repeat(_plain([value])[0]) for value in same.values()]
    rows = zip(*constant, *map(_plain, columns.values()), strict=False)
    marks = ", ".join(["%s"] * (len(same) + len(columns)))
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {_table(model)} ({_names(model, [*same, *columns])}) VALUES ({marks})",
            [row for row, id in zip(rows, columns["id"], strict=True) if id not in known],
        )
    return set(columns["id"]) - known


def update_rows(rows: Sequence[Model], names: Sequence[str]) -> None:
    """Write these fields of rows of one model and workspace, which the caller has locked. One statement."""
    if not rows:
        return
    model = type(rows[0])
    fields = [field for field in model._meta.concrete_fields if field.name in names]
    columns = _columns(rows, [model._meta.pk, *fields])
    table, workspace_id = _table(model), rows[0].workspace_id  # type: ignore[attr-defined]
    ids = columns.pop("id")
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            changes = ", ".join(f"{_column(field)} = v.{_column(field)}" for field in fields)
            arrays = ", ".join(map(_array, [*fields, model._meta.pk]))
            sql = (
                f"UPDATE {table} SET {changes} FROM UNNEST({arrays}) AS v ({', '.join(map(_column, fields))}, id) "
                f'WHERE {table}."workspace_id" = %s AND {table}."id" = v.id'
            )
            cursor.execute(sql, [*_arrays({**columns, "id": ids}), workspace_id])
        else:
            changes = ", ".join(f"{_column(field)} = %s" for field in fields)
            sql = f'UPDATE {table} SET {changes} WHERE {table}."workspace_id" = %s AND {table}."id" = %s'
            plain = map(_plain, columns.values())
            cursor.executemany(sql, list(zip(*plain, repeat(workspace_id), _plain(ids), strict=False)))


def _columns(rows: Sequence[Model], fields: Sequence["Field[Any, Any]"]) -> dict[str, list[Any]]:
    columns = {}
    for field in fields:
        values = list(map(attrgetter(field.attname), rows))
        if field.attname == "id" and isinstance(values[0], uuid.UUID):
            values = [id.hex for id in values]
        if isinstance(field, JSONField):
            values = [json.dumps(value, cls=field.encoder) for value in values]
        columns[field.attname] = values
    return columns


_AS_TEXT: dict[type, Callable[[Any], str]] = {datetime: datetime.isoformat, uuid.UUID: attrgetter("hex")}


def _arrays(columns: Columns) -> list[str]:
    return [array_text(_texts(values)) for values in columns.values()]


def _texts(values: Sequence[Any]) -> Sequence[str | None]:
    kind = type(next((value for value in values if value is not None), ""))
    if kind is str:
        return values
    as_text = _AS_TEXT.get(kind, str)
    return [None if value is None else as_text(value) for value in values]


def _plain(values: Sequence[Any]) -> Sequence[Any]:
    """As SQLite has them."""
    kind = type(next((value for value in values if value is not None), ""))
    if kind is datetime:
        return [None if value is None else _naive(value) for value in values]
    if kind is uuid.UUID:
        return [None if value is None else value.hex for value in values]
    return [None if value is None else str(value) for value in values] if kind is date else values


def _naive(at: datetime) -> str:
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(" ")


def _array(field: "Field[Any, Any]") -> str:
    """The parameter of a column, with its type; that without a length, which would cut instead of refuse."""
    return f"%s::{str(field.db_type(connection)).partition('(')[0]}[]"


def _field(model: type[Model], attribute: str) -> "Field[Any, Any]":
    return next(field for field in model._meta.concrete_fields if field.attname == attribute)


def _names(model: type[Model], attributes: Sequence[str]) -> str:
    return ", ".join(_column(_field(model, name)) for name in attributes)


def _column(field: "Field[Any, Any]") -> str:
    return _quoted(str(field.column))


def _table(model: type[Model]) -> str:
    return _quoted(model._meta.db_table)


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
