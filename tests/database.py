"""The tests' database, for processes and connections of their own."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from urllib.parse import urlsplit

from django.db import connection


def database_url() -> str:
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()


@contextmanager
def other_writer(*tables: str) -> Iterator[None]:
    """Somebody else is at it, within: on SQLite with the lock of all writers, on PostgreSQL with these tables' rows."""
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
        return
    import psycopg

    with psycopg.connect(database_url()) as other:
        other.execute("SET campaignos.workspace = 'all'")
        for table in tables:
            other.execute(f"SELECT 1 FROM {table} FOR UPDATE")  # type: ignore[arg-type]  # the tests' own names
        yield
        other.rollback()
