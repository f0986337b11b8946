"""What happened: messages, what was reported of them, and what people did. Distributed by workspace.

Written by `analytics.ingest` alone. Ids are UUIDs derived from the sender's own id, so that the primary key is the
deduplication.
"""

import hashlib
import uuid
from json.encoder import encode_basestring_ascii

from django.db import models

from analytics.actors import Actor, ProviderHint
from analytics.channels import Channel
from analytics.models.ab_tests import Variant
from analytics.models.catalogue import Campaign, Contact, UtmTriple
from analytics.models.changes import FollowedModel, changes_index
from analytics.models.distribution import DistributedModel


def derived_id(workspace_id: int, *parts: str) -> uuid.UUID:
    """The id of the fact that these parts name in the workspace: equal parts, equal id."""
    return uuid.UUID(hex=derived_digits(workspace_id, *parts))


def derived_digits(workspace_id: int, *parts: str) -> str:
    """The 32 digits of a derived id, for where very many are made."""
    named = ", ".join(map(encode_basestring_ascii, parts))  # as JSON writes the list, in a fourth of the time
    return hashlib.sha256(f"[{workspace_id}, {named}]".encode()).hexdigest()[:32]


def _implies(instant: str, earlier: str) -> models.Q:
    """That where there is one instant, another one is not later. A check passes on null, so that it is asked for."""
    is_earlier = models.Q(**{f"{earlier}__isnull": False, f"{earlier}__lte": models.F(instant)})
    return models.Q(**{instant: None}) | is_earlier


