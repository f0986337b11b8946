"""Writes to the segments of a workspace. Each is one transaction, with its line in the audit trail."""

from collections.abc import Collection
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from analytics.addresses import hidden_value
from analytics.audited import DataAction
from analytics.mentions import mentions_of
from analytics.models import SavedSegment
from analytics.questions.filter_json import FilterError
from analytics.questions.filters import AllOf
from analytics.questions.segments import (
    BOUNDS,
    is_within_bounds,
    segment_condition,
    segment_data,
    segments_in,
    with_segments,
)
from campaignos.texts import CodePoints
from workspaces import undo
from workspaces.audit import record, record_change
from workspaces.models import Key, User, Workspace
from workspaces.roles import Right


class SegmentInUse(ValueError):
    """A segment that others are made of, or that something kept asks for: it says where."""

    def __init__(self, name: str, users: Collection[str]) -> None:
        super().__init__(f"{name} is part of {', '.join(users)}: change or delete that first.")


@transaction.atomic
def save_segment(*, workspace: Workspace, name: str, condition: AllOf, by: User | Key) -> SavedSegment:
    """Keep conditions on people for all members under a name of their own.

    Raises ValueError, which says what is allowed, for conditions that cannot be kept, and IntegrityError where another
    segment has the name.
    """
    _lock(workspace)
    segment = SavedSegment(workspace=workspace, name=name, created_by=by if isinstance(by, User) else None)
    segment.condition = _checked_data(segment, condition)
    segment.save(force_insert=True)
    record(DataAction.SEGMENT_SAVED, by=by, workspace=workspace, target=segment.api_id, after=_summary(segment))
    return segment


@transaction.atomic
def change_segment(
    *, segment: SavedSegment, by: User | Key, name: str | None = None, condition: AllOf | None = None
) -> None:
    """Give a segment another name or other conditions. Raises as `save_segment` does."""
    _lock(segment.workspace)
    before = _summary(segment)
    segment.name = segment.name if name is None else name
    segment.condition = segment.condition if condition is None else _checked_data(segment, condition)
    after = _summary(segment)
    if before == after:
        return
    segment.save(update_fields=["name", "condition"])
    record_change(
        DataAction.SEGMENT_CHANGED,
        by=by,
        workspace=segment.workspace,
        target=segment.api_id,
        before=before,
        after=after,
    )


@transaction.atomic
def delete_segment(*, segment: SavedSegment, by: User | Key) -> None:
    """A segment that is deleted already is left alone. Raises SegmentInUse for one that others are made of, or that a
    question, a funnel, an alert or a link names."""
    _lock(segment.workspace)
    if users := uses_of_segment(segment):
        raise SegmentInUse(segment.name, users)
    deleted, _ = SavedSegment.objects.filter(pk=segment.pk, workspace=segment.workspace_id).delete()
    if deleted:
        record(
            DataAction.SEGMENT_DELETED,
            by=by,
            workspace=segment.workspace,
            target=segment.api_id,
            before=_summary(segment),
        )


def restore_segment(*, workspace: Workspace, by: User, name: str, **fields: Any) -> str:
    """Takes a deletion back, under the same address. Raises ValidationError where another has its name by now, or what
    it is made of is gone."""
    segment = SavedSegment(workspace=workspace, name=name, **fields)
    try:
        with transaction.atomic():
            _lock(workspace)
            segment.condition = _checked_data(segment, segment.conditions(workspace.zone))
            segment.save(force_insert=True)
            record(DataAction.SEGMENT_SAVED, by=by, workspace=workspace, target=segment.api_id, after=_summary(segment))
    except IntegrityError:
        raise ValidationError(f"Another segment is called {name} by now.") from None
    except ValueError as error:
        raise ValidationError(f"{name} cannot come back: {error}") from None
    return f"{name} is there again."


undo.register("segment", Right.CURATE, restore_segment)


def uses_of_segment(segment: SavedSegment) -> list[str]:
    """What it is part of, in words. Five queries."""
    others = [other.name for other in segments_of_segment(segment)]
    return others + mentions_of(segment.workspace, segment.api_id)


def segments_of_segment(segment: SavedSegment) -> list[SavedSegment]:
    """Those that are made of it, by name. One query."""
    others = SavedSegment.objects.filter(workspace=segment.workspace_id).order_by(CodePoints("name"))
    zone = segment.workspace.zone
    return [other for other in others if segment.pk in segments_in(other.conditions(zone))]


def _lock(workspace: Workspace) -> None:
    """Segments name each other: a workspace's are written one after the other."""
    Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)


def _checked_data(segment: SavedSegment, condition: AllOf) -> Any:
    """The conditions as a segment keeps them. Raises ValueError for some that it cannot keep: none, too many, too deep,
    or such as lead back to it, here or in a segment that is made of it. At most one query."""
    zone, data = segment.workspace.zone, segment_data(condition)
    if not condition.conditions:
        raise ValueError("A segment needs at least one condition on people.")
    is_alone = not segments_in(condition) and segment.pk is None
    of_workspace = SavedSegment.objects.filter(workspace=segment.workspace_id)
    others = of_workspace.none() if is_alone else of_workspace.exclude(pk=segment.pk)
    to_check, known = {segment.name: condition}, {} if segment.pk is None else {segment.pk: condition}
    for other in others:
        known[other.pk] = other.conditions(zone)
        if segment.pk is not None:
            to_check[other.name] = known[other.pk]
    for name, each in to_check.items():
        if not is_within_bounds(with_segments(each, known)):
            raise ValueError(f"{name} would be too long or too deep; allowed: {BOUNDS}.")
    return _readable(data, zone)


def _readable(data: Any, zone: ZoneInfo) -> Any:
    try:
        segment_condition(data, zone)
    except FilterError as error:
        raise ValueError(f"A segment cannot be kept so; allowed at {error.place}: {error.allowed}.") from None
    return data


def _summary(segment: SavedSegment) -> dict[str, Any]:
    """Without addresses, for it is kept for ever."""
    return {"name": segment.name, "filter": hidden_value(segment.condition)}
