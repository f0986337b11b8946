"""The six report endpoints: workspace, params, report, JSON."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, ClassVar, TypeVar

from django.http import Http404, StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from analytics.addresses import without_addresses
from analytics.api import params, serializers, streaming
from analytics.api.report_parameters import (
    ALL_DAYS,
    BREAKDOWN,
    CAMPAIGN,
    CHANNEL,
    COMPARED,
    FORMAT,
    INTERVAL,
    METRIC,
    OPENS,
    STEPS,
    TREND_METRIC,
)
from analytics.ledger import Ledger, Source
from analytics.lists.names import event_type_exists
from analytics.metrics import METRICS, Dimension
from analytics.models import Campaign
from analytics.periods import Interval
from analytics.questions.questions import (
    EVENT_METRIC_PREFIX,
    CampaignQuestion,
    CohortsQuestion,
    FunnelQuestion,
    Question,
    TrendsQuestion,
)
from analytics.questions.slices import Slice
from analytics.reports.answers import Answer, compared_answer
from analytics.reports.attribution import attribution
from analytics.reports.campaign import campaign
from analytics.reports.campaigns import campaigns
from analytics.reports.cohort_groups import cohort_groups
from analytics.reports.cohorts import cohorts
from analytics.reports.funnel import funnel
from analytics.reports.overview import overview
from analytics.reports.source_tree import source_tree
from analytics.reports.timeseries import TimeseriesReport, timeseries
from campaignos.csv_export import CsvResponse, csv_response
from campaignos.errors import ParameterError
from campaignos.ids import number_of
from campaignos.parameters import QUESTIONS, register, with_ignored
from campaignos.resources.cells import CSVRenderer
from campaignos.schema import operation_id
from campaignos.views import ApiView
from workspaces.access import Access, SecretKeyAuthentication, SessionAuthentication, api_access
from workspaces.models import Workspace
from workspaces.roles import Right, may_see_addresses

register(("days", "period", "steps", "metric", "channel", "campaign"))

_View = TypeVar("_View", bound=Callable[..., Any])


COMPARISON = ("compare", "compareFrom", "compareTo", "match")
OF_DAYS = ("days", "period", "range", "from", "to")


class ReportView(ApiView):
    """GET with a session, or a secret key that may read.

    With a comparison, the answer has the same report of the days that are over and of those that they are compared
    with.
    """

    authentication_classes = (SecretKeyAuthentication, SessionAuthentication)
    http_method_names = ["get", "head"]
    formats = ("json", "csv")
    rows: ClassVar[str] = ""
    """Under which name the answer has the rows of a file; without one, the file has one row of all numbers."""
    access: Access | None = None

    def get_renderers(self) -> list[BaseRenderer]:
        return [JSONRenderer(), CSVRenderer()]

    def handle_exception(self, error: Exception) -> Response:
        self.request.accepted_renderer = JSONRenderer()
        self.request.accepted_media_type = JSONRenderer.media_type
        return super().handle_exception(error)

    @property
    def is_file(self) -> bool:
        return bool(self.request.accepted_renderer.format == CSVRenderer.format)

    def workspace(self, request: Request, api_id: str) -> Workspace:
        self.access = api_access(request, api_id, Right.READ)
        return self.access.workspace

    def question(self, request: Request, workspace: Workspace) -> Question:
        return params.question(request.query_params, workspace, now=timezone.now())

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        if isinstance(response, Response):
            response.data = self.shown(response.data)
        answer: Response = super().finalize_response(request, response, *args, **kwargs)
        return answer

    def shown(self, data: Any) -> Any:
        """Without email addresses, which may stand in names, for who sees none."""
        hides = self.access is not None and not may_see_addresses(self.access.rights)
        return without_addresses(data) if hides else data

    def body(self, answer: Answer[Any], question: Question, show: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
        """`show` makes JSON's types of a report."""
        body = show(answer.report)
        if {*QUESTIONS, "channel", "campaign"} & {*self.request.query_params}:
            body["meta"]["question"] = question.query
        if question.compared_days:
            is_compared = answer.complete is not None and answer.compared is not None
            reports = {"complete": answer.complete, "compared": answer.compared}
            body["comparison"] = {name: show(report) for name, report in reports.items()} if is_compared else None
        return body

    def respond(self, body: dict[str, Any]) -> Response | CsvResponse:
        if not self.is_file:
            return Response(body)
        shown = self.shown(body)
        rows = shown[self.rows] if self.rows else [{name: value for name, value in shown.items() if name != "meta"}]
        match = self.request.resolver_match
        return csv_of_rows(f"{match.url_name if match else 'report'}.csv", rows)


def csv_of_rows(name: str, rows: Sequence[Mapping[str, Any]]) -> CsvResponse:
    """A column for each number: what lies within another has its name behind that one's, with a dot."""
    flat = [dict(_flat(row)) for row in rows]
    head = list(dict.fromkeys(column for row in flat for column in row))
    return csv_response(name, head, ([row.get(column) for column in head] for row in flat), count=len(flat))


