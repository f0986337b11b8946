"""Addresses at which email providers report."""

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from workspaces.models.users import User
from workspaces.models.workspaces import Workspace
from workspaces.scope import ScopedManager
from workspaces.webhook_providers import Signing, declared_providers

PROVIDERS = declared_providers(apps.get_app_configs())
PROVIDER_CHOICES = [(provider.name, provider.label) for provider in PROVIDERS.values()]


class WebhookQuerySet(models.QuerySet["Webhook"]):
    def usable(self) -> "WebhookQuerySet":
        return self.filter(revoked_at=None)


class Webhook(models.Model):
    """A workspace's address for the reports of an email provider.

    Token and password are ours and must be shown again to be copied; the signing key is the provider's. So all
    three are kept as they are, and are a secret of those who may manage the workspace.
    """

    USER_NAME = "campaignos"

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="webhooks")
    provider = models.CharField(max_length=20, choices=PROVIDER_CHOICES)
    token = models.CharField(max_length=64, unique=True, editable=False)
    password = models.CharField(max_length=64, editable=False, help_text="Of Basic authorization, if it does not sign.")
    signing_key = models.CharField(max_length=500, blank=True, help_text="By which the provider signs what it sends.")
    confirmation_url = models.URLField(
        max_length=2000,
        blank=True,
        editable=False,
        help_text="To be opened once: a provider asks whether we want its reports.",
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
            models.CheckConstraint(condition=models.Q(provider__in=list(PROVIDERS)), name="webhook_provider_is_known"),
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
    def must_sign(self) -> bool:
        return PROVIDERS[self.provider].signing is Signing.ALWAYS

    @property
    def may_sign(self) -> bool:
        return PROVIDERS[self.provider].signing is not Signing.NEVER

    @property
    def waits_for_signing_key(self) -> bool:
        return self.must_sign and not self.signing_key

    def address(self, origin: str) -> str:
        """What the provider is given, such as `https://campaignos:…@analytics.example.com/hooks/…/<provider>/`.

        `origin` is where this server is reached, `https://analytics.example.com`. Who signs needs no password.
        """
        if self.signing_key or self.must_sign:
            return f"{origin}{self.path}"
        scheme, _, host = origin.partition("://")
        return f"{scheme}://{self.USER_NAME}:{self.password}@{host}{self.path}"


def validate_signing_key(provider_name: str, key: str) -> None:
    """Raises ValidationError for what cannot be a key of the provider's."""
    provider = PROVIDERS[provider_name]
    if provider.signing is Signing.NEVER:
        raise ValidationError(f"{provider.label} signs nothing; its address has a password instead.")
    if not key.isascii() or not key.isprintable() or " " in key:
        raise ValidationError("A signing key has only letters, digits and signs, without blanks.")
    try:
        provider.check_key(key)
    except ValueError:  # of which binascii's error is one
        raise ValidationError("The key is not complete: copy it anew from the provider.") from None
