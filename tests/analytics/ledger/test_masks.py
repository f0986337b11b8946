"""Conditions on columns: what they say of each value by itself, however quickly it is found out."""

from decimal import Decimal
from itertools import chain

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.ledger.codecs import NumberColumn, column_of, joined_columns
from analytics.ledger.columns import Columns
from analytics.ledger.masks import EventFields, Lookups
from analytics.questions.fields import Field, FieldKind, Subject
from analytics.questions.filters import Compares, Contains, Is, IsSet, Operator

FIELD = Field("property.a", Subject.EVENTS, FieldKind.SCALAR)

numbers = (
    st.integers(-300, 300)
    | st.decimals(-9, 9, places=2).map(float)
    | st.integers(-(2**49), 2**49)
    | st.sampled_from([0, 1, 255, 256, 65_535, 65_536])
)
values = st.one_of(
    st.none(), st.booleans(), numbers, st.sampled_from(["1", "Straße", "STRASSE", "a", "", "true", "1e2"])
)
columns = st.lists(st.none() | numbers, max_size=9) | st.lists(values, max_size=9)
bounds = numbers.map(lambda number: Decimal(repr(number))) | st.decimals(allow_nan=False, allow_infinity=False)
conditions = st.one_of(
    st.builds(Compares, st.just(FIELD), st.sampled_from(Operator), bounds),
    st.lists(values.filter(lambda value: value is not None).map(str), min_size=1, max_size=3).map(
        lambda texts: Is(FIELD, tuple(texts))
    ),
    st.builds(Contains, st.just(FIELD), st.sampled_from([("1",), ("ss", "5")])),
    st.just(IsSet(FIELD)),
)


@given(st.lists(columns, min_size=1, max_size=3), st.lists(conditions, min_size=1, max_size=4))
def test_a_mask_says_of_each_touch_what_the_condition_says_of_its_value(parts, asked):
    lookups = Lookups({})
    for scalars in [*parts, [*chain.from_iterable(parts)]]:
        column = column_of(scalars)
        stored = Columns.read(Columns(len(column), {FIELD.key: column}).data, len(column))
        for condition in asked:
            mask = EventFields("seen", stored, lookups).mask(condition)
            assert mask.tolist() == [condition.matches(value) for value in column.list()]


@pytest.mark.long
@given(st.lists(columns, min_size=1, max_size=4), st.data())
def test_joined_columns_know_no_more_values_than_touches_have(parts, data):
    columns_of_parts = [column_of(scalars) for scalars in parts]
    chosen = [
        np.array(data.draw(st.lists(st.booleans(), min_size=len(each), max_size=len(each))), np.bool_)
        for each in columns_of_parts
    ]
    joined = joined_columns([column.at(places) for column, places in zip(columns_of_parts, chosen, strict=True)])
    expected = [
        value for column, places in zip(columns_of_parts, chosen, strict=True) for value in column.at(places).list()
    ]
    assert joined.list() == expected
    assert [*map(type, joined.list())] == [*map(type, expected)]


def test_numbers_lie_in_as_few_bytes_as_they_need_and_are_asked_there():
    column = NumberColumn(np.array([100, 0, 355]), np.array([True, False, True]), 2)
    assert (column.above.dtype, column.below) == (np.dtype("<u2"), 99)
    assert column.between(None, 10**6).tolist() == [True, False, True]
    assert column.at(np.array([2, 1])).numbers[0] == 355
