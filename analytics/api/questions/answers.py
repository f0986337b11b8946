"""The answer to a kept question, without a request: what its report's page shows, and what the API says.

    asking = Asking(workspace, now)
    question = read_report(saved.text, asking)
    shown = shown_answer(saved.report, question, asking, audience)
    body = api_answer(saved.report, question, asking)

Whoever asks acts for the workspace already (`workspaces.scope`).
"""

from typing import Any, cast

from django.http import QueryDict
from django.urls import resolve, reverse

from analytics.api.condition_names import condition_names
from analytics.api.questions.forms import FORMS, read_report
from analytics.api.questions.reading import Asking
from analytics.api.reports.in_process import AnswerRefused, answer_in_process
from analytics.api.reports.view import ReportView
from analytics.models import SavedQuestion
from analytics.presentation.audience import Audience
from analytics.presentation.conditions import ConditionNames
from analytics.presentation.presentation import Presentation
from analytics.presentation.reports import presentation_of
from analytics.questions.errors import QuestionError
from analytics.questions.experiments import ExperimentQuestion
from analytics.questions.filters import all_of
from analytics.questions.questions import CampaignQuestion, FunnelQuestion, Question
from analytics.questions.retention import RetentionQuestion
from analytics.questions.steps import Step
from analytics.reports.credit.path_report import PathsQuestion
from analytics.reports.credit.side_by_side import ModelsQuestion
from campaignos.errors import ParameterError
from workspaces.access import Access
from workspaces.models import Workspace
from workspaces.roles import Right


def shown_answer(report: str, question: Question, asking: Asking, audience: Audience) -> Presentation:
    """What the report's page shows of a question that was read for the asking. Raises ObjectDoesNotExist where what it
    is about went meanwhile."""
    names = _names(asking.workspace, question)
    return presentation_of(report, asking.source, question, audience, names)


def _names(workspace: Workspace, question: Question) -> ConditionNames:
    """Of what its steps or its beginning name; of others no query."""
    steps: tuple[Step, ...] = question.steps if isinstance(question, FunnelQuestion) else ()
    if isinstance(question, RetentionQuestion) and question.start.act:
        steps = (question.start.act,)
    return condition_names(workspace, all_of(*(step.condition for step in steps)))


def api_address(report: str, question: Question, workspace: Workspace) -> str:
    """Where the API answers the same question: its path and query, all of which the report understands there."""
    path = _path(report, question, workspace)
    view = resolve(path).func.cls  # type: ignore[attr-defined]
    query = _query(question, view)
    return f"{path}?{query.urlencode()}" if query else path


def api_answer(report: str, question: Question, asking: Asking, *, sees_addresses: bool = False) -> dict[str, Any]:
    """What the API answers to a question at the asking's instant, in JSON's types.

    Raises QuestionError with the API's message where the API refuses what a page shows.
    """
    path = _path(report, question, asking.workspace)
    match = resolve(path)
    view = cast(type[ReportView], match.func.cls)  # type: ignore[attr-defined]
    rights = {Right.READ, Right.CURATE} if sees_addresses else {Right.READ}
    access = Access(asking.workspace, frozenset(rights), role=None)
    try:
        return answer_in_process(view, _query(question, view), access, asking.now, **match.kwargs)
    except AnswerRefused as error:
        problem = error.problem
        raise QuestionError(
            problem.get("parameter", report), problem.get("given"), problem.get("allowed", "")
        ) from None


def saved_answer(saved: SavedQuestion, asking: Asking, *, sees_addresses: bool) -> dict[str, Any]:
    """What the API answers to a saved question. Raises ParameterError where it cannot be asked (any more), and
    ObjectDoesNotExist where what it is about is gone."""
    try:
        question = read_report(saved.text, asking)
        return api_answer(saved.report, question, asking, sees_addresses=sees_addresses)
    except QuestionError as error:
        raise ParameterError(error.parameter, given=error.given, allowed=error.allowed) from None


def _path(report: str, question: Question, workspace: Workspace) -> str:
    """Of the endpoint that answers it: one of the report's, by what is asked."""
    route, names = FORMS[report].endpoint, {"workspace_id": workspace.api_id}
    match question:
        case CampaignQuestion():
            return reverse("api-campaign", kwargs={**names, "campaign_id": f"cmp_{question.campaign_id}"})
        case ExperimentQuestion() if question.test_id:
            return reverse("api-ab-test-report", kwargs={**names, "test_id": f"ab_{question.test_id}"})
        case PathsQuestion():
            route = "api-attribution-paths"
        case ModelsQuestion():
            route = "api-attribution-models"
    return reverse(route, kwargs=names)


def _query(question: Question, view: type[ReportView]) -> QueryDict:
    """In canonical form, as far as the endpoint understands it."""
    query = QueryDict(mutable=True)
    for name, said in question.query.items():
        if name in view.parameters:
            query.setlist(name, [said] if isinstance(said, str) else said)
    return query
