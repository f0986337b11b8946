"""Empties the database after a test that committed: only the tables that have rows, and nothing that migrations wrote.

Django's flush empties all tables, and then tells every app to write its rows anew: half a second a test.
"""

from functools import cache
from itertools import chain

from django.apps import apps
from django.db import connection, transaction

WRITTEN_BY_MIGRATIONS = {"django_content_type", "auth_permission", "django_migrations", "django_site"}


def empty_tables() -> None:
    tables = tables_with_rows()
    if not tables:
        return
    names = [connection.ops.quote_name(table) for table in tables]
    with connection.constraint_checks_disabled(), transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # which no trigger of rows sees, as that of the audit trail
            cursor.execute(f"TRUNCATE {', '.join(names)} CASCADE")
            return
        for name in names:
            cursor.execute(f"DELETE FROM {name}")


def tables_with_rows() -> list[str]:
    """In one query."""
    found = " UNION ALL ".join(
        f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {connection.ops.quote_name(table)})" for table in _tables()
    )
    with connection.cursor() as cursor:
        cursor.execute(found)
        return [table for (table,) in cursor.fetchall()]


@cache
def _tables() -> list[str]:
    models = chain.from_iterable(config.get_models(include_auto_created=True) for config in apps.get_app_configs())
    of_models = {model._meta.db_table for model in models if model._meta.managed and not model._meta.proxy}
    return sorted((of_models | {"cache"} & _all_tables()) - WRITTEN_BY_MIGRATIONS)


def _all_tables() -> set[str]:
    return set(connection.introspection.table_names())
