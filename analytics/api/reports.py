"""The six report endpoints: workspace, params, report, JSON."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, ClassVar, TypeVar

from django.http import Http404, StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from analytics.addresses import without_addresses
from analytics.api import params, serializers, streaming
from analytics.ledger import Ledger
from analytics.lists.names import event_type_exists
from analytics.models import Campaign
from analytics.periods import MAX_DAYS
from analytics.questions.questions import (
    ACTIVITIES,
    EVENT_METRIC_PREFIX,
    CampaignQuestion,
    CohortsQuestion,
    FunnelQuestion,
    Question,
)
from analytics.questions.steps import MAX_STEPS
from analytics.reports.attribution import attribution
from analytics.reports.campaign import campaign
from analytics.reports.cohorts import cohorts
from analytics.reports.funnel import funnel
from analytics.reports.overview import overview
from analytics.reports.timeseries import timeseries
from campaignos.errors import ParameterError
from campaignos.ids import number_of
from campaignos.parameters import register, with_ignored
from campaignos.schema import operation_id
from campaignos.views import ApiView
from workspaces.access import Access, SecretKeyAuthentication, SessionAuthentication, api_access
from workspaces.models import Workspace
from workspaces.roles import Right, may_see_addresses

register(("days", "period", "steps", "metric"))

_View = TypeVar("_View", bound=Callable[..., Any])


class ReportView(ApiView):
    """GET with a session, or a secret key that may read."""

    authentication_classes = (SecretKeyAuthentication, SessionAuthentication)
    http_method_names = ["get", "head"]
    parameters: ClassVar[Sequence[str]] = ("days", "period")
    access: Access | None = None

    def workspace(self, request: Request, api_id: str) -> Workspace:
        self.access = api_access(request, api_id, Right.READ)
        return self.access.workspace

    def question(self, request: Request, workspace: Workspace) -> Question:
        return params.read_question(request.query_params, zone=workspace.zone, now=timezone.now())

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        if isinstance(response, Response):
            response.data = self.shown(response.data)
        answer: Response = super().finalize_response(request, response, *args, **kwargs)
        return answer

    def shown(self, data: Any) -> Any:
        """Without e-mail addresses, which may stand in names, for who sees none."""
        hides = self.access is not None and not may_see_addresses(self.access.rights)
        return without_addresses(data) if hides else data

    def answer(self, serializer_class: type[Serializer[Any]], report: object) -> Response:
        return Response(_of_class(serializer_class).to_representation(report))


_DAYS = OpenApiParameter(
    "days",
    {"type": "integer", "minimum": 1, "maximum": MAX_DAYS},
    description=f"How many whole days of the workspace's time zone, today the last of them; {params.DEFAULT_DAYS} if "
    "neither this nor `period` is given.",
)
_PERIOD = OpenApiParameter(
    "period",
    {"type": "string", "pattern": "^[0-9]{1,3}d$"},
    description=f"The same as `days`, written 7d, 30d, 90d; from 1d to {MAX_DAYS}d. One of the two is enough.",
)
_STEPS = OpenApiParameter(
    "steps",
    str,
    required=True,
    description=f"1 to {MAX_STEPS} event types, separated by commas, such as page_view,signup,purchase; "
    "one with a comma in it is quoted, as in CSV.",
)
_METRIC = OpenApiParameter(
    "metric",
    {"type": "string", "default": ACTIVITIES[0]},
    description=f"What makes a contact active: {', '.join(ACTIVITIES)} or {EVENT_METRIC_PREFIX} with an event type.",
)


def _tells(name: str, body: type[Serializer[Any]], *parameters: OpenApiParameter) -> Callable[[_View], _View]:
    """What the schema says of a report."""
    return extend_schema(
        operation_id=operation_id("get", name),
        summary=name.replace("-", " ").capitalize(),
        tags=["reports"],
        parameters=list(parameters),
        responses={200: OpenApiResponse(body, description="The report.")},
    )


@cache
def _of_class(serializer_class: type[Serializer[Any]]) -> Serializer[Any]:
    """A serializer of each class for all answers: making one copies every field, which takes longer than to read."""
    return serializer_class()


class OverviewView(ReportView):
    @_tells("overview", serializers.OverviewSerializer, _DAYS, _PERIOD)
    def get(self, request: Request, workspace_id: str) -> Response:
        """The days in figures: contacts, campaigns, messages and what became of them, events."""
        workspace = self.workspace(request, workspace_id)
        report = overview(Ledger(workspace), self.question(request, workspace))
        return self.answer(serializers.OverviewSerializer, report)


class CampaignView(ReportView):
    @_tells("campaign-report", serializers.CampaignReportSerializer, _DAYS, _PERIOD)
    def get(self, request: Request, workspace_id: str, campaign_id: str) -> Response:
        """What became of a campaign's enrolments and messages of the period. Rates are over delivered messages."""
        workspace = self.workspace(request, workspace_id)
        number = number_of("cmp", campaign_id)
        if number is None:
            raise Http404
        question = self.question(request, workspace).with_params(CampaignQuestion, campaign_id=number)
        try:
            report = campaign(Ledger(workspace), question)
        except Campaign.DoesNotExist as error:
            raise Http404 from error
        return self.answer(serializers.CampaignReportSerializer, report)


