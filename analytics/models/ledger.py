"""The day ledger: what the facts amount to, day by day. Written by `analytics.ledger` alone, derived from the facts.

Rows are only added, and merged by compaction; what they mean is their sum. See docs/ledger.md.
"""

import uuid
from datetime import date

from django.db import models

from analytics.models.distribution import DistributedModel


class DayCount(DistributedModel):
    """An addition to what is counted on a local day, or below zero a subtraction; 0 and "" where nothing is meant."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    day = models.DateField()
    counted = models.CharField(max_length=24)
    campaign_id = models.PositiveBigIntegerField(default=0)
    channel = models.CharField(max_length=10, blank=True)
    variant_id = models.PositiveBigIntegerField(default=0)
    n = models.IntegerField()
    through = models.DateTimeField(help_text="When the newest of its facts was received.")
    level = models.PositiveSmallIntegerField(default=0, help_text="How often it was merged.")

    class Meta:
        indexes = [
            models.Index(fields=["workspace", "counted", "day"], name="day_count_counted"),
            models.Index(fields=["workspace", "campaign_id", "counted", "day"], name="day_count_campaign"),
            models.Index(fields=["workspace", "day", "level"], name="day_count_level"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.counted} {self.n:+}"


class PackKind(models.TextChoices):
    EVENT = "event", "Events of one type"
    ATTRIBUTED = "attributed", "Events that say where they came from"
    SIGNUP = "signup", "Signups"
    OPEN = "open", "First opens of messages"
    CLICK = "click", "First clicks in messages"
    JOIN = "join", "People who turned out to be another one, on no day"
    CONTACT = "contact", "What contacts have, on no day"
    MESSAGE = "message", "Messages by the status that they have reached, on the day of their creation"
    LATE_ACT = "late_act", "Of these, what was reached long after that day, or before it"
    ASSIGNMENT = "assignment", "Who was given which variant of a test"


NO_DAY = date(1970, 1, 1)
"""The day of joins and contacts, which have none."""
KINDS_OF_NO_DAY = (PackKind.JOIN, PackKind.CONTACT)
KINDS_OF_MESSAGES = (PackKind.MESSAGE, PackKind.LATE_ACT)
"""What messages have reached, and when."""


class DayPack(DistributedModel):
    """A segment: who did something when on a local day, as arrays (docs/ledger.md has the layout).

    Below zero, `n` says that the touches are taken away again. Of large ones `columns` has but the columns' names.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=10, choices=PackKind)
    event_type = models.CharField(max_length=200, blank=True)
    day = models.DateField()
    n = models.IntegerField()
    through = models.DateTimeField(help_text="When the newest of its facts was received.")
    level = models.PositiveSmallIntegerField(default=0, help_text="How often it was merged.")
    data = models.BinaryField()
    columns = models.BinaryField(
        null=True, help_text="What else is known of each of them; null where it is not known here."
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(kind__in=PackKind.values), name="day_pack_kind_is_known"),
        ]
        indexes = [
            models.Index(fields=["workspace", "kind", "day", "event_type", "level"], name="day_pack_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.kind} {self.event_type} {self.n:+}"


class DayColumn(DistributedModel):
    """A column of a large segment: who asks for it reads no other one."""

    pk = models.CompositePrimaryKey("workspace_id", "segment_id", "name")
    segment_id = models.UUIDField(help_text="The day pack's.")
    name = models.CharField(max_length=255)
    data = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.segment_id} {self.name}"
