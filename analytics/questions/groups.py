"""A breakdown: facts or people taken together that have the same value of a field, or people of segments side by side.

Values are the same that a condition takes for the same, so that a group is what meets a condition.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from analytics.metrics import OF_EVENTS, Counted, Dimension
from analytics.questions.errors import QuestionError
from analytics.questions.fields import FIELD_KEYS, Field, FieldKind, Subject, field_of
from analytics.questions.filters import AllOf, Filter, InSegment, Is, IsSet, Not, all_of
from analytics.questions.parts import parts_of
from analytics.questions.slices import Slice
from analytics.questions.values import number_in, text_of
from campaignos.commas import comma_text, comma_values
from campaignos.ids import number_of
from campaignos.texts import folded_text

DEFAULT_GROUPS, MOST_GROUPS = 25, 1000
MOST_SEGMENTS = 6
MOST_BYTES = 3000
MOST_LEFT_OUT = 20
"""Campaigns that a part leaves out by their keys: as many as lists can be asked to."""
SEGMENT = Field("segment", Subject.PEOPLE, FieldKind.TEXT)
"""What groups are by that are segments."""
SEGMENTS_PREFIX = f"{SEGMENT.key}:"
_NATIVE = {"campaign": Dimension.CAMPAIGN, "channel": Dimension.CHANNEL, "variant": Dimension.VARIANT}


@dataclass(frozen=True)
class Group:
    """Those with a value of the field `by`, or with None those without one.

    With `others_than`, those who have a value that is none of these or, `with_none`, no value at all.
    """

    by: Field
    value: str | None = None
    others_than: tuple[str, ...] | None = None
    with_none: bool = False

    @property
    def is_rest(self) -> bool:
        return self.others_than is not None

    @property
    def conditions(self) -> tuple[Filter, ...]:
        """What its facts or people meet, and no others."""
        if self.by == SEGMENT:
            return (*(Not(_in_segment(api_id)) for api_id in self.others_than or ()),) or (_in_segment(self.value),)
        if self.others_than is not None:
            others = [Not(Is(self.by, self._texts(values))) for values in _in_pieces(self.others_than)]
            return (*others,) if self.with_none else (IsSet(self.by), *others)
        if self.value is None:
            return (Not(IsSet(self.by)),)
        return (Is(self.by, self._texts((self.value,))),)

    def has(self, value: str | None) -> bool:
        """Whether a value of the field is one of the group's."""
        if value is None:
            return self.value is None and (self.others_than is None or self.with_none)
        key = value_key(value)
        if self.others_than is not None:
            return key not in self._others
        return self.value is not None and key == value_key(self.value)

    @cached_property
    def _others(self) -> frozenset[str]:
        return frozenset(map(value_key, self.others_than or ()))

    def _texts(self, values: Collection[str]) -> tuple[str, ...]:
        """As conditions have them."""
        return tuple(value.lower() if self.by.kind is FieldKind.CHANNEL else value for value in values)

    def part_of(self, part: Slice) -> Slice:
        """Of a part of the facts its own. Of a campaign or a channel also what no condition on messages applies to."""
        if self.value is not None and self.by.kind is FieldKind.CAMPAIGN and part.campaign_id is None:
            return replace(part, campaign_id=number_of("cmp", self.value))
        if self.value is not None and self.by.kind is FieldKind.CHANNEL and part.channel is None:
            return replace(part, channel=self.value)
        others = self.others_than or ()
        if self.by.kind is FieldKind.CAMPAIGN and 0 < len(others) <= MOST_LEFT_OUT and part.campaign_id is None:
            keys = (number_of("cmp", value) for value in others)
            return replace(part, without_campaigns=tuple(key for key in keys if key is not None))
        return replace(part, where=parts_of(all_of(part.where.all, *self.conditions)))


def _in_segment(api_id: str | None) -> InSegment:
    return InSegment(number_of("seg", api_id or "") or 0)


def _in_pieces(values: Sequence[str]) -> Iterator[Sequence[str]]:
    """As many at once as a condition in an address can name."""
    start, size = 0, 0
    for place, value in enumerate(values):
        size += len(value.encode()) + 3
        if size > MOST_BYTES and place > start:
            yield values[start:place]
            start, size = place, len(value.encode()) + 3
    if values:
        yield values[start:]


