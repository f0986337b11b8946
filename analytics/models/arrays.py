"""Many values as one parameter of a statement: each `%s` has its price, for the driver and for the planner."""

import json
from collections.abc import Sequence
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field, Lookup
from django.db.models.sql.compiler import SQLCompiler

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
