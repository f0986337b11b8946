"""Whether the database is as the program needs it."""

from collections.abc import Iterator

from django.conf import settings
from django.db import Error, connection

from analytics.operations.doctor.diagnosis import Diagnosis, problem, warning, well
from analytics.operations.health import database_bytes, takes_changes, unapplied_migrations
from campaignos.command_line import database_name
from campaignos.environment import Environment
from workspaces import row_security

_LEAST_VERSION = 15
_SMALL_BUFFERS_MB = 256
_LARGE_DATABASE_MB = 2048
_FOR_COMMANDS = 5
"""Connections beside the web server's: ticks, backups and somebody who looks."""


def check_database(environment: Environment) -> Iterator[Diagnosis]:
    """The last is about the connection where there is none."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error as error:
        yield problem("database", f"{database_name()}: {str(error).strip()}", "Start it, or correct DATABASE_URL.")
        return
    yield well("database", f"{database_name()}, {_size_mb():,} MB.")
    missing = unapplied_migrations()
    if missing:
        text = f"{len(missing):,} migrations were not carried out, the first {missing[0]}."
        yield problem("database", text, "Run `manage.py migrate`.")
    if not takes_changes():
        yield problem(
            "database", "It takes no changes.", "Make room on its disk; if it is a standby, name the primary."
        )
    if closed := row_security.why_closed():
        yield problem("database", closed, "Set ROW_LEVEL_SECURITY for every process, or run `manage.py protect --off`.")
    elif not missing:
        for text in row_security.problems():
            yield problem("database", text, "Run `manage.py protect`.")
    yield from _postgresql(environment) if connection.vendor == "postgresql" else _sqlite()


def _postgresql(environment: Environment) -> Iterator[Diagnosis]:
    version = int(_setting("server_version_num")) // 10_000
    if version < _LEAST_VERSION:
        yield problem("database", f"PostgreSQL {version} is too old.", f"Upgrade it to {_LEAST_VERSION} or newer.")
    if (encoding := _setting("server_encoding")) != "UTF8":
        text = f"Its encoding {encoding} cannot hold every name."
        yield problem("database", text, "Make one with --encoding=UTF8 and restore a dump into it.")
    if (bound := _setting("statement_timeout")) != "0":
        text = f"Its own statement_timeout of {bound} stops backups and ticks, too."
        yield warning("database", text, "Reset it for this role; requests have DATABASE_STATEMENT_SECONDS.")
    yield from _room_for_connections(environment)
    buffers = _buffers_mb()
    if buffers < _SMALL_BUFFERS_MB and _size_mb() > _LARGE_DATABASE_MB:
        text = f"shared_buffers of {buffers:,} MB are few for {_size_mb():,} MB of data."
        yield warning("database", text, "Give it a quarter of the host's memory.")


def _room_for_connections(environment: Environment) -> Iterator[Diagnosis]:
    room = int(_setting("max_connections")) - int(_setting("superuser_reserved_connections"))
    needed = environment["WEB_WORKERS"] * environment["DATABASE_POOL_SIZE"] + _FOR_COMMANDS
    if needed > room:
        text = f"It takes {room:,} connections, and this host alone may need {needed:,}."
        yield problem("database", text, "Raise max_connections, or lower WEB_WORKERS or DATABASE_POOL_SIZE.")


def _sqlite() -> Iterator[Diagnosis]:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")
        mode = cursor.fetchone()[0]
    if mode != "wal":
        text = f"Its journal is {mode}: readers and the writer wait for one another."
        yield problem("database", text, "Put the file on a local disk: write-ahead logs work on no network's.")


def _setting(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s)", [name])
        return str(cursor.fetchone()[0])


def _buffers_mb() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT setting::bigint * 8 / 1024 FROM pg_settings WHERE name = 'shared_buffers'")
        return int(cursor.fetchone()[0])


def _size_mb() -> int:
    return database_bytes() // 2**20


def sqlite_file() -> str:
    """The file of the database; empty on PostgreSQL."""
    return str(settings.DATABASES["default"]["NAME"]) if settings.DATABASE_VENDOR == "sqlite3" else ""
