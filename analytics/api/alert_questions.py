"""The question that an alert asks: a metric of a part of the facts, read as any kept question on trends."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from analytics.api.question_reading import Asking
from analytics.api.report_questions import read_report
from analytics.questions.questions import TrendsQuestion
from analytics.questions.saved import QuestionText
from campaignos.errors import ParameterError
from workspaces.models import Workspace

OF_ALERTS = ("where", "segment", "filter", "campaign", "channel")
"""The parameters that say what an alert is of."""


def alert_question(
    metric: str, parameters: Mapping[str, Any], workspace: Workspace, now: datetime, *, sees_addresses: bool = True
) -> TrendsQuestion:
    """Raises ParameterError for what is not understood, names what there is not, or cannot be told of the part."""
    for name in parameters:
        if name not in OF_ALERTS:
            raise ParameterError(name, given=None, allowed=", ".join(OF_ALERTS))
    text = QuestionText("timeseries", {**parameters, "metric": metric, "compare": "off"})
    question = read_report(text, Asking(workspace, now, sees_addresses))
    assert isinstance(question, TrendsQuestion)
    return question
