"""What the ledger says of properties is what a plain look at every event says."""

from collections import Counter, defaultdict
from datetime import date
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.ingest.removal.erasure import erase_contact
from analytics.ledger import column_names, compaction, properties, property_values, storage
from analytics.ledger.columns import Columns
from analytics.ledger.properties import property_names, type_properties, types_of_events
from analytics.ledger.property_values import ValueKind
from analytics.models import ColumnChoice, Contact, DayPack, Event, EventProperty
from analytics.operations import jobs
from analytics.periods import Window, local_day
from analytics.questions.values import text_of, values_by_path
from campaignos.texts import folded_text
from tests.analytics.ledger.test_conditions import events, send
from tests.examples import examples

pytestmark = pytest.mark.django_db
KINDS = {str: ValueKind.TEXT, bool: ValueKind.FLAG}


def recount(workspace, window, event_type):
    """By name: how many events, the distinct values, their kinds, and the days."""
    values, kinds, days = defaultdict(Counter), defaultdict(set), defaultdict(set)
    seen = set()
    for event in Event.objects.filter(workspace_id=workspace.pk, type=event_type):
        day = local_day(event.occurred_at, workspace.zone)
        if window.first_day <= day <= window.last_day:
            seen.add(day)
            for name, value in values_by_path(event.properties).items():
                values[name][folded_text(text_of(value))] += 1
                kinds[name].add(KINDS.get(type(value), ValueKind.NUMBER))
                days[name].add(day)
    return seen, {
        name: (
            values[name].total(),
            len(values[name]),
            kinds[name].pop() if len(kinds[name]) == 1 else ValueKind.MIXED,
            min(days[name]),
            max(days[name]),
        )
        for name in values
    }


def told(found):
    return {
        each.name: (each.events, each.distinct, each.kind, each.first_day, each.last_day) for each in found.properties
    }


@examples(12)
@given(
    st.lists(st.lists(events, max_size=10), min_size=1, max_size=4),
    st.sampled_from(["", "merge", "erase", "forget", "build"]),
    st.sampled_from([1, column_names.MAX_COLUMNS]),
    st.lists(st.tuples(st.sampled_from(["plan", "amount"]), st.sampled_from(ColumnChoice)), max_size=2),
    st.integers(1, 5),
    st.sampled_from([1, storage.MOST_TOGETHER]),
)
def test_it_is_what_every_event_says(track, workspace, now, batches, also, most, switches, portion, together):
    window = Window.last_days(3, zone=workspace.zone, now=now)
    for name, column in dict(switches).items():
        said = {"column": column, "column_set_at": now, "building_before": date.max}
        which = {"workspace": workspace, "event_type": "seen", "name": name}
        EventProperty.objects.update_or_create(**which, defaults=said)
    with (
        patch.multiple(column_names, MAX_COLUMNS=most, FEWEST_TEXTS=3),
        patch.object(storage, "MOST_TOGETHER", together),
    ):
        for batch in batches:
            send(track, now, batch)
        if also == "erase" and (contact := Contact.objects.filter(workspace=workspace).first()):
            erase_contact(workspace, contact)
        if also == "merge":
            compaction.merge_fully(workspace.pk)
        if also == "forget":
            DayPack.objects.filter(workspace=workspace, day=now.date()).update(columns=None)
        if also == "build":
            jobs.build_columns(now)
    types = {each.event_type: each for each in types_of_events(workspace, window)}
    possible = {*property_names(workspace, window)}
    with patch.object(properties, "TOUCHES_AT_ONCE", portion):
        for event_type in ("seen", "purchase"):
            seen, expected = recount(workspace, window, event_type)
            found = type_properties(workspace, window, event_type)
            assert told(found) == expected
            assert all(each.is_exact and not each.has_more_values for each in found.properties)
            assert all(each.looked_at == found.events and each.days == len(seen) for each in found.properties)
            assert found.left_out == 0
            assert {(event_type, name) for name in expected} <= possible
            assert (event_type in types) == bool(seen)
            if seen:
                bounds = types[event_type].first_day, types[event_type].last_day
                assert bounds == (min(seen), max(seen))
                assert types[event_type].events == found.events


def test_of_very_many_names_and_values_the_bounds_are_told(track, workspace, now):
    window = Window.last_days(3, zone=workspace.zone, now=now)
    send(
        track, now, [("seen", 0, 0, {"x" * 300: 1, "id": f"i{number}", f"p{number:03}": 1}, {}) for number in range(9)]
    )
    with patch.object(property_values, "MOST_DISTINCT_VALUES", 5), patch.object(properties, "MOST_NAMES", 4):
        found = type_properties(workspace, window, "seen", also=["never"])
    assert [each.name for each in found.properties] == ["id", "p000", "p001", "p002"]
    assert found.left_out == 1 + 7
    assert (found.properties[0].distinct, found.properties[0].has_more_values) == (5, True)


def test_columns_of_money_are_no_properties_also_after_the_rule_has_changed(track, workspace, now):
    """Merged segments that were kept by two rules know neither: no name of an event's is left out for that."""
    window = Window.last_days(3, zone=workspace.zone, now=now)
    send(track, now, [("purchase", 0, 0, {"revenue": 5}, {})])
    workspace.currency = "JPY"
    workspace.save()
    send(track, now, [("purchase", 1, 0, {"revenue": 6}, {})])
    compaction.merge_fully(workspace.pk)
    with patch.object(properties, "EVENTS_SAMPLED", 1):
        found = type_properties(workspace, window, "purchase")
    assert [each.name for each in found.properties] == ["revenue"]
    assert (found.properties[0].events, found.properties[0].is_exact, found.left_out) == (2, True, 0)
    assert Columns.read(bytes(DayPack.objects.get(kind="event").columns), 2).missing == frozenset()


def test_what_nobody_has_is_told_where_it_is_asked_for(track, workspace, now):
    window = Window.last_days(3, zone=workspace.zone, now=now)
    send(track, now, [("seen", 0, 0, {"plan": "pro"}, {})])
    found = {each.name: each for each in type_properties(workspace, window, "seen", also=["never"]).properties}
    assert (found["never"].events, found["never"].first_day, found["never"].kind) == (0, None, None)
    assert found["never"].column_days == 1
