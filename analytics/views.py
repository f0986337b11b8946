"""The report pages: access, params, report, render.

Their state is the URL; what it says wrongly falls back and is told.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from analytics import findings, ledger
from analytics.api import params
from analytics.metrics import Metric
from analytics.models import Campaign
from analytics.periods import Window
from analytics.reports.attribution import attribution
from analytics.reports.campaign import CampaignParams, campaign
from analytics.reports.campaigns import CampaignsParams, campaigns
from analytics.reports.cohorts import METRICS as ACTIVITIES
from analytics.reports.cohorts import CohortsParams, cohorts
from analytics.reports.funnel import FunnelParams, funnel
from analytics.reports.overview import OverviewParams, overview
from analytics.reports.timeseries import TimeseriesParams, timeseries
from campaignos.errors import ParameterError
from campaignos.ids import number_of
from workspaces.access import memberships_of, page_membership
from workspaces.models import Membership, User, Workspace

RANGES = {
    "1d": "Today",
    "7d": "7 days",
    "28d": "28 days",
    "30d": "30 days",
    "91d": "91 days",
    "365d": "12 months",
}
DEFAULT_RANGE = "30d"
TOP_ROWS = 5
CHARTED_SOURCES = 10
PAGE_ROWS = 50


@dataclass(frozen=True)
class ReportLink:
    name: str
    label: str
    icon: str


REPORTS = (
    ReportLink("overview", "Overview", "layout-dashboard"),
    ReportLink("campaign", "Campaigns", "megaphone"),
    ReportLink("timeseries", "Trends", "chart-line"),
    ReportLink("attribution", "Attribution", "signpost"),
    ReportLink("funnel", "Funnels", "funnel"),
    ReportLink("retention", "Retention", "repeat"),
)


@dataclass
class Page:
    """What every report page knows: whose it is, which days it is about, and what of the address was not understood."""

    request: HttpRequest
    name: str
    membership: Membership
    now: datetime
    days: int
    notices: list[str]
    title: str
    metrics_named: dict[str, Metric] = field(default_factory=dict)
    reports = REPORTS
    ranges = RANGES

    @property
    def workspace(self) -> Workspace:
        return self.membership.workspace

    @property
    def window(self) -> Window:
        return Window.last_days(self.days, zone=self.workspace.zone, now=self.now)

    @property
    def range(self) -> str:
        return f"{self.days}d"

    @property
    def range_label(self) -> str:
        return RANGES.get(self.range, f"{self.days} days")

    def memberships(self) -> list[Membership]:
        return memberships_of(cast(User, self.request.user))

    @property
    def utc_offset(self) -> str:
        return self.now.astimezone(self.workspace.zone).isoformat()[-6:]

    def response(self, template: str = "", **context: Any) -> HttpResponse:
        with timezone.override(self.workspace.zone):
            return render(self.request, f"reports/{template or self.name}.html", {"page": self, **context})


def _opened(request: HttpRequest, slug: str, name: str) -> Page:
    membership = page_membership(request, slug)
    given = request.GET.get("range", DEFAULT_RANGE)
    notices: list[str] = []
    try:
        days = params.period({"period": given})
    except ParameterError as error:
        days = params.period({})
        notices.append(f"range cannot be {given[:100]!r}; allowed: {error.allowed}. The default is shown.")
    return Page(
        request=request,
        name=name,
        title=next(report.label for report in REPORTS if report.name == name),
        membership=membership,
        now=timezone.now(),
        days=days,
        notices=notices,
    )


@login_required
@require_safe
def workspace_page(request: HttpRequest, slug: str) -> HttpResponse:
    page_membership(request, slug)
    return redirect("overview", slug)


@login_required
@require_safe
def overview_page(request: HttpRequest, slug: str) -> HttpResponse:
    page = _opened(request, slug, "overview")
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
    page = _opened(request, slug, "campaign")
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
    page = _opened(request, slug, "timeseries")
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
    page = _opened(request, slug, "attribution")
    asked = params.attribution_params({"days": str(page.days)})
    report = attribution(page.workspace, asked, now=page.now)
    return page.response(report=report, finding=findings.best_source(report), charted=CHARTED_SOURCES)


@login_required
@require_safe
def funnel_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Steps come as `steps=a,b,c` or, from the form, as one `step` each."""
    page = _opened(request, slug, "funnel")
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
    page = _opened(request, slug, "retention")
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