class TimeseriesView(ReportView):
    @_tells("time-series", serializers.TimeseriesSerializer, _DAYS, _PERIOD)
    def get(self, request: Request, workspace_id: str) -> Response:
        """The workspace's days one by one, oldest first, those without data as zeros."""
        workspace = self.workspace(request, workspace_id)
        report = timeseries(Ledger(workspace), self.question(request, workspace))
        return self.answer(serializers.TimeseriesSerializer, report)


class AttributionView(ReportView):
    @_tells("attribution", serializers.AttributionSerializer, _DAYS, _PERIOD)
    def get(self, request: Request, workspace_id: str) -> Response | StreamingHttpResponse:
        """Where events came from, by the UTM parameters of their links, most events first.

        An answer with many rows is sent in parts.
        """
        workspace = self.workspace(request, workspace_id)
        report = attribution(Ledger(workspace), self.question(request, workspace))
        if len(report.sources) <= streaming.ROWS_OF_A_PART:
            return self.answer(serializers.AttributionSerializer, report)
        body = with_ignored(
            self.answer(serializers.AttributionSerializer, replace(report, sources=())).data, self.ignored
        )
        row = _of_class(serializers.SourceTotalsSerializer)
        return streaming.streamed_answer(
            self.shown(body), "sources", report.sources, lambda rows: self.shown(list(map(row.to_representation, rows)))
        )


class FunnelView(ReportView):
    parameters = ("steps", *ReportView.parameters)

    @_tells("funnel-report", serializers.FunnelSerializer, _STEPS, _DAYS, _PERIOD)
    def get(self, request: Request, workspace_id: str) -> Response:
        """How many people did the steps in this order, each step its own event."""
        workspace = self.workspace(request, workspace_id)
        steps = params.steps(request.query_params)
        report = funnel(Ledger(workspace), self.question(request, workspace).with_params(FunnelQuestion, steps=steps))
        for step in report.steps:
            if not step.count and not event_type_exists(workspace, step.step.event_type):
                raise ParameterError("steps", given=step.step.event_type, allowed="types of events that have come in")
        return self.answer(serializers.FunnelSerializer, report)


class CohortsView(ReportView):
    parameters = ("metric", *ReportView.parameters)

    @_tells("cohorts", serializers.CohortsSerializer, _DAYS, _PERIOD, _METRIC)
    def get(self, request: Request, workspace_id: str) -> Response:
        """The contacts who signed up on each day, and how many of them were active in each week since."""
        workspace = self.workspace(request, workspace_id)
        metric = params.activity(request.query_params)
        report = cohorts(
            Ledger(workspace), self.question(request, workspace).with_params(CohortsQuestion, metric=metric)
        )
        is_active = any(active for cohort in report.cohorts for active in cohort.active_by_week)
        event_type = metric.removeprefix(EVENT_METRIC_PREFIX)
        if event_type != metric and not is_active and not event_type_exists(workspace, event_type):
            raise ParameterError("metric", given=metric, allowed="the type of an event that has come in")
        return self.answer(serializers.CohortsSerializer, report)
