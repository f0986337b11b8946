"""Row level security of PostgreSQL behind the scope: the policies that every table with a workspace should have.

A policy shows and lets write the rows of the workspace that the transaction's setting names, as
`workspaces.postgresql` makes it; all rows where that says so. A second one shows at the door what is looked up there.
Where nobody has made the setting, reading is an error, so that a program which does not know of the policies fails
instead of finding nothing. docs/operations.md says how to switch it on.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection, models, transaction

from workspaces.models import AuditEvent, Membership
from workspaces.scope import ALL, DOOR, READ_AT_THE_DOOR, SETTING

OF_ITS_WORKSPACE = "of_its_workspace"
AT_THE_DOOR = "at_the_door"
_OURS = [OF_ITS_WORKSPACE, AT_THE_DOOR]

_SCOPE = f"current_setting('{SETTING}')"
_WORKSPACE = f"(SELECT nullif(nullif({_SCOPE}, '{ALL}'), '{DOOR}')::bigint)"
"""Its number. In a subquery, which is computed once a statement and not once a row."""


class NoRowSecurity(Exception):
    """The database cannot have it; the text says why."""


@dataclass(frozen=True)
class Step:
    """Statements on one table, and what they are for."""

    table: str
    what: str
    statements: tuple[str, ...]


@dataclass(frozen=True)
class _State:
    is_enabled: bool
    is_forced: bool
    policies: dict[str, str]
    """Our own by name, as what their comments say they were made."""


def tenant_models() -> list[type[models.Model]]:
    """Those with a workspace, by table."""
    with_workspace = (
        model for model in apps.get_models() if any(field.name == "workspace" for field in model._meta.local_fields)
    )
    return sorted(with_workspace, key=lambda model: model._meta.db_table)


def _tables() -> list[str]:
    return [model._meta.db_table for model in tenant_models()]


def policies(model: type[models.Model]) -> dict[str, str]:
    """Which rows of a table may be seen and written, in SQL by the policies' names."""
    rows = f"workspace_id = {_WORKSPACE} OR {_is(ALL)}"
    if model is AuditEvent:
        members = f"SELECT user_id FROM {_quoted_name(Membership._meta.db_table)}"
        rows += f" OR (workspace_id IS NULL AND ({_is(DOOR)} OR account_id IN ({members})))"
    clauses = {OF_ITS_WORKSPACE: f"USING ({rows})"}
    if model._meta.label in READ_AT_THE_DOOR:
        clauses[AT_THE_DOOR] = f"FOR SELECT USING ({_is(DOOR)})"
    return clauses


def _is(scope: str) -> str:
    return f"(SELECT {_SCOPE} = '{scope}')"


def plan() -> list[Step]:
    """What is left to do, so that every table has its policy; none where all is done. Raises NoRowSecurity.

    Policies of other names are left alone.
    """
    _require_postgresql()
    if _execute("SELECT 1 FROM pg_extension WHERE extname = 'citus'"):
        raise NoRowSecurity("This is a Citus cluster, whose workers are not told for whom a statement is.")
    states = _states()
    if missing := [model._meta.db_table for model in tenant_models() if model._meta.db_table not in states]:
        raise NoRowSecurity(f"Run `manage.py migrate` first: there is no {', '.join(missing)}.")
    return [step for model in tenant_models() for step in _missing(model, states[model._meta.db_table])]


def plan_off() -> list[Step]:
    """What is left to do, so that no table has its policy. Raises NoRowSecurity."""
    _require_postgresql()
    off = "NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY"
    return [
        Step(
            name,
            "whoever may read the table sees every row",
            (*_drop_policies(name, state.policies), f"ALTER TABLE {_quoted_name(name)} {off}"),
        )
        for name, state in _states().items()
        if state.is_enabled or state.policies
    ]


def carry_out(steps: Sequence[Step]) -> Iterator[Step]:
    """In one transaction; answers each when it is done."""
    with transaction.atomic():
        for step in steps:
            for statement in step.statements:
                _execute(statement)
            yield step


def why_closed() -> str | None:
    """Why this program can read no row: the tables are protected, and it does not say for whom it asks. One query."""
    if settings.ROW_LEVEL_SECURITY or connection.vendor != "postgresql":
        return None
    is_protected = any(state.is_enabled for state in _states().values())
    return "The tables are protected, but ROW_LEVEL_SECURITY is off." if is_protected else None


def problems() -> list[str]:
    """Why row level security, which is switched on, does not hold, if so. Four queries, none where it is off."""
    if not settings.ROW_LEVEL_SECURITY:
        return []
    try:
        steps = plan()
    except NoRowSecurity as error:
        return [str(error)]
    tables = ", ".join(step.table for step in steps)
    return [
        *([f"Without their policy, run `manage.py protect`: {tables}."] if steps else []),
        *(f"The policy {name} of {table} shows rows beside our own." for table, name in _other_policies()),
        *role_problems(),
    ]


def role_problems() -> Iterator[str]:
    """Why no policy holds the role as which the program connects, if so. One query."""
    [(role, is_superuser, bypasses)] = _execute(
        "SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"
    )
    if is_superuser or bypasses:
        what = "a superuser" if is_superuser else "a role with BYPASSRLS"
        yield f"The program connects as {role}, {what}, whom no policy holds: let it connect as a role without that."


def _require_postgresql() -> None:
    if connection.vendor != "postgresql":
        raise NoRowSecurity(f"This is {connection.display_name}, which has no row level security; PostgreSQL has.")


def _missing(model: type[models.Model], state: _State) -> Iterator[Step]:
    name, wanted = model._meta.db_table, policies(model)
    table, statements = _quoted_name(name), list[str]()
    if state.policies != wanted:
        statements += _drop_policies(name, state.policies)
        for policy, text in wanted.items():
            statements.append(f"CREATE POLICY {policy} ON {table} {text}")
            statements.append(f"COMMENT ON POLICY {policy} ON {table} IS {_literal(text)}")
    if not (state.is_enabled and state.is_forced):
        statements.append(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    if statements:
        yield Step(name, "only rows of the workspace that is acted for", tuple(statements))


def _drop_policies(table: str, policies: Iterable[str]) -> list[str]:
    return [f"DROP POLICY {policy} ON {_quoted_name(table)}" for policy in policies]


def _states() -> dict[str, _State]:
    """The tables with a workspace that the database has, as they are. One query."""
    rows = _execute(
        "SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity, "
        "array_agg(p.polname::text), array_agg(coalesce(obj_description(p.oid, 'pg_policy'), '')) "
        "FROM pg_class c LEFT JOIN pg_policy p ON p.polrelid = c.oid AND p.polname = ANY(%s) WHERE c.relname = ANY(%s) "
        "AND c.relnamespace = current_schema()::regnamespace GROUP BY c.oid ORDER BY c.relname",
        [_OURS, _tables()],
    )
    return {
        name: _State(enabled, forced, {policy: text for policy, text in zip(names, texts, strict=True) if policy})
        for name, enabled, forced, names, texts in rows
    }


def _other_policies() -> list[tuple[str, str]]:
    """Policies on our tables that others made, and that hold for the program's role."""
    return _execute(
        "SELECT tablename, policyname FROM pg_policies WHERE schemaname = current_schema() AND tablename = ANY(%s) "
        "AND policyname != ALL(%s) AND permissive = 'PERMISSIVE' AND roles && ARRAY['public', current_user]::name[]",
        [_tables(), _OURS],
    )


def _execute(statement: str, params: Sequence[str | list[str]] | None = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.fetchall() if cursor.description else []


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _quoted_name(name: str) -> str:
    return connection.ops.quote_name(name)
