"""Who: users, workspaces, memberships and keys. Ordinary tables, few rows."""

import hashlib
import secrets
import zoneinfo
from datetime import datetime
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.text import slugify

from workspaces.roles import Right, Role


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser, PermissionsMixin):
    """Somebody who logs in, by e-mail (kept in lower case)."""

    email = models.EmailField("e-mail", unique=True)
    name = models.CharField(max_length=200, blank=True)
    is_active = models.BooleanField("active", default=True)
    is_staff = models.BooleanField("staff", default=False, help_text="May log in to this administration site.")
    joined_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="user_email_is_lower_case"),
        ]

    def __str__(self) -> str:
        return self.email

    @classmethod
    def normalize_username(cls, username: str) -> str:
        return super().normalize_username(username).lower()

    def get_short_name(self) -> str:
        return self.name or self.email


def validate_time_zone(name: str) -> None:
    if name not in zoneinfo.available_timezones():
        raise ValidationError(f"{name!r} is not a time zone; allowed are IANA names such as Europe/Berlin.")


def validate_event_types(types: object) -> None:
    if not isinstance(types, list) or not all(map(_is_event_type, types)):
        raise ValidationError('Event types are a list of texts of 1 to 200 characters, such as ["purchase"].')


def _is_event_type(name: object) -> bool:
    return isinstance(name, str) and 0 < len(name) <= 200 and name == name.strip() and "\0" not in name


def default_conversion_types() -> list[str]:
    return ["purchase"]


class WorkspaceQuerySet(models.QuerySet["Workspace"]):
    def of_member(self, user: User) -> "WorkspaceQuerySet":
        return self.filter(memberships__user=user)


class Workspace(models.Model):
    """One tenant. Every row of its data names it."""

    name = models.CharField(max_length=200)
    slug = models.SlugField(max_length=80, unique=True)
    time_zone = models.CharField(max_length=64, default="UTC", validators=[validate_time_zone])
    conversion_types = models.JSONField(
        default=default_conversion_types,
        blank=True,
        validators=[validate_event_types],
        help_text="Event types that count as conversions.",
    )
    allows_browsers = models.BooleanField(
        "takes events from browsers",
        default=False,
        help_text="Whether web pages may send with the workspace's write keys, which everybody who opens them can see.",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = WorkspaceQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name

    @property
    def api_id(self) -> str:
        return f"ws_{self.pk}"

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.time_zone)


def unused_slug(name: str) -> str:
    """`acme`, or `acme-2` where that is taken. One query."""
    stem = slugify(name)[:70] or "workspace"
    taken = set(Workspace.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    slug, number = stem, 1
    while slug in taken:
        number += 1
        slug = f"{stem}-{number}"
    return slug


class Membership(models.Model):
    """A user's role in a workspace."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role, default=Role.VIEWER)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "user"], name="membership_once_per_user"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="membership_role_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.workspace}"


class KeyKind(models.TextChoices):
    WRITE = "write", "Write key: sends events, may be public"
    SECRET = "secret", "Secret key: resource API and reports"


class KeyQuerySet(models.QuerySet["Key"]):
    def usable(self, now: datetime) -> "KeyQuerySet":
        return self.filter(revoked_at=None).exclude(expires_at__lte=now)

    def with_token(self, token: str) -> "KeyQuerySet":
        return self.filter(digest=token_digest(token))


class Key(models.Model):
    """A workspace's API key. Only the SHA-256 of its token is kept; the token is 256 random bits and shown once."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="keys")
    kind = models.CharField(max_length=10, choices=KeyKind)
    name = models.CharField(max_length=200)
    prefix = models.CharField(max_length=16, editable=False, help_text="The token's beginning, to tell keys apart.")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = models.JSONField(default=list, blank=True, help_text="A secret key's rights: read, write.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, editable=False, related_name="+")
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, editable=False)

    objects = KeyQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(kind__in=KeyKind.values), name="key_kind_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def api_id(self) -> str:
        return f"key_{self.pk}"

    @property
    def rights(self) -> frozenset[Right]:
        """Its scopes, but only people manage."""
        return frozenset(Right(scope) for scope in self.scopes) - {Right.MANAGE}


def token_digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def new_token(kind: KeyKind) -> str:
    return ("wk_" if kind is KeyKind.WRITE else "sk_") + secrets.token_urlsafe(32)
