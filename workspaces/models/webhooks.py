"""Addresses at which e-mail providers report."""

import base64

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import load_der_public_key
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from workspaces.models.users import User
from workspaces.models.workspaces import Workspace
from workspaces.scope import ScopedManager


class Provider(models.TextChoices):
    """An e-mail provider that reports to a webhook; the value stands in its address."""

    AMAZON_SES = "amazon_ses", "Amazon SES"
    BREVO = "brevo", "Brevo"
    MAILERSEND = "mailersend", "MailerSend"
    MAILGUN = "mailgun", "Mailgun"
    MAILJET = "mailjet", "Mailjet"
    MAILTRAP = "mailtrap", "Mailtrap"
    POSTMARK = "postmark", "Postmark"
    RESEND = "resend", "Resend"
    SENDGRID = "sendgrid", "SendGrid"
    SPARKPOST = "sparkpost", "SparkPost"


ALWAYS_SIGN = frozenset({Provider.MAILERSEND, Provider.MAILGUN, Provider.RESEND})
"""They sign what they send and know no password: nothing is taken from them before their signing key is entered."""
MAY_SIGN = ALWAYS_SIGN | {Provider.MAILTRAP, Provider.SENDGRID}


class WebhookQuerySet(models.QuerySet["Webhook"]):
    def usable(self) -> "WebhookQuerySet":
        return self.filter(revoked_at=None)


class Webhook(models.Model):
    """A workspace's address for the reports of an e-mail provider.

    Token and password are ours and must be shown again to be copied; the signing key is the provider's. So all
    three are kept as they are, and are a secret of those who may manage the workspace.
    """

    USER_NAME = "campaignos"

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="webhooks")
    provider = models.CharField(max_length=20, choices=Provider)
    token = models.CharField(max_length=64, unique=True, editable=False)
    password = models.CharField(max_length=64, editable=False, help_text="Of Basic authorization, if it does not sign.")
    signing_key = models.CharField(max_length=500, blank=True, help_text="By which the provider signs what it sends.")
    confirmation_url = models.URLField(
        max_length=2000,
        blank=True,
        editable=False,
        help_text="To be opened once: Amazon asks whether we want its reports.",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, editable=False, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_event_at = models.DateTimeField(null=True, editable=False, help_text="When something was last received.")

    objects = ScopedManager.from_queryset(WebhookQuerySet)()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "provider"],
                name="webhook_one_in_use",
                condition=models.Q(revoked_at=None),
                violation_error_message="This provider has an address already: rotate or revoke it.",
            ),
            models.CheckConstraint(condition=models.Q(provider__in=Provider.values), name="webhook_provider_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.get_provider_display()} ({self.api_id})"

    @property
    def api_id(self) -> str:
        return f"hook_{self.pk}"

    @property
    def path(self) -> str:
        return f"/hooks/{self.token}/{self.provider}/"

    @property
    def waits_for_signing_key(self) -> bool:
        return self.provider in ALWAYS_SIGN and not self.signing_key

    def address(self, origin: str) -> str:
        """What the provider is given, such as `https://campaignos:…@analytics.example.com/hooks/…/postmark/`.

        `origin` is where this server is reached, `https://analytics.example.com`. Who signs needs no password.
        """
        if self.signing_key or self.provider in ALWAYS_SIGN:
            return f"{origin}{self.path}"
        scheme, _, host = origin.partition("://")
        return f"{scheme}://{self.USER_NAME}:{self.password}@{host}{self.path}"


def validate_signing_key(provider: str, key: str) -> None:
    """Raises ValidationError for what cannot be a key of the provider's."""
    if provider not in MAY_SIGN:
        raise ValidationError(f"{Provider(provider).label} signs nothing; its address has a password instead.")
    if not key.isascii() or not key.isprintable() or " " in key:
        raise ValidationError("A signing key has only letters, digits and signs, without blanks.")
    if provider == Provider.RESEND and not key.startswith("whsec_"):
        raise ValidationError("Resend's signing secret begins with whsec_.")
    try:
        if provider == Provider.RESEND:
            base64.b64decode(key.removeprefix("whsec_"), validate=True)
        if provider == Provider.SENDGRID and not isinstance(sendgrid_key(key), EllipticCurvePublicKey):
            raise ValidationError("SendGrid's verification key is one for elliptic curves.")
    except (UnsupportedAlgorithm, ValueError):  # of which binascii's error is one
        raise ValidationError("The key is not complete: copy it anew from the provider.") from None


def sendgrid_key(key: str) -> PublicKeyTypes:
    """Raises ValueError or UnsupportedAlgorithm for what is none."""
    return load_der_public_key(base64.b64decode(key, validate=True))
