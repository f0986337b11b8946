"""SQLite: a backend of ours for Django, and what its errors say."""

import sqlite3


def primary_code(error: BaseException | None) -> int:
    """What SQLite says is wrong, without the details."""
    return int(getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)) & 0xFF
