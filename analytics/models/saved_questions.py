"""Questions that a workspace keeps: what is asked, never what was answered."""

from typing import Any

from django.db import models
from django.utils import timezone

from analytics.questions.saved import QuestionText
from workspaces.models import User, Workspace
from workspaces.scope import ScopedManager


class SavedQuestion(models.Model):
    """A report and what it is asked, under a name: for boards, links, mails and alerts.

    `analytics.api.questions.forms` reads it whenever it is asked, so that a range may be relative, and what it names
    may be gone by then.
    """

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_index=False)
    name = models.CharField(max_length=200)
    report = models.CharField(max_length=32, help_text="The name of the report, such as funnel.")
    parameters: Any = models.JSONField(
        default=dict, blank=True, help_text="Those of the report's page: a text by name, or several."
    )
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, editable=False, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ScopedManager["SavedQuestion"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "name"],
                name="saved_question_name",
                violation_error_message="Another saved question has this name.",
            ),
            models.CheckConstraint(condition=~models.Q(name=""), name="saved_question_has_name"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def api_id(self) -> str:
        return f"qst_{self.pk}"

    @property
    def text(self) -> QuestionText:
        return QuestionText(self.report, self.parameters)
