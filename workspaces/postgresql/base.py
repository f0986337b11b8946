"""Each statement on rows goes to the database with the scope that is held, for row level security to go by.

The setting is local to the transaction, so that no pool hands it on. Outside of a transaction it goes before the
statement in the same message, which PostgreSQL makes one transaction of: no round trip more. Inside of one it is said
once, and again when it has changed or a savepoint may have taken it back.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db.backends.postgresql import base
from django.db.backends.postgresql.psycopg_any import register_tzloader
from psycopg import ClientCursor, ServerCursor, sql
from psycopg.client_cursor import ClientCursorMixin
from psycopg.pq import Format, TransactionStatus

from campaignos.postgresql import BinaryCursor
from workspaces.scope import SETTING, current_scope

_ON_ROWS = re.compile(r"[\s(]*(?:SELECT|INSERT|UPDATE|DELETE|WITH|MERGE|EXPLAIN)\b", re.IGNORECASE)
"""What else there is touches no rows, or like VACUUM may not be sent together with anything."""


class Cursor(base.CursorMixin, ClientCursor[Any]):
    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        if not _ON_ROWS.match(query if isinstance(query, str) else query.as_string(self)):
            _forget(self.connection)
            return super().execute(query, params, **options)
        if _is_told(self.connection):
            return super().execute(query, params, **options)
        telling = f"{_telling(self.connection)}; "
        super().execute(telling + query if isinstance(query, str) else sql.SQL(telling) + query, params, **options)
        self.nextset()
        return self

    def executemany(self, query: Any, params_seq: Any, **options: Any) -> None:
        with _telling_scope(self.connection):
            super().executemany(query, params_seq, **options)


class ServerSideCursor(base.CursorMixin, ClientCursorMixin[Any], ServerCursor[Any]):
    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        """A cursor that outlives its transaction has gathered its rows when that ends."""
        with _telling_scope(self.connection):
            return super().execute(query, params, **options)


class ToldBinaryCursor(BinaryCursor):
    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        with _telling_scope(self.connection):
            return super().execute(query, params, **options)


class DatabaseWrapper(base.DatabaseWrapper):
    connection: Any
    timezone: Any
    binary_cursor = ToldBinaryCursor

    def get_connection_params(self) -> dict[str, Any]:
        return {**super().get_connection_params(), "cursor_factory": Cursor}

    def create_cursor(self, name: str | None = None) -> Any:
        """As Django's, which names the class of its server-side cursors in the middle."""
        if name is None:
            return super().create_cursor()
        cursor = ServerSideCursor(self.connection, name=name, scrollable=False, withhold=self.connection.autocommit)
        if self.timezone != self.connection.adapters.get_loader(base.TIMESTAMPTZ_OID, Format.TEXT).timezone:
            register_tzloader(self.timezone, cursor)
        return cursor


@contextmanager
def _telling_scope(connection: Any) -> Iterator[None]:
    """For what cannot go in one message with the setting."""
    if connection.autocommit and _is_idle(connection):
        with connection.transaction():
            ClientCursor(connection).execute(_telling(connection))
            yield
        return
    if not _is_told(connection):
        ClientCursor(connection).execute(_telling(connection))
    yield


def _telling(connection: Any) -> str:
    connection.scope_told = current_scope()
    return f"SET LOCAL {SETTING} = '{connection.scope_told}'"


def _is_told(connection: Any) -> bool:
    return not _is_idle(connection) and getattr(connection, "scope_told", None) == current_scope()


def _forget(connection: Any) -> None:
    connection.scope_told = None


def _is_idle(connection: Any) -> bool:
    """Whether no transaction has begun, so that what was told in the last one is gone."""
    return bool(connection.pgconn.transaction_status == TransactionStatus.IDLE)
