"""Compaction: what it merges, what it costs, and that no answer changes by it."""

import math
from datetime import UTC, datetime, timedelta
from io import StringIO
from unittest.mock import patch

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from analytics.ledger import Entries, Ledger, Series, compaction
from analytics.models import DayCount, DayPack
from analytics.periods import Window, microseconds
from workspaces.scope import at_the_door

AT = datetime(2026, 3, 30, 10, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def append(workspace, number, event_type="seen"):
    entries = Entries.begin(workspace, received_at=AT + timedelta(seconds=number))
    at = AT + timedelta(milliseconds=number * 37)
    entries.add_events([event_type], np.array([microseconds(at)], "M8[us]"), [number % 7], [None], ["{}"], ["{}"])
    entries.write()


def people(workspace):
    window = Window.last_days(1, zone=workspace.zone, now=AT)
    found, _ = Ledger(workspace).touches([Series.EVENTS], window=window)
    return sorted(zip(found[Series.EVENTS].people.tolist(), found[Series.EVENTS].at.tolist(), strict=True))


def test_a_key_is_merged_when_it_has_gathered_enough_rows_and_not_before(workspace):
    for number in range(compaction.FAN_IN - 1):
        append(workspace, number)
    append(workspace, 0, event_type="other")
    assert compaction.merge_crowded(workspace.pk) == 0 + (compaction.FAN_IN - 1)  # the counts of both types are one key
    append(workspace, 99)
    before = people(workspace)
    assert compaction.merge_crowded(workspace.pk) == compaction.FAN_IN - 1
    assert people(workspace) == before
    assert sorted(DayPack.objects.values_list("event_type", "n", "level")) == [("other", 1, 0), ("seen", 12, 1)]


def test_merging_fully_leaves_one_row_of_a_key(workspace):
    for number in range(30):
        append(workspace, number)
        if number == 20:
            compaction.merge_crowded(workspace.pk)
    before = people(workspace)
    compaction.merge_fully(workspace.pk)
    assert people(workspace) == before
    assert (DayPack.objects.get().n, DayCount.objects.get().n) == (30, 30)
    assert DayCount.objects.get().through == AT + timedelta(seconds=29)


@pytest.mark.long
def test_single_requests_leave_few_segments_and_are_written_again_once_a_level(workspace):
    singles, fan_in = 500, 4
    written = []
    replace = compaction._replace

    def counted(workspace_id, old, new):
        written.extend(len(row.data) for row in new if isinstance(row, DayPack))
        replace(workspace_id, old, new)

    appended = 0
    with patch.object(compaction, "FAN_IN", fan_in), patch.object(compaction, "_replace", counted):
        for number in range(singles):
            append(workspace, number)
            appended += 8 + 4 + 4
            compaction.merge_crowded(workspace.pk)
    levels = math.log(singles, fan_in)
    assert DayPack.objects.count() <= fan_in * (levels + 1)
    assert sum(written) <= levels * appended
    assert len(people(workspace)) == singles


def test_what_is_large_is_left_alone(workspace):
    with patch.object(compaction, "MOST_TOUCHES", 10):
        for number in range(40):
            append(workspace, number)
        compaction.merge_fully(workspace.pk)
        compaction.merge_fully(workspace.pk)
        sizes = list(DayPack.objects.values_list("n", flat=True))
        assert max(sizes) <= 10
        assert compaction.merge_fully(workspace.pk) == 0
    assert len(people(workspace)) == 40


@pytest.mark.long
@pytest.mark.parametrize(("limit", "together"), [("MOST_KEYS", 2), ("MOST_TOUCHES", 2 * compaction.FAN_IN)])
def test_a_transaction_merges_as_many_keys_as_take_a_moment(workspace, limit, together):
    for event_type in "abcde":
        for number in range(compaction.FAN_IN):
            append(workspace, number, event_type=event_type)
    before = people(workspace)
    with (
        patch.object(compaction, limit, together),
        patch.object(compaction, "_merge_packs", wraps=compaction._merge_packs) as merges,
    ):
        compaction.merge_crowded(workspace.pk)
    assert [len(keys) for _, _, keys, _ in (call.args for call in merges.call_args_list)][:3] == [2, 2, 1]
    assert [row.n for row in DayPack.objects.all()] == [compaction.FAN_IN] * 5
    assert people(workspace) == before


def test_what_another_transaction_takes_away_meanwhile_is_not_looked_for(workspace):
    """Two erase at once: the one that waits for the other's lock finds nothing more to take."""
    entries = Entries.begin(workspace, received_at=AT)
    entries.add_events(
        ["seen"] * 2, np.array([microseconds(AT)] * 2, "M8[us]"), [1, 2], [None] * 2, ["{}"] * 2, ["{}"] * 2
    )
    entries.write()
    DayPack.objects.update(columns=b"")
    pack = DayPack.objects.get()
    DayPack.objects.create(**{**_fields(pack), "n": -2})

    def taken_by_another(workspace_id):
        DayPack.objects.filter(n__lt=0).delete()

    with patch.object(compaction.locks, "share", taken_by_another):
        compaction.forget_taken(workspace.pk)
    assert len(people(workspace)) == 2


def _fields(pack):
    return {field.attname: getattr(pack, field.attname) for field in pack._meta.fields if not field.primary_key}


def test_after_a_commit_the_days_it_wrote_are_looked_at(workspace, django_capture_on_commit_callbacks):
    with patch("random.randrange", return_value=0), django_capture_on_commit_callbacks(execute=True):
        for number in range(compaction.FAN_IN):
            append(workspace, number)
    assert DayPack.objects.get().n == compaction.FAN_IN


def test_that_happens_wherever_the_transaction_ends(workspace, django_capture_on_commit_callbacks):
    with patch("random.randrange", return_value=0), django_capture_on_commit_callbacks() as callbacks:
        for number in range(compaction.FAN_IN):
            append(workspace, number)
    with at_the_door():
        callbacks[-1]()
    assert DayPack.objects.get().n == compaction.FAN_IN


def test_the_command_merges_every_workspace_or_one(workspace):
    for number in range(5):
        append(workspace, number)
    out = StringIO()
    call_command("compact", workspace=workspace.api_id, stdout=out)
    assert out.getvalue() == f"{workspace.api_id} Acme: 8 rows merged away.\n"
    with pytest.raises(CommandError, match="There is no workspace 'ws_999'"):
        call_command("compact", workspace="ws_999")
