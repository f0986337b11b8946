"""Conditions on people that are kept as segments, and filters with them in place of their names."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from analytics.questions.condition_values import ConditionValues
from analytics.questions.filter_json import DEEPEST, FilterReader
from analytics.questions.filter_reader import MOST_ATOMS
from analytics.questions.filter_texts import canonical, filter_data
from analytics.questions.filters import AllOf, AnyOf, Did, Filter, InSegment, Not, all_of, atoms

BOUNDS = (
    f"at most {MOST_ATOMS} conditions, and all, any and not at most {DEEPEST} deep in each other: those of segments "
    "count as if they stood in the place of their names"
)


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


def depth_of(condition: Filter) -> int:
    """How deep all, any and not stand in each other. An all of one condition, or within an all, is none of its own."""
    match condition:
        case AllOf():
            conditions = all_of(condition).conditions
            return depth_of(conditions[0]) if len(conditions) == 1 else _depth_around(conditions)
        case AnyOf(conditions):
            return _depth_around(conditions)
        case Not(inner):
            return 1 + depth_of(inner)
        case Did(where=where):
            return max(map(depth_of, where.conditions), default=0)
    return 0


def _depth_around(conditions: tuple[Filter, ...]) -> int:
    return 1 + max(map(depth_of, conditions), default=0)


def is_within_bounds(condition: Filter) -> bool:
    """Whether a condition that names no segment is no longer and no deeper than filters may be."""
    return sum(1 for _ in atoms(condition)) <= MOST_ATOMS and depth_of(condition) <= DEEPEST


def segment_data(condition: AllOf) -> Any:
    """As JSON, which `segment_condition` reads again."""
    conditions = canonical(condition).conditions
    return filter_data(conditions[0] if len(conditions) == 1 else AllOf(conditions))


def segment_condition(data: Any, zone: ZoneInfo) -> AllOf:
    """What JSON says, its days those of the zone. Raises FilterError for what is no filter."""
    return canonical(FilterReader(ConditionValues(zone)).read(data))
