"""What a report's endpoint answers to the program itself: the API's own words, though nobody has sent a request."""

import json
from datetime import datetime
from typing import Any

from django.http import HttpRequest, QueryDict
from rest_framework.renderers import JSONRenderer

from analytics.api.reports.view import Body, ReportView
from workspaces.access import Access


class AnswerRefused(Exception):
    """`problem` is the body of the API's error."""

    def __init__(self, problem: Body) -> None:
        super().__init__(problem["message"])
        self.problem = problem


def answer_in_process(view: type[ReportView], query: QueryDict, access: Access, now: datetime, **names: str) -> Body:
    """In JSON's types; `names` are those in the endpoint's address. Raises AnswerRefused."""
    request: Any = HttpRequest()
    request.method, request.GET = "GET", query
    answer = view.as_view(granted=access, at=now, authentication_classes=(), permission_classes=())
    response = answer(request, **names)
    if response.status_code >= 400:
        raise AnswerRefused(response.data)
    body: Body = json.loads(JSONRenderer().render(response.data))
    return body
