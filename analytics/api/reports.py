"""The six report endpoints: workspace, params, report, JSON."""

from typing import Any

from django.http import Http404
from django.utils import timezone
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics.api import params, serializers
from analytics.models import Campaign
from analytics.reports.attribution import attribution
from analytics.reports.campaign import campaign
from analytics.reports.cohorts import cohorts
from analytics.reports.funnel import funnel
from analytics.reports.overview import OverviewParams, overview
from analytics.reports.timeseries import timeseries
from campaignos.ids import number_of
from workspaces.access import SecretKeyAuthentication, SessionAuthentication, api_workspace
from workspaces.roles import Right


class ReportView(APIView):
    """GET with a session, or a secret key that may read."""

    authentication_classes = (SecretKeyAuthentication, SessionAuthentication)
    http_method_names = ["get", "head"]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if str(request.method).lower() not in self.http_method_names:
            raise MethodNotAllowed(str(request.method))  # before the session is asked for
        super().initial(request, *args, **kwargs)


class OverviewView(ReportView):
    def get(self, request: Request, workspace_id: str) -> Response:
        workspace = api_workspace(request, workspace_id, Right.READ)
        report = overview(workspace, OverviewParams(), now=timezone.now())
        return Response(serializers.OverviewSerializer(report).data)


class CampaignView(ReportView):
    def get(self, request: Request, workspace_id: str, campaign_id: str) -> Response:
        workspace = api_workspace(request, workspace_id, Right.READ)
        number = number_of("cmp", campaign_id)
        if number is None:
            raise Http404
        asked = params.campaign_params(request.query_params, campaign_id=number)
        try:
            report = campaign(workspace, asked, now=timezone.now())
        except Campaign.DoesNotExist as error:
            raise Http404 from error
        return Response(serializers.CampaignReportSerializer(report).data)


class TimeseriesView(ReportView):
    def get(self, request: Request, workspace_id: str) -> Response:
        workspace = api_workspace(request, workspace_id, Right.READ)
        report = timeseries(workspace, params.timeseries_params(request.query_params), now=timezone.now())
        return Response(serializers.TimeseriesSerializer(report).data)


class AttributionView(ReportView):
    def get(self, request: Request, workspace_id: str) -> Response:
        workspace = api_workspace(request, workspace_id, Right.READ)
        report = attribution(workspace, params.attribution_params(request.query_params), now=timezone.now())
        return Response(serializers.AttributionSerializer(report).data)


class FunnelView(ReportView):
    def get(self, request: Request, workspace_id: str) -> Response:
        workspace = api_workspace(request, workspace_id, Right.READ)
        report = funnel(workspace, params.funnel_params(request.query_params), now=timezone.now())
        return Response(serializers.FunnelSerializer(report).data)


class CohortsView(ReportView):
    def get(self, request: Request, workspace_id: str) -> Response:
        workspace = api_workspace(request, workspace_id, Right.READ)
        report = cohorts(workspace, params.cohorts_params(request.query_params), now=timezone.now())
        return Response(serializers.CohortsSerializer(report).data)
