"""Columns of segments: what is written is read again, joined and taken away with its touches."""

import struct
from collections import Counter
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.ledger.codecs import NumberColumn, column_of, joined_columns
from analytics.ledger.column_names import MAX_COLUMNS, event_columns
from analytics.ledger.columns import MAX_MISSING_NAMES, NO_COLUMNS, Columns, joined_parts
from analytics.ledger.packs import NO_ROWS, Rows, Segment, are_same, net_segments

texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=4)
numbers = (
    st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.decimals(-99, 99, places=2).map(float)
)
values = st.one_of(st.none(), st.booleans(), texts, numbers, st.sampled_from(["1", 1, 1.0, True, "true", ""]))
columns = st.one_of(st.lists(values, max_size=12), st.lists(st.none() | st.integers(0, 9), max_size=12))


def exact(value):
    """As a column has it, with its type: true is not 1."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return type(value), value
    return Decimal, Decimal(repr(value)) if isinstance(value, float) else Decimal(value)


def listed(column):
    return [exact(value) for value in column.list()]


def read_again(by_name, n, missing=frozenset()):
    return Columns.read(Columns(n, by_name, missing).data, n)


@given(columns)
def test_what_is_written_is_read_again(scalars):
    column = column_of(scalars)
    assert listed(column) == [exact(value) for value in scalars]
    assert listed(read_again({"a": column}, len(scalars))["a"]) == listed(column)


@given(st.lists(columns, min_size=1, max_size=4))
def test_joined_columns_have_the_values_of_each_in_turn(parts):
    joined = joined_columns([column_of(scalars) for scalars in parts])
    assert listed(joined) == [exact(value) for scalars in parts for value in scalars]


def test_a_long_text_is_cut_off():
    assert column_of(["x" * 300]).list() == ["x" * 255]


def test_numbers_are_kept_as_numbers_of_the_fewest_places_and_bytes():
    column = column_of([19.99, None, 5, 0.5])
    assert isinstance(column, NumberColumn)
    assert column.places == 2
    assert len(column.data) == 11 + 4 * 2


def test_whole_numbers_beyond_64_bits_are_exact():
    assert column_of([10**30, 1]).list() == [Decimal(10**30), Decimal(1)]


def test_of_more_names_than_are_kept_the_most_frequent_are_and_the_others_are_not_known():
    events = [{f"p{number}": 1 for number in range(MAX_COLUMNS)} | ({"rare": 1} if first else {}) for first in (1, 0)]
    columns = read_again(*_of(events))
    assert columns["property.p0"].list() == [Decimal(1)] * 2
    with pytest.raises(LookupError):
        columns["property.rare"]
    assert columns["property.other"].list() == [None, None]


def test_of_very_many_names_none_is_told_apart():
    columns = read_again(*_of([{f"p{number}": 1 for number in range(MAX_COLUMNS + MAX_MISSING_NAMES + 1)}]))
    with pytest.raises(LookupError):
        columns["property.never"]


def _of(events):
    columns = event_columns(events, {}, np.zeros(len(events), np.int64))
    return columns.by_name, columns.n, columns.missing


def test_what_is_missing_in_a_part_is_missing_in_all():
    known, unknown = Columns(1, {"a": column_of([1])}), Columns(1, {}, frozenset({"a"}))
    joined = joined_parts([known, unknown])
    with pytest.raises(LookupError):
        joined["a"]
    assert joined["b"].list() == [None, None]
    assert not joined_parts([known, NO_COLUMNS]).has("b")


def test_of_no_events_it_is_known_that_they_say_nothing_of_money():
    """So it is where the last event of a day goes while a report reads it from the facts."""
    assert NO_ROWS.columns["money.units:1"].list() == []
    with pytest.raises(LookupError):
        Columns(1, {})["money.units:1"]


def test_the_bytes_are_laid_out_as_documented():
    """docs/ledger.md has the layout for whoever reads the ledger without this program."""
    by_name = {
        "plan": column_of(["pro", None, "free"]),
        "any": column_of([True, "1", 1]),
        "amount": column_of([9.5, 12, None]),
    }
    data = Columns(3, by_name, frozenset({"rare"})).data
    assert data == b"".join(
        [
            struct.pack("<BHHI", 1, 3, 1, 21) + b"plan\0any\0amount\0rare\0",
            struct.pack("<III", 18, 18, 14),
            struct.pack("<BBI", 1, 1, 9) + b"pro\0free\0" + bytes([1, 0, 2]),
            struct.pack("<BBI", 2, 1, 9) + b"b1\0s1\0n1\0" + bytes([1, 2, 3]),
            struct.pack("<BBBq", 3, 1, 1, 94) + bytes([1, 26, 0]),
        ]
    )


def test_another_layout_is_not_misread():
    data = bytes([9]) + Columns(0, {}).data[1:]
    with pytest.raises(ValueError, match="layout 9; this program reads layout 1"):
        Columns.read(data, 0)


few = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 1), st.sampled_from([None, "a", "b"]), st.sampled_from([None, 1, 2.5])),
    max_size=7,
)


def rows_of(touches):
    if not touches:
        return NO_ROWS
    times, people, names, amounts = zip(*touches, strict=True)
    by_name = {"name": column_of(names), "amount": column_of(amounts)}
    return Rows(np.array(times), np.array(people), np.zeros(len(times), np.int64), Columns(len(times), by_name))


def touches_of(rows):
    rows = Segment(rows.segment.data, rows.segment.column_data) if isinstance(rows, Rows) else rows
    names, amounts = rows.columns["name"].list(), rows.columns["amount"].list()
    return Counter(zip(rows.since_midnight.tolist(), rows.people.tolist(), names, map(_float, amounts), strict=True))


def _float(value):
    return None if value is None else float(value)


@given(few, few, few)
def test_touches_are_taken_away_with_all_of_their_columns(first, second, taken):
    pieces = [(sign, rows_of(touches).segment) for sign, touches in ((1, first), (1, second), (-1, taken)) if touches]
    result = dict(net_segments(pieces)) if pieces else {}
    added, away = Counter([*first, *second]), Counter(taken)
    assert (touches_of(result[1]) if 1 in result else Counter()) == added - away
    assert (touches_of(result[-1]) if -1 in result else Counter()) == away - added


@given(few, few)
def test_touches_are_the_same_if_all_of_their_columns_are(ours, theirs):
    assert are_same(rows_of(ours), rows_of(theirs)) == (Counter(ours) == Counter(theirs))
