"""Writers that wait for one another on SQLite, and connections that outlive a request."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing

import pytest
from django.db import OperationalError, connection, transaction

from workspaces.models import User

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
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """This connection waits a fifth of a second."""
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "timeout", 0.2)


def test_a_transaction_begins_when_the_other_has_ended(other):
    other.execute("BEGIN IMMEDIATE")
    end = threading.Timer(0.1, other.execute, ["COMMIT"])
    end.start()
    with transaction.atomic():
        assert not other.in_transaction
    end.join()


def test_so_does_a_statement_by_itself(other):
    other.execute("BEGIN IMMEDIATE")
    end = threading.Timer(0.1, other.execute, ["COMMIT"])
    end.start()
    User.objects.create(email="a@example.com")
    assert not other.in_transaction
    end.join()


def test_a_lock_that_does_not_come_free_in_time_is_an_error(other, impatient):
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(OperationalError, match="database is locked"), transaction.atomic():
        pass
    with pytest.raises(OperationalError, match="database is locked"):
        User.objects.create(email="a@example.com")
    other.execute("ROLLBACK")
    User.objects.create(email="b@example.com")
    assert User.objects.get().email == "b@example.com"


def test_an_error_that_waiting_does_not_mend_is_told_at_once():
    with pytest.raises(OperationalError, match="no such table"):
        connection.cursor().execute("SELECT * FROM nowhere")


def test_who_waits_keeps_nobody_who_meets_a_cursor_of_theirs(other):
    """As Python does when it collects garbage. Else the one would wait for the other until the other gives up."""
    left = connection.cursor()
    left.execute("SELECT 1 UNION SELECT 2").fetchone()
    other.execute("BEGIN IMMEDIATE")

    def end() -> None:
        left.close()
        other.execute("COMMIT")

    ending = threading.Timer(0.1, end)
    ending.start()
    User.objects.create(email="a@example.com")
    ending.join()
    assert not other.in_transaction


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
