"""Columns that are switched on and off are built and taken away day by day; no answer changes by it."""

from datetime import timedelta
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.ledger import Ledger, Series, column_names, compaction, storage
from analytics.ledger.column_building import build_next_day
from analytics.ledger.columns import ColumnsHead
from analytics.ledger.rebuild import Difference, verify
from analytics.models import ColumnChoice, DayPack, EventProperty
from analytics.operations import jobs
from analytics.periods import Window
from analytics.properties import change_property
from tests.analytics.ledger.facts import Facts
from tests.analytics.ledger.test_conditions import events, filters, send, touches
from tests.examples import examples

pytestmark = pytest.mark.django_db
NAMES = ["plan", "amount", "on"]
switches = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(ColumnChoice)), max_size=4)


@pytest.fixture
def switch(workspace, owner, now):
    def change(name, column, event_type="purchase"):
        given = {"event_type": event_type, "name": name, "column": column}
        return change_property(workspace=workspace, by=owner, now=now, **given)

    return change


@pytest.fixture
def purchases(track, now):
    """One on each of so many days."""
    return lambda days: send(
        track, now, [("purchase", 0, age, {"plan": "pro", "note": "x"}, {}) for age in range(days)]
    )


def heads(workspace, event_type="purchase"):
    rows = DayPack.objects.filter(workspace=workspace, event_type=event_type).order_by("day")
    return [ColumnsHead.read(columns and bytes(columns)) for columns in rows.values_list("columns", flat=True)]


@examples(8)
@given(
    st.lists(st.lists(events, max_size=8), min_size=1, max_size=3),
    st.lists(filters(), min_size=1, max_size=3, unique=True),
    switches,
    st.sampled_from(["", "merge", "forget"]),
    st.integers(0, 5),
    st.sampled_from([1, storage.MOST_TOGETHER]),
)
def test_no_answer_changes_by_switches_before_between_and_after_steps(
    track, workspace, now, switch, batches, conditions, switched, also, steps, together
):
    EventProperty.objects.filter(workspace=workspace).delete()  # as an example before has left them
    window = Window.last_days(4, zone=workspace.zone, now=now)
    series = [Series.of_type(name, condition) for condition in conditions for name in ("seen", "purchase")]
    with patch.multiple(column_names, MAX_COLUMNS=1, FEWEST_TEXTS=2), patch.object(storage, "MOST_TOGETHER", together):
        for batch in batches:
            send(track, now, batch)
        if also == "forget":
            DayPack.objects.filter(workspace=workspace).update(columns=None)
        for name, column in switched:
            switch(name, column, "seen")
        if also == "merge":
            compaction.merge_fully(workspace.pk)
        expected = touches(Facts(workspace), series, window)
        assert touches(Ledger(workspace), series, window) == expected
        for wanted in EventProperty.objects.filter(building_before__isnull=False)[:steps]:
            build_next_day(workspace, wanted)
        assert touches(Ledger(workspace), series, window) == expected
        jobs.build_columns(now)
        assert not EventProperty.objects.filter(building_before__isnull=False).exists()
        assert touches(Ledger(workspace), series, window) == expected
        assert [found for found in verify(workspace) if isinstance(found, Difference)] == []
        for name, column in dict(switched).items():
            for head in heads(workspace, "seen"):
                assert column != ColumnChoice.ON or head.has(f"property.{name}")
                assert column != ColumnChoice.OFF or f"property.{name}" not in head.sizes


def test_a_column_that_was_switched_on_is_built_where_it_was_never_kept(workspace, purchases, switch, now):
    with patch.object(column_names, "MAX_COLUMNS", 1):
        purchases(3)
        assert not any(head.has("property.plan") for head in heads(workspace))
        wanted = switch("plan", ColumnChoice.ON)
        assert (wanted.building.days_done, wanted.building.days) == (0, 3)
        build_next_day(workspace, wanted)
        assert [head.has("property.plan") for head in heads(workspace)] == [False, False, True]
        wanted.refresh_from_db()
        assert (wanted.building.days_done, wanted.building.days) == (1, 3)
        assert jobs.build_columns(now) == {"days": 2}
        assert all(head.has("property.plan") for head in heads(workspace))
        assert EventProperty.objects.get().building is None


def test_what_is_switched_off_is_not_in_the_ledger_any_more(workspace, purchases, switch, now):
    purchases(2)
    compaction.merge_fully(workspace.pk)
    switch("note", ColumnChoice.OFF)
    jobs.build_columns(now)
    assert [name for name in heads(workspace)[0].sizes if name.startswith("property.")] == ["property.plan"]
    assert not any(head.has("property.note") for head in heads(workspace))
    switch("note", ColumnChoice.AUTO)
    jobs.build_columns(now)
    assert all("property.note" in head.sizes for head in heads(workspace))


def test_a_run_stops_in_time_and_the_next_one_goes_on(workspace, purchases, switch, now, monkeypatch):
    purchases(3)
    switch("note", ColumnChoice.OFF)
    monkeypatch.setattr(jobs, "BUILD_SECONDS", -1)
    assert [jobs.build_columns(now)["days"] for _ in range(4)] == [1, 1, 1, 0]
    assert not any("property.note" in head.sizes for head in heads(workspace))


def test_who_changes_a_switch_meanwhile_begins_anew(workspace, purchases, switch, now):
    purchases(2)
    first = switch("note", ColumnChoice.OFF)
    EventProperty.objects.update(column=ColumnChoice.ON, column_set_at=now + timedelta(seconds=1))
    build_next_day(workspace, first)
    assert (EventProperty.objects.get().days_built, EventProperty.objects.get().column) == (0, "on")


def test_a_column_of_a_type_without_events_has_nothing_to_be_built(switch):
    assert switch("plan", ColumnChoice.ON, "never").building is None


def test_events_that_come_meanwhile_have_the_column_at_once(workspace, purchases, switch, track, now):
    purchases(1)
    switch("note", ColumnChoice.OFF)
    send(track, now, [("purchase", 1, 0, {"plan": "pro", "note": "y"}, {})])
    assert sorted("property.note" in head.sizes for head in heads(workspace)) == [False, True]
