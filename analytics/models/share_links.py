"""Links by which somebody outside of a workspace sees one saved question, or one board."""

from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.utils import timezone

from analytics.models.boards import Board
from analytics.models.saved_questions import SavedQuestion
from workspaces.models import User, Workspace
from workspaces.scope import ScopedManager

DAYS_OF_LINK = timedelta(days=30)
LONGEST_LIFE = timedelta(days=366)
MOST_ORIGINS = 10


class ShareLink(models.Model):
    """One saved question, or one board, for whoever has the address, until it expires or is revoked. Of its token a
    hash is kept.

    `locks` are conditions that join what is asked, by the names of parameters. With `origins` pages of these
    may show it within a frame.
    """

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_index=False)
    question = models.ForeignKey(SavedQuestion, models.CASCADE, null=True, related_name="+")
    board = models.ForeignKey(Board, models.CASCADE, null=True, related_name="+")
    name = models.CharField(max_length=200, blank=True, help_text="Whom it is for.")
    digest = models.CharField(max_length=64, editable=False)
    password = models.CharField(max_length=256, blank=True, editable=False)
    locks: Any = models.JSONField(default=dict, blank=True)
    origins: Any = models.JSONField(default=list, blank=True)
    is_rounded = models.BooleanField(default=False)
    may_choose_days = models.BooleanField(default=False)
    views = models.PositiveBigIntegerField(default=0, editable=False)
    last_viewed_at = models.DateTimeField(null=True, editable=False)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, editable=False)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, editable=False, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ScopedManager["ShareLink"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "digest"], name="share_link_digest"),
            models.CheckConstraint(
                condition=models.Q(question=None, board__isnull=False) | models.Q(question__isnull=False, board=None),
                name="share_link_shows_one",
            ),
        ]
        indexes = [models.Index(fields=["workspace", "-id"], name="share_link_of_workspace")]

    def __str__(self) -> str:
        return self.name or self.api_id

    @property
    def api_id(self) -> str:
        return f"lnk_{self.pk}"

    @property
    def subject(self) -> SavedQuestion | Board:
        """What it shows."""
        found = self.question or self.board
        assert found is not None
        return found

    def is_usable(self, now: datetime) -> bool:
        """To the second: from the instant of its end on it shows nothing."""
        return self.revoked_at is None and now < self.expires_at
