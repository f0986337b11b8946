"""Saved questions that are answered by email again and again: to members, once a period that is over."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from analytics.email_periods import Frequency
from analytics.models.saved_questions import SavedQuestion
from workspaces.models import Membership, User, Workspace
from workspaces.scope import ScopedManager

MOST_REFUSALS = 3
"""After so many refusals for good, one after the other, a recipient is sent nothing more."""
LAST_HOUR = 23


class EmailDays(models.TextChoices):
    """Of which days an email is."""

    PERIOD = "period", "The day, week or month that is over"
    QUESTION = "question", "As many as the question has, up to the last that is over"


class ScheduledEmail(models.Model):
    """A saved question, and how often it is answered; `made_for` is the first day of the newest period that was.

    One with a `problem` could not be answered: what its question names is gone, say. It is tried again with the next
    period.
    """

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_index=False)
    question = models.ForeignKey(SavedQuestion, models.CASCADE, related_name="+")
    name = models.CharField(max_length=200)
    frequency = models.CharField(max_length=10, choices=[(each.value, each.value) for each in Frequency])
    hour = models.PositiveSmallIntegerField(default=7, help_text="From when on, by the workspace's clock.")
    days = models.CharField(max_length=10, choices=EmailDays, default=EmailDays.PERIOD)
    made_for = models.DateField(help_text="The first day of the newest period that is done with.")
    made_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=500, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, editable=False, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ScopedManager["ScheduledEmail"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "name"],
                name="scheduled_email_name",
                violation_error_message="Another scheduled email has this name.",
            ),
            models.CheckConstraint(condition=~Q(name=""), name="scheduled_email_has_name"),
            models.CheckConstraint(
                condition=Q(frequency__in=[each.value for each in Frequency]), name="scheduled_email_frequency_is_known"
            ),
            models.CheckConstraint(condition=Q(hour__lte=LAST_HOUR), name="scheduled_email_hour_is_of_a_day"),
            models.CheckConstraint(condition=Q(days__in=EmailDays.values), name="scheduled_email_days_are_known"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def api_id(self) -> str:
        return f"sem_{self.pk}"


class RecipientQuerySet(models.QuerySet["EmailRecipient"]):
    def that_take(self) -> "RecipientQuerySet":
        """Those to whom the next one goes."""
        return self.filter(unsubscribed_at=None, refusals__lt=MOST_REFUSALS, member__user__is_active=True)


class EmailRecipient(models.Model):
    """A member who is sent a scheduled email, until they unsubscribe, leave, or their mail server refuses it for good
    thrice."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_index=False)
    scheduled_email = models.ForeignKey(ScheduledEmail, models.CASCADE, related_name="recipients")
    member = models.ForeignKey(Membership, models.CASCADE, related_name="+")
    refusals = models.PositiveSmallIntegerField(default=0)
    unsubscribed_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedManager.from_queryset(RecipientQuerySet)()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "scheduled_email", "member"], name="email_recipient_once")
        ]

    def __str__(self) -> str:
        return f"{self.member} of {self.scheduled_email_id}"

    @property
    def state(self) -> str:
        """subscribed, unsubscribed by the member, or stopped because their mail server refused it."""
        if self.unsubscribed_at:
            return "unsubscribed"
        return "stopped" if self.refusals >= MOST_REFUSALS else "subscribed"
