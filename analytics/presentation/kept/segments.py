"""Segments below each other, and in words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from analytics.lists import ListConditions, PeopleList
from analytics.presentation.audience import Audience
from analytics.presentation.conditions import ConditionNames, condition_text
from analytics.presentation.tables import Cell, Column, Kind, Link, Row, RowsOnDemand, Table
from analytics.questions.filters import AllOf, InSegment
from analytics.questions.segments import segment_data
from analytics.questions.where import where_text


@dataclass(frozen=True)
class SegmentDescription:
    """A segment, what its conditions name, who saved it, and, where it is asked for, how many are in it now."""

    key: int
    name: str
    conditions: AllOf
    names: ConditionNames
    created_at: datetime
    author: str = ""
    author_email: str | None = None
    size: int | None = None

    @property
    def api_id(self) -> str:
        return f"seg_{self.key}"

    @property
    def filter(self) -> Any:
        return segment_data(self.conditions)

    @property
    def where(self) -> list[str] | None:
        """None where the text form cannot say it."""
        texts = [where_text(condition) for condition in self.conditions.conditions]
        return None if None in texts else cast("list[str]", texts)

    @property
    def sentence(self) -> str:
        return condition_text(self.conditions, self.names)


COLUMNS_OF_SEGMENTS = (
    Column("name", "Segment"),
    Column("conditions", "Conditions"),
    Column("people", "People", Kind.COUNT),
    Column("by", "Saved by"),
    Column("saved", "Saved", Kind.INSTANT),
    Column("overview", "Report"),
    Column("contacts", "List"),
    Column("change", "Change"),
)
COLUMNS_OF_FILE = ("name", "conditions", "people", "by", "saved")
COLUMNS_OF_PAGE = ("name", "conditions", "people", "by", "overview", "contacts")
COLUMN_TO_CHANGE = "change"


def segments_table(segments: Sequence[SegmentDescription], size_of: Callable[[int], int], audience: Audience) -> Table:
    """In the same order, with all columns. `size_of` tells how many people are in the segment of a key, and is asked
    for those shown."""

    def row(segment: SegmentDescription) -> Row:
        return _row(segment, size_of(segment.key), audience)

    return Table("segments", "Segments", COLUMNS_OF_SEGMENTS, RowsOnDemand(segments, row), is_list=True)


def _row(segment: SegmentDescription, size: int, audience: Audience) -> Row:
    people = ListConditions(AllOf((InSegment(segment.key),)))
    return Row(
        {
            "name": Cell(audience.text(segment.name)),
            "conditions": Cell(audience.text(segment.sentence)),
            "people": Cell(size, PeopleList(conditions=people)),
            "by": Cell(segment.author or "–"),
            "saved": Cell(audience.local(segment.created_at)),
            "overview": Cell("Use in overview", link=Link.to("overview", segment=segment.api_id)),
            "contacts": Cell("Contacts", link=Link.to("contacts", segment=segment.api_id)),
            "change": Cell("Rename or delete", link=Link.to("segment", str(segment.key))),
        }
    )
