"""Work that only one process does at a time, on whichever host: others find out, or wait."""

import fcntl
import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection

STEP_SECONDS = 0.2


class Busy(Exception):
    """Somebody else is at it."""


@contextmanager
def alone(work: str, *, wait: Callable[[], None] | None = None) -> Iterator[None]:
    """Do what the word names while nobody else does; raises Busy, or calls `wait` once and waits.

    What is held vanishes with a process that is killed.
    """
    with _held_on_server(work, wait) if connection.vendor == "postgresql" else _held_by_file(work, wait):
        yield


@contextmanager
def _held_on_server(work: str, wait: Callable[[], None] | None) -> Iterator[None]:
    digest = hashlib.sha256(f"campaignos {work}".encode()).digest()
    number = int.from_bytes(digest[:8], "big", signed=True)

    def take() -> bool:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [number])
        return bool(cursor.fetchone()[0])

    with connection.cursor() as cursor:
        _take(take, wait)
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [number])


@contextmanager
def _held_by_file(work: str, wait: Callable[[], None] | None) -> Iterator[None]:
    with Path(f"{connection.settings_dict['NAME']}.{work}").open("w") as file:

        def take() -> bool:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True

        _take(take, wait)
        yield


def _take(take: Callable[[], bool], wait: Callable[[], None] | None) -> None:
    if take():
        return
    if wait is None:
        raise Busy
    wait()
    while not take():
        time.sleep(STEP_SECONDS)
