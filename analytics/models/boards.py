"""Boards: parts of the answers to saved questions, below each other."""

from typing import Any

from django.db import models
from django.utils import timezone

from analytics.questions.boards import BoardTile, tiles_of
from workspaces.models import User, Workspace
from workspaces.scope import ScopedManager


class Board(models.Model):
    """Up to twelve tiles under a name. Tiles name their questions, which stay as long as a board does that has them."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_index=False)
    name = models.CharField(max_length=200)
    tiles: Any = models.JSONField(
        default=list, blank=True, help_text="In order: of which question, and what of its answer."
    )
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, editable=False, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ScopedManager["Board"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "name"],
                name="board_name",
                violation_error_message="Another board has this name.",
            ),
            models.CheckConstraint(condition=~models.Q(name=""), name="board_has_name"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def api_id(self) -> str:
        return f"brd_{self.pk}"

    @property
    def board_tiles(self) -> tuple[BoardTile, ...]:
        return tiles_of(self.tiles)
