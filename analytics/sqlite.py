"""What SQLite's planner cannot know of a new database: that a workspace has very many rows.

Without statistics it takes `workspace_id = ?` for nearly unique, and rather reads a whole workspace than looks up some
ids. So the statistics it would find in a grown database are written at each migration; ANALYZE writes true ones.
"""

from django.apps import apps
from django.db import connection

ROWS = 1_000_000
ROWS_PER_PREFIX = (ROWS // 2, 500, 50, 5)
"""For the first, second … column of an index that begins with the workspace."""
MOSTLY_ONE_VALUE = ("workspace_id", "merged_into_id")
"""Columns in which half of all rows have the same value: their workspace's, or that they are merged into none."""


def write_planner_statistics() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE sqlite_schema")  # makes the statistics' table
        for model in apps.get_app_config("analytics").get_models():
            table = model._meta.db_table
            cursor.execute("DELETE FROM sqlite_stat1 WHERE tbl = %s", [table])
            cursor.execute("SELECT name, [unique] FROM pragma_index_list(%s)", [table])
            for name, is_unique in cursor.fetchall():
                cursor.execute("SELECT name FROM pragma_index_info(%s) ORDER BY seqno", [name])
                columns = [column for (column,) in cursor.fetchall()]
                statistics = " ".join(map(str, [ROWS, *_rows_per_prefix(columns, bool(is_unique))]))
                cursor.execute(
                    "INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (%s, %s, %s)", [table, name, statistics]
                )
        cursor.execute("ANALYZE sqlite_schema")  # reads them, where otherwise the next connection would


def _rows_per_prefix(columns: list[str], is_unique: bool) -> list[int]:
    begins = 0 if columns[0] in MOSTLY_ONE_VALUE else 1
    rows = [ROWS_PER_PREFIX[min(begins + place, 3)] for place in range(len(columns))]
    return [*rows[:-1], 1] if is_unique else rows
