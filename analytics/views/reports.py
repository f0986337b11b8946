"""The report pages: access, params, report, render.

Their state is the URL; what it says wrongly falls back and is told.
"""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from analytics import findings, ledger
from analytics.api import params
from analytics.models import Campaign
from analytics.reports.attribution import attribution
from analytics.reports.campaign import CampaignParams, campaign
from analytics.reports.campaigns import CampaignsParams, campaigns
from analytics.reports.cohorts import METRICS as ACTIVITIES
from analytics.reports.cohorts import CohortsParams, cohorts
from analytics.reports.funnel import FunnelParams, funnel
from analytics.reports.overview import OverviewParams, overview
from analytics.reports.timeseries import TimeseriesParams, timeseries
from analytics.views.page import opened
from campaignos.errors import ParameterError
from campaignos.ids import number_of
from workspaces.access import page_membership
from workspaces.models import Workspace

TOP_ROWS = 5
CHARTED_SOURCES = 10
PAGE_ROWS = 50


@login_required
@require_safe
def workspace_page(request: HttpRequest, slug: str) -> HttpResponse:
    page_membership(request, slug)
    return redirect("overview", slug)


@login_required
@require_safe
def overview_page(request: HttpRequest, slug: str) -> HttpResponse:
    page = opened(request, slug, "overview", "Overview")
    if ledger.is_empty(page.workspace):
        return page.response(is_empty=True)
    days = timeseries(page.workspace, TimeseriesParams(page.days), now=page.now)
    by_campaign = campaigns(page.workspace, CampaignsParams(page.days), now=page.now)
    sources = attribution(page.workspace, params.attribution_params({"days": str(page.days)}), now=page.now)
    return page.response(
        report=overview(page.workspace, OverviewParams(page.days), now=page.now),
        days=days,
        campaigns=by_campaign.campaigns[:TOP_ROWS],
        sources=sources.sources[:TOP_ROWS],
        events_finding=findings.peak(days.series, "events", "Events"),
        messages_finding=findings.peak(days.series, "messages", "Messages"),
    )


@login_required
@require_safe
def campaign_page(request: HttpRequest, slug: str) -> HttpResponse:
    """One campaign, or all of them while none is chosen."""
    page = opened(request, slug, "campaign", "Campaigns")
    if "campaign" not in request.GET:
        found = campaigns(page.workspace, CampaignsParams(page.days), now=page.now)
        rows = Paginator(found.campaigns, PAGE_ROWS).get_page(request.GET.get("page"))
        return page.response("campaigns", report=found, rows=rows, finding=findings.busiest_campaign(found))
    number = number_of("cmp", request.GET["campaign"])
    try:
        report = campaign(page.workspace, CampaignParams(number or 0, page.days), now=page.now)
    except Campaign.DoesNotExist as error:
        raise Http404 from error
    page.title = report.campaign.name
    return page.response(report=report, finding=findings.delivered_and_opened(report))


@login_required
@require_safe
def timeseries_page(request: HttpRequest, slug: str) -> HttpResponse:
    page = opened(request, slug, "timeseries", "Trends")
    report = timeseries(page.workspace, TimeseriesParams(page.days), now=page.now)
    return page.response(
        report=report,
        events_finding=findings.peak(report.series, "events", "Events"),
        messages_finding=findings.peak(report.series, "messages", "Messages"),
        contacts_finding=findings.peak(report.series, "contacts", "New contacts"),
    )


@login_required
@require_safe
def attribution_page(request: HttpRequest, slug: str) -> HttpResponse:
    page = opened(request, slug, "attribution", "Attribution")
    asked = params.attribution_params({"days": str(page.days)})
    report = attribution(page.workspace, asked, now=page.now)
    return page.response(report=report, finding=findings.best_source(report), charted=CHARTED_SOURCES)


@login_required
@require_safe
def funnel_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Steps come as `steps=a,b,c` or, from the form, as one `step` each."""
    page = opened(request, slug, "funnel", "Funnels")
    event_types = ledger.event_types(page.workspace, window=page.window)
    steps = request.GET.get("steps") or ",".join(filter(None, map(str.strip, request.GET.getlist("step"))))
    if not steps:
        steps = ",".join(_suggested_steps(page.workspace, event_types))
    if not steps:
        return page.response(report=None, event_types=event_types)
    try:
        asked = params.funnel_params({"steps": steps, "days": str(page.days)})
    except ParameterError as error:
        page.notices.append(str(error.detail))
        return page.response(report=None, event_types=event_types)
    report = funnel(page.workspace, FunnelParams(asked.steps, page.days), now=page.now)
    return page.response(report=report, event_types=event_types, finding=findings.furthest(report))


def _suggested_steps(workspace: Workspace, event_types: tuple[str, ...]) -> list[str]:
    """Frequent event types, down to a conversion, for somebody who has chosen none."""
    usable = [event_type for event_type in event_types if "," not in event_type]
    conversions = [event_type for event_type in usable if event_type in workspace.conversion_types][:1]
    before = [event_type for event_type in usable if event_type not in conversions][: 3 - len(conversions)]
    return before + conversions


@login_required
@require_safe
def retention_page(request: HttpRequest, slug: str) -> HttpResponse:
    page = opened(request, slug, "retention", "Retention")
    try:
        asked = params.cohorts_params({"days": str(page.days), "metric": request.GET.get("metric", ACTIVITIES[0])})
    except ParameterError as error:
        page.notices.append(f"{error.detail} The default is shown.")
        asked = CohortsParams(page.days)
    report = cohorts(page.workspace, asked, now=page.now)
    return page.response(
        report=report,
        activities=ACTIVITIES,
        event_types=ledger.event_types(page.workspace, window=page.window),
        week_numbers=range(max((len(row.active_by_week) for row in report.cohorts), default=0)),
        as_counts=request.GET.get("show") == "counts",
        finding=findings.retained(report),
    )
