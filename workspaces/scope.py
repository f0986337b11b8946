"""For which workspace the running code acts: what the managers of its tables see, and row level security shows.

Until somebody is let in, code stands at the door and sees only what the door needs to tell who comes
(`READ_AT_THE_DOOR`). The door (`workspaces.access`) sets the workspace for the rest of the request; commands and jobs
say for which workspace they act, or that it is for all. docs/decisions/0016 has the reasons.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import Any, Final, TypeVar

from django.core.exceptions import FullResultSet
from django.db import models
from django.db.models.fields.related_lookups import RelatedExact
from django.db.models.lookups import Exact
from django.db.models.sql.where import AND
from django.http import HttpRequest, HttpResponse

DOOR: Final = "door"
ALL: Final = "all"
Scope = int | str
"""A workspace's number, DOOR or ALL."""

SETTING: Final = "campaignos.workspace"
"""What PostgreSQL is told the scope as, where row level security is on."""

READ_AT_THE_DOOR = frozenset(
    {
        "workspaces.FormerSlug",
        "workspaces.Invitation",
        "workspaces.Key",
        "workspaces.Membership",
        "workspaces.Webhook",
    }
)
"""The tables by which it is found out for which workspace somebody may act."""

_held: ContextVar[Scope] = ContextVar("scope", default=DOOR)


class ScopeError(Exception):
    """A query on a workspace's table by code that acts for no workspace."""


def current_scope() -> Scope:
    return _held.get()


def act_for(workspace_id: int) -> None:
    """From here to the end of the request. For those alone who let in."""
    _held.set(workspace_id)


def act_for_all(why: str) -> None:
    """As `act_for`, but for every workspace; `why` is for those who read it."""
    _held.set(ALL)


@contextmanager
def within(scope: Scope) -> Iterator[None]:
    token = _held.set(scope)
    try:
        yield
    finally:
        _held.reset(token)


def scope(workspace: models.Model | int) -> AbstractContextManager[None]:
    """Act for one workspace."""
    return within(workspace if isinstance(workspace, int) else workspace.pk)


def scope_of_all(why: str) -> AbstractContextManager[None]:
    """Act for every workspace; `why` is for those who read it."""
    return within(ALL)


def at_the_door() -> AbstractContextManager[None]:
    """Find out who somebody is, and where else they belong, whatever workspace they act for just now."""
    return within(DOOR)


Row = TypeVar("Row", bound=models.Model)


class _OfScope(Exact):
    """Is left out where a query names that workspace itself, as nearly all do: said twice it would be asked twice."""

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        where = compiler.query.where
        if where.connector == AND and not where.negated and any(map(self._is_said_by, where.children)):
            raise FullResultSet
        return super().as_sql(compiler, connection)

    def _is_said_by(self, other: Any) -> bool:
        is_same_value = isinstance(other, RelatedExact) and other.rhs == self.rhs
        return is_same_value and (other.lhs.alias, other.lhs.target) == (self.lhs.alias, self.lhs.target)


class ScopedManager(models.Manager[Row]):
    """The manager of a table with a workspace: it sees the rows of the workspace that the code acts for, and raises
    ScopeError without one.

    It does not cover the following, which is left to row level security: links from row to row, `refresh_from_db`, SQL
    by hand.
    """

    def get_queryset(self) -> models.QuerySet[Row]:
        rows, scope = super().get_queryset(), current_scope()
        if isinstance(scope, int):
            # As `rows.filter(workspace_id=scope)`, for a fifth of its time: it is done for every query.
            column: Any = self.model._meta.get_field("workspace")
            rows.query.where.add(_OfScope(column.get_col(rows.query.get_initial_alias()), scope), AND)
        elif scope == DOOR and self.model._meta.label not in READ_AT_THE_DOOR:
            raise ScopeError(
                f"{self.model.__name__} was asked for outside any workspace. Come in by workspaces.access, or say whom "
                "this is for: `with scope(workspace)`, or `with scope_of_all(why)`."
            )
        return rows


class ScopeMiddleware:
    """Each request begins at the door, and what it was let in for ends with it, or with the answer that it streams."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with at_the_door():
            response: Any = self.get_response(request)
            if response.streaming and current_scope() != DOOR:
                response.streaming_content = _parts_within(current_scope(), response.streaming_content)
        return response  # type: ignore[no-any-return]


def _parts_within(scope: Scope, parts: Iterable[bytes]) -> Iterator[bytes]:
    """The parts, each made within the scope: a generator runs in the context of who asks it for the next one."""
    rest = iter(parts)
    while True:
        with within(scope):
            part = next(rest, None)
        if part is None:
            return
        yield part
