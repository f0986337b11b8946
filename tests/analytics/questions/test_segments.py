"""Saved segments in filters: their conditions in place of their names."""

from zoneinfo import ZoneInfo

import pytest

from analytics.questions.filters import AllOf, AnyOf, Did, EventAct, InSegment, Not
from analytics.questions.segments import (
    SegmentError,
    depth_of,
    is_within_bounds,
    segment_condition,
    segment_data,
    segments_in,
    with_segments,
)

BUYERS = Did(EventAct("purchase"), AllOf())


def test_names_of_segments_give_way_to_their_conditions():
    segments = {1: AllOf((BUYERS, Not(InSegment(2)))), 2: BUYERS}
    condition = AnyOf((InSegment(1), Not(InSegment(2))))
    assert with_segments(condition, segments) == AnyOf((AllOf((BUYERS, Not(BUYERS))), Not(BUYERS)))
    assert segments_in(condition) == {1, 2}


@pytest.mark.parametrize(
    ("segments", "which"), [({}, 1), ({1: Not(InSegment(2)), 2: InSegment(1)}, 1), ({1: InSegment(1)}, 1)]
)
def test_a_segment_that_is_not_there_or_made_of_itself_is_refused(segments, which):
    with pytest.raises(SegmentError) as error:
        with_segments(AllOf((InSegment(1),)), segments)
    assert error.value.segment_id == which


def test_a_segment_is_made_of_itself_where_it_would_be_saved_so():
    with pytest.raises(SegmentError, match="seg_4 is made of itself"):
        with_segments(InSegment(5), {5: InSegment(4)}, within=(4,))


@pytest.mark.parametrize(
    ("condition", "depth"),
    [
        (BUYERS, 0),
        (AllOf((BUYERS,)), 0),
        (AllOf((BUYERS, InSegment(1))), 1),
        (AllOf((BUYERS, AllOf((BUYERS, InSegment(1))))), 1),
        (AnyOf((BUYERS,)), 1),
        (Not(AllOf((BUYERS,))), 1),
        (Not(AllOf((BUYERS, BUYERS))), 2),
        (Did(EventAct("purchase"), AllOf((Not(AnyOf((BUYERS,))),))), 2),
    ],
)
def test_depth_is_that_of_the_shortest_way_to_say_it(condition, depth):
    assert depth_of(condition) == depth


def test_bounds_are_those_of_filters():
    deep = Not(Not(Not(Not(BUYERS))))
    assert is_within_bounds(AllOf((deep,) * 1))
    assert not is_within_bounds(Not(deep))
    assert is_within_bounds(AnyOf((BUYERS,) * 20))
    assert not is_within_bounds(AnyOf((BUYERS,) * 21))


@pytest.mark.parametrize("condition", [BUYERS, Not(InSegment(2)), AnyOf((BUYERS, Not(BUYERS)))])
def test_what_is_kept_is_read_again(condition):
    for whole in (AllOf((condition,)), AllOf((condition, InSegment(7)))):
        read = segment_condition(segment_data(whole), ZoneInfo("UTC"))
        assert segment_data(read) == segment_data(whole)
    assert segment_condition(segment_data(AllOf((condition,))), ZoneInfo("UTC")) == AllOf((condition,))
