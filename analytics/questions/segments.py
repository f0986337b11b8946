"""Filters with the conditions of saved segments in place of their names."""

from collections.abc import Mapping

from analytics.questions.filters import AllOf, AnyOf, Filter, InSegment, Not, atoms


class SegmentError(ValueError):
    """A segment that is not there, or that is made of itself; `segment_id` is which."""

    def __init__(self, segment_id: int, problem: str) -> None:
        super().__init__(f"seg_{segment_id} {problem}.")
        self.segment_id = segment_id


def with_segments(condition: Filter, segments: Mapping[int, Filter], *, within: tuple[int, ...] = ()) -> Filter:
    """The condition with each segment's own conditions in place of its key. `within` are the segments that it stands
    in. Raises SegmentError."""
    match condition:
        case AllOf(conditions):
            return AllOf(tuple(with_segments(inner, segments, within=within) for inner in conditions))
        case AnyOf(conditions):
            return AnyOf(tuple(with_segments(inner, segments, within=within) for inner in conditions))
        case Not(inner):
            return Not(with_segments(inner, segments, within=within))
        case InSegment(segment_id):
            if segment_id in within:
                raise SegmentError(segment_id, "is made of itself")
            if segment_id not in segments:
                raise SegmentError(segment_id, "does not exist")
            return with_segments(segments[segment_id], segments, within=(*within, segment_id))
        case _:
            return condition


def segments_in(condition: Filter) -> frozenset[int]:
    """The keys of the segments that the condition names."""
    return frozenset(atom.segment_id for atom in atoms(condition) if isinstance(atom, InSegment))
