"""What PostgreSQL can that Django's cursors, which put the parameters into the statement, cannot; and waits that end.

The server bounds its own time by `statement_timeout`, the kernel that of a host which has gone. Where what stands
between hangs without closing (a pooler, a relay, a stopped process), neither knows, and only who waits can end it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from psycopg import Connection as PlainConnection
from psycopg import Cursor, OperationalError
from psycopg.errors import _WaitTimeout
from psycopg.pq import Format

TRANSPORT = {
    "connect_timeout": 5,
    "keepalives": 1,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
"""How soon libpq and the kernel find out that the server's host has gone; the last in milliseconds."""
MARGIN = 3
"""Seconds more than the server has for a statement, so that it is the one who ends what merely takes long."""
CHECK_SECONDS = 2
"""How long a connection of the pool has to show that it is alive."""

_process_limit: float | None = None
_own_limit: ContextVar[float | None] = ContextVar("own_limit", default=None)


def limit_statements(options: dict[str, Any], seconds: int) -> None:
    """Bound what a statement of this process may take from now on, by a database's options, before it connects."""
    global _process_limit
    _process_limit = seconds + MARGIN
    options["options"] = f"{options.get('options', '')} -c statement_timeout={seconds}s".strip()


def ask_pooler(database: dict[str, Any], pooler: dict[str, Any], seconds: int) -> None:
    """Have this process ask a pooler that lends a connection for a transaction, before it connects.

    No cursor outlives its transaction. What the server bounds of locks and statements is the pooler's to say, as it
    takes no such word from a client; `seconds` are what this process waits for a statement all the same.
    """
    global _process_limit
    _process_limit = seconds + MARGIN
    database.update({name: pooler[name] for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT")})
    database["DISABLE_SERVER_SIDE_CURSORS"] = True
    for name in ("options", "host", "port"):
        database["OPTIONS"].pop(name, None)
    database["OPTIONS"].update(pooler.get("OPTIONS", {}))


@contextmanager
def waiting_at_most(seconds: float) -> Iterator[None]:
    """Wait no longer for an answer of PostgreSQL, within; has no meaning on SQLite."""
    token = _own_limit.set(seconds)
    try:
        yield
    finally:
        _own_limit.reset(token)


class Connection(PlainConnection[Any]):
    """A connection that gives up, and closes, when an answer does not come."""

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Raises OperationalError."""
        limit = _own_limit.get() or _process_limit
        if timeout is not None or limit is None:
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, limit)
        except _WaitTimeout:
            self.pgconn.finish()
            raise OperationalError(f"PostgreSQL did not answer within {limit:g} seconds") from None

    def execute(self, query: Any, *args: Any, **options: Any) -> Cursor[Any]:
        """The empty statement is the pool's, which asks whether the connection is alive."""
        if query:
            return super().execute(query, *args, **options)
        with waiting_at_most(CHECK_SECONDS):
            return super().execute(query, *args, **options)


class BinaryCursor(Cursor[Any]):
    """Parameters and results travel in PostgreSQL's own formats."""

    def __init__(self, connection: PlainConnection[Any]) -> None:
        super().__init__(connection)
        self.format = Format.BINARY
