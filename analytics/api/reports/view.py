"""What all report endpoints share: whose report it is, what is asked, and how that is answered, as JSON or a file."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, cached_property
from typing import Any, ClassVar, Generic, TypeVar

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from analytics.addresses import without_addresses
from analytics.api import params
from analytics.api.reports.groups import Sections, file_of_groups, metrics_of, null_numbers, section_groups
from analytics.api.reports.parameters import ALL_DAYS, EXAMPLE_OF_QUERY, FORMAT, ROWS_PARAMETER, query_body
from analytics.api.reports.row_addresses import RowAddresses
from analytics.api.reports.rows import ReportRows
from analytics.api.reports.serializers import FactsReadSerializer
from analytics.ledger import Ledger
from analytics.metrics import Numbers
from analytics.questions.fields import Subject
from analytics.questions.filter_reader import FilterParameters
from analytics.questions.filters import AllOf
from analytics.questions.funnel_rules import RULE_PARAMETERS
from analytics.questions.groups import Breakdown
from analytics.questions.questions import Opens, Question
from analytics.reports.answers import Answer
from analytics.reports.splits import group_numbers
from campaignos.csv_export import Download
from campaignos.errors import ParameterError
from campaignos.parameters import QUESTIONS, UnknownParameter, register
from campaignos.record_files import records_response
from campaignos.resources.cells import FILES, CSVRenderer
from campaignos.schema import operation_id
from campaignos.views import ApiView
from workspaces.access import Access, SecretKeyAuthentication, SessionAuthentication, api_access
from workspaces.models import Workspace
from workspaces.roles import Right, may_see_addresses

register(("days", "period", "steps", "step", "funnel", "metric", "channel", "campaign", "rows", *RULE_PARAMETERS))

_Report = TypeVar("_Report")
_View = TypeVar("_View", bound=Callable[..., Any])


COMPARISON = ("compare", "compareFrom", "compareTo", "match")
OF_DAYS = ("days", "period", "range", "from", "to", "rows")
"""The parameters of every report: its days, and whether the answer tells the rows behind its numbers."""


Body = dict[str, Any]


@dataclass(frozen=True)
class ReportShape(Generic[_Report]):
    """How a report is written: `plain` as the contract has it; `more` is added for who asks more than for the last so
    many days, `rows` for who asks for the rows behind its numbers; `under_conditions` takes out what they cannot apply
    to; `changes` are those of a compared one."""

    plain: Callable[[_Report], Body]
    rows: Callable[[ReportRows, Body, _Report], None]
    more: Callable[[Body, _Report], None] | None = None
    under_conditions: Callable[[Body, _Report], None] | None = None
    changes: Callable[[Answer[_Report]], Body] | None = None
    is_compared: bool = True
    """Whether a comparison stands beside it, rather than in it."""


@dataclass(frozen=True)
class ReportDescription:
    """For who asks without an address: how an answer is written, and the schema of each parameter."""

    body: type[Serializer[Any]]
    parameters: Mapping[str, Any]


class ReportView(ApiView):
    """GET with a session, or a secret key that may read.

    With a comparison, the answer has the same report of the days that are over and of those that they are compared
    with.
    """

    authentication_classes = (SecretKeyAuthentication, SessionAuthentication)
    http_method_names = ["get", "head"]
    formats = ("json", *FILES)
    conditioned: ClassVar[Sequence[Subject]] = ()
    """What its conditions can be about."""
    rows: ClassVar[str] = ""
    """Under which name the answer has the rows of a file; without one, the file has one row of all numbers."""
    granted: Access | None = None
    """Where no request is asked who sends it: what it may do, and for which workspace."""
    at: datetime | None = None
    """The instant of asking, where that is not now."""
    access: Access | None = None

    def get_renderers(self) -> list[BaseRenderer]:
        return [JSONRenderer(), *(renderer() for renderer in FILES.values())]

    def handle_exception(self, error: Exception) -> Response:
        self.request.accepted_renderer = JSONRenderer()
        self.request.accepted_media_type = JSONRenderer.media_type
        return super().handle_exception(error)

    @property
    def is_file(self) -> bool:
        return self.request.accepted_renderer.format in FILES

    def workspace(self, request: Request, api_id: str) -> Workspace:
        self.access = self.granted or api_access(request, api_id, Right.READ)
        return self.access.workspace

    @cached_property
    def now(self) -> datetime:
        return self.at or timezone.now()

    @cached_property
    def source(self) -> Ledger:
        """The workspace's; one for the whole answer, so that who meets conditions is found out once."""
        assert self.access is not None
        return Ledger(self.access.workspace)

    def question(self, request: Request, workspace: Workspace) -> Question:
        found = params.question(request.query_params, workspace, now=self.now, conditions=self.conditions)
        return replace(found, split=self.split)

    @property
    def split(self) -> Breakdown | None:
        """What the answer has groups of. Raises ParameterError for what is no such thing."""
        query = self.split_query
        if "limit" in query and "breakdown" not in query:
            others = ", ".join(sorted({*self.parameters} - {"limit"}))
            raise UnknownParameter("limit", given=query["limit"], allowed=others)
        assert self.access is not None
        return params.split(query, self.access.workspace, self.split_subjects)

    @property
    def split_query(self) -> Mapping[str, str]:
        return self.request.query_params

    @property
    def split_subjects(self) -> Sequence[Subject]:
        """What it can be broken down by is on these."""
        return self.subjects

    @property
    def subjects(self) -> Sequence[Subject]:
        """What the conditions of what is asked can be about."""
        return self.conditioned

    @property
    def conditions(self) -> AllOf:
        """Raises ParameterError for the first that is not understood, or is on what the report is not about."""
        assert self.access is not None
        sees_addresses, given = may_see_addresses(self.access.rights), FilterParameters.of(self.request.query_params)
        return params.conditions(given, self.access.workspace, subjects=self.subjects, sees_addresses=sees_addresses)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        if isinstance(response, Response):
            response.data = self.shown_data(response.data)
        answer: Response = super().finalize_response(request, response, *args, **kwargs)
        return answer

    def shown_data(self, data: Any) -> Any:
        """Without email addresses, which may stand in names, for who sees none."""
        return without_addresses(data) if self.hides_addresses else data

    @property
    def hides_addresses(self) -> bool:
        return self.access is not None and not may_see_addresses(self.access.rights)

    @property
    def asks_more(self) -> bool:
        """Whether the question says more than a number of last days. One that does not is answered as the page owner's
        contract has it."""
        return bool({*QUESTIONS, "channel", "campaign", "rows"} & {*self.request.query_params})

    @property
    def tells_rows(self) -> bool:
        """Whether the rows behind the numbers are asked for. Raises ParameterError for a value that is neither true nor
        false."""
        given = self.request.query_params.get("rows", "false")
        if given not in ("true", "false"):
            raise ParameterError("rows", given=given, allowed="true, false")
        return given == "true"

    @property
    def addresses(self) -> RowAddresses:
        assert self.access is not None
        path = f"/api/workspaces/{self.access.workspace.api_id}"
        root = path if self.granted else self.request.build_absolute_uri(path)
        return RowAddresses(root, may_see_addresses(self.access.rights))

    def body(self, answer: Answer[_Report], question: Question, shape: ReportShape[_Report]) -> dict[str, Any]:
        body = self.report_body(answer.report, question, shape)
        if self.asks_more:
            understood = {*self.parameters}
            body["meta"]["question"] = {name: said for name, said in question.query.items() if name in understood}
        if question.split and question.split.segments:
            body["meta"]["groupsMayOverlap"] = True
        if question.compared_days and shape.is_compared:
            body["comparison"] = self.comparison(answer, question, shape)
        return body

    def report_body(self, report: _Report, question: Question, shape: ReportShape[_Report]) -> dict[str, Any]:
        """A report in JSON's types, of the question's days."""
        body = shape.plain(report)
        if shape.under_conditions and question.part.has_conditions:
            shape.under_conditions(body, report)
        if shape.more and self.asks_more:
            shape.more(body, report)
        if self.tells_rows:
            shape.rows(ReportRows(self.addresses, question), body, report)
        return body

    def add_groups(self, body: Body, question: Question, sections: Sections) -> None:
        """What each group of the question's split has of the sections' numbers."""
        if question.split is None:
            return
        if missing := null_numbers(sections, question):
            body["meta"]["notApplicable"] = [*body["meta"].get("notApplicable", ()), *missing]
        groups = group_numbers(self.source, question, metrics_of(sections, question))
        if question.opens is Opens.HUMAN:
            groups = tuple(replace(group, answer=group.answer.of(Numbers.of_people)) for group in groups)
        body["groups"] = section_groups(groups, sections, question, self.addresses if self.tells_rows else None)

    def comparison(
        self, answer: Answer[_Report], question: Question, shape: ReportShape[_Report]
    ) -> dict[str, Any] | None:
        questions = question.compared_questions
        if answer.complete is None or answer.compared is None or questions is None:
            return None
        complete, compared = questions
        body = {
            "complete": self.report_body(answer.complete, complete, shape),
            "compared": self.report_body(answer.compared, compared, shape),
        }
        return body if shape.changes is None else {**body, "changes": shape.changes(answer)}

    def file_rows(self, body: Body) -> Sequence[Mapping[str, Any]]:
        if "groups" in body:
            return file_of_groups(body["groups"])
        return body[self.rows] if self.rows else [{name: value for name, value in body.items() if name != "meta"}]

    def with_facts_read(self, body: Body) -> Body:
        """The answer, with the columns that any part of it had to do without: a report itself knows those of its
        own."""
        show = shown_by(FactsReadSerializer)
        columns = [*map(show, self.source.facts_read)]
        return {**body, "meta": {**body["meta"], "readFromFacts": columns}} if columns else body

    def respond(self, body: Body) -> Response | Download:
        if not self.is_file:
            return Response(self.with_facts_read(body))
        shown = self.shown_data(body)
        rows = self.file_rows(shown)
        match = self.request.resolver_match
        return file_of_rows((match and match.url_name) or "report", self.request.accepted_renderer.format, rows)


