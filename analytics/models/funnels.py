"""Saved funnels."""

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from analytics.questions.condition_values import ConditionError, ConditionValues
from analytics.questions.errors import QuestionError
from analytics.questions.funnel_rules import FunnelRules, RulesReader
from analytics.questions.ranges import DEFAULT_RANGE
from analytics.questions.step_texts import StepReader
from analytics.questions.steps import MAX_STEPS, Step
from workspaces.models import User, Workspace
from workspaces.scope import ScopedManager


def steps_of_data(steps: Sequence[Any], zone: ZoneInfo) -> tuple[Step, ...]:
    """What steps are that were saved; days in their conditions are those of the zone. Raises ConditionError."""
    return tuple(map(StepReader(ConditionValues(zone)).data, steps))


def rules_of_data(data: Mapping[str, Any], steps: Sequence[Step], zone: ZoneInfo) -> FunnelRules:
    """What rules are that were saved with the steps. Raises QuestionError."""
    reader = RulesReader(steps, StepReader(ConditionValues(zone)).text)
    values = {name: (value,) if isinstance(value, str) else tuple(value) for name, value in data.items()}
    rules = reader.read(values)
    for problem in reader.problems:
        raise problem
    return rules


def validate_steps(data: object) -> None:
    if not isinstance(data, list) or not 1 <= len(data) <= MAX_STEPS:
        raise ValidationError(f"A funnel has 1 to {MAX_STEPS} steps.")
    for step in data:
        try:
            StepReader(ConditionValues(ZoneInfo("UTC"))).data(step)
        except ConditionError as error:
            raise ValidationError(f"A step is no such; allowed: {error}.") from None


class SavedFunnel(models.Model):
    """A funnel that a workspace looks at again and again: its steps and rules, and the days it is opened with.

    A step that is an event type alone is its name, others are objects (`analytics.questions.step_texts`).
    """

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_index=False)
    name = models.CharField(max_length=200)
    steps: Any = models.JSONField(
        validators=[validate_steps], help_text="Event types, and objects for other steps, in order."
    )
    rules: Any = models.JSONField(
        default=dict, blank=True, help_text="As addresses have them: window, order, exclude; empty for none."
    )
    range = models.CharField(max_length=16, default=DEFAULT_RANGE, help_text="A named range of days, such as 30d.")
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, editable=False, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ScopedManager["SavedFunnel"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "name"],
                name="saved_funnel_name",
                violation_error_message="Another funnel has this name.",
            ),
            models.CheckConstraint(condition=~models.Q(name=""), name="saved_funnel_has_name"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def api_id(self) -> str:
        return f"fun_{self.pk}"

    def steps_in(self, zone: ZoneInfo) -> tuple[Step, ...]:
        """What the steps are; days in their conditions are those of the zone, the workspace's."""
        return steps_of_data(self.steps, zone)

    def rules_in(self, zone: ZoneInfo) -> FunnelRules:
        """By which people go through these steps."""
        return rules_of_data(self.rules, self.steps_in(zone), zone)

    def clean(self) -> None:
        try:
            self.rules_in(ZoneInfo("UTC"))
        except (ConditionError, QuestionError, AttributeError, TypeError) as error:
            raise ValidationError({"rules": str(error)}) from None
