"""Many rows and many values in one statement, for which the ORM has no words. The only SQL by hand.

Rows go to the database as columns: on PostgreSQL each column is one parameter, an array, and very many rows are copied;
on SQLite, where a statement is a function call away, one prepared statement is run for each row. Each `%s` has its
price, for driver and planner.
"""

import json
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import repeat
from operator import attrgetter
from typing import Any, Literal, NamedTuple

import numpy as np
from django.conf import settings
from django.db import IntegrityError, InternalError, connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import AutoField, Expression, Field, ForeignKey, Lookup, Model, QuerySet
from django.db.models.sql.compiler import SQLCompiler
from numpy.typing import NDArray

from analytics.models.stamps import stamp
from analytics.periods import microseconds

ColumnValues = Sequence[Any] | NDArray[np.datetime64]
ValuesByColumn = Mapping[str, ColumnValues]
"""By attribute of the model, a value for each row, as many in each; ids as 32 digits, JSON as text.

Very many instants are best an array, in UTC: Python takes 1.7 µs to write one, and NumPy 0.3.
"""

_COPIED_AT_ONCE = 500
MOST_INSERTED = 2_000
"""More rows than these go to PostgreSQL by COPY: 25 to 29 instead of 32 to 38 µs an event, on a slow machine."""

