"""Keys by which programs call."""

import hashlib
import secrets
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from campaignos.days import LAST_DAY, LATEST_INSTANT
from workspaces.models.users import User
from workspaces.models.workspaces import Workspace
from workspaces.roles import OF_PEOPLE_ONLY, Right
from workspaces.scope import ScopedManager

SECRET_PREFIX = "sk_"  # noqa: S105
"""How the tokens of secret keys begin."""


class KeyKind(models.TextChoices):
    WRITE = "write", "Write key: sends events"
    SECRET = "secret", "Secret key: reads reports and works with data by the API"


class KeyQuerySet(models.QuerySet["Key"]):
    def usable(self, now: datetime | models.Expression) -> "KeyQuerySet":
        return self.filter(revoked_at=None).exclude(expires_at__lte=now)

    def with_token(self, token: str) -> "KeyQuerySet":
        return self.filter(digest=token_digest(token))


def validate_end(at: datetime) -> None:
    """Raises ValidationError for an instant at which no key can end."""
    if at <= timezone.now():
        raise ValidationError("This is over already; a key ends later than now.")
    if at > LATEST_INSTANT:
        raise ValidationError(f"A key ends in {LAST_DAY.year} at the latest, or never.")


class Key(models.Model):
    """A workspace's API key. Only the SHA-256 of its token is kept; the token is 256 random bits and shown once."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="keys")
    kind = models.CharField(max_length=10, choices=KeyKind)
    name = models.CharField(max_length=200)
    prefix = models.CharField(max_length=16, editable=False, help_text="The token's beginning, to tell keys apart.")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = models.JSONField(default=list, blank=True, help_text="A secret key's rights: read, write.")
    allows_browsers = models.BooleanField(
        "may be in web pages",
        default=False,
        help_text="A write key that everyone can read: it sends events, fills empty fields, and changes nothing.",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, editable=False, related_name="+")
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    predecessor = models.OneToOneField(
        "self",
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="successor",
        help_text="The key in whose place this one was made.",
        error_messages={"unique": "The key was rotated a moment ago: another one takes its place."},
    )
    last_used_at = models.DateTimeField(null=True, editable=False)

    objects = ScopedManager.from_queryset(KeyQuerySet)()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(kind__in=KeyKind.values), name="key_kind_is_known"),
            models.CheckConstraint(
                condition=models.Q(allows_browsers=False) | models.Q(kind=KeyKind.WRITE),
                name="key_of_browsers_is_a_write_key",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def api_id(self) -> str:
        return f"key_{self.pk}"

    @property
    def rights(self) -> frozenset[Right]:
        """Its scopes, but only people manage."""
        return frozenset(Right(scope) for scope in self.scopes) - OF_PEOPLE_ONLY


def token_digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def new_token(kind: KeyKind) -> str:
    return ("wk_" if kind is KeyKind.WRITE else SECRET_PREFIX) + secrets.token_urlsafe(32)
