"""Rows that every request asks for, such as who calls. The ORM takes longer to write such a query, and to find out how
its answer is read, than a database to answer it. So it writes each once, with places where the values come.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar

from django.db import connection
from django.db.models import Expression, Field, Model, QuerySet
from django.db.models.expressions import BaseExpression
from django.db.models.query import get_related_populators
from django.db.models.sql.compiler import SQLCompiler

Row = TypeVar("Row", bound=Model)


class Placeholder(Expression):
    """Stands in a query for a value that is given by its name each time; the field is one of that value's kind, where
    the database has it otherwise than Python."""

    def __init__(self, name: str, field: "Field[Any, Any] | None" = None) -> None:
        super().__init__()
        self.name, self._field = name, field

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, tuple[Any, ...]]:
        return "%s", (self,)

    def get_group_by_cols(self) -> list[BaseExpression]:
        return []

    def in_database(self, value: Any) -> Any:
        return self._field.get_db_prep_value(value, connection) if self._field else value


@dataclass(frozen=True)
class _Statement(Generic[Row]):
    sql: str
    params: Sequence[Any]
    compiler: SQLCompiler

    def row(self, columns: Sequence[Any]) -> Row:
        """As Django makes one of a query's models, those of `select_related` with it."""
        [columns] = self.compiler.apply_converters([columns], self._converters)
        info: Any = self.compiler.klass_info
        start, *_ = own = info["select_fields"]
        row: Row = info["model"].from_db("default", self._names, columns[start : start + len(own)])
        for companion in self._companions:
            companion.populate(columns, row)
        return row

    @cached_property
    def _converters(self) -> Any:
        return self.compiler.get_converters([column for column, *_ in self.compiler.select])

    @cached_property
    def _names(self) -> list[str]:
        info: Any = self.compiler.klass_info
        return [self.compiler.select[place][0].target.attname for place in info["select_fields"]]

    @cached_property
    def _companions(self) -> Any:
        return get_related_populators(self.compiler.klass_info, self.compiler.select, "default")  # type: ignore[call-arg]


@dataclass
class FixedRows(Generic[Row]):
    """A query for models, in which placeholders stand for values. It is written where it is first asked: what a manager
    adds to it must be the same wherever it is asked."""

    query: Callable[[], QuerySet[Row]]

    def first(self, **values: Any) -> Row | None:
        """The first row, None where there is none. One query, which has few rows."""
        return next(iter(self.all(**values)), None)

    def all(self, **values: Any) -> list[Row]:
        """In the query's order. One query."""
        statement = self._statement
        params = [
            param.in_database(values[param.name]) if isinstance(param, Placeholder) else param
            for param in statement.params
        ]
        with connection.cursor() as cursor:
            cursor.execute(statement.sql, params)
            return [*map(statement.row, cursor.fetchall())]

    @cached_property
    def _statement(self) -> _Statement[Row]:
        compiler = self.query().query.get_compiler(connection=connection)
        sql, params = compiler.as_sql()
        return _Statement(sql, params, compiler)
