"""Who is who: dense person numbers, and the identities that lead to them. Distributed by workspace.

Joining two people sets `joined_to` on the one that gives way. No fact is rewritten: readers map numbers as they read.
A chain is never longer than one step, and who others join to is joined to nobody. What led to it is kept as it was, a
`Join` for each step, so that a single one can be undone.
"""

import uuid
from datetime import UTC, datetime
from typing import ClassVar

from django.db import models
from django.db.models import Expression
from django.utils import timezone

from analytics.models.distribution import DistributedModel

CONTACTS_LAYOUT, MESSAGES_LAYOUT = 2, 4
"""From which `PersonNumbers.ledger_layout` on a ledger has all contacts, and all messages."""
LEDGER_LAYOUT = MESSAGES_LAYOUT
"""That of a ledger that has everything."""


class PersonNumbers(DistributedModel):
    """The next free person number of a workspace. Its row is the lock under which people are made and joined, and
    contacts changed."""

    workspace = models.OneToOneField(
        "workspaces.Workspace", models.DO_NOTHING, primary_key=True, db_constraint=False, related_name="+"
    )
    next_number = models.PositiveIntegerField(default=0)
    contact_version = models.PositiveBigIntegerField(
        default=0, db_default=0, help_text="How many transactions have changed contacts."
    )
    ledger_layout = models.PositiveSmallIntegerField(
        default=LEDGER_LAYOUT,
        db_default=1,
        help_text="Which kinds of segments the whole ledger has; of former releases not all, until it is rebuilt.",
    )

    def __str__(self) -> str:
        return f"{self.workspace_id}: {self.next_number}"


class Person(DistributedModel):
    """Anyone seen, known or not."""

    pk = models.CompositePrimaryKey("workspace_id", "number")
    number = models.PositiveIntegerField()
    joined_to = models.PositiveIntegerField(null=True)
    written_at = models.DateTimeField(
        default=timezone.now,
        db_default=datetime.fromtimestamp(0, UTC),
        help_text="Its stamp: when it was made or led elsewhere. The earliest where a release without stamps made it.",
    )

    order_expressions: ClassVar[dict[str, Expression | models.F]] = {"changed_at": models.F("written_at")}

    class Meta:
        indexes = [
            models.Index(fields=["workspace", "written_at", "number"], name="person_changed"),
            models.Index(
                fields=["workspace", "joined_to"],
                name="person_joined",
                condition=models.Q(joined_to__isnull=False),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(joined_to=None) | ~models.Q(joined_to=models.F("number")),
                name="person_not_joined_to_itself",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.workspace_id}: {self.number}"

    @property
    def changed_at(self) -> datetime:
        return self.written_at


class IdentityKind(models.TextChoices):
    ANONYMOUS = "a", "Device ID"
    EXTERNAL = "e", "User ID"
    PREVIOUS = "p", "Previous ID (alias)"


class Identity(DistributedModel):
    """An id that leads to a person; what it leads to never changes, only whom that person joined."""

    pk = models.CompositePrimaryKey("workspace_id", "kind", "value")
    kind = models.CharField(max_length=1, choices=IdentityKind)
    value = models.CharField(max_length=255)
    person_number = models.PositiveIntegerField()
    made_by_key = models.PositiveIntegerField(
        null=True, editable=False, help_text="The key for web pages that named it first, if one did."
    )
    made_at = models.DateTimeField(null=True, editable=False, help_text="When that was received.")

    class Meta:
        indexes = [
            models.Index(fields=["workspace", "person_number"], name="identity_person"),
            models.Index(
                fields=["workspace", "made_by_key", "made_at"],
                name="identity_made_by_key",
                condition=models.Q(made_by_key__isnull=False),
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(kind__in=IdentityKind.values), name="identity_kind_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}"


class JoinCause(models.TextChoices):
    IDENTIFY = "i", "A call that named both"
    ALIAS = "a", "An alias call"
    MEMBER = "m", "Joined by a member"
    UNKNOWN = "u", "Not known"


class Join(DistributedModel):
    """That a person turned out to be another one: `gone` gave way to `kept`, which may have given way itself.

    Once undone, it stays, so that calls do not join the two again. People who were joined before there were such rows
    have none.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    gone = models.PositiveIntegerField()
    kept = models.PositiveIntegerField()
    cause = models.CharField(max_length=1, choices=JoinCause)
    joined_at = models.DateTimeField(null=True, help_text="When what joined them was said.")
    received_at = models.DateTimeField(null=True)
    made_by_key = models.PositiveIntegerField(
        null=True, editable=False, help_text="The key for web pages by which it came, if it did by one."
    )
    undone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "gone"], name="join_once", condition=models.Q(undone_at__isnull=True)
            ),
            models.CheckConstraint(condition=~models.Q(gone=models.F("kept")), name="join_of_two"),
            models.CheckConstraint(condition=models.Q(cause__in=JoinCause.values), name="join_cause_is_known"),
        ]
        indexes = [
            models.Index(fields=["workspace", "kept"], name="join_kept"),
            models.Index(
                fields=["workspace", "gone", "kept"],
                name="join_undone",
                condition=models.Q(undone_at__isnull=False),
            ),
            models.Index(
                fields=["workspace", "made_by_key", "received_at"],
                name="join_made_by_key",
                condition=models.Q(made_by_key__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.workspace_id}: {self.gone} to {self.kept}"

    @property
    def api_id(self) -> str:
        return f"join_{self.gone}"