def file_of_rows(name: str, kind: str, rows: Sequence[Mapping[str, Any]]) -> Download:
    """A column for each number. A nested number is called by its path, with dots."""
    flat = [dict(_flat(row)) for row in rows]
    head = list(dict.fromkeys(column for row in flat for column in row))
    lines = ([row.get(column) for column in head] for row in flat)
    return records_response(name, kind, head, lines, count=len(flat))


def _flat(row: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in row.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        elif not isinstance(value, list):
            yield f"{prefix}{name}", value


def report_schema(
    name: str, body: type[Serializer[Any]], *parameters: OpenApiParameter, has_days: bool = True
) -> Callable[[_View], _View]:
    """What the schema says of a report."""
    all_parameters = [*parameters, *(ALL_DAYS if has_days else ()), ROWS_PARAMETER]

    def describe(get: _View) -> _View:
        get.of_file = extend_schema(  # type: ignore[attr-defined]
            operation_id=operation_id("export", name),
            summary=f"{_title(name)} as a file",
            description="The rows of the report as CSV, as its own address has them with `format=csv`.",
            tags=["reports"],
            parameters=all_parameters,
            responses={(200, "text/csv"): OpenApiTypes.STR},
        )
        get.description = ReportDescription(body, query_body(all_parameters)["properties"])  # type: ignore[attr-defined]
        get.of_query = extend_schema(  # type: ignore[attr-defined]
            operation_id=operation_id("query", name),
            summary=f"{_title(name)}, asked by a body",
            description="The same report as at its own address, which is asked by the body: for conditions that no "
            "address has room for. It only reads, so that the right to read is enough, and nothing is kept of an "
            "`Idempotency-Key`.",
            tags=["reports"],
            request={"application/json": query_body(all_parameters)},
            examples=[EXAMPLE_OF_QUERY] if {"filter"} & {parameter.name for parameter in parameters} else [],
            responses={(200, "application/json"): OpenApiResponse(body, description="The report.")},
        )
        return extend_schema(
            operation_id=operation_id("get", name),
            summary=_title(name),
            tags=["reports"],
            parameters=[*all_parameters, FORMAT],
            responses={(200, "application/json"): OpenApiResponse(body, description="The report.")},
        )(get)

    return describe


def _title(name: str) -> str:
    return name.replace("-", " ").capitalize()


def file_of(view: type[ReportView]) -> type[ReportView]:
    """The same report as a file, at an address of its own: generated clients know one type of answer at each."""
    report: Any = view

    class File(report):  # type: ignore[misc]
        formats = ("csv",)

        def get_renderers(self) -> list[BaseRenderer]:
            return [CSVRenderer()]

        @report.get.of_file  # type: ignore[untyped-decorator]
        def get(self, request: Request, *args: Any, **kwargs: Any) -> Response | Download:
            answer: Response | Download = super().get(request, *args, **kwargs)
            return answer

    File.__name__ = f"{view.__name__}File"
    return File


def shown_by(serializer_class: type[Serializer[Any]]) -> Callable[[Any], dict[str, Any]]:
    return serializer_of(serializer_class).to_representation


@cache
def serializer_of(serializer_class: type[Serializer[Any]]) -> Serializer[Any]:
    """A serializer of each class for all answers: making one copies every field, which takes longer than to read."""
    return serializer_class()
