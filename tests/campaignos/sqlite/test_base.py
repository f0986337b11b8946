"""Writers that wait for one another on SQLite."""

import sqlite3
import threading
from collections.abc import Iterator

import pytest
from django.db import OperationalError, connection, transaction

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL's writers do not wait for one another."),
]


@pytest.fixture
def other() -> Iterator[sqlite3.Connection]:
    """Another writer's connection."""
    writer = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None, check_same_thread=False)
    yield writer
    writer.close()


@pytest.fixture
def timeout() -> Iterator[None]:
    """Of this connection: a fifth of a second."""
    before = busy_timeout()
    connection.connection.execute("PRAGMA busy_timeout = 200")
    yield
    connection.connection.execute(f"PRAGMA busy_timeout = {before}")


def busy_timeout() -> int:
    connection.ensure_connection()
    return int(connection.connection.execute("PRAGMA busy_timeout").fetchone()[0])


def test_a_transaction_begins_when_the_other_has_ended(other):
    other.execute("BEGIN IMMEDIATE")
    end = threading.Timer(0.1, other.execute, ["COMMIT"])
    end.start()
    with transaction.atomic():
        assert not other.in_transaction
    end.join()


def test_a_lock_that_does_not_come_free_in_time_is_an_error(other, timeout):
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(OperationalError, match="database is locked"), transaction.atomic():
        pass
    other.execute("ROLLBACK")
    with transaction.atomic():
        assert connection.in_atomic_block


def test_statements_wait_as_long_as_before(other, timeout):
    with transaction.atomic():
        assert busy_timeout() == 200
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(OperationalError), transaction.atomic():
        pass
    assert busy_timeout() == 200
