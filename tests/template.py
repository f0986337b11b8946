"""The tests' database as a copy of one that was migrated once.

Migrating takes seconds; a run has several processes, and one often runs a few tests. The template is named by all that
it is made of, so that the next run finds it: on SQLite a file under var/, on PostgreSQL a database of the server, and
what makes it anew on the next server of its version, beside that file.

A copy on SQLite is named by its process, so that two runs at once have their own, and the next removes what is left of
one that was killed.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from tests.postgres import MEMORY, is_of_wheel, programs

SOURCES = ("requirements.txt", "*/migrations/*.py", "tests/template.py")


@contextmanager
def copied_database() -> Iterator[None]:
    """Connects to a copy of the template."""
    name = connection.settings_dict["NAME"]
    copy = str(connection.creation._get_test_db_name())
    if connection.vendor == "sqlite":
        folder = MEMORY if MEMORY.is_dir() else settings.VAR_DIR
        delete_copies_of_ended_processes(folder)
        copy = str(copy_of_process(folder, os.getpid()))
    copy_template(copy)
    _connect_to(copy)
    try:
        yield
    finally:
        _connect_to(name)
        if connection.vendor == "sqlite":
            _delete_file(Path(copy))
        else:
            _on_server(f'DROP DATABASE "{copy}" WITH (FORCE)')


def copy_of_process(folder: Path, pid: int) -> Path:
    return folder / f"campaignos-tests-{pid}.sqlite3"


def delete_copies_of_ended_processes(folder: Path) -> None:
    for copy in folder.glob("campaignos-tests-*.sqlite3"):
        if not _runs(int(re.sub(r"\D", "", copy.stem))):
            _delete_file(copy)


def _runs(pid: int) -> bool:
    with suppress(PermissionError):  # it is somebody else's
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
    return True


def copy_template(copy: str) -> None:
    """Make a migrated database of this name, on SQLite a file. Makes the template first where it is missing."""
    with one_process_at_a_time():
        if connection.vendor == "sqlite":
            _copy_file(copy)
        else:
            _copy_database(copy)


def _copy_file(copy: str) -> None:
    template = _template_file(".sqlite3")
    if not template.exists():
        new = template.with_suffix(".new")
        _delete_file(new)
        _migrate(str(new))
        new.rename(template)
    _delete_file(Path(copy))
    shutil.copyfile(template, copy)


def _copy_database(copy: str) -> None:
    template = f"template_{digest()}"
    if not _on_server("SELECT 1 FROM pg_database WHERE datname = %s", template):
        _on_server(f'DROP DATABASE IF EXISTS "{template}_new"')
        _on_server(f'CREATE DATABASE "{template}_new"')
        _fill(f"{template}_new")
        _on_server(f'ALTER DATABASE "{template}_new" RENAME TO "{template}"')
    _on_server(f'DROP DATABASE IF EXISTS "{copy}" WITH (FORCE)')
    _on_server(f'CREATE DATABASE "{copy}" TEMPLATE "{template}"')


def _fill(name: str) -> None:
    """Migrates an empty database, or makes it what was migrated on another server of the same kind."""
    written = _template_file(f"-{connection.pg_version // 10_000}.sql")  # an older server does not know a newer one's
    if written.exists():
        _run("psql", "-qX1", "-v", "ON_ERROR_STOP=1", "-o", os.devnull, "-d", name, "-f", str(written))
        return
    _migrate(name)
    if is_of_wheel():
        new = written.with_name(f"{written.name}.new")
        _run("pg_dump", "--no-owner", "--no-privileges", "-f", str(new), name)
        new.rename(written)


def _run(program: str, *arguments: str) -> None:
    """One of the server's programs."""
    parameters = connection.get_connection_params()
    there = {f"PG{name.upper()}": str(parameters[name]) for name in ("host", "port", "user") if parameters.get(name)}
    subprocess.run([programs() / program, *arguments], env={**os.environ, **there}, check=True)


def _template_file(ending: str) -> Path:
    """Where the template is, or will be; those of other migrations are gone then."""
    template: Path = settings.VAR_DIR / f"template-{digest()}{ending}"
    if not template.exists():
        for outdated in settings.VAR_DIR.glob(f"template-*{ending}"):
            outdated.unlink(missing_ok=True)
    return template


def _migrate(name: str) -> None:
    before = connection.settings_dict["NAME"]
    _connect_to(name)
    call_command("migrate", verbosity=0)
    _connect_to(before)


def _connect_to(name: str) -> None:
    connection.close()
    if hasattr(connection, "close_pool"):
        connection.close_pool()
    settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = name


def digest(program: Path = settings.BASE_DIR) -> str:
    """Of all that makes the database's shape in a program's folder."""
    content = hashlib.sha256()
    for path in sorted(path for pattern in SOURCES for path in program.glob(pattern)):
        content.update(path.name.encode() + path.read_bytes())
    return content.hexdigest()[:16]


@contextmanager
def one_process_at_a_time() -> Iterator[None]:
    """While something is made under var/ that all processes of a run need."""
    settings.VAR_DIR.mkdir(exist_ok=True)
    with (settings.VAR_DIR / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _delete_file(path: Path) -> None:
    """With its log, and the lock of jobs beside it."""
    for end in ("", "-wal", "-shm", ".tick"):
        path.with_name(path.name + end).unlink(missing_ok=True)


def _on_server(statement: str, *parameters: str) -> list[Any]:
    """Run a statement of the server's, which no transaction may hold."""
    with connection._nodb_cursor() as cursor:
        cursor.execute(statement, parameters or None)
        return cursor.fetchall() if cursor.description else []
