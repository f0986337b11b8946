"""Saved segments in filters: their conditions in place of their names."""

import pytest

from analytics.questions.filters import AllOf, AnyOf, Did, EventAct, InSegment, Not
from analytics.questions.segments import SegmentError, segments_in, with_segments

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
