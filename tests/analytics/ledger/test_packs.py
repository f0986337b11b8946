"""The byte layout of day packs."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.ledger.columns import NO_COLUMNS
from analytics.ledger.packs import Rows, Segment, net_segments, remaining, times_at

DAY = 25 * 3600 * 1_000_000
touches = st.lists(
    st.tuples(st.integers(0, DAY - 1), st.integers(0, 2**31 - 1), st.integers(0, 2**31 - 1)), max_size=50
)
in_milliseconds = touches.map(lambda rows: [(at // 1000 * 1000, person, value) for at, person, value in rows])
few = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(0, 1)), max_size=8)


def segment(rows, *, with_values=True):
    array = np.array(rows, np.int64).reshape(-1, 3)
    times, people, values = array.T
    return Rows(times, people, values if with_values else np.zeros(len(rows), np.int64), NO_COLUMNS).segment


def rows_of(read):
    return sorted(zip(read.since_midnight.tolist(), read.people.tolist(), read.values.tolist(), strict=True))


@given(st.one_of(touches, in_milliseconds))
def test_what_is_packed_is_read_again(rows):
    read = segment(rows)
    assert read.n == len(rows)
    assert rows_of(read) == sorted(rows)
    assert read.since_midnight.tolist() == sorted(at for at, _, _ in rows)


@given(st.lists(st.tuples(st.one_of(touches, in_milliseconds), st.booleans()), max_size=4), st.data())
def test_instants_are_found_at_some_places_of_several_segments(of_segments, data):
    """Whatever their units, and also where rows lie among them."""
    segments = [segment(rows).at(np.arange(len(rows))) if are_rows else segment(rows) for rows, are_rows in of_segments]
    times = [at for each in segments for at in each.since_midnight.tolist()]
    places = sorted(data.draw(st.sets(st.sampled_from(range(len(times)))))) if times else []
    assert times_at(segments, np.array(places, np.intp)).tolist() == [times[place] for place in places]


@given(touches)
def test_without_values_they_are_nought(rows):
    assert rows_of(segment(rows, with_values=False)) == sorted((at, person, 0) for at, person, _ in rows)


@pytest.mark.parametrize(
    ("step", "width"), [(0, 0), (255_000, 1), (256_000, 2), (65_535_000, 2), (65_536_000, 4), (1, 1), (65_537, 4)]
)
def test_times_are_as_narrow_as_may_be(step, width):
    rows = [(step * number, 1, 0) for number in range(3)]
    assert len(segment(rows, with_values=False).data) == 8 + 3 * (4 + width)


@pytest.mark.parametrize(("value", "width"), [(0, 0), (65_535, 2), (65_536, 4)])
def test_values_are_as_narrow_as_may_be(value, width):
    assert len(segment([(0, 1, value)]).data) == 8 + 4 + width


def test_the_layout_is_as_documented():
    data = segment([(70_000_000, 7, 300), (5_000, 9, 2)]).data
    assert data == struct.pack("<BBBBI", 1, 3, 4, 2, 2) + struct.pack("<ii", 9, 7) + struct.pack(
        "<II", 5, 69_995
    ) + struct.pack("<HH", 2, 300)


def test_another_version_is_not_misread():
    data = bytes([9]) + segment([(0, 1, 0)]).data[1:]
    with pytest.raises(ValueError, match="layout 9; this program reads layout 1"):
        assert Segment(data).n


@given(few, few, few)
def test_merging_adds_what_was_added_and_takes_what_was_taken(one, two, taken):
    result = net_segments([(len(one), segment(one)), (len(two), segment(two)), (-len(taken), segment(taken))])
    left, over = sorted(one + two), []
    for row in sorted(taken):
        left.remove(row) if row in left else over.append(row)
    signs = {sign: rows_of(read) for sign, read in result}
    assert signs.get(1, []) == left
    assert signs.get(-1, []) == over


@pytest.mark.long
@given(st.lists(few, max_size=4), few)
def test_what_remains_is_what_is_left_when_all_is_merged(added, taken):
    pieces = [(1, segment(rows)) for rows in added if rows] + ([(-1, segment(taken))] if taken else [])
    left = remaining(pieces)
    expected = [read for sign, read in net_segments(pieces) if sign > 0] if pieces else []
    assert sorted(row for one in left for row in rows_of(one)) == sorted(
        row for one in expected for row in rows_of(one)
    )
    assert sum(one.n for one in left) == sum(one.n for one in expected)
