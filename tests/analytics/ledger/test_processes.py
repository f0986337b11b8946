"""Several processes write, compact and are killed; readers and the recount find nothing lost, doubled or half-seen."""

import os
import random
import threading
import time
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from analytics.ledger import Ledger, Series, storage
from analytics.ledger.compaction import merge_fully
from analytics.ledger.rebuild import Difference, rebuild, verify
from analytics.metrics import Counted
from analytics.models import DayColumn, DayPack, Event
from analytics.periods import Window
from analytics.questions.condition_values import ConditionValues
from analytics.questions.filters import AllOf
from analytics.questions.where import read_where
from tests.analytics.ledger.writer import BATCH
from tests.analytics.processes import Process
from workspaces.scope import scope

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]

PLACED = Series("events", None, AllOf((read_where("property.place>=0", ConditionValues(zone=None)),)))
"""All events, by what a column says of them."""
KILLS = int(os.environ.get("KILLS", "20"))
WRITERS = 2


class Writer(Process):
    """A writing process, which says the batches that are in."""

    def __init__(self, workspace, name):
        self.name = name
        super().__init__("tests.analytics.ledger.writer", str(workspace.pk), name)


@pytest.fixture
def writers(workspace):
    started = []

    def start(name):
        started.append(Writer(workspace, name))
        return started[-1]

    yield start
    for writer in started:
        if not writer.out.closed:
            writer.kill()


def assert_ledger_is_right(workspace, promised):
    assert [found for found in verify(workspace) if isinstance(found, Difference)] == []
    there = set(Event.objects.filter(workspace=workspace).values_list("message_id", flat=True))
    assert promised <= there
    assert len(there) % BATCH == 0


def test_killed_at_any_instant_nothing_acknowledged_is_lost_and_nothing_counts_twice(workspace, writers):
    chance = random.Random(20261124)
    promised = set()
    for kill in range(KILLS // WRITERS):
        running = [writers(f"w{kill}-{number}") for number in range(WRITERS)]
        running[0].wait_for(2)
        time.sleep(chance.random() * 0.4)
        for writer in running:
            writer.kill()
            promised |= {f"{writer.name}-{said}-{place}" for said in list(writer.said) for place in range(BATCH)}
        assert_ledger_is_right(workspace, promised)
    assert len(promised) > KILLS * BATCH


@pytest.fixture
def columns_of_their_own(monkeypatch):
    monkeypatch.setattr(storage, "MOST_TOGETHER", 0)


@pytest.mark.usefixtures("columns_of_their_own")
def test_readers_see_whole_batches_that_were_acknowledged_while_others_write_merge_and_rebuild(
    workspace, writers, monkeypatch
):
    monkeypatch.setattr("analytics.ledger.ledger.event_rows", None)  # which would read the facts
    running = [writers(f"w{number}") for number in range(WRITERS)]
    for writer in running:
        writer.wait_for(2)
    window = Window.last_days(5, zone=workspace.zone, now=timezone.now() + timedelta(days=1))  # it may become midnight
    seen = 0
    end = time.monotonic() + 4
    while time.monotonic() < end:
        before = BATCH * sum(len(writer.said) for writer in running)
        counted = Ledger(workspace).counts({Counted.EVENTS}, window=window).of(Counted.EVENTS)
        found, _ = Ledger(workspace).touches([Series.EVENTS, Series.ATTRIBUTED, PLACED], window=window)
        touched = len(found[Series.EVENTS].people)
        assert touched == len(found[Series.ATTRIBUTED].people) == len(found[PLACED].people)
        for number in (counted, touched):
            assert number % BATCH == 0
            assert number >= max(before, seen)
        seen = counted
        if random.random() < 0.2:
            merge_fully(workspace.pk)
    assert DayColumn.objects.filter(workspace=workspace).exists()
    for writer in running:
        writer.kill()
    promised = {f"{one.name}-{said}-{place}" for one in running for said in list(one.said) for place in range(BATCH)}
    assert len(promised) > 20 * BATCH
    assert_ledger_is_right(workspace, promised)


def test_a_rebuild_while_others_write_counts_nothing_twice(workspace, writers):
    running = [writers(f"w{number}") for number in range(WRITERS)]
    for writer in running:
        writer.wait_for(2)
    for _ in range(5):
        list(rebuild(workspace))
    for writer in running:
        writer.wait_for(len(writer.said) + 2)
        writer.kill()
    assert_ledger_is_right(workspace, set())


def test_two_compactions_at_once_merge_everything_once(workspace, writers):
    writer = writers("w")
    writer.wait_for(30)
    writer.kill()
    before = Event.objects.filter(workspace=workspace).count()
    threads = [threading.Thread(target=merge_and_close, args=(workspace.pk,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    merge_fully(workspace.pk)
    keys = DayPack.objects.filter(workspace=workspace).values_list("kind", "event_type", "day")
    assert len(keys) == len(set(keys))
    assert sum(DayPack.objects.filter(workspace=workspace, kind="event").values_list("n", flat=True)) == before
    assert_ledger_is_right(workspace, set())


def merge_and_close(workspace_id):
    with scope(workspace_id):
        merge_fully(workspace_id)
    connection.close()
