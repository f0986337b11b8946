"""A breakdown: people taken together who have the same value of a field."""

from dataclasses import dataclass

from analytics.questions.fields import Field, FieldKind, Subject, field_of

DEFAULT_GROUPS, MOST_GROUPS = 25, 1000


@dataclass(frozen=True)
class Group:
    """Those with a value of the field `by`, or with None those without one.

    With `others_than`, those who have a value that is none of these.
    """

    by: Field
    value: str | None = None
    others_than: tuple[str, ...] | None = None


def can_be_broken_down_by(field: Field | None, facts: Subject = Subject.EVENTS) -> bool:
    """Whether people can be taken together by a field: by one of theirs, or of an event or else a message of theirs,
    that is no day."""
    if field is None or field.kind is FieldKind.DAY:
        return False
    return field.subject in (Subject.PEOPLE, facts)


def breakdown_field(key: str, facts: Subject = Subject.EVENTS) -> Field | None:
    """The field that addresses call so; None for what people cannot be taken together by."""
    field = field_of(key)
    return field if can_be_broken_down_by(field, facts) else None
