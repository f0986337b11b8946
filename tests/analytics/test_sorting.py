"""The order of numbers is that of comparing them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics import sorting
from analytics.sorting import (
    are_first_of_equals,
    are_least_of_runs,
    concatenated_ranges,
    instant_keys,
    may_stand_twice,
    order_by_person,
    order_of_numbers,
)

numbers = st.one_of(st.integers(0, 3), st.integers(0, 2**17), st.integers(0, 2**58), st.integers(0, 2**63 - 1))


@pytest.mark.parametrize("kind", [np.int64, np.uint64])
@given(values=st.lists(numbers, max_size=20))
def test_numbers_are_put_in_order_and_equal_ones_stay_in_theirs(kind, values):
    array = np.array(values, kind)
    assert order_of_numbers(array).tolist() == sorted(range(len(values)), key=values.__getitem__)


def test_numbers_above_half_of_what_their_type_holds_keep_their_order():
    array = np.array([2**64 - 1, 0, 2**63, 2**16], np.uint64)
    assert order_of_numbers(array).tolist() == [1, 3, 2, 0]


@given(values=st.lists(st.integers(0, 3), max_size=9))
def test_the_first_of_equals_are_as_many_as_there_are_different_ones(values):
    in_order = np.sort(np.array(values, np.int64))
    assert in_order[are_first_of_equals(in_order)].tolist() == sorted(set(values))


@given(
    runs=st.lists(st.lists(st.one_of(st.integers(0, 2), numbers), min_size=1, max_size=9), max_size=9), data=st.data()
)
def test_the_least_of_each_run_are_marked_and_of_equal_ones_the_earlier(runs, data):
    counts = [data.draw(st.integers(1, len(run))) for run in runs]
    before = data.draw(st.lists(numbers, max_size=2))  # which is of no run
    array = np.array([*before, *(number for run in runs for number in run)], np.int64)
    lengths = np.array([*map(len, runs)], np.int64)
    starts = np.cumsum(lengths) - lengths + len(before)

    marks = are_least_of_runs(array, starts, lengths, np.array(counts, np.int64))

    expected = [False] * len(before)
    for run, count in zip(runs, counts, strict=True):
        least = sorted(range(len(run)), key=run.__getitem__)[:count]
        expected += [place in least for place in range(len(run))]
    assert marks.tolist() == expected


@given(ranges=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3)), max_size=5))
def test_ranges_follow_one_another(ranges):
    starts, lengths = (np.array([each[place] for each in ranges], np.int64) for place in (0, 1))
    expected = [number for start, length in ranges for number in range(start, start + length)]
    assert concatenated_ranges(starts, lengths).tolist() == expected


@given(numbers=st.lists(st.integers(0, 40), max_size=30))
def test_different_numbers_are_the_same_however_they_are_found(numbers):
    most, sorting.MOST_MARKS = sorting.MOST_MARKS, 0
    try:
        by_sorting = sorting.different_numbers(np.array(numbers, np.int64), 41)
    finally:
        sorting.MOST_MARKS = most
    by_marks = sorting.different_numbers(np.array(numbers, np.int64), 41)
    assert by_sorting.tolist() == by_marks.tolist() == sorted(set(numbers))


@given(values=st.lists(numbers, max_size=20))
def test_all_that_stand_twice_may_do_so(values):
    found = may_stand_twice(np.array(values, np.int64)).tolist()
    assert all(may for may, value in zip(found, values, strict=True) if values.count(value) > 1)


def test_few_others_may_stand_twice():
    assert may_stand_twice(np.random.default_rng(1).integers(1, 2**62, 1000)).mean() < 0.3


@given(
    of_people=st.lists(
        st.lists(
            st.tuples(
                st.sampled_from([0, 1, 2, 2**20, 2**24]),
                st.sampled_from([-(2**50), -1, 0, 1, 2**30, 2**44, 2**62]),
            ),
            max_size=6,
        ),
        min_size=1,
        max_size=3,
    )
)
def test_keys_have_the_order_of_people_and_their_instants(of_people):
    arrays = [
        (np.array([person for person, _ in each], np.int32), np.array([at for _, at in each], np.int64))
        for each in of_people
    ]
    keys = [key for of_some in instant_keys(*arrays) for key in of_some.tolist()]
    both = [pair for each in of_people for pair in each]
    assert [*map(len, instant_keys(*arrays))] == [*map(len, of_people)]
    for one, key in zip(both, keys, strict=True):
        assert [key < other for other in keys] == [one < other for other in both]


@pytest.mark.parametrize("is_in_time", [True, False])
@given(acts=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4)), max_size=12))
def test_acts_are_put_in_order_of_person_and_time_and_equal_ones_stay_in_theirs(acts, is_in_time):
    if is_in_time:
        acts.sort(key=lambda act: act[1])
    people, at = np.array([person for person, _ in acts], np.int32), np.array([at for _, at in acts], np.int64)
    [keys] = instant_keys((people, at))
    assert order_by_person(people, at, keys).tolist() == sorted(range(len(acts)), key=acts.__getitem__)
