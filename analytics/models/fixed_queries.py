"""Queries that are asked for each batch. The ORM takes 0.2 ms to write one, mostly longer than it takes to answer it.

So it writes each once, with places where the values come.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import QuerySet

from analytics.models.bulk import Many, binary_rows, list_parameter
from campaignos.fixed_rows import Placeholder
from workspaces.scope import ALL, ScopeError, current_scope, scope_of_all

WORKSPACE = Placeholder("workspace_id")


class _CompiledQuery(NamedTuple):
    sql: str
    params: Sequence[Any]
    kinds: Sequence[str]


@dataclass
class FixedQuery:
    """A query of `values_list` on tables with a workspace, in which placeholders, such as `WORKSPACE`, stand for
    values."""

    query: Callable[[], QuerySet[Any, tuple[Any, ...]]]

    def rows(self, workspace_id: int, **parameters: Any) -> Iterator[tuple[Any, ...]]:
        """As `in_binary`. Raises ScopeError where the running code does not act for that workspace."""
        if current_scope() not in (ALL, workspace_id):
            raise ScopeError(f"Rows of workspace {workspace_id} were asked for, and it is acted for {current_scope()}.")
        sql, params, kinds = self._compiled_query
        values = {WORKSPACE.name: workspace_id, **parameters}
        yield from binary_rows(sql, [_value(param, values) for param in params], kinds)

    @cached_property
    def _compiled_query(self) -> _CompiledQuery:
        with scope_of_all("A query is written that names its workspace when it is asked."):
            query = self.query()
        compiler = query.query.get_compiler(connection=connection)
        sql, params = compiler.as_sql()
        return _CompiledQuery(sql, params, [column.output_field.get_internal_type() for column, *_ in compiler.select])


def _value(param: Any, values: Mapping[str, Any]) -> Any:
    match param:
        case Many(Placeholder(name=name)):
            return list_parameter(values[name])
        case Placeholder(name=name):
            return param.in_database(values[name])
    return param
