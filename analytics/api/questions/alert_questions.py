"""The question that an alert asks: a metric of a part of the facts, read as any kept question on trends."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from analytics.api.condition_names import condition_names
from analytics.api.questions.forms import read_report
from analytics.api.questions.reading import Asking
from analytics.presentation.conditions import condition_text
from analytics.questions.questions import TrendsQuestion
from analytics.questions.saved import QuestionText
from campaignos.errors import ParameterError
from workspaces.models import Workspace

OF_ALERTS = ("where", "segment", "filter", "campaign", "channel")
"""The parameters that say what an alert is of."""
_CONDITIONS = ("where", "segment", "filter")


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


def part_text(metric: str, parameters: Mapping[str, Any], workspace: Workspace, now: datetime) -> str:
    """What an alert is of, in words; empty for all. Of what is gone by now nothing."""
    if not parameters:
        return ""
    try:
        of_people = {name: said for name, said in parameters.items() if name in _CONDITIONS}
        question = alert_question(metric, of_people, workspace, now)
    except ParameterError:
        return "conditions on what is no longer there"
    names = condition_names(workspace, question.part.where.all)
    texts = [condition_text(question.part.where.all, names)] if question.part.where.all.conditions else []
    texts += [str(said) for name, said in parameters.items() if name not in _CONDITIONS]
    return ", ".join(texts)
