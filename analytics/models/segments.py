"""Segments: conditions on people under a name. Who meets them is found out whenever it is asked."""

from collections.abc import Collection
from typing import Any
from zoneinfo import ZoneInfo

from django.db import models
from django.utils import timezone

from analytics.questions.filters import AllOf
from analytics.questions.segments import segment_condition, segments_in
from workspaces.models import User, Workspace
from workspaces.scope import ScopedManager


class SavedSegment(models.Model):
    """Conditions on people that a workspace asks for again and again."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_index=False)
    name = models.CharField(max_length=200)
    condition: Any = models.JSONField(help_text="As JSON of a filter; its days are those of the workspace.")
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, editable=False, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ScopedManager["SavedSegment"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "name"],
                name="saved_segment_name",
                violation_error_message="Another segment has this name.",
            ),
            models.CheckConstraint(condition=~models.Q(name=""), name="saved_segment_has_name"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def api_id(self) -> str:
        return f"seg_{self.pk}"

    def conditions(self, zone: ZoneInfo) -> AllOf:
        """Their days are those of the zone, the workspace's."""
        return segment_condition(self.condition, zone)


def segment_conditions(workspace_id: int, keys: Collection[int], zone: ZoneInfo) -> dict[int, AllOf]:
    """By key, the conditions of these segments and of those that they are made of, without those that are not there.

    A query for each level of segments within segments.
    """
    found: dict[int, AllOf] = {}
    wanted = frozenset(keys)
    while wanted:
        rows = SavedSegment.objects.filter(workspace=workspace_id, pk__in=wanted).values_list("pk", "condition")
        level = {pk: segment_condition(data, zone) for pk, data in rows}
        found |= level
        wanted = frozenset().union(*map(segments_in, level.values())) - found.keys()
    return found
