"""Django's SQLite backend, with statements that wait for a lock in short steps, and connections that outlive a request.

SQLite itself looks after ever longer pauses whether a lock is free, up to a tenth of a second. Whoever has just written
asks at once again, and so goes first again and again, while another writer waits for seconds. With six of them, the
slowest batch in a hundred took 0.2 instead of 1.1 to 1.6 seconds, on a slower machine 1.4 to 1.7 instead of 1.8 to 2.0.

And it waits within the statement, where it has the connection for itself. When Python, collecting garbage in another
thread, comes upon a cursor of that connection, it waits too, and with it all threads, also the one that has the lock:
until the first gives up.
"""

import sqlite3
import time
from pathlib import Path
from typing import Any

from django.db.backends.sqlite3 import base, features

from campaignos.sqlite import primary_code
from campaignos.texts import folded_text, plain_text

STEP = 0.002
"""Seconds between two looks whether the lock is free: about as long as a batch of 100 events holds it."""


class Cursor(base.SQLiteCursorWrapper):
    patience = 0.0
    """Seconds that a statement waits for a lock."""

    def execute(self, query: str, params: Any = None) -> Any:
        """Raises sqlite3.OperationalError when the lock was not free in time."""
        last = time.monotonic() + self.patience
        while True:
            try:
                return super().execute(query, params)
            except sqlite3.OperationalError as error:
                is_busy = primary_code(error) == sqlite3.SQLITE_BUSY
                if not is_busy or self.connection.in_transaction or time.monotonic() >= last:
                    raise
            time.sleep(STEP)


class DatabaseFeatures(features.DatabaseFeatures):
    max_query_params = 32_766
    """As SQLite allows since 3.32; with the 999 of older ones, rows of many columns take a statement for each 83."""


class DatabaseWrapper(base.DatabaseWrapper):
    features_class = DatabaseFeatures
    connection: Any
    is_patient = True
    """Whether its statements wait for a lock."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Until it is made, SQLite waits itself: others may be making the database ready."""
        connection = super().get_new_connection(conn_params)
        connection.execute("PRAGMA busy_timeout = 0")
        connection.create_function("folded", 1, lambda text: text and folded_text(text), deterministic=True)
        connection.create_function("plain", 1, lambda text: text and plain_text(text), deterministic=True)
        self._file = self._file_there()
        return connection

    def create_cursor(self, name: str | None = None) -> Cursor:
        cursor: Cursor = self.connection.cursor(factory=Cursor)
        cursor.patience = self.settings_dict["OPTIONS"]["timeout"] if self.is_patient else 0
        return cursor

    def close_if_unusable_or_obsolete(self) -> None:
        """Called between requests. A connection to a file that was replaced, as by a restore, is obsolete, too."""
        if self.connection is not None and not self.in_atomic_block and self._file_there() != self._file:
            self.close()
        super().close_if_unusable_or_obsolete()

    def _file_there(self) -> tuple[int, int] | None:
        """The file that the database's name leads to; None where there is none, and for a database in memory."""
        try:
            stat = Path(self.settings_dict["NAME"]).stat()
        except OSError:
            return None
        return stat.st_dev, stat.st_ino
