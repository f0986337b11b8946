"""Alerts: rules by which a number that changes makes itself known."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone

from analytics.questions.questions import TREND_METRICS
from analytics.statistics.alarms import AlertKind, AlertRule, Direction
from workspaces.models import User, Workspace
from workspaces.scope import ScopedManager


class MailTo(models.TextChoices):
    """Whom an alert is mailed to: members as they are when it changes."""

    AUTHOR = "author", "Who made it"
    MANAGERS = "managers", "Owners and admins"
    MEMBERS = "members", "All members"
    NOBODY = "nobody", "Nobody: webhooks alone"


class Alert(models.Model):
    """A metric of a part of the facts, and the rule by which it rings; each day is judged once it is over."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_index=False)
    name = models.CharField(max_length=200)
    metric = models.CharField(max_length=40)
    parameters: Any = models.JSONField(default=dict, blank=True, help_text="Conditions, as Trends has them.")
    kind = models.CharField(max_length=10, choices=[(kind.value, kind.value) for kind in AlertKind])
    direction = models.CharField(max_length=4, choices=[(each.value, each.value) for each in Direction])
    amount = models.FloatField(null=True, blank=True, help_text="The limit, or the share of a change.")
    mailed = models.CharField(max_length=10, choices=MailTo, default=MailTo.AUTHOR)
    is_open = models.BooleanField(default=False)
    changed_on = models.DateField(null=True, help_text="The day whose number opened or resolved it.")
    judged_on = models.DateField(null=True, help_text="The newest day that was judged.")
    judged_at = models.DateTimeField(null=True)
    snoozed_until = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, editable=False, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ScopedManager["Alert"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "name"],
                name="alert_name",
                violation_error_message="Another alert has this name.",
            ),
            models.CheckConstraint(condition=~Q(name=""), name="alert_has_name"),
            models.CheckConstraint(condition=Q(metric__in=TREND_METRICS), name="alert_metric_is_known"),
            models.CheckConstraint(condition=Q(kind__in=[*AlertKind]), name="alert_kind_is_known"),
            models.CheckConstraint(condition=Q(direction__in=[*Direction]), name="alert_direction_is_known"),
            models.CheckConstraint(condition=Q(mailed__in=MailTo.values), name="alert_mailed_is_known"),
            models.CheckConstraint(
                condition=Q(kind__in=["threshold", "change"], amount__isnull=False)
                | Q(kind__in=["anomaly", "silence"], amount=None),
                name="alert_amount_where_the_rule_has_one",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def api_id(self) -> str:
        return f"alr_{self.pk}"

    @property
    def rule(self) -> AlertRule:
        return AlertRule(AlertKind(self.kind), Direction(self.direction), self.amount)


class AlertChange(models.Model):
    """One time that an alert opened or was resolved, and by which number."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_index=False)
    alert = models.ForeignKey(Alert, models.CASCADE, related_name="changes")
    opened = models.BooleanField()
    day = models.DateField()
    at = models.DateTimeField()
    value = models.FloatField(null=True)
    expected = models.FloatField(null=True)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)

    objects = ScopedManager["AlertChange"]()

    class Meta:
        indexes = [models.Index(fields=["workspace", "alert", "-at"], name="alert_change_newest")]

    def __str__(self) -> str:
        return f"{self.alert_id} {'opened' if self.opened else 'resolved'} {self.day}"
