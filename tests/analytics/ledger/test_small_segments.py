"""Small segments of many days, merged together: as each day by itself would be."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.ledger.codecs import NumberColumn, column_of
from analytics.ledger.column_names import MAX_COLUMNS, NO_SWITCHES, ColumnSwitches
from analytics.ledger.columns import NO_COLUMNS, Columns
from analytics.ledger.packs import Rows, net_segments
from analytics.ledger.small_segments import merged_segments
from tests.examples import examples

touches = st.tuples(
    st.integers(0, 5).map(lambda at: 500 * at),
    st.integers(0, 3),
    st.none() | st.sampled_from(["a", "b", "é"]),
    st.none() | st.sampled_from([1, 2.5, 900]),
)
pieces = st.lists(touches, min_size=1, max_size=6)
days = st.lists(st.lists(pieces, min_size=1, max_size=4), min_size=1, max_size=4)


def segment_of(rows, *, missing=frozenset(), has_columns=True):
    times, people, names, amounts = zip(*sorted(rows, key=lambda row: row[0]), strict=True)
    columns = {"property.name": column_of(names), "property.amount": column_of(amounts)}
    known = {name: column for name, column in columns.items() if any(value is not None for value in column.list())}
    kept = Columns(len(rows), known, missing) if has_columns else NO_COLUMNS
    return Rows(np.array(times), np.array(people, np.int32), np.zeros(len(rows), np.int32), kept).segment


def facts(segment):
    names, amounts = (segment.columns[f"property.{name}"].list() for name in ("name", "amount"))
    touched = zip(segment.since_midnight.tolist(), segment.people.tolist(), names, amounts, strict=True)
    return list(touched), segment.columns.missing


@pytest.mark.long
@examples(100)
@given(days)
def test_days_merged_together_are_as_each_by_itself(histories):
    keys = [[segment_of(rows) for rows in of_day] for of_day in histories]
    found = merged_segments(keys, NO_SWITCHES)
    expected = [segment for of_day in keys for _, segment in net_segments([(1, segment) for segment in of_day])]
    assert [*map(facts, found)] == [*map(facts, expected)]


def test_touches_without_columns_are_merged_without():
    keys = [[segment_of([(5, 1, None, None)], has_columns=False)] * 2] * 2
    assert [(segment.n, segment.column_data) for segment in merged_segments(keys, NO_SWITCHES)] == [(2, None)] * 2


def test_each_day_says_for_itself_what_is_not_known_of_all():
    plain, mixed = segment_of([(5, 1, "a", None)]), segment_of([(5, 1, 1, None)])
    lacking = segment_of([(5, 1, "a", None)], missing=frozenset({"property.rare"}))
    unknown = segment_of([(5, 1, "a", None)], has_columns=False)
    for other in (mixed, lacking, unknown):
        assert merged_segments([[plain, plain], [plain, other]], NO_SWITCHES) is None
    switches = ColumnSwitches(off=frozenset({"property.name"}))
    assert merged_segments([[plain, plain]], switches) is None


def test_of_too_many_columns_each_day_has_its_own_most_frequent():
    columns = {f"property.{number}": column_of([number]) for number in range(MAX_COLUMNS + 1)}
    rows = Rows(np.array([1]), np.array([1], np.int32), np.zeros(1, np.int32), Columns(1, columns))
    assert merged_segments([[rows.segment]], NO_SWITCHES) is None


def test_where_a_part_has_no_numbers_the_others_stay_numbers():
    [merged] = merged_segments([[segment_of([(5, 1, "a", 2.5)]), segment_of([(6, 1, "a", None)])]], NO_SWITCHES)
    assert isinstance(merged.columns["property.amount"], NumberColumn)
