"""When rows are written, in an order that those who keep copies of them can follow (docs/decisions/0097).

On PostgreSQL a transaction takes the database's clock once it has a number of its own, and stamps with it what it
writes. Who reads in the order of stamps stops before the oldest transaction that is still writing: its rows are not
there yet. On SQLite transactions write one after the other, and nothing comes late.
"""

from datetime import datetime, timedelta
from threading import Lock
from typing import Any, NamedTuple

from django.db import connection
from django.utils import timezone

STAMP = "CASE WHEN pg_current_xact_id() IS NOT NULL THEN clock_timestamp() END"
"""What PostgreSQL is asked for a stamp: first the number, then the clock. Whoever has none yet when a reader looks,
will have a later clock."""
_SOONEST = timedelta(microseconds=1)
_turn = Lock()
_latest = timezone.now()


class _StampOfTransaction(NamedTuple):
    block: object
    at: datetime


def stamp() -> datetime:
    """What is written now is stamped with. Called in a transaction; one statement, on PostgreSQL, where none of its
    locks was taken before."""
    if connection.vendor != "postgresql":
        return _clock()
    kept: _StampOfTransaction | None = getattr(connection, "kept_stamp", None)
    if kept is not None and kept.block is _outermost_block():
        return kept.at
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {STAMP}")
        return keep_stamp(cursor.fetchone()[0])


def keep_stamp(at: datetime) -> datetime:
    """For the rest of the transaction, or until the next one is kept."""
    connection.kept_stamp = _StampOfTransaction(_outermost_block(), at)  # type: ignore[attr-defined]
    return at


def settled_before() -> datetime | None:
    """Before which nothing will be stamped any more; None where nothing comes late. One query, two in a transaction."""
    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        if connection.in_atomic_block:  # which keeps what it has seen of others
            cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT LEAST(statement_timestamp(), min(xact_start)) FROM pg_stat_activity "
            "WHERE backend_xid IS NOT NULL AND datname = current_database() AND pid <> pg_backend_pid()"
        )
        at: datetime = cursor.fetchone()[0]
    return at


def _outermost_block() -> Any:
    blocks = connection.atomic_blocks
    return blocks[0] if blocks else None


def _clock() -> datetime:
    """Never the same twice in a process."""
    global _latest
    with _turn:
        _latest = max(timezone.now(), _latest + _SOONEST)
        return _latest