_NULL = "\ud800"
"""Half of a surrogate pair, which like NUL no stored text can have."""
_ESCAPES = (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r"), (_NULL, "\\N"))
"""In what is copied."""


def array_text(values: Sequence[str | None]) -> str:
    """PostgreSQL's notation of an array, of texts without NUL. All at once, where to quote one by one takes longest."""
    if not values:
        return "{}"
    texts = "\0".join(_NULL if value is None else value for value in values)
    quoted = texts.replace("\\", "\\\\").replace('"', '\\"').replace("\0", '","')
    return f'{{"{quoted}"}}'.replace(f'"{_NULL}"', "NULL")


@Field.register_lookup
@ForeignKey.register_lookup
class Among(Lookup):
    """`filter(value__among=[…])` is `value__in`, for as many texts or whole numbers; UUIDs are given as 32 digits."""

    lookup_name = "among"

    def get_prep_lookup(self) -> Any:
        return self.rhs if isinstance(self.rhs, Expression) else list(self.rhs)

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        column, params = self.process_lhs(compiler, connection)
        values = Many(self.rhs) if isinstance(self.rhs, Expression) else list_parameter(self.rhs)
        if connection.vendor == "postgresql":
            return f"{column} = ANY(%s)", (*params, values)
        return f"{column} IN (SELECT value FROM json_each(%s))", (*params, values)


class Many(NamedTuple):
    """Stands among the parameters for those of a list that are not given yet."""

    of: Expression


def list_parameter(values: Iterable[str | int]) -> str:
    """Texts or whole numbers as one parameter, as `among` has it."""
    if connection.vendor == "postgresql":
        return array_text([str(value) for value in values])
    return json.dumps(list(values))


def insert_columns(model: type[Model], columns: ValuesByColumn, **same: Any) -> set[str]:
    """Insert rows, with the values that are the `same` in all of them; answer the ids of those that were not there.

    On SQLite none may be there, and anywhere none of a model without ids: who has not looked in the same transaction
    gets an IntegrityError. One statement; very many rows take a savepoint on PostgreSQL, and one statement more where
    some of them were there.
    """
    ids = columns.get("id")
    size = len(next(iter(columns.values())))
    if not size:
        return set()
    fields = {field.attname: field for field in model._meta.concrete_fields}
    if "written_at" in fields and "written_at" not in columns:
        same = {**same, "written_at": stamp()}
    names = ", ".join(quoted_name(str(fields[name].column)) for name in [*same, *columns])
    table = f"{quoted_name(model._meta.db_table)} ({names})"
    if size > MOST_INSERTED and _try_to_copy(table, columns, same):
        return set(ids or ())
    into = f"INSERT INTO {table}"
    marks = ", ".join(["%s"] * len(same))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            arrays = ", ".join(array_of(fields[name]) for name in columns)
            select = f"SELECT {marks}, v.* FROM UNNEST({arrays}) AS v"
            of_new = "" if ids is None else "ON CONFLICT DO NOTHING RETURNING id"
            cursor.execute(f"{into} {select} {of_new}", [*same.values(), *as_arrays(columns)])
            if cursor.rowcount < size:
                return {id.hex for (id,) in cursor.fetchall()}
        else:
            constant = [repeat(as_plain([value])[0], size) for value in same.values()]
            marks = ", ".join(["%s"] * (len(same) + len(columns)))
            rows = list(zip(*constant, *map(as_plain, columns.values()), strict=True))
            cursor.executemany(f"{into} VALUES ({marks})", rows)
    return set(ids or ())


def keep_ids_of(models: Iterable[type[Model]]) -> None:
    """Ids that rows were stored with are not given to new ones. SQLite sees to it by itself."""
    numbered = [model for model in models if isinstance(model._meta.pk, AutoField)]
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        for model in numbered:
            table = quoted_name(model._meta.db_table)
            cursor.execute(
                f"SELECT setval(s, GREATEST(nextval(s), (SELECT MAX(id) FROM {table}))) "
                "FROM (SELECT pg_get_serial_sequence(%s, 'id') AS s) AS of_ids",
                [table],
            )


def counted_up(model: type[Model], column: str, *, workspace_id: int) -> int:
    """Add 1 to a number of the workspace's only row, which is then locked; answer the sum. One statement."""
    table, name = quoted_name(model._meta.db_table), quoted_name(column)
    with connection.cursor() as cursor:
        sql = f'UPDATE {table} SET {name} = {name} + 1 WHERE {table}."workspace_id" = %s RETURNING {name}'
        cursor.execute(sql, [workspace_id])
        return int(cursor.fetchone()[0])


def _try_to_copy(table: str, columns: ValuesByColumn, same: Mapping[str, Any]) -> bool:
    """Whether all rows are stored now; otherwise none is, as some were there or the database does not copy."""
    if connection.vendor != "postgresql" or settings.ROW_LEVEL_SECURITY:
        return False
    copying = f"COPY {table} FROM STDIN"
    try:
        with (
            transaction.atomic(),
            connection.wrap_database_errors,
            connection.cursor() as cursor,
            cursor.copy(copying) as copy,
        ):
            for part in _copy_text(columns, same):
                copy.write(part)
    except (IntegrityError, InternalError):  # the second is what Citus calls it
        return False
    return True


def _copy_text(columns: ValuesByColumn, same: Mapping[str, Any]) -> Iterator[str]:
    """PostgreSQL's notation of rows to be copied, what is the same in all of them first.

    In parts: the server stores one while the next is written.
    """
    begin = "".join(f"{_fields([value])[0]}\t" for value in same.values())
    size = len(next(iter(columns.values())))
    for start in range(0, size, _COPIED_AT_ONCE):
        part = (_fields(values[start : start + _COPIED_AT_ONCE]) for values in columns.values())
        yield begin + f"\n{begin}".join(map("\t".join, zip(*part, strict=True))) + "\n"


def _fields(values: ColumnValues) -> Sequence[str]:
    fields = [_NULL if value is None else value for value in _texts(values)]
    texts = "\0".join(fields)
    escapes = [(letter, written) for letter, written in _ESCAPES if letter in texts]
    for letter, written in escapes:
        texts = texts.replace(letter, written)
    return texts.split("\0") if escapes else fields


def rows_of(model: type[Model], columns: Mapping[str, Sequence[str]], *, workspace_id: int) -> list[tuple[Any, ...]]:
    """The workspace's rows that have one of these values in each column, as id and these columns. One statement.

    Of a model whose index begins with the workspace and goes on with the columns: by it each row is looked up.
    """
    table, names = quoted_name(model._meta.db_table), [*map(quoted_name, columns)]
    chosen = ", ".join(f"t.{name}" for name in ("id", *names))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            arrays = ", ".join(["%s::text[]"] * len(names))
            values, params = f"UNNEST({arrays}) AS v ({', '.join(names)})", as_arrays(columns)
        else:
            parts = ", ".join(f"value ->> {place} AS {name}" for place, name in enumerate(names))
            values, params = (
                f"(SELECT {parts} FROM json_each(%s)) AS v",
                [json.dumps([*zip(*columns.values(), strict=True)])],
            )
        same = " AND ".join(f"t.{name} = v.{name}" for name in names)
        join = "JOIN" if connection.vendor == "postgresql" else "CROSS JOIN"
        sql = f"SELECT {chosen} FROM {values} {join} {table} t ON {same} WHERE t.workspace_id = %s"
        cursor.execute(sql, [*params, workspace_id])
        return list(cursor.fetchall())


def in_binary(rows: QuerySet[Any, tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """The rows of `values_list`, sent in PostgreSQL's own formats: as text, bytes are twice as many, and instants are
    taken apart in Python. On SQLite they are converted by columns.

    Of 3 million touches, 26 MB, it took 26 instead of 141 ms. Not for columns that Django converts, such as JSON.
    """
    compiler = rows.query.get_compiler(connection=connection)
    sql, params = compiler.as_sql()
    yield from binary_rows(sql, params, [column.output_field.get_internal_type() for column, *_ in compiler.select])


def binary_rows(sql: str, params: Sequence[Any], kinds: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """As `in_binary`, of a query that is written already; `kinds` are the internal types of its columns."""
    if connection.vendor != "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
            while some := cursor.fetchmany(10_000):
                yield from zip(*map(_of_kind, zip(*some, strict=True), kinds), strict=True)
        return
    from campaignos.postgresql import BinaryCursor  # not where there is SQLite

    connection.ensure_connection()
    kind = getattr(connection, "binary_cursor", BinaryCursor)
    with connection._prepare_cursor(kind(connection.connection)) as cursor:  # type: ignore[attr-defined]
        cursor.execute(sql, params)
        while some := cursor.fetchmany(10_000):
            yield from some


def _of_kind(values: Sequence[Any], kind: str) -> Iterable[Any]:
    """A column that has come from SQLite, as Django has it."""
    match kind:
        case "DateTimeField":
            return [value and value.replace(tzinfo=UTC) for value in values]
        case "UUIDField":
            return [value and uuid.UUID(value) for value in values]
    return values


_AS_TEXT: dict[type, Callable[[Any], str]] = {
    uuid.UUID: attrgetter("hex"),
    bytes: lambda value: f"\\x{value.hex()}",
}


def as_arrays(columns: ValuesByColumn) -> list[str]:
    """The columns as parameters for PostgreSQL."""
    return [array_text(_texts(values)) for values in columns.values()]


def array_of(field: "Field[Any, Any]") -> str:
    """The place of such a parameter, with its type; that without a length, which would cut instead of refuse."""
    return f"%s::{str(field.db_type(connection)).partition('(')[0]}[]"


def _texts(values: ColumnValues) -> Sequence[str | None]:
    kind = _kind(values)
    if kind is datetime:
        return _instant_texts(values, zone="UTC")
    if kind is str:
        return values  # type: ignore[return-value]
    as_text = _AS_TEXT.get(kind, str)
    return [None if value is None else as_text(value) for value in values]


def as_plain(values: ColumnValues) -> Sequence[Any]:
    """A column as SQLite has it."""
    kind = _kind(values)
    if kind is datetime:
        return [
            value and value.replace("T", " ").removesuffix(".000000") for value in _instant_texts(values, zone="naive")
        ]
    if kind is uuid.UUID:
        return [None if value is None else value.hex for value in values]
    if kind is date:
        return [None if value is None else str(value) for value in values]
    return values  # type: ignore[return-value]


def _kind(values: ColumnValues) -> type:
    """The kind of the values that are not None; that of texts where all are None."""
    if isinstance(values, np.ndarray):
        return datetime
    return type(next((value for value in values if value is not None), ""))


def _instant_texts(instants: ColumnValues, *, zone: Literal["UTC", "naive"]) -> list[str | None]:
    if not isinstance(instants, np.ndarray):
        nothing = np.datetime64("NaT", "us").astype(np.int64)
        at = [nothing if instant is None else microseconds(instant) for instant in instants]
        instants = np.array(at, np.int64).view("M8[us]")
    texts = np.datetime_as_string(instants, unit="us", timezone=zone).tolist()
    return [None if text == "NaT" else text for text in texts] if np.isnat(instants).any() else texts


def quoted_name(name: str) -> str:
    return connection.ops.quote_name(name)
