"""Group commit: who is written with whom, and what each of them is told."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest
from django.db import OperationalError, transaction

from analytics.ingest import group_commit
from analytics.ingest.calls import write_calls
from analytics.ingest.formats.bulk import read_events
from analytics.ingest.formats.call_values import Batch
from analytics.ingest.group_commit import GroupCommit
from analytics.models import Event
from workspaces.models import Workspace

WORKSPACE, OTHER = Workspace(pk=1), Workspace(pk=2)
NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)


class Writer:
    """Notes what is written together; while the first is written, the test lets others come."""

    def __init__(self):
        self.written = []
        self.has_begun, self.may_end = threading.Event(), threading.Event()

    def __call__(self, workspace, batches):
        self.written.append(batches)
        if batches == ["first"]:
            self.has_begun.set()
            assert self.may_end.wait(10)
        if "away" in batches:
            raise OperationalError("The database is away.")
        if "bad" in batches:
            raise ValueError("This one cannot be written.")
        return [batch.upper() for batch in batches]


@pytest.fixture
def answers():
    """What each of the batches was answered that came, in this order, while the first was being written."""

    def run(group, writer, *batches):
        def take(batch):
            try:
                return group.take(WORKSPACE, batch)
            except Exception as error:
                return error

        with ThreadPoolExecutor(len(batches) + 1) as pool:
            first = pool.submit(take, "first")
            assert writer.has_begun.wait(10)
            others = []
            for number, batch in enumerate(batches):
                others.append(pool.submit(take, batch))
                while len(group._queues[WORKSPACE.pk].turns) <= number:
                    pass
            writer.may_end.set()
            assert first.result() == "FIRST"
            return [other.result() for other in others]

    return run


def test_who_comes_while_another_is_written_is_written_with_the_others_who_wait(answers):
    writer = Writer()
    assert answers(GroupCommit(writer), writer, "b", "c", "d") == ["B", "C", "D"]
    assert writer.written == [["first"], ["b", "c", "d"]]


def test_no_more_are_written_together_than_a_transaction_may_take(answers):
    writer = Writer()
    with patch.object(group_commit, "MOST_ITEMS", 5):
        assert answers(GroupCommit(writer), writer, "bb", "ccc", "d", "very long") == ["BB", "CCC", "D", "VERY LONG"]
    assert writer.written == [["first"], ["bb", "ccc"], ["d"], ["very long"]]


def test_what_is_wrong_with_one_is_no_fault_of_the_others(answers):
    writer = Writer()
    b, bad, c = answers(GroupCommit(writer), writer, "b", "bad", "c")
    assert (b, c) == ("B", "C")
    assert isinstance(bad, ValueError)
    assert writer.written == [["first"], ["b", "bad", "c"], ["b"], ["bad"], ["c"]]


def test_a_database_that_is_away_is_asked_once_for_all_of_them(answers):
    writer = Writer()
    assert [type(one) for one in answers(GroupCommit(writer), writer, "b", "away")] == [OperationalError] * 2
    assert writer.written == [["first"], ["b", "away"]]


def test_workspaces_do_not_wait_for_each_other():
    writer = Writer()
    group = GroupCommit(writer)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(group.take, WORKSPACE, "first")
        assert writer.has_begun.wait(10)
        assert group.take(OTHER, "b") == "B"
        writer.may_end.set()
        assert first.result() == "FIRST"


@pytest.mark.django_db
def test_in_a_transaction_that_is_under_way_a_batch_is_written_at_once():
    writer = Writer()
    group = GroupCommit(writer)
    with transaction.atomic():
        assert group.take(WORKSPACE, "b") == "B"
    assert not group._queues


@pytest.mark.django_db
def test_each_batch_is_told_what_became_of_its_own_items(workspace):
    at = "2026-03-30T10:00:00Z"

    def event(message_id, **more):
        return {"type": "buy", "occurredAt": at, "contact": "ada", "messageId": message_id, **more}

    ahead = event("d", occurredAt="2026-05-01T10:00:00Z")
    sent = [
        [event("a"), event("b"), event("a")],
        [{"type": "buy"}, event("b"), event("c")],
        [ahead, event("e", contact="")],
    ]
    batches = [
        Batch(items, read_events(workspace.pk, items, received_at=NOW), NOW + timedelta(seconds=number))
        for number, items in enumerate(sent)
    ]
    first, second, third = write_calls(workspace, batches)
    assert (first.accepted, first.duplicates, first.first_duplicate, first.rejected) == (2, 1, 2, [])
    assert (second.accepted, second.duplicates, second.first_duplicate) == (1, 1, 1)
    assert [(one.index, one.code) for one in second.rejected] == [(0, "missing_occurred_at")]
    assert (third.accepted, third.duplicates, third.first_duplicate) == (1, 0, None)
    assert [(one.index, one.message_id, one.code) for one in third.warnings] == [(0, "d", "future_time")]
    assert [(one.index, one.message_id) for one in third.rejected] == [(1, "e")]
    assert Event.objects.count() == 4


@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_could_not_be_ended_is_told_of_nowhere(workspace):
    """What was written together and could not be kept is written again alone, and counts once."""
    items = [{"type": "buy", "occurredAt": "2026-03-30T10:00:00Z", "contact": "ada", "messageId": "a"}]
    batch = Batch(items, read_events(workspace.pk, items, received_at=NOW), NOW)
    with transaction.atomic():
        write_calls(workspace, [batch])
        transaction.set_rollback(True)
    [outcome] = write_calls(workspace, [batch])
    assert (outcome.accepted, outcome.duplicates) == (1, 0)
