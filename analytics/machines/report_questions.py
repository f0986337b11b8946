"""The reports as questions that a program asks by name: which there are, how they are asked, and their answers.

All of it follows from the registry: a new report can be asked as soon as it stands there.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from inspect import cleandoc
from typing import Any

from rest_framework.exceptions import APIException

from analytics.api.reports.in_process import AnswerRefused, answer_in_process
from analytics.api.reports.queries import query_of_body
from analytics.api.reports.view import Body, ReportDescription, ReportView
from analytics.registry import REPORTS
from campaignos.errors import ParameterError
from workspaces.access import Access
from workspaces.models import Workspace
from workspaces.roles import Right

_NAMED_IN_ADDRESS = re.compile(r"\?P<(\w+)>")
Arguments = Mapping[str, Any]


class QuestionRefused(Exception):
    """Why there is no answer, in words that say what to ask instead."""


@dataclass(frozen=True)
class Asker:
    """For which workspace questions are asked, and when; `root` is where the paths of rows are.

    It sees no email addresses, whatever is asked: what it is answered goes on to others.
    """

    workspace: Workspace
    now: datetime
    root: str = ""

    @property
    def access(self) -> Access:
        return Access(self.workspace, frozenset({Right.READ}), role=None)


@dataclass(frozen=True)
class ReportQuestion:
    """A report of the API; `ids` name what it is of, such as `campaign_id`."""

    name: str
    view: type[ReportView]
    ids: tuple[str, ...]

    @cached_property
    def description(self) -> ReportDescription:
        described: ReportDescription = self.view.get.description  # type: ignore[attr-defined]
        return described

    @property
    def about(self) -> str:
        """In words."""
        return cleandoc(self.view.get.__doc__ or "")  # type: ignore[attr-defined]

    @property
    def parameters(self) -> dict[str, Any]:
        """The schema of each parameter by name, those that name what it is of first."""
        ids = {_camel(name): {"type": "string", "description": f"Needed: which {name[:-3]}."} for name in self.ids}
        told = {name: schema for name, schema in self.description.parameters.items() if name in self.view.parameters}
        return {**ids, **told}

    def answer(self, asker: Asker, arguments: Arguments) -> Body:
        """The API's answer in JSON's types. Raises QuestionRefused."""
        given = {**arguments}
        try:
            ids = {name: _given_id(given, _camel(name)) for name in self.ids}
            query = query_of_body(given, self.view.parameters, self.view.several)
        except APIException as error:
            raise QuestionRefused(str(error.detail)) from None
        names = {"workspace_id": asker.workspace.api_id, **ids}
        try:
            return answer_in_process(self.view, query, asker.access, asker.now, **names)
        except AnswerRefused as error:
            raise QuestionRefused(str(error)) from None


def _given_id(given: dict[str, Any], name: str) -> str:
    text = str(given.pop(name, ""))
    if not text:
        raise ParameterError(name, given=None, allowed="an id, as lists and reports have it")
    return text


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))


def _question_of(route: str, place: str, view: type[ReportView]) -> ReportQuestion:
    name = route.removeprefix("api-").removesuffix("-report")
    return ReportQuestion(name, view, tuple(_NAMED_IN_ADDRESS.findall(place)))


QUESTIONS: Mapping[str, ReportQuestion] = {
    question.name: question
    for question in (
        _question_of(endpoint.name, endpoint.place, endpoint.view)
        for report in REPORTS
        for endpoint in report.endpoints
    )
}
"""By name, such as `funnel`, `campaign` or `attribution-models`."""
