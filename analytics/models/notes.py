"""Notes on days: what a workspace's members know of a day that its numbers do not say."""

from django.db import models
from django.utils import timezone

from analytics.models.catalogue import Campaign
from workspaces.models import User, Workspace
from workspaces.scope import ScopedManager


class Note(models.Model):
    """What somebody wrote on a local day, of all that goes on or of one campaign."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_index=False)
    day = models.DateField(help_text="A day of the workspace's time zone.")
    text = models.CharField(max_length=200)
    campaign = models.ForeignKey(
        Campaign,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        help_text="What it is of; it stands on the charts of that campaign, and of all.",
    )
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, editable=False, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ScopedManager["Note"]()

    class Meta:
        constraints = [models.CheckConstraint(condition=~models.Q(text=""), name="note_has_text")]
        indexes = [models.Index(fields=["workspace", "day"], name="note_of_day")]

    def __str__(self) -> str:
        return self.text

    @property
    def api_id(self) -> str:
        return f"note_{self.pk}"

    @property
    def campaign_api_id(self) -> str | None:
        return None if self.campaign_id is None else f"cmp_{self.campaign_id}"
