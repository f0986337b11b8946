"""Workspaces, who belongs to them and who is invited."""

import zoneinfo
from datetime import datetime
from functools import cache

from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.text import slugify

from campaignos.currencies import currencies
from workspaces.conversions import (
    MoneyRule,
    default_conversion_types,
    money_rules_of,
    states_money,
    validate_event_types,
    validate_money_rules,
)
from workspaces.models.users import User
from workspaces.roles import Role
from workspaces.scope import ScopedManager

MAX_KEPT_DAYS = 36_500
DEFAULT_CURRENCY = "EUR"


_OF_THE_HOST = {"localtime", "Factory", "posixrules"}
"""Names that mean another zone on another machine, or none."""


@cache
def time_zones() -> tuple[str, ...]:
    """Those that a workspace can have, by name; to look for them opens six hundred files."""
    return tuple(sorted(zoneinfo.available_timezones() - _OF_THE_HOST))


def validate_time_zone(name: str) -> None:
    if name not in time_zones():
        raise ValidationError(f"{name!r} is not a time zone; allowed are IANA names such as Europe/Berlin.")


def validate_currency(code: str) -> None:
    if code not in currencies():
        raise ValidationError(f"{code!r} is not a currency; allowed are codes of ISO 4217 such as EUR or USD.")


class WorkspaceQuerySet(models.QuerySet["Workspace"]):
    def of_member(self, user: User) -> "WorkspaceQuerySet":
        return self.filter(memberships__user=user)


MAX_LOOKBACK_DAYS = 365
DEFAULT_LOOKBACK_DAYS = {"utm": 30, "click": 5, "open": 1, "delivered": 1}
"""How long before a conversion touches count, by what credit calls their kinds."""


def _lookback(days: int, touches: str) -> "models.PositiveSmallIntegerField[int, int]":
    return models.PositiveSmallIntegerField(
        default=days,
        db_default=days,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_LOOKBACK_DAYS)],
        help_text=f"For how many days {touches} are credited with what follows.",
    )


class Workspace(models.Model):
    """One tenant. Every row of its data names it."""

    name = models.CharField(max_length=200)
    slug = models.SlugField(max_length=80, unique=True, error_messages={"unique": "This address is taken."})
    time_zone = models.CharField(max_length=64, default="UTC", validators=[validate_time_zone])
    currency = models.CharField(
        max_length=3,
        default=DEFAULT_CURRENCY,
        db_default=DEFAULT_CURRENCY,
        validators=[validate_currency],
        help_text="That of amounts which name none; a code of ISO 4217.",
    )
    conversion_types = models.JSONField(
        default=default_conversion_types,
        blank=True,
        validators=[validate_event_types],
        help_text="Event types that count as conversions.",
    )
    money_rules = models.JSONField(
        default=dict,
        db_default=models.Value({}, models.JSONField()),
        blank=True,
        validators=[validate_money_rules],
        help_text="By event type, where its events say what they are worth, if that is stated.",
    )
    money_before = models.JSONField(
        null=True,
        editable=False,
        help_text="What the last three were before they were changed, until the ledger has followed.",
    )
    utm_lookback_days = _lookback(DEFAULT_LOOKBACK_DAYS["utm"], "visits with a UTM source")
    click_lookback_days = _lookback(DEFAULT_LOOKBACK_DAYS["click"], "people's clicks in messages")
    open_lookback_days = _lookback(DEFAULT_LOOKBACK_DAYS["open"], "people's opens of messages")
    delivered_lookback_days = _lookback(DEFAULT_LOOKBACK_DAYS["delivered"], "deliveries of messages")
    second_factor_required = models.BooleanField(
        default=False, help_text="Owners and admins come in only with a second factor set up."
    )
    kept_days = models.PositiveIntegerField(
        "days that data is kept",
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_KEPT_DAYS)],
        help_text="Events and messages go when they are older, today being the first day; empty for never.",
    )
    erases_idle_contacts = models.BooleanField(
        "contacts go, too",
        default=False,
        db_default=False,
        help_text="Whether contacts that nothing was heard of in these days are erased with what is older.",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    form_id = models.UUIDField(
        null=True,
        unique=True,
        editable=False,
        help_text="Of the form by which it was made: sent twice, it makes one workspace.",
        error_messages={"unique": "This workspace is made already."},
    )

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

    @property
    def lookback_days(self) -> dict[str, int]:
        """By what credit calls the kinds of touches, how many days before a conversion they count."""
        return {name: getattr(self, f"{name}_lookback_days") for name in DEFAULT_LOOKBACK_DAYS}

    @property
    def rules_by_type(self) -> dict[str, MoneyRule]:
        """Where events say what they are worth: of all types of which that is stated or goes without saying."""
        return money_rules_of(self.conversion_types, self.money_rules)

    @property
    def tells_money(self) -> bool:
        """Whether any type of event says what it is worth."""
        return states_money(self.conversion_types, self.money_rules)


class FormerSlug(models.Model):
    """An address that a workspace had: it still leads there, and no other workspace gets it."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="former_slugs")
    slug = models.SlugField(max_length=80, unique=True)

    objects = ScopedManager["FormerSlug"]()

    def __str__(self) -> str:
        return self.slug


def unused_slug(name: str) -> str:
    """`acme`, or `acme-2` where that is taken or leads to its workspace's newer address. One query."""
    stem = slugify(name)[:70] or "workspace"
    now, once = (model.objects.filter(slug__startswith=stem).values_list("slug") for model in (Workspace, FormerSlug))
    taken = {slug for (slug,) in now.order_by().union(once)}
    slug, number = stem, 1
    while slug in taken:
        number += 1
        slug = f"{stem}-{number}"
    return slug


SECOND_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
"""An authenticator app or a passkey; codes for recovery are none."""


class MembershipQuerySet(models.QuerySet["Membership"]):
    def with_second_factor(self) -> "MembershipQuerySet":
        """Adds `has_second_factor`: whether the user has one of SECOND_FACTORS."""
        factors = Authenticator.objects.filter(user=models.OuterRef("user"), type__in=SECOND_FACTORS)
        return self.annotate(has_second_factor=models.Exists(factors))


class Membership(models.Model):
    """A user's role in a workspace."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role, default=Role.VIEWER)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ScopedManager.from_queryset(MembershipQuerySet)()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "user"], name="membership_once_per_user"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="membership_role_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.workspace}"

    @property
    def api_id(self) -> str:
        return f"mbr_{self.pk}"

    @property
    def needs_second_factor(self) -> bool:
        """Whether the workspace asks somebody with this role for a second factor."""
        return self.workspace.second_factor_required and self.role in (Role.OWNER, Role.ADMIN)


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self, now: datetime) -> "InvitationQuerySet":
        """Those that can still be accepted."""
        return self.filter(accepted_at=None, revoked_at=None, expires_at__gt=now)


class Invitation(models.Model):
    """Asks somebody into a workspace. Only the SHA-256 of its link's token is kept."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="invitations")
    email = models.EmailField("email")
    role = models.CharField(max_length=10, choices=Role, default=Role.VIEWER)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, editable=False, related_name="+")
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)

    objects = ScopedManager.from_queryset(InvitationQuerySet)()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="invitation_role_is_known"),
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="invitation_email_is_lower_case"),
            models.UniqueConstraint(
                fields=["workspace", "email"],
                name="invitation_once_to_an_address",
                condition=models.Q(accepted_at=None, revoked_at=None),
                violation_error_message="This address was invited a moment ago.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} to {self.workspace}"

    @property
    def api_id(self) -> str:
        return f"inv_{self.pk}"
