"""Which errors mean that the database is away, or that a lock was not to be had in time: what may go well later."""

import sqlite3

from django.db import InterfaceError, OperationalError

from campaignos.sqlite import primary_code

_SQLITE_AWAY = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
}


def is_outage(error: Exception) -> bool:
    """SQLite has the same error for a database that is locked and for a statement that is wrong."""
    if isinstance(error.__cause__, sqlite3.Error):
        return primary_code(error.__cause__) in _SQLITE_AWAY
    return isinstance(error, OperationalError | InterfaceError)