@dataclass(frozen=True)
class Breakdown:
    """What a report is broken down by: the values of a field, or segments, which may overlap.

    There are at most `limit` groups of values, those with most; the others are one group.
    """

    field: Field = SEGMENT
    segments: tuple[int, ...] = ()
    limit: int = DEFAULT_GROUPS

    @property
    def text(self) -> str:
        """As addresses have it."""
        return f"{SEGMENTS_PREFIX}{comma_text(self.segment_ids)}" if self.segments else self.field.key

    @property
    def query(self) -> dict[str, str]:
        return {"breakdown": self.text} | ({} if self.segments else {"limit": str(self.limit)})

    @property
    def has_limit(self) -> bool:
        """Whether there may be more groups than are told."""
        return not self.segments

    @property
    def segment_ids(self) -> tuple[str, ...]:
        return tuple(f"seg_{key}" for key in self.segments)

    @property
    def segment_groups(self) -> tuple[Group, ...]:
        return tuple(Group(SEGMENT, api_id) for api_id in self.segment_ids)

    @property
    def subject(self) -> Subject:
        return self.field.subject

    @property
    def names(self) -> AllOf:
        """A condition that names what it names."""
        if self.segments:
            return AllOf(tuple(map(InSegment, self.segments)))
        return AllOf((IsSet(self.field),) if self.field.path else ())

    def divides(self, counted: Counted) -> bool:
        """Whether what is counted has the field, or is somebody's who has it."""
        match self.subject:
            case Subject.PEOPLE:
                return True
            case Subject.EVENTS:
                return counted in OF_EVENTS
        return _NATIVE.get(self.field.key, Dimension.CHANNEL) in counted.dimensions


def native_dimension(field: Field) -> Dimension | None:
    """What messages are counted by that has the field's values; None where they are not counted by it."""
    return _NATIVE.get(field.key)


def value_key(text: str) -> str:
    """The same for values that a condition takes for the same: texts by `folded_text`, numbers as numbers."""
    number = number_in(text)
    return folded_text(text) if number is None else text_of(number)


def can_be_broken_down_by(field: Field | None, subjects: Collection[Subject] = tuple(Subject)) -> bool:
    """Whether something can be taken together by a field: it is no day, and on one of the subjects."""
    return field is not None and field.kind is not FieldKind.DAY and field.subject in subjects


def breakdown_field(key: str, facts: Subject = Subject.EVENTS) -> Field | None:
    """The field that addresses call so; None for what a funnel's people cannot be taken together by: a field of theirs,
    or of the facts they enter by."""
    field = field_of(key)
    return field if can_be_broken_down_by(field, (Subject.PEOPLE, facts)) else None


def read_breakdown(text: str, subjects: Collection[Subject], limit: int = DEFAULT_GROUPS) -> Breakdown:
    """Raises QuestionError for what is no breakdown by what is on the subjects."""
    if text.startswith(SEGMENTS_PREFIX):
        return Breakdown(segments=_segments(text))
    field = field_of(text)
    if field is None or not can_be_broken_down_by(field, subjects):
        raise QuestionError("breakdown", text[:200], allowed_breakdowns(subjects))
    return Breakdown(field, limit=limit)


def _segments(text: str) -> tuple[int, ...]:
    keys = [number_of("seg", api_id.strip()) for api_id in comma_values(text.removeprefix(SEGMENTS_PREFIX))]
    found = tuple(dict.fromkeys(key for key in keys if key is not None))
    if None in keys or not 1 <= len(found) <= MOST_SEGMENTS:
        raise QuestionError("breakdown", text[:200], f"segment:seg_1,seg_2 with 1 to {MOST_SEGMENTS} segments")
    return found


def allowed_breakdowns(subjects: Collection[Subject]) -> str:
    """What a breakdown can be of that is on the subjects."""
    fields = []
    for key in FIELD_KEYS:
        field = field_of(key.replace("<", "").replace(">", ""))
        if can_be_broken_down_by(field, subjects):
            fields.append(key)
    return f"{', '.join(fields)} or segment:seg_1,seg_2"
