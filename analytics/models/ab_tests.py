"""Tests of variants against each other, of a campaign's messages or of anything else, and who was given which variant.

A test has a life of its own: it starts and ends, and has a goal that it is decided by. A holdout is a test of which the
control is withheld: who is in it gets nothing.
"""

from collections.abc import Sequence

from django.db import models
from django.db.models import F, Q

from analytics.models.catalogue import Campaign
from analytics.models.distribution import DistributedModel
from analytics.questions.steps import MAX_TYPE_LENGTH
from workspaces.models import Workspace
from workspaces.scope import ScopedManager

LONGEST_TEST_WINDOW = 365
"""Days."""


class ABTestGoal(models.TextChoices):
    """What a test is decided by."""

    CLICK = "click", "Clicks by people"
    OPEN = "open", "Opens by people"
    CONVERSION = "conversion", "Conversions"
    REVENUE = "revenue", "Net revenue per person"
    EVENT = "event", "Events of one type"


class ABTest(models.Model):
    """A test of several variants against each other: of a campaign's messages, or outside of messages.

    As a holdout it withholds the campaign, or without one all campaigns, from the people of its control.
    """

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_index=False)
    campaign = models.ForeignKey(
        Campaign, models.CASCADE, null=True, blank=True, related_name="ab_tests", db_index=False
    )
    external_id = models.CharField(max_length=255)
    name = models.CharField(max_length=300)
    is_holdout = models.BooleanField(
        default=False, db_default=False, help_text="Whether who is in the control gets nothing."
    )
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    planned_size = models.PositiveIntegerField(
        null=True, blank=True, help_text="People in all variants, after whom it is decided."
    )
    goal = models.CharField(max_length=10, choices=ABTestGoal, default=ABTestGoal.CLICK, db_default=ABTestGoal.CLICK)
    goal_event = models.CharField(
        max_length=MAX_TYPE_LENGTH,
        blank=True,
        default="",
        db_default="",
        help_text="The type, where the goal is events of one.",
    )
    window_days = models.PositiveSmallIntegerField(
        default=7, db_default=7, help_text="How many days after the assignment count."
    )
    seed = models.CharField(
        max_length=255,
        blank=True,
        default="",
        db_default="",
        help_text="Who draws variants by our hash does so with it.",
    )

    objects = ScopedManager["ABTest"]()

    class Meta:
        verbose_name = "A/B test"
        constraints = [
            models.UniqueConstraint(fields=["workspace", "campaign", "external_id"], name="ab_test_external_id"),
            models.UniqueConstraint(
                fields=["workspace", "external_id"],
                name="ab_test_external_id_of_none",
                condition=Q(campaign__isnull=True),
                violation_error_message="Another test has this ID.",
            ),
            models.CheckConstraint(condition=~Q(external_id=""), name="ab_test_has_external_id"),
            models.CheckConstraint(condition=Q(goal__in=ABTestGoal.values), name="ab_test_goal_is_known"),
            models.CheckConstraint(
                condition=Q(goal=ABTestGoal.EVENT) & ~Q(goal_event="") | ~Q(goal=ABTestGoal.EVENT) & Q(goal_event=""),
                name="ab_test_goal_names_its_event",
                violation_error_message="A goal of events has their type, and no other goal has one.",
            ),
            models.CheckConstraint(
                condition=Q(window_days__gte=1, window_days__lte=LONGEST_TEST_WINDOW), name="ab_test_window_has_days"
            ),
            models.CheckConstraint(
                condition=Q(planned_size=None) | Q(planned_size__gt=0), name="ab_test_plans_for_people"
            ),
            models.CheckConstraint(
                condition=Q(started_at=None) | Q(ended_at=None) | Q(ended_at__gte=F("started_at")),
                name="ab_test_ends_after_it_begins",
                violation_error_message="A test ends after it begins.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def api_id(self) -> str:
        return f"ab_{self.pk}"

    @property
    def hash_seed(self) -> str:
        """What variants are drawn with."""
        return self.seed or self.external_id


class Variant(models.Model):
    """One arm of an A/B test, at its place in the sender's order."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_index=False)
    test = models.ForeignKey(ABTest, models.CASCADE, related_name="variants", db_index=False)
    name = models.CharField(max_length=300)
    position = models.PositiveSmallIntegerField()
    weight = models.FloatField(default=1.0)
    is_control = models.BooleanField(default=False)

    objects = ScopedManager["Variant"]()

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "test", "name"], name="variant_name"),
            models.CheckConstraint(condition=Q(weight__gte=0), name="variant_weight_is_not_negative"),
        ]

    def __str__(self) -> str:
        return self.name


def control_of(variants: Sequence[Variant]) -> Variant:
    """That which the others are compared with, of some in their order: the one that says so, else the first."""
    return next((variant for variant in variants if variant.is_control), variants[0])


class Assignment(DistributedModel):
    """That a person was given a variant: the earliest instant of which that was said.

    One for each test, person, variant, and key for web pages by which it came. Of a person with several the first one
    counts; of the others a report says how many there are. Its id is derived of these four.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    test = models.ForeignKey(ABTest, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+")
    variant = models.ForeignKey(Variant, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+")
    person_number = models.PositiveIntegerField()
    assigned_at = models.DateTimeField()
    withheld = models.BooleanField(help_text="Whether the person was given nothing, as those of a holdout's control.")
    received_at = models.DateTimeField(help_text="When the newest word that changed it was received.")
    browser_key = models.PositiveIntegerField(
        null=True, editable=False, help_text="The key for web pages by which it came, if it did by one."
    )

    class Meta:
        indexes = [
            models.Index(fields=["workspace", "assigned_at"], name="assignment_assigned"),
            models.Index(fields=["workspace", "test", "assigned_at"], name="assignment_test"),
            models.Index(fields=["workspace", "person_number"], name="assignment_person"),
            models.Index(
                fields=["workspace", "browser_key", "received_at"],
                name="assignment_browser_key",
                condition=Q(browser_key__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_number} in {self.variant_id}"

    @property
    def api_id(self) -> str:
        return f"asg_{self.pk.hex}"
