"""What goes out by itself, mails and webhooks: one table, from which the clock's work sends."""

from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils import timezone

from campaignos.encryption import decrypt, encrypt
from workspaces.models import User, Workspace
from workspaces.scope import ScopedManager

_PURPOSE = "analytics.endpoint"


class OutgoingEvent(models.TextChoices):
    """What webhooks tell of. To tell more, add it here, and make deliveries where it happens."""

    ALERT_OPENED = "alert.opened", "An alert opened"
    ALERT_RESOLVED = "alert.resolved", "An alert resolved"
    CONTACT_UNSUBSCRIBED = "contact.unsubscribed", "A contact unsubscribed"
    MESSAGE_BOUNCED = "message.bounced", "A message bounced"


class EndpointQuerySet(models.QuerySet["WebhookEndpoint"]):
    def that_take(self, event: OutgoingEvent) -> list["WebhookEndpoint"]:
        """In use and told of such events. One query."""
        return [endpoint for endpoint in self.filter(disabled_at=None) if event in endpoint.events]


class WebhookEndpoint(models.Model):
    """An address of somebody else's, to which a workspace's events are posted, signed with a secret."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_index=False)
    url = models.CharField(max_length=2000)
    events: Any = models.JSONField(help_text="The names of what it is told.")
    encrypted_secret = models.TextField(editable=False)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, editable=False, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    disabled_at = models.DateTimeField(null=True, blank=True, help_text="Since when nothing is sent to it.")

    objects = ScopedManager.from_queryset(EndpointQuerySet)()

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(url=""), name="endpoint_has_url")]
        indexes = [models.Index(fields=["workspace"], name="endpoint_of_workspace")]

    def __str__(self) -> str:
        return self.url

    @property
    def api_id(self) -> str:
        return f"end_{self.pk}"

    @property
    def secret(self) -> str | None:
        """None where the key that it was encrypted with is gone."""
        return decrypt(self.encrypted_secret, purpose=_PURPOSE)

    @secret.setter
    def secret(self, secret: str) -> None:
        self.encrypted_secret = encrypt(secret, purpose=_PURPOSE)


class DeliveryState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    DELIVERED = "delivered", "Delivered"
    FAILED = "failed", "Failed"


class Delivery(models.Model):
    """A mail to an address, or an event to an endpoint; `key` is what it is of, so that nothing is told twice.

    A mail's body has `subject`, `text` and `html`, and may have `headers`, and the number of the `recipient` of a
    scheduled email; an event's is what is posted.
    """

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_index=False)
    endpoint = models.ForeignKey(WebhookEndpoint, models.CASCADE, null=True, related_name="deliveries")
    email = models.CharField(max_length=254, blank=True)
    event = models.CharField(max_length=40)
    key = models.CharField(max_length=200)
    body: Any = models.JSONField(encoder=DjangoJSONEncoder)
    state = models.CharField(max_length=10, choices=DeliveryState, default=DeliveryState.WAITING)
    made_at = models.DateTimeField()
    due_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    attempts: Any = models.JSONField(default=list, help_text="When each was made, and what came of it.")

    objects = ScopedManager["Delivery"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "key"], name="delivery_once"),
            models.CheckConstraint(condition=Q(state__in=DeliveryState.values), name="delivery_state_is_known"),
            models.CheckConstraint(
                condition=Q(endpoint=None) ^ Q(email=""), name="delivery_goes_to_an_endpoint_or_an_address"
            ),
        ]
        indexes = [
            models.Index(fields=["workspace", "due_at"], name="delivery_due", condition=Q(state="waiting")),
            models.Index(fields=["workspace", "-made_at"], name="delivery_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.event} to {self.email or self.endpoint_id}"

    @property
    def api_id(self) -> str:
        return f"dlv_{self.pk}"
