"""Set-based writes of facts and catalogue: rows that are new, and rows that have changed."""

import json
import uuid
from collections.abc import Mapping, Sequence
from itertools import repeat
from operator import attrgetter
from typing import Any

import numpy as np
from django.db import connection
from django.db.models import Field, JSONField, Model

from analytics.models.bulk import ValuesByColumn, array_of, as_arrays, as_plain, insert_columns, quoted_name
from analytics.models.stamps import stamp

_NOT_OF_ROWS = ("workspace", "written_at")
"""What is said of all rows at once."""


def insert_new(rows: Sequence[Model]) -> set[uuid.UUID]:
    """Insert facts of one model and workspace; answer the ids that were not there before.

    One statement, on SQLite two.
    """
    if not rows:
        return set()
    model, workspace_id = type(rows[0]), rows[0].workspace_id  # type: ignore[attr-defined]
    if connection.vendor == "sqlite":
        stored = model._default_manager.filter(workspace_id=workspace_id, pk__among=[row.pk.hex for row in rows])
        known = set(stored.values_list("pk", flat=True))
        rows = [row for row in rows if row.pk not in known]
        if not rows:
            return set()
    columns = _columns(rows, [field for field in model._meta.concrete_fields if field.name not in _NOT_OF_ROWS])
    new = insert_new_columns(model, columns, workspace_id=workspace_id)
    return {row.pk for row in rows if row.pk.hex in new}


def insert_new_columns(model: type[Model], columns: ValuesByColumn, *, workspace_id: int, **same: Any) -> set[str]:
    """As `insert_columns`, sorted by id: two writers of the same rows wait for, instead of locking out each other."""
    order = sorted(range(len(columns["id"])), key=columns["id"].__getitem__)
    return insert_columns(model, rows_at(columns, order), workspace_id=workspace_id, **same)


def rows_at(columns: ValuesByColumn, places: Sequence[int]) -> dict[str, Any]:
    """The rows at these places, in their order."""
    return {
        name: values[places] if isinstance(values, np.ndarray) else [values[place] for place in places]
        for name, values in columns.items()
    }


def update_rows(rows: Sequence[Model], names: Sequence[str], *, is_shown: bool = True) -> None:
    """Write these fields of rows of one model and workspace, which the caller has locked. One statement.

    Where it `is_shown` what they say, and copies of them are kept, they are stamped.
    """
    if not rows:
        return
    model = type(rows[0])
    fields = [field for field in model._meta.concrete_fields if field.name in names]
    columns = _columns(rows, [model._meta.pk, *fields])
    workspace_id = rows[0].workspace_id  # type: ignore[attr-defined]
    update_columns(model, columns, workspace_id=workspace_id, is_shown=is_shown)


def update_columns(
    model: type[Model], columns: Mapping[str, Sequence[Any]], *, workspace_id: int, is_shown: bool = True
) -> None:
    """As `update_rows`, of rows by their `id`; JSON is text."""
    if not columns["id"]:
        return
    ids, columns = columns["id"], {name: values for name, values in columns.items() if name != "id"}
    of_model = {field.attname: field for field in model._meta.concrete_fields}
    if is_shown and "written_at" in of_model:
        columns["written_at"] = [stamp()] * len(ids)
    fields = [of_model[name] for name in columns]
    table, written = quoted_name(model._meta.db_table), [quoted_name(str(field.column)) for field in fields]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            changes = ", ".join(f"{name} = v.{name}" for name in written)
            arrays = ", ".join(map(array_of, [*fields, model._meta.pk]))
            sql = (
                f"UPDATE {table} SET {changes} FROM UNNEST({arrays}) AS v ({', '.join(written)}, id) "
                f'WHERE {table}."workspace_id" = %s AND {table}."id" = v.id'
            )
            cursor.execute(sql, [*as_arrays({**columns, "id": ids}), workspace_id])
        else:
            changes = ", ".join(f"{name} = %s" for name in written)
            sql = f'UPDATE {table} SET {changes} WHERE {table}."workspace_id" = %s AND {table}."id" = %s'
            plain = map(as_plain, columns.values())
            cursor.executemany(sql, list(zip(*plain, repeat(workspace_id), as_plain(ids), strict=False)))


def update_where(model: type[Model], by: str, column: str, values: Mapping[int, int], *, workspace_id: int) -> None:
    """Set a column of the workspace's rows whose column `by` is one of the keys, and stamp them. One statement."""
    if not values:
        return
    fields = {field.attname: field for field in model._meta.concrete_fields}
    table, key, written = (
        quoted_name(str(name)) for name in (model._meta.db_table, fields[by].column, fields[column].column)
    )
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            arrays = ", ".join(["%s::bigint[]"] * 2)
            sql = (
                f"UPDATE {table} SET {written} = v.value, written_at = %s FROM UNNEST({arrays}) AS v (key, value) "
                f'WHERE {table}."workspace_id" = %s AND {table}.{key} = v.key'
            )
            parameters = as_arrays({"key": [*values], "value": [*values.values()]})
            cursor.execute(sql, [stamp(), *parameters, workspace_id])
        else:
            at = as_plain([stamp()])[0]
            sql = f"UPDATE {table} SET {written} = %s, written_at = %s "
            sql += f'WHERE {table}."workspace_id" = %s AND {table}.{key} = %s'
            cursor.executemany(sql, [(value, at, workspace_id, key) for key, value in values.items()])


def _columns(rows: Sequence[Model], fields: Sequence["Field[Any, Any]"]) -> dict[str, list[Any]]:
    columns = {}
    for field in fields:
        values = list(map(attrgetter(field.attname), rows))
        if field.attname == "id" and isinstance(values[0], uuid.UUID):
            values = [id.hex for id in values]
        if isinstance(field, JSONField):
            encode = (field.encoder or json.JSONEncoder)().encode
            values = ["{}" if value == {} else encode(value) for value in values]  # which most are
        columns[field.attname] = values
    return columns
