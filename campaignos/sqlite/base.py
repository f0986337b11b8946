"""Django's SQLite backend, with writers that wait in short steps, and connections that outlive a request.

SQLite itself looks after ever longer pauses whether a lock is free, up to a tenth of a second. Whoever has just written
asks at once again, and so goes first again and again, while another writer waits for seconds. With six of them, the
slowest batch in a hundred took 0.2 instead of 1.1 to 1.6 seconds, on a slower machine 1.4 to 1.7 instead of 1.8 to 2.0.
"""

import sqlite3
import time
from pathlib import Path
from typing import Any

from django.db import OperationalError
from django.db.backends.sqlite3 import base

STEP = 0.002
"""Seconds between two looks whether the lock is free: about as long as a batch of 100 events holds it."""


class DatabaseWrapper(base.DatabaseWrapper):
    connection: Any

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        connection = super().get_new_connection(conn_params)
        self._file = self._file_there()
        return connection

    def close_if_unusable_or_obsolete(self) -> None:
        """Between requests. Obsolete is also a connection to a file that was replaced, as when restoring a backup."""
        if self.connection is not None and not self.in_atomic_block and self._file_there() != self._file:
            self.close()
        super().close_if_unusable_or_obsolete()

    def _file_there(self) -> tuple[int, int] | None:
        """Which file the database's name leads to. None for none, and for a database in memory."""
        try:
            found = Path(self.settings_dict["NAME"]).stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def _start_transaction_under_autocommit(self) -> None:
        """Raises OperationalError when the lock was not free within the connection's `timeout`."""
        [[timeout]] = self.connection.execute("PRAGMA busy_timeout")
        last = time.monotonic() + timeout / 1000
        self.connection.execute("PRAGMA busy_timeout = 0")
        try:
            while True:
                try:
                    super()._start_transaction_under_autocommit()  # type: ignore[misc]
                    return
                except OperationalError as error:
                    code = getattr(error.__cause__, "sqlite_errorcode", None)
                    if code != sqlite3.SQLITE_BUSY or time.monotonic() >= last:
                        raise
                time.sleep(STEP)
        finally:
            self.connection.execute(f"PRAGMA busy_timeout = {timeout}")
