"""Writers that wait for one another on SQLite, and connections that outlive a request."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing

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


def test_a_connection_is_kept_until_its_file_is_another_one(tmp_path):
    one, two = tmp_path / "one.sqlite3", tmp_path / "two.sqlite3"
    for path in (one, two):
        with closing(sqlite3.connect(path)) as made:
            made.execute("CREATE TABLE named AS SELECT ? AS name", [path.stem])
            made.commit()
    kept = connection.copy("kept")
    kept.settings_dict["NAME"] = str(one)
    assert name_in(kept) == "one"
    opened = kept.connection
    kept.close_if_unusable_or_obsolete()
    assert kept.connection is opened
    two.rename(one)
    kept.close_if_unusable_or_obsolete()
    assert name_in(kept) == "two"
    kept.close()


def name_in(database) -> str:
    with database.cursor() as cursor:
        return str(cursor.execute("SELECT name FROM named").fetchone()[0])
