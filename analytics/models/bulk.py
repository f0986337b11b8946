"""Many rows and many values in one statement, for which the ORM has no words. The only SQL by hand.

Rows go to the database as columns: on PostgreSQL each column is one parameter, an array, and very many rows are copied;
on SQLite, where a statement is a function call away, one prepared statement is run for each row. Each `%s` has its
price, for driver and planner.
"""

import json
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import repeat
from operator import attrgetter
from typing import Any

from django.conf import settings
from django.db import IntegrityError, InternalError, connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field, ForeignKey, Lookup, Model, QuerySet
from django.db.models.sql.compiler import SQLCompiler

Columns = Mapping[str, Sequence[Any]]
"""By attribute of the model, a value for each row, as many in each; ids as 32 digits, JSON as text."""

MOST_INSERTED = 2_000
"""More rows than these go to PostgreSQL by COPY: 25 to 29 instead of 32 to 38 µs an event, on a slow machine."""

_NULL = "\ud800"
"""Half of a surrogate pair, which like NUL no stored text can have."""


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

    def get_prep_lookup(self) -> list[str | int]:
        return list(self.rhs)

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        column, params = self.process_lhs(compiler, connection)
        if connection.vendor == "postgresql":
            return f"{column} = ANY(%s)", (*params, array_text([str(value) for value in self.rhs]))
        return f"{column} IN (SELECT value FROM json_each(%s))", (*params, json.dumps(self.rhs))


def insert_columns(model: type[Model], columns: Columns, **same: Any) -> set[str]:
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
    names = ", ".join(quoted(str(fields[name].column)) for name in [*same, *columns])
    table = f"{quoted(model._meta.db_table)} ({names})"
    if size > MOST_INSERTED and _copied(table, columns, same):
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


def _copied(table: str, columns: Columns, same: Mapping[str, Any]) -> bool:
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
            copy.write(_copy_text(columns, same))
    except (IntegrityError, InternalError):  # the second is what Citus calls it
        return False
    return True


def _copy_text(columns: Columns, same: Mapping[str, Any]) -> str:
    """PostgreSQL's notation of rows to be copied, what is the same in all of them first."""
    begin = "".join(f"{_fields([value])[0]}\t" for value in same.values())
    rows = map("\t".join, zip(*map(_fields, columns.values()), strict=True))
    return begin + f"\n{begin}".join(rows) + "\n"


def _fields(values: Sequence[Any]) -> list[str]:
    texts = "\0".join(_NULL if value is None else value for value in _texts(values))
    for letter, written in (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r"), (_NULL, "\\N")):
        texts = texts.replace(letter, written)
    return texts.split("\0")


def in_binary(rows: QuerySet[Any, tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """The rows of `values_list`, sent in PostgreSQL's own formats: as text, bytes are twice as many, and instants are
    taken apart in Python.

    Of 3 million touches, 26 MB, it took 26 instead of 141 ms. Not for columns that Django converts, such as JSON.
    """
    if connection.vendor != "postgresql":
        yield from rows.iterator(chunk_size=10_000)
        return
    from campaignos.postgresql import BinaryCursor  # not where there is SQLite

    connection.ensure_connection()
    kind = getattr(connection, "binary_cursor", BinaryCursor)
    with connection._prepare_cursor(kind(connection.connection)) as cursor:  # type: ignore[attr-defined]
        cursor.execute(*rows.query.sql_with_params())
        while some := cursor.fetchmany(10_000):
            yield from some


_AS_TEXT: dict[type, Callable[[Any], str]] = {
    datetime: datetime.isoformat,
    uuid.UUID: attrgetter("hex"),
    bytes: lambda value: f"\\x{value.hex()}",
}


def as_arrays(columns: Columns) -> list[str]:
    """The columns as parameters for PostgreSQL."""
    return [array_text(_texts(values)) for values in columns.values()]


def array_of(field: "Field[Any, Any]") -> str:
    """The place of such a parameter, with its type; that without a length, which would cut instead of refuse."""
    return f"%s::{str(field.db_type(connection)).partition('(')[0]}[]"


def _texts(values: Sequence[Any]) -> Sequence[str | None]:
    kind = type(next((value for value in values if value is not None), ""))
    if kind is str:
        return values
    as_text = _AS_TEXT.get(kind, str)
    return [None if value is None else as_text(value) for value in values]


def as_plain(values: Sequence[Any]) -> Sequence[Any]:
    """A column as SQLite has it."""
    kind = type(next((value for value in values if value is not None), ""))
    if kind is datetime:
        return [None if value is None else _naive(value) for value in values]
    if kind is uuid.UUID:
        return [None if value is None else value.hex for value in values]
    return [None if value is None else str(value) for value in values] if kind is date else values


def _naive(at: datetime) -> str:
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(" ")


def quoted(name: str) -> str:
    return connection.ops.quote_name(name)