class Message(FollowedModel, DistributedModel):
    """One send to one contact on one channel, with the earliest instant known for each status.

    Opened, clicked, complained and unsubscribed imply delivered; delivered and bounced imply sent.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    external_id = models.CharField(max_length=255)
    campaign = models.ForeignKey(Campaign, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+")
    contact = models.ForeignKey(Contact, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+")
    person_number = models.PositiveIntegerField()
    channel = models.CharField(max_length=10, choices=Channel)
    variant = models.ForeignKey(
        Variant, models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="+"
    )
    provider_message_id = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True, help_text="First open; a click counts as one.")
    clicked_at = models.DateTimeField(null=True)
    bounced_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    hard_bounced_at = models.DateTimeField(null=True, help_text="First bounce that was reported as being for good.")
    soft_bounced_at = models.DateTimeField(null=True, help_text="First bounce that was reported as being for now.")
    complained_at = models.DateTimeField(null=True, help_text="First reported complaint about it.")
    unsubscribed_at = models.DateTimeField(null=True, help_text="First unsubscription reported of it.")
    reported_delivered_at = models.DateTimeField(
        null=True, help_text="First delivery that was reported or stated, not implied."
    )
    stated_opened_at = models.DateTimeField(null=True, help_text="First open that the message itself was sent with.")
    stated_clicked_at = models.DateTimeField(null=True, help_text="First click that the message itself was sent with.")
    human_opened_at = models.DateTimeField(null=True, help_text="First open or click by a person.")
    human_clicked_at = models.DateTimeField(null=True, help_text="First click by a person.")
    received_at = models.DateTimeField(help_text="When the newest report that changed it was received.")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(channel__in=Channel.values), name="message_channel_is_known"),
            models.CheckConstraint(
                # A check passes on null, so that the open must be asked for by name.
                condition=models.Q(clicked_at=None)
                | models.Q(opened_at__isnull=False, opened_at__lte=models.F("clicked_at")),
                name="message_click_implies_open",
            ),
            models.CheckConstraint(
                condition=models.Q(human_opened_at=None)
                | models.Q(opened_at__isnull=False, opened_at__lte=models.F("human_opened_at")),
                name="message_human_open_is_an_open",
            ),
            models.CheckConstraint(
                condition=models.Q(human_clicked_at=None)
                | models.Q(
                    clicked_at__isnull=False,
                    clicked_at__lte=models.F("human_clicked_at"),
                    human_opened_at__isnull=False,
                    human_opened_at__lte=models.F("human_clicked_at"),
                ),
                name="message_human_click_is_a_click",
            ),
            models.CheckConstraint(
                condition=_implies("hard_bounced_at", "bounced_at") & _implies("soft_bounced_at", "bounced_at"),
                name="message_bounce_of_a_kind_is_a_bounce",
            ),
            models.CheckConstraint(
                condition=_implies("complained_at", "delivered_at") & _implies("unsubscribed_at", "delivered_at"),
                name="message_objection_implies_delivery",
            ),
        ]
        indexes = [
            models.Index(fields=["workspace", "created_at"], name="message_created"),
            changes_index("message_changed"),
            models.Index(fields=["workspace", "campaign", "created_at"], name="message_campaign_created"),
            models.Index(fields=["workspace", "contact"], name="message_contact"),
            models.Index(
                fields=["workspace", "opened_at"],
                name="message_opened",
                condition=models.Q(opened_at__isnull=False),
            ),
            models.Index(
                fields=["workspace", "clicked_at"],
                name="message_clicked",
                condition=models.Q(clicked_at__isnull=False),
            ),
            models.Index(
                fields=["workspace", "created_at"],
                name="message_bounced",
                condition=models.Q(bounced_at__isnull=False),
            ),
            models.Index(
                fields=["workspace", "provider_message_id"],
                name="message_provider_id",
                condition=~models.Q(provider_message_id=""),
            ),
        ]

    def __str__(self) -> str:
        return self.external_id

    @property
    def api_id(self) -> str:
        return f"msg_{self.pk.hex}"


class MessageEventType(models.TextChoices):
    """What is reported of a message. Those that name no status of it are only kept."""

    QUEUED = "queued", "Queued"
    SENT = "sent", "Sent"
    DELIVERED = "delivered", "Delivered"
    OPENED = "opened", "Opened"
    CLICKED = "clicked", "Clicked"
    BOUNCED = "bounced", "Bounced"
    FAILED = "failed", "Failed"
    COMPLAINED = "complained", "Complained"
    UNSUBSCRIBED = "unsubscribed", "Unsubscribed"
    DEFERRED = "deferred", "Deferred"
    AUTORESPONDED = "autoresponded", "Automatic reply"
    SUBSCRIBED = "subscribed", "Subscribed"
    UNKNOWN = "unknown", "Other"


ENGAGEMENTS = (MessageEventType.OPENED, MessageEventType.CLICKED)
"""The types of which it is told who did it."""


class BounceKind(models.TextChoices):
    HARD = "hard", "Hard bounce"
    SOFT = "soft", "Soft bounce"


class MessageEvent(FollowedModel, DistributedModel):
    """One report about a message as it came, also before the message itself is known."""

    id = models.UUIDField(primary_key=True, editable=False)
    message = models.ForeignKey(
        Message, models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="+"
    )
    message_ref = models.CharField(max_length=255, help_text="The message's external or provider id, as reported.")
    type = models.CharField(max_length=14, choices=MessageEventType)
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()
    url = models.TextField(blank=True)
    user_agent = models.TextField(blank=True)
    reason = models.TextField(blank=True)
    bounce_kind = models.CharField(max_length=4, choices=BounceKind, blank=True)
    provider_hint = models.CharField(max_length=10, choices=ProviderHint, blank=True)
    actor = models.CharField(max_length=14, choices=Actor, blank=True, help_text="Who opened or clicked.")
    actor_rule = models.CharField(max_length=30, blank=True, help_text="The rule that says so.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(type__in=MessageEventType.values), name="message_event_type_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(actor="") | models.Q(actor__in=Actor.values, type__in=ENGAGEMENTS),
                name="message_event_actor_is_known",
            ),
            models.CheckConstraint(
                condition=models.Q(bounce_kind="") | models.Q(bounce_kind__in=BounceKind.values, type="bounced"),
                name="message_event_bounce_kind_is_known",
            ),
        ]
        indexes = [
            changes_index("message_event_changed"),
            models.Index(fields=["workspace", "message"], name="message_event_message"),
            models.Index(
                fields=["workspace", "message_ref"],
                name="message_event_waiting",
                condition=models.Q(message__isnull=True),
            ),
            models.Index(
                fields=["workspace", "message"],
                name="message_event_deferred",
                condition=models.Q(type="deferred"),
            ),
            models.Index(
                fields=["workspace", "message"],
                name="message_event_subscribed",
                condition=models.Q(type="subscribed"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.message_ref}"

    @property
    def api_id(self) -> str:
        return f"mev_{self.pk.hex}"


class Event(FollowedModel, DistributedModel):
    """Something a person did."""

    id = models.UUIDField(primary_key=True, editable=False)
    message_id = models.CharField(max_length=255, help_text="The sender's id of the event.")
    person_number = models.PositiveIntegerField()
    type = models.CharField(max_length=200)
    occurred_at = models.DateTimeField(help_text="Corrected for the sender's clock.")
    stated_at = models.DateTimeField(null=True, help_text="As the sender said, where it was corrected.")
    received_at = models.DateTimeField()
    utm = models.ForeignKey(
        UtmTriple, models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="+"
    )
    properties = models.JSONField(default=dict)
    context = models.JSONField(default=dict, help_text="As sent: library, page, campaign with all its fields.")
    browser_key = models.PositiveIntegerField(
        null=True, editable=False, help_text="The key for web pages by which it came, if it did by one."
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~models.Q(type=""), name="event_has_type"),
        ]
        indexes = [
            models.Index(fields=["workspace", "occurred_at"], name="event_occurred"),
            changes_index("event_changed"),
            models.Index(fields=["workspace", "type", "occurred_at"], name="event_type_occurred"),
            models.Index(fields=["workspace", "person_number", "occurred_at"], name="event_person_occurred"),
            models.Index(
                fields=["workspace", "browser_key", "received_at"],
                name="event_browser_key",
                condition=models.Q(browser_key__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.message_id}"

    @property
    def api_id(self) -> str:
        return f"evt_{self.pk.hex}"


class IdentityCall(DistributedModel):
    """An identify, alias or group call that was taken, kept so that it is taken once."""

    id = models.UUIDField(primary_key=True, editable=False)
    received_at = models.DateTimeField()
    fingerprint = models.CharField(
        max_length=32, blank=True, default="", help_text="Of its kind, ids and instant; empty if not known."
    )

    def __str__(self) -> str:
        return str(self.pk)
