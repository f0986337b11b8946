"""What a workspace has: contacts, campaigns, enrollments. Ordinary tables with integer keys."""

from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Value
from django.utils import timezone

from analytics.channels import Channel
from analytics.models.changes import FollowedModel, changes_index
from analytics.utm import MAX_UTM_LENGTH, Utm, utm
from campaignos.texts import AsciiLower, CodePoints, CodePointsField
from workspaces.models import Workspace
from workspaces.scope import ScopedManager


class CampaignStatus(models.TextChoices):
    DRAFT = "DRAFT", "Draft"
    SCHEDULED = "SCHEDULED", "Scheduled"
    ACTIVE = "ACTIVE", "Active"
    PAUSED = "PAUSED", "Paused"
    COMPLETED = "COMPLETED", "Completed"
    ARCHIVED = "ARCHIVED", "Archived"


class EnrolmentStatus(models.TextChoices):
    ACTIVE = "ACTIVE", "Active"
    COMPLETED = "COMPLETED", "Completed"
    EXITED = "EXITED", "Exited"


class ContactQuerySet(models.QuerySet["Contact"]):
    def current(self) -> "ContactQuerySet":
        """Contacts there are now: without those known to be the same person as another one."""
        return self.filter(merged_into=None)


class Contact(FollowedModel):
    """A person known to the workspace by the id that its own systems use."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_index=False)
    external_id = CodePointsField(max_length=255)
    person_number = models.PositiveIntegerField(editable=False)
    email = models.CharField(max_length=320, blank=True)
    phone = models.CharField(max_length=50, blank=True)
    name = models.CharField(max_length=300, blank=True)
    former_addresses: Any = models.JSONField(
        default=list,
        db_default=Value([], models.JSONField()),
        editable=False,
        help_text="Email addresses and numbers that it had, or was said to have.",
    )
    attributes = models.JSONField(default=dict, blank=True, encoder=DjangoJSONEncoder)
    attributes_at = models.DateTimeField(editable=False, help_text="When the newest word on it was said.")
    provenance = models.JSONField(
        default=dict,
        db_default=Value({}, models.JSONField()),
        editable=False,
        help_text="What is not of the newest word, or taken from a contact joined to it.",
    )
    signed_up_at = models.DateTimeField()
    own_signed_up_at = models.DateTimeField(
        null=True, editable=False, help_text="Its own, where others are joined to it."
    )
    signup_is_stated = models.BooleanField(
        default=False, help_text="Told by the sender; otherwise the earliest call that named the contact."
    )
    complained_at = models.DateTimeField(null=True, blank=True, help_text="First said that a message was spam.")
    unsubscribed_at = models.DateTimeField(null=True, blank=True, help_text="First asked for no more messages.")
    is_provisional = models.BooleanField(
        default=False,
        db_default=False,
        editable=False,
        help_text="Only named by events, perhaps before anybody was known.",
    )
    made_by_key = models.PositiveIntegerField(
        null=True, editable=False, help_text="The key for web pages that named it first, if one did."
    )
    made_at = models.DateTimeField(null=True, editable=False, help_text="When that was received.")
    merged_into = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="merged")
    received_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ScopedManager.from_queryset(ContactQuerySet)()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "external_id"], name="contact_external_id"),
            models.UniqueConstraint(fields=["workspace", "person_number"], name="contact_person"),
            models.CheckConstraint(condition=~models.Q(external_id=""), name="contact_has_external_id"),
        ]
        indexes = [
            models.Index(fields=["workspace", "signed_up_at"], name="contact_signed_up"),
            changes_index("contact_changed"),
            models.Index("workspace", AsciiLower("email"), name="contact_email"),
            models.Index("workspace", CodePoints("name"), "id", "merged_into", name="contact_name"),
            models.Index(
                fields=["workspace"],
                name="contact_objected",
                condition=models.Q(unsubscribed_at__isnull=False) | models.Q(complained_at__isnull=False),
            ),
            models.Index(
                fields=["workspace", "made_by_key"],
                name="contact_made_by_key",
                condition=models.Q(made_by_key__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        """No name: what Django writes of staff's changes (its admin's log, messages) outlives the contact."""
        return self.api_id

    @property
    def api_id(self) -> str:
        return f"ct_{self.pk}"

    @property
    def label(self) -> str:
        """What people know it by."""
        return self.name or self.email or self.external_id

    @property
    def known_by(self) -> "Contact":
        """The contact itself, or the one it was merged into."""
        return self.merged_into or self


class CampaignQuerySet(models.QuerySet["Campaign"]):
    def active(self) -> "CampaignQuerySet":
        return self.filter(status=CampaignStatus.ACTIVE)


class Campaign(FollowedModel):
    """Something sent to many: messages and enrollments belong to it. Visits that carry its UTM triple come from it."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_index=False)
    external_id = models.CharField(max_length=255)
    name = models.CharField(max_length=300)
    channel = models.CharField(max_length=10, choices=Channel, default=Channel.EMAIL)
    status = models.CharField(max_length=10, choices=CampaignStatus, default=CampaignStatus.DRAFT)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    subject = models.CharField(max_length=300, blank=True, db_default="")
    preview_text = models.CharField(max_length=300, blank=True, db_default="")
    utm_source = models.CharField("UTM source", max_length=MAX_UTM_LENGTH, blank=True, db_default="")
    utm_medium = models.CharField("UTM medium", max_length=MAX_UTM_LENGTH, blank=True, db_default="")
    utm_campaign = models.CharField("UTM campaign", max_length=MAX_UTM_LENGTH, blank=True, db_default="")
    received_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ScopedManager.from_queryset(CampaignQuerySet)()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "external_id"], name="campaign_external_id"),
            models.CheckConstraint(condition=models.Q(channel__in=Channel.values), name="campaign_channel_is_known"),
            models.CheckConstraint(
                condition=models.Q(status__in=CampaignStatus.values), name="campaign_status_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(started_at=None)
                | models.Q(ended_at=None)
                | models.Q(ended_at__gte=models.F("started_at")),
                name="campaign_ends_after_it_begins",
                violation_error_message="A campaign ends after it begins.",
            ),
            models.CheckConstraint(
                condition=~models.Q(utm_source="") | models.Q(utm_medium="", utm_campaign=""),
                name="campaign_utm_has_source",
                violation_error_message="What a campaign's links carry has a UTM source.",
            ),
        ]
        indexes = [
            models.Index(fields=["workspace", "status"], name="campaign_status"),
            changes_index("campaign_changed"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def api_id(self) -> str:
        return f"cmp_{self.pk}"

    @property
    def utm(self) -> Utm | None:
        """What its links carry; None where that is not known."""
        return Utm(self.utm_source, self.utm_medium, self.utm_campaign) if self.utm_source else None

    def clean(self) -> None:
        """UTM texts as they are compared."""
        stated = Utm(self.utm_source, self.utm_medium, self.utm_campaign)
        self.utm_source, self.utm_medium, self.utm_campaign = utm(stated._asdict()) or stated


class Enrolment(FollowedModel):
    """A contact going through a campaign, once per contact and campaign."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_index=False)
    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="enrolments", db_index=False)
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="enrolments")
    status = models.CharField(max_length=10, choices=EnrolmentStatus, default=EnrolmentStatus.ACTIVE)
    enrolled_at = models.DateTimeField()
    completed_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ScopedManager["Enrolment"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "campaign", "contact"], name="enrolment_once_per_contact"),
            models.CheckConstraint(
                condition=models.Q(status__in=EnrolmentStatus.values), name="enrolment_status_is_known"
            ),
        ]
        indexes = [
            models.Index(fields=["workspace", "campaign", "enrolled_at"], name="enrolment_enrolled"),
            changes_index("enrolment_changed"),
        ]

    def __str__(self) -> str:
        return f"{self.contact_id} in {self.campaign_id}"

    @property
    def api_id(self) -> str:
        return f"enr_{self.pk}"


class UtmTriple(models.Model):
    """A distinct (source, medium, campaign) of the workspace's events; empty where the link did not say."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_index=False)
    source = models.CharField(max_length=200)
    medium = models.CharField(max_length=200, blank=True)
    campaign = models.CharField(max_length=200, blank=True)

    objects = ScopedManager["UtmTriple"]()

    class Meta:
        verbose_name = "UTM triple"
        constraints = [
            models.UniqueConstraint(fields=["workspace", "source", "medium", "campaign"], name="utm_triple"),
            models.CheckConstraint(condition=~models.Q(source=""), name="utm_triple_has_source"),
        ]

    def __str__(self) -> str:
        return " / ".join(filter(None, (self.source, self.medium, self.campaign)))
