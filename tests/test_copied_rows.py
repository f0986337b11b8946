"""Copied rows are those that the fixture would have written, and are copied only where it begins with the same."""

from datetime import timedelta

import pytest
from django.db import connection

from tests import copied_rows
from tests.conftest import NOW
from tests.copied_rows import ROWS_AT_ONCE, copied, copied_for_an_hour, one_test
from tests.emptying import empty_tables
from workspaces.models import AuditEvent, Key, User, Workspace

RUNS: list[int] = []
SEEN: list[object] = []


@pytest.fixture(autouse=True)
def _none_ran_yet() -> None:
    RUNS.clear()


@pytest.fixture
@copied
def odd(workspace: Workspace) -> Workspace:
    """A row more, a row changed, and texts of all kinds."""
    RUNS.append(workspace.pk)
    User.objects.create_user("it's 100 %s; \\ \" ü\n@example.com", "x")
    Workspace.objects.filter(pk=workspace.pk).update(name="O'Hara; \\'")
    return Workspace.objects.get()


def everything() -> object:
    return copied_rows._literals(), [[*model.objects.values()] for model in (User, Workspace, AuditEvent, Key)]


@pytest.mark.parametrize("time", [1, 2, 3])
def test_every_copy_is_the_same_in_every_column(now, odd, secret_key, time):
    SEEN.append((odd.name, secret_key, everything()))
    assert SEEN[-1] == SEEN[0]
    assert odd.name == "O'Hara; \\'"
    assert len(RUNS) <= 1
    before = User.objects.count()
    User.objects.create_user("another@example.com", "x")
    assert User.objects.count() == before + 1


@pytest.mark.parametrize("time", [1, 2])
def test_after_any_other_write_the_fixture_runs(now, owner, workspace, time, request):
    User.objects.create_user("before@example.com", "x")
    request.getfixturevalue("odd")
    assert len(RUNS) == 1


@pytest.mark.parametrize("time", [1, 2])
def test_while_the_clock_runs_the_fixture_runs(odd, time):
    assert [odd.pk] == RUNS


@pytest.mark.parametrize("time", [1, 2])
def test_what_a_test_changes_is_not_in_the_next_copy(now, odd, time):
    assert odd.name != "changed"
    odd.name = "changed"


def test_no_transaction_no_copy(transactional_db, now, odd):
    assert [odd.pk] == RUNS
    assert not connection.in_atomic_block


@copied_for_an_hour
def many() -> list[User]:
    """More than a statement copies at once."""
    RUNS.append(1)
    return User.objects.bulk_create(User(email=f"{number}@example.com") for number in range(ROWS_AT_ONCE + 1))


@pytest.mark.long
def test_what_may_be_an_hour_old_is_made_once_an_hour_and_committed(transactional_db, time_machine):
    for minutes, runs in ((0, 1), (59, 1), (60, 2)):
        time_machine.move_to(NOW + timedelta(minutes=minutes))
        with one_test():
            written = many()
        assert len(RUNS) == runs
        assert [*User.objects.order_by("pk")] == written
        assert not connection.in_atomic_block
        empty_tables()
