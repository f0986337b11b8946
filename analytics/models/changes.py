"""Rows of which copies are kept elsewhere: when they changed, and that they are gone (docs/decisions/0097)."""

import uuid
from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import Expression, F, Q
from django.db.models.functions import Coalesce

from analytics.models.distribution import DistributedModel

MOMENT = Coalesce("written_at", "received_at")
"""When a row changed; of those that were there before stamps were, when the newest change was received."""


def changes_index(name: str) -> models.Index:
    """By which the rows of a workspace are read in the order of their changes."""
    return models.Index("workspace", MOMENT, "id", name=name)


class FollowedModel(models.Model):
    """`written_at` is set by who writes: the functions for many rows do so themselves."""

    written_at = models.DateTimeField(null=True, editable=False, help_text="Its stamp; null before there were any.")

    order_expressions: ClassVar[dict[str, Expression | F]] = {"changed_at": MOMENT}
    """What `changed_at` is in a query."""

    class Meta:
        abstract = True

    @property
    def changed_at(self) -> datetime:
        at: datetime = self.written_at or self.received_at  # type: ignore[attr-defined]
        return at


class RemovedFrom(models.TextChoices):
    CONTACTS = "contacts"
    CAMPAIGNS = "campaigns"
    ENROLLMENTS = "enrollments"
    MESSAGES = "messages"
    MESSAGE_EVENTS = "message-events"
    EVENTS = "events"


class Removal(DistributedModel):
    """That a row is gone; or, where facts are kept for so many days only, all that happened before an instant."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    resource = models.CharField(max_length=14, choices=RemovedFrom)
    row = models.CharField(max_length=40, blank=True, help_text="Its id in the API; empty where `before` is set.")
    before = models.DateTimeField(null=True)
    written_at = models.DateTimeField()

    order_expressions: ClassVar[dict[str, Expression | F]] = {"changed_at": F("written_at")}

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(resource__in=RemovedFrom.values), name="removal_resource_is_known"
            ),
            models.CheckConstraint(
                condition=Q(row="", before__isnull=False) | (~Q(row="") & Q(before=None)), name="removal_of_something"
            ),
        ]
        indexes = [models.Index(fields=["workspace", "written_at", "id"], name="removal_written")]

    def __str__(self) -> str:
        return f"{self.resource} {self.row or self.before}"

    @property
    def api_id(self) -> str:
        return f"rmv_{self.pk.hex}"

    @property
    def changed_at(self) -> datetime:
        return self.written_at
