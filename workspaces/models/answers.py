"""What was answered to requests that must not be carried out twice."""

from django.db import models

from workspaces.models.workspaces import Workspace
from workspaces.scope import ScopedManager


class KeptAnswer(models.Model):
    """What was answered to a POST with an Idempotency-Key, so that the same request is answered the same again."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=64, help_text="SHA-256 of the key, which may name somebody.")
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of address and body of the request.")
    status = models.PositiveSmallIntegerField(default=0, help_text="410 once what was answered has been erased.")
    body = models.JSONField(default=dict)
    headers = models.JSONField(default=dict)
    created_at = models.DateTimeField()

    objects = ScopedManager["KeptAnswer"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "key"], name="kept_answer_once_per_key"),
        ]

    def __str__(self) -> str:
        return self.key