def _flat(row: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in row.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        elif not isinstance(value, list):
            yield f"{prefix}{name}", value


def _tells(name: str, body: type[Serializer[Any]], *parameters: OpenApiParameter) -> Callable[[_View], _View]:
    """What the schema says of a report."""

    def told(get: _View) -> _View:
        get.of_file = extend_schema(  # type: ignore[attr-defined]
            operation_id=operation_id("export", name),
            summary=f"{_title(name)} as a file",
            description="The rows of the report as CSV, as its own address has them with `format=csv`.",
            tags=["reports"],
            parameters=[*parameters, *ALL_DAYS],
            responses={(200, "text/csv"): OpenApiTypes.STR},
        )
        return extend_schema(
            operation_id=operation_id("get", name),
            summary=_title(name),
            tags=["reports"],
            parameters=[*parameters, *ALL_DAYS, FORMAT],
            responses={(200, "application/json"): OpenApiResponse(body, description="The report.")},
        )(get)

    return told


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
        def get(self, request: Request, *args: Any, **kwargs: Any) -> Response | CsvResponse:
            answer: Response | CsvResponse = super().get(request, *args, **kwargs)
            return answer

    File.__name__ = f"{view.__name__}File"
    return File


def _shown_by(serializer_class: type[Serializer[Any]]) -> Callable[[Any], dict[str, Any]]:
    return _of_class(serializer_class).to_representation


@cache
def _of_class(serializer_class: type[Serializer[Any]]) -> Serializer[Any]:
    """A serializer of each class for all answers: making one copies every field, which takes longer than to read."""
    return serializer_class()


class OverviewView(ReportView):
    parameters = (*OF_DAYS, *COMPARISON, "opens")

    @_tells("overview", serializers.OverviewSerializer, *COMPARED, OPENS)
    def get(self, request: Request, workspace_id: str) -> Response | CsvResponse:
        """The days in figures: contacts, campaigns, messages and what became of them, events."""
        workspace = self.workspace(request, workspace_id)
        question = self.question(request, workspace)
        answer = compared_answer(overview, Ledger(workspace), question)
        return self.respond(self.body(answer, question, _shown_by(serializers.OverviewSerializer)))


class CampaignView(ReportView):
    parameters = (*OF_DAYS, *COMPARISON, "opens")

    @_tells("campaign-report", serializers.CampaignReportSerializer, *COMPARED, OPENS)
    def get(self, request: Request, workspace_id: str, campaign_id: str) -> Response | CsvResponse:
        """What became of a campaign's enrolments and messages of the period. Rates are over delivered messages."""
        workspace = self.workspace(request, workspace_id)
        number = number_of("cmp", campaign_id)
        if number is None:
            raise Http404
        question = self.question(request, workspace).with_params(CampaignQuestion, campaign_id=number)
        try:
            answer = compared_answer(campaign, Ledger(workspace), question)
        except Campaign.DoesNotExist as error:
            raise Http404 from error
        return self.respond(self.body(answer, question, _shown_by(serializers.CampaignReportSerializer)))


class CampaignsView(ReportView):
    parameters = (*OF_DAYS, *COMPARISON, "opens", "channel")
    rows = "campaigns"

    @_tells("campaigns-report", serializers.CampaignsReportSerializer, *COMPARED, OPENS, CHANNEL)
    def get(self, request: Request, workspace_id: str) -> Response | CsvResponse:
        """Campaigns side by side, most messages first. Rates are over delivered messages."""
        workspace = self.workspace(request, workspace_id)
        question = self.question(request, workspace)
        answer = compared_answer(campaigns, Ledger(workspace), question)
        return self.respond(self.body(answer, question, _shown_by(serializers.CampaignsReportSerializer)))


class TimeseriesView(ReportView):
    parameters = (*OF_DAYS, *COMPARISON, "interval", "channel", "campaign", "metric")
    rows = "series"

    @_tells("time-series", serializers.TimeseriesSerializer, *COMPARED, INTERVAL, CHANNEL, CAMPAIGN, TREND_METRIC)
    def get(self, request: Request, workspace_id: str) -> Response | CsvResponse:
        """The workspace's days one by one, oldest first, those without data as zeros; or its weeks or months.

        Of one channel or campaign, what has none is null, and named in `meta.notApplicable`.
        """
        workspace = self.workspace(request, workspace_id)
        question = self.question(request, workspace)
        metrics = params.trend_metrics(request.query_params, question.part)
        question = question.with_params(TrendsQuestion, metrics=metrics)
        answer = compared_answer(timeseries, Ledger(workspace), question)
        return self.respond(self.body(answer, question, _series))


def _series(report: TimeseriesReport) -> dict[str, Any]:
    body = _shown_by(serializers.TimeseriesSerializer)(report)
    names = serializers.DayTotalsSerializer.metrics
    missing = [name for name, key in names.items() if not _is_of_part(key, report.part)]
    for row, (_, numbers) in zip(body["series"], report.rows, strict=True) if missing or report.metrics else ():
        row |= dict.fromkeys(missing)
        if report.metrics:
            row["numbers"] = {key: numbers.known_value(key) for key in report.metrics}
    if report.metrics:
        total = report.trend.total()
        body["total"] = {key: total.known_value(key) for key in report.metrics}
    if missing:
        body["meta"]["notApplicable"] = missing
    return body


def _is_of_part(metric: str, part: Slice) -> bool:
    dimensions = METRICS[metric].dimensions
    is_of_channel = part.channel is None or Dimension.CHANNEL in dimensions
    return is_of_channel and (part.campaign_id is None or Dimension.CAMPAIGN in dimensions)


DEPTHS_OF_SOURCES = {"utm.source": 1, "utm.medium": 2, "utm.campaign": 3}


class AttributionView(ReportView):
    parameters = (*OF_DAYS, *COMPARISON, "breakdown")
    rows = "sources"

    @_tells("attribution", serializers.AttributionSerializer, *COMPARED, BREAKDOWN)
    def get(self, request: Request, workspace_id: str) -> Response | StreamingHttpResponse:
        """Where events came from, by the UTM parameters of their links, most events first.

        An answer with many rows is sent in parts. With a breakdown, `breakdown` has the sources and what lies below
        them, with the conversions credited to each: of a conversion, to the last source before it.
        """
        workspace = self.workspace(request, workspace_id)
        question = self.question(request, workspace)
        depth = self.depth(request)
        answer = compared_answer(attribution, Ledger(workspace), question)
        report = answer.report
        if len(report.sources) <= streaming.ROWS_OF_A_PART or self.is_file:
            body = self.body(answer, question, _shown_by(serializers.AttributionSerializer))
            return self.respond(body | _broken_down(Ledger(workspace), question, depth))
        body = self.body(
            replace(answer, report=replace(report, sources=())),
            question,
            _shown_by(serializers.AttributionSerializer),
        )
        body = with_ignored(body | _broken_down(Ledger(workspace), question, depth), self.ignored)
        row = _of_class(serializers.SourceTotalsSerializer)
        return streaming.streamed_answer(
            self.shown(body), "sources", report.sources, lambda rows: self.shown(list(map(row.to_representation, rows)))
        )

    def depth(self, request: Request) -> int:
        given = request.query_params.get("breakdown")
        if given is not None and given not in DEPTHS_OF_SOURCES:
            raise ParameterError("breakdown", given=given, allowed=", ".join(DEPTHS_OF_SOURCES))
        return DEPTHS_OF_SOURCES[given] if given else 0


def _broken_down(source: Source, question: Question, depth: int) -> dict[str, Any]:
    if not depth:
        return {}
    tree = source_tree(source, question)
    show = _shown_by(serializers.SourceNodeSerializer)
    nodes = [show(node) for node in tree.nodes if len(node.path) <= depth]
    direct = {"totalEvents": tree.direct_events, "conversions": tree.direct_conversions}
    return {"breakdown": nodes, "direct": direct}


class FunnelView(ReportView):
    parameters = (*OF_DAYS, "steps", *COMPARISON)
    rows = "steps"

    @_tells("funnel-report", serializers.FunnelSerializer, STEPS, *COMPARED)
    def get(self, request: Request, workspace_id: str) -> Response | CsvResponse:
        """How many people did the steps in this order, each step its own event."""
        workspace = self.workspace(request, workspace_id)
        steps = params.steps(request.query_params)
        question = self.question(request, workspace).with_params(FunnelQuestion, steps=steps)
        answer = compared_answer(funnel, Ledger(workspace), question)
        for step in answer.report.steps:
            if not step.count and not event_type_exists(workspace, step.step.event_type):
                raise ParameterError("steps", given=step.step.event_type, allowed="types of events that have come in")
        return self.respond(self.body(answer, question, _shown_by(serializers.FunnelSerializer)))


class CohortsView(ReportView):
    parameters = (*OF_DAYS, "metric", "interval")
    rows = "cohorts"

    @_tells("cohorts", serializers.CohortsSerializer, METRIC, INTERVAL)
    def get(self, request: Request, workspace_id: str) -> Response | CsvResponse:
        """The contacts who signed up on each day, and how many of them were active in each week since.

        By week or month, the days of signup are taken together: week k is then of those for whom it has begun.
        """
        workspace = self.workspace(request, workspace_id)
        metric = params.activity(request.query_params)
        question = self.question(request, workspace).with_params(CohortsQuestion, metric=metric)
        report = cohorts(Ledger(workspace), question)
        is_active = any(active for cohort in report.cohorts for active in cohort.active_by_week)
        event_type = metric.removeprefix(EVENT_METRIC_PREFIX)
        if event_type != metric and not is_active and not event_type_exists(workspace, event_type):
            raise ParameterError("metric", given=metric, allowed="the type of an event that has come in")
        body = self.body(Answer(report), question, _shown_by(serializers.CohortsSerializer))
        if question.interval is not Interval.DAY:
            groups = cohort_groups(report.cohorts, question.window, question.interval)
            body["cohorts"] = [
                _of_class(serializers.CohortGroupSerializer).to_representation(group) for group in groups
            ]
        return self.respond(body)
