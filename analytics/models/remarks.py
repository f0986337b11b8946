"""What ingest found remarkable: kept for some days, so that senders can see why something is not in a report."""

import uuid

from django.db import models

from analytics.models.distribution import DistributedModel


class RemarkKind(models.TextChoices):
    REJECTED = "rejected", "Rejected: not stored"
    DUPLICATE = "duplicate", "Duplicate: was there already"
    WARNING = "warning", "Warning: stored, but not as it was sent"


class IngestRemark(DistributedModel):
    """A kind and code of a request, with how many of its items it was said of and the first of them as a sample."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    received_at = models.DateTimeField()
    source = models.CharField(max_length=100, help_text="The route, provider or file it came by.")
    key_id = models.PositiveBigIntegerField(null=True, help_text="The API key it was sent with.")
    kind = models.CharField(max_length=10, choices=RemarkKind)
    code = models.CharField(max_length=50)
    message = models.TextField()
    count = models.PositiveIntegerField(default=1)
    message_id = models.CharField(max_length=255, blank=True, help_text="The sender's id of the sample.")
    sample = models.TextField(blank=True, help_text="The first kilobyte of the first item, as JSON.")
    sample_hash = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the whole of it.")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(kind__in=RemarkKind.values), name="ingest_remark_kind_is_known"),
        ]
        indexes = [
            models.Index(fields=["workspace", "received_at"], name="ingest_remark_received"),
        ]

    def __str__(self) -> str:
        return f"{self.code} ({self.count})"
