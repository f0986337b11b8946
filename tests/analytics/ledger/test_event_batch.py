"""Events of one transaction, written together: as segments of each type and day by itself would be."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.ledger.codecs import NumberColumn, column_of
from analytics.ledger.column_names import MAX_COLUMNS, NO_SWITCHES, ColumnSwitches, event_columns
from analytics.ledger.columns import NO_COLUMNS, Columns
from analytics.ledger.event_batch import EventBatch
from analytics.ledger.money_columns import MoneyColumns
from analytics.ledger.packs import Rows
from analytics.ledger.runs import Runs, segments_of_runs
from tests.examples import examples
from workspaces.conversions import MoneyRule

DAY = 25 * 3600 * 1_000_000
RULE = MoneyColumns(MoneyRule(amount=("amount",), currency=("currency",), order=("order",)), "EUR")
SWITCHES = {"view": ColumnSwitches(off=frozenset({"property.path"}))}

texts = st.sampled_from(["", "a", "é", "1", "b" * 300])
numbers = st.one_of(st.integers(-(2**60), 2**60), st.decimals(-99, 99, places=3).map(float), st.integers(0, 300))
values = {
    "plan": texts,
    "path": st.integers(0, 999).map("/p/{}".format),
    "amount": st.decimals(0, 9999, places=2).map(float) | st.integers(1, 90).map(lambda tens: 10 * tens),
    "whole": st.integers(-500, 500),
    "is_new": st.booleans(),
    "any": st.one_of(texts, numbers, st.booleans()),
    "float": st.floats(allow_nan=False, allow_infinity=False),
    "currency": st.sampled_from(["EUR", "USD", "none"]),
    "order": texts,
}
events = st.tuples(
    st.sampled_from(["purchase", "view"]),
    st.integers(0, 2),
    st.integers(0, DAY - 1) | st.integers(0, DAY // 1000 - 1).map(lambda milliseconds: 1000 * milliseconds),
    st.integers(0, 2**31 - 1),
    st.sampled_from([0, 0, 3, 70_000]),
    st.fixed_dictionaries({}, optional=values),
    st.none() | texts,
)


def batch_of(rows):
    types, days, since, people, triples, properties, terms = zip(*rows, strict=True)
    given_rows = Rows(np.array(since), np.array(people, np.int32), np.array(triples, np.int32), NO_COLUMNS)
    return EventBatch(types, np.array(days), given_rows, properties, {"utm.term": terms})


def segment_by_itself(rows, switches, money):
    """Of the events of a type on a day, in order of time."""
    alone = batch_of(rows)
    columns = event_columns(alone.properties, alone.campaigns, alone.rows.values, switches=switches, money=money)
    return replace(alone.rows, values=np.zeros(len(rows), np.int32), columns=columns).segment


def facts(segment):
    """All that is known of the touches; a column without any value is no other than none."""
    columns = segment.columns
    by_name = {name: [(type(value), value) for value in column.list()] for name, column in columns.by_name.items()}
    told = {name: found for name, found in by_name.items() if any(value is not None for _, value in found)}
    return segment.data, told, columns.missing


@pytest.mark.long
@examples(60)
@given(st.lists(events, min_size=1, max_size=30))
def test_events_written_together_are_as_those_of_a_type_and_day_by_themselves(rows):
    found = {
        (name, day): facts(segment) for name, day, segment in batch_of(rows).segments(SWITCHES, {"purchase": RULE})
    }
    expected = {}
    for name, day in {(row[0], row[1]) for row in rows}:
        of_part = sorted((row for row in rows if row[:2] == (name, day)), key=lambda row: row[2])
        money = RULE if name == "purchase" else None
        expected[name, day] = facts(segment_by_itself(of_part, SWITCHES.get(name, NO_SWITCHES), money))
    assert found == expected


@examples(30)
@given(st.lists(events, min_size=1, max_size=30))
def test_events_with_a_triple_are_told_day_by_day(rows):
    found = {day: segment.data for day, segment in batch_of(rows).attributed_segments()}
    expected = {}
    for day in {row[1] for row in rows if row[4]}:
        of_day = sorted((row for row in rows if row[1] == day and row[4]), key=lambda row: row[2])
        expected[day] = batch_of(of_day).rows.segment.data
    assert found == expected


columns = st.one_of(*(st.lists(st.none() | each, min_size=20, max_size=20) for each in values.values()))


@examples(60)
@given(columns, st.sets(st.integers(1, 19)))
def test_a_column_in_parts_takes_no_more_bytes_than_each_part_by_itself(scalars, starts):
    bounds = [0, *sorted(starts), 20]
    parts = Runs(np.array(bounds[:-1]), 20)
    rows = Rows(*np.zeros((3, 20), np.int64), Columns(20, {"a": column_of(scalars)}))
    for segment, first, end in zip(segments_of_runs(rows, parts), bounds, bounds[1:], strict=False):
        alone = column_of(scalars[first:end])
        assert segment.columns["a"].list() == alone.list()
        if isinstance(column_of(scalars), NumberColumn):
            assert len(segment.columns["a"].data) == (len(alone.data) if any(alone.list()) or 0 in alone.list() else 6)


def test_money_has_its_columns_in_each_part_where_none_of_its_events_names_an_amount():
    rows = [("purchase", day, day, 1, 0, {"amount": 5} if day else {}, None) for day in (0, 1)]
    for _, _, segment in batch_of(rows).segments({}, {"purchase": RULE}):
        assert all(segment.columns.has(name) for name in RULE.names)


def test_each_part_has_columns_of_its_own_most_frequent_properties():
    rows = [("view", day, 0, 1, 0, {f"p{day}.{n}": 1 for n in range(MAX_COLUMNS)}, None) for day in (0, 1)]
    for _, day, segment in batch_of(rows).segments({}, {}):
        assert segment.columns.by_name.keys() - {"utm.term"} == {f"property.p{day}.{n}" for n in range(MAX_COLUMNS)}
        assert segment.columns.missing == frozenset()


def test_no_rows_have_no_segments():
    assert (
        segments_of_runs(
            batch_of([("view", 0, 0, 1, 0, {}, None)]).rows.at(np.array([], np.intp)), Runs.of(np.array([], np.intp))
        )
        == []
    )


@pytest.mark.parametrize("size", [255, 256, 70_000])
def test_places_of_values_are_as_wide_as_a_part_has_values(size):
    scalars = ["x", *(f"v{place}" for place in range(size))]
    rows = Rows(*np.zeros((3, size + 1), np.int64), Columns(size + 1, {"a": column_of(scalars)}))
    segments = segments_of_runs(rows, Runs(np.array([0, 1]), size + 1))
    assert [len(segment.columns["a"].data) for segment in segments] == [
        len(column_of(part).data) for part in (scalars[:1], scalars[1:])
    ]
