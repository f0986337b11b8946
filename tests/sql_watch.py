"""Watches the program's SQL: every statement on a distributed table must name one workspace, and no subquery may ask
for each row of a distributed table about one of the coordinator's, or the other way round.

Queries that a test makes by itself are left alone; those of the code it calls are not.
"""

import re
import traceback
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import accumulate, chain, product
from pathlib import Path
from typing import Any

from django.apps import apps

from analytics.models.distribution import DistributedModel

ROOT = Path(__file__).resolve().parent.parent
OURS = tuple(str(ROOT / folder) for folder in ("analytics", "workspaces", "campaignos"))
TESTS = str(ROOT / "tests")
WATCHES = {__file__, str(Path(__file__).with_name("copied_rows.py"))}
"""What stands between a statement and whoever makes it."""

_USED = re.compile(
    r'(?:FROM|JOIN|UPDATE|INTO)\s+"(?P<table>\w+)"(?:\s+(?!WHERE|SET|ON|INNER|LEFT|ORDER|GROUP|LIMIT)(?P<alias>"?\w+"?))?'
)
_NAMED = re.compile(r'"?(\w+)"?\."')
_INSERT = re.compile(r'INSERT (?:OR IGNORE )?INTO "(?P<table>\w+)" \((?P<columns>[^)]*)\)')


@cache
def distributed_tables() -> set[str]:
    return {model._meta.db_table for model in apps.get_models() if issubclass(model, DistributedModel)}


def problem(sql: str, params: Sequence[Any]) -> str | None:
    """What is wrong with a statement, None if nothing."""
    if insert := _INSERT.match(sql):
        return _insert_problem(insert, sql, params) if insert["table"] in distributed_tables() else None
    return _problem_without_params(sql)


def _insert_problem(insert: re.Match[str], sql: str, params: Sequence[Any]) -> str | None:
    columns = [column.strip(' "') for column in insert["columns"].split(",")]
    if "workspace_id" not in columns:
        return "inserts without a workspace"
    place = columns.index("workspace_id")
    given = params[place] if "UNNEST" in sql else params[place :: len(columns)]
    if len(set(given if isinstance(given, Sequence) else [given])) > 1:
        return "inserts for several workspaces at once"
    return None


@cache
def _problem_without_params(sql: str) -> str | None:
    used = [(use["table"], use["alias"]) for use in _USED.finditer(sql) if use["table"] in distributed_tables()]
    if not used or sql.startswith(("TRUNCATE", "CREATE", "ALTER", "DROP")):
        return None
    if re.search(r'SET [^;]*"workspace_id" = .* WHERE', sql):
        return "writes a row's workspace"
    for table, alias in used:
        column = rf"""{re.escape(alias or f'"{table}"')}\."workspace_id\""""
        other = r'(?:"?\w+"?\."(?:workspace_id|id)")'
        if not re.search(rf"{column} = \(?(?:%s|\d+|{other})|{other} = \(?{column}", sql):
            return f"does not say which workspace of {table}"
    return _subquery_problem(sql)


def _subquery_problem(sql: str) -> str | None:
    """Citus joins the coordinator's tables to distributed ones, but cannot ask one for each row of the other."""
    everywhere = _tables_by_name(sql)
    for subquery in _subqueries(sql):
        inside = _tables_by_name(subquery)
        outside = {everywhere[name] for name in set(_NAMED.findall(subquery)) & (everywhere.keys() - inside.keys())}
        for inner, outer in product(set(inside.values()), outside):
            if (inner in distributed_tables()) != (outer in distributed_tables()):
                return f"asks {inner} for each row of {outer}"
    return None


def _tables_by_name(sql: str) -> dict[str, str]:
    """The tables that it uses, by what their columns are named with."""
    return {(use["alias"] or use["table"]).strip('"'): use["table"] for use in _USED.finditer(sql)}


def _subqueries(sql: str) -> Iterator[str]:
    for start in (match.start() for match in re.finditer(r"\(SELECT ", sql)):
        depths = accumulate({"(": 1, ")": -1}.get(sign, 0) for sign in sql[start:])
        yield sql[start : start + next(place for place, depth in enumerate(depths) if depth == 0)]


class SqlWatch:
    def __init__(self) -> None:
        self.problems: list[str] = []

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        found = problem(sql, list(chain.from_iterable(params)) if many else params or ())
        if found and _is_the_programs():
            self.problems.append(f"{found}: {sql[:500]}")
        return execute(sql, params, many, context)


def _is_the_programs() -> bool:
    """Whether the innermost frame of the project is not a test's."""
    for frame, _ in traceback.walk_stack(None):
        name = frame.f_code.co_filename
        if name.startswith(TESTS) and name not in WATCHES:
            return False
        if name.startswith(OURS):
            return True
    return False
