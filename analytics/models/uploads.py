"""Files that somebody is about to import by hand: kept for as long as they look at what would change."""

from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Value

from workspaces.models import User, Workspace
from workspaces.scope import ScopedManager


class UploadedResource(models.TextChoices):
    CONTACTS = "contacts", "Contacts"
    CAMPAIGNS = "campaigns", "Campaigns"
    MESSAGES = "messages", "Messages"
    MESSAGE_EVENTS = "message-events", "Message events"
    EVENTS = "events", "Events"


class Upload(models.Model):
    """A file of one user's, what importing it would change, and how far it has been imported.

    It is full of personal data: `content` and the changes go with the last row imported, the rest after a day, and what
    names a contact as soon as that is erased.
    """

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_index=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    resource = models.CharField(max_length=20, choices=UploadedResource)
    file_name = models.CharField(max_length=255)
    content = models.BinaryField()
    mapping: Any = models.JSONField(
        null=True, help_text="What the columns of another tool's file mean; null for a file in our own words."
    )
    uploaded_at = models.DateTimeField()
    expected: Any = models.JSONField(
        default=dict,
        encoder=DjangoJSONEncoder,
        help_text="Rows new, updated, unchanged, rejected and empty; things changed; warnings.",
    )
    changes: Any = models.JSONField(
        default=list, encoder=DjangoJSONEncoder, help_text="The first changes: line, id, whether new, fields."
    )
    rejected: Any = models.JSONField(default=list, help_text="[line, code, message] of each row that is not taken.")
    warnings: Any = models.JSONField(
        default=list,
        db_default=Value([], models.JSONField()),
        help_text="The first of each code, in the same form: what would be taken otherwise than it stands there.",
    )
    handled = models.PositiveIntegerField(default=0, help_text="So many lines or rows have been imported.")
    done: Any = models.JSONField(default=dict, help_text="What became of them, as in `expected`.")
    finished_at = models.DateTimeField(null=True)

    objects = ScopedManager["Upload"]()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(resource__in=UploadedResource.values), name="upload_resource_is_known"
            ),
        ]
        indexes = [models.Index(fields=["workspace", "uploaded_at"], name="upload_of_workspace")]

    def __str__(self) -> str:
        return self.api_id

    @property
    def api_id(self) -> str:
        return f"imp_{self.pk}"


class KeptMapping(models.Model):
    """What the columns of a tool's file mean, as it was imported last: proposed again for the next one.

    `signature` is made of the names of its columns, in whatever order they stand.
    """

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_index=False)
    resource = models.CharField(max_length=20, choices=UploadedResource)
    signature = models.CharField(max_length=64)
    mapping: Any = models.JSONField()
    used_at = models.DateTimeField()

    objects = ScopedManager["KeptMapping"]()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(resource__in=UploadedResource.values), name="kept_mapping_resource_is_known"
            ),
            models.UniqueConstraint(fields=["workspace", "resource", "signature"], name="kept_mapping_of_columns"),
        ]

    def __str__(self) -> str:
        return f"{self.resource} {self.signature[:8]}"
