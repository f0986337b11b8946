"""Writing in passing: what is nice to know, noted where that is free, and never in the way of who reads."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection, transaction

logger = logging.getLogger(__name__)


def note_in_passing(write: Callable[[], object]) -> None:
    """Write if the database takes it at once. If it is locked, full or read-only, nothing is written, nor raised."""
    try:
        with without_waiting(), transaction.atomic(), _brief_locks():
            write()
    except DatabaseError as error:
        logger.debug("Not noted: %s", error)


@contextmanager
def without_waiting() -> Iterator[None]:
    """On SQLite, statements within raise OperationalError where they would have to wait for the writers' lock."""
    if connection.vendor != "sqlite":
        yield
        return
    wrapper: Any = connection
    before, wrapper.is_patient = wrapper.is_patient, False
    try:
        yield
    finally:
        wrapper.is_patient = before


@contextmanager
def _brief_locks() -> Iterator[None]:
    """In a transaction on PostgreSQL, statements within raise OperationalError where they would have to wait.

    Nothing is left behind with the connection, which may be another's after the transaction.
    """
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '10ms'")
        yield
        cursor.execute(f"SET LOCAL lock_timeout = '{settings.LOCK_SECONDS}s'")
