"""What PostgreSQL can that Django's cursors, which put the parameters into the statement, cannot."""

from typing import Any

from psycopg import Connection, Cursor
from psycopg.pq import Format


class BinaryCursor(Cursor[Any]):
    """Parameters and results travel in PostgreSQL's own formats."""

    def __init__(self, connection: Connection[Any]) -> None:
        super().__init__(connection)
        self.format = Format.BINARY
