"""What a fixture writes, made once and copied for each further test: rows are faster to insert than made.

A copy is what the fixture would write only where it begins with the same: on nothing but what such fixtures wrote
before it, while the clock stands still at the same instant, or in the same hour where that is told to be enough.
Elsewhere it runs as it is written. Copied are rows and what the fixture returns; sessions are each test's own.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from functools import cache, wraps
from typing import Any, ParamSpec, TypeVar

import time_machine
from django.apps import apps
from django.db import connection, transaction
from django.db.models import GeneratedField

from tests.emptying import tables_with_rows
from workspaces.models import Session

P = ParamSpec("P")
R = TypeVar("R")
WRITES = ("INSERT", "UPDATE", "DELETE", "TRUNCATE", "WITH", "COPY")
OF_EACH_TEST = {Session._meta.db_table}
ROWS_AT_ONCE = 500
"""In a statement, whose text SQLite bounds."""
Literals = dict[str, set[str]]
"""By table: each row as SQL writes it, "(1, 'a', NULL)". The text is exactly that of the database."""


@dataclass(frozen=True)
class Made:
    statements: tuple[str, ...]
    value: Any


_MADE: dict[tuple[Any, ...], Made] = {}


class History:
    """Which of these fixtures wrote in the test that runs; None once anything else did."""

    fixtures: tuple[str, ...] | None = None
    is_watched = True

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if self.is_watched and sql.startswith(WRITES) and not any(f'"{table}"' in sql for table in OF_EACH_TEST):
            self.fixtures = None
        return execute(sql, params, many, context)

    @contextmanager
    def goes_on_with(self, name: str) -> Iterator[None]:
        self.is_watched = False
        yield
        self.is_watched = True
        self.fixtures = (*(self.fixtures or ()), name)


_history = History()


@contextmanager
def one_test() -> Iterator[None]:
    _history.fixtures, _history.is_watched = (), True
    with connection.execute_wrapper(_history):
        yield
    _history.fixtures = None


def copied(fixture: Callable[P, R]) -> Callable[P, R]:
    """For a fixture that writes rows, always the same, and returns None, models, or values."""
    return _copied(fixture, _instant)


def copied_for_an_hour(fixture: Callable[P, R]) -> Callable[P, R]:
    """As `copied`, while the clock runs, and also what is committed: where rows an hour old are as good as new ones."""
    return _copied(fixture, lambda: int(time.time()) // 3600)


def _copied(fixture: Callable[P, R], begins: Callable[[], int | None]) -> Callable[P, R]:
    """`begins` tells the time by which a copy is known; None where there can be none."""
    name = f"{fixture.__module__}.{fixture.__qualname__}"

    @wraps(fixture)
    def copy(*args: P.args, **kwargs: P.kwargs) -> R:
        began = begins()
        if _history.fixtures is None or not _history.is_watched or began is None:
            return fixture(*args, **kwargs)
        key = (name, _history.fixtures, began)
        with _history.goes_on_with(name):
            if key not in _MADE:
                before = _literals()
                value = fixture(*args, **kwargs)
                _MADE[key] = Made(_statements(before, _literals()), deepcopy(value))
                return value
            _run(_MADE[key].statements)
        value: R = deepcopy(_MADE[key].value)
        return value

    return copy


def _instant() -> int | None:
    is_still = time_machine.escape_hatch.is_travelling() and time.time_ns() == time.time_ns()
    return time.time_ns() if is_still and connection.in_atomic_block else None


@transaction.atomic
def _run(statements: tuple[str, ...]) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(";".join(statements))
            return
        for statement in statements:
            cursor.execute(statement)


def _literals() -> Literals:
    found = {}
    with connection.cursor() as cursor:
        for table in {*tables_with_rows()} & _columns().keys() - OF_EACH_TEST:
            quoted = ", ".join(_literal(column) for column in _columns()[table])
            cursor.execute(f'SELECT {quoted} FROM "{table}"')
            found[table] = {f"({', '.join(row)})" for row in cursor.fetchall()}
    return found


def _literal(column: str) -> str:
    return f'quote_nullable("{column}"::text)' if connection.vendor == "postgresql" else f'quote("{column}")'


@cache
def _columns() -> dict[str, list[str]]:
    """By table, the primary key first."""
    return {
        model._meta.db_table: [
            field.column
            for field in sorted(model._meta.concrete_fields, key=lambda field: not field.primary_key)
            if not isinstance(field, GeneratedField)
        ]
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy
    }


def _statements(before: Literals, after: Literals) -> tuple[str, ...]:
    statements = []
    for table in sorted(before.keys() | after.keys()):
        was, there = before.get(table, set()), after.get(table, set())
        pk, *_ = columns = _columns()[table]
        if gone := was - there:
            keys = ", ".join(sorted(row[1:].partition(", ")[0].rstrip(")") for row in gone))
            statements.append(f'DELETE FROM "{table}" WHERE "{pk}" IN ({keys})')
        if new := there - was:
            named = ", ".join(f'"{column}"' for column in columns)
            rows = sorted(new)
            some = (rows[start : start + ROWS_AT_ONCE] for start in range(0, len(rows), ROWS_AT_ONCE))
            statements += [f'INSERT INTO "{table}" ({named}) VALUES {", ".join(part)}' for part in some]
    return tuple(statements)
