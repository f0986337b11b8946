"""How are we doing? The overview, and the way to it."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from analytics.lists import AnyList, EventList, PeopleList, UtmSource, behind
from analytics.models import SavedFunnel
from analytics.presentation import findings
from analytics.presentation.tables import Chart, ChartKind, Column, Row, Table, Value
from analytics.presentation.tiles import Tile, trend_tile
from analytics.presentation.trend_tables import before, line_or_bar, trend_table
from analytics.questions.selection import Opens
from analytics.questions.slices import Slice
from analytics.reports.answers import Answer
from analytics.reports.attribution import AttributionParams, AttributionReport, attribution
from analytics.reports.campaigns import CampaignsParams, CampaignsReport, campaigns
from analytics.reports.trends import TrendsParams, TrendsReport, compared_trends
from analytics.views.campaign_marks import campaign_marks
from analytics.views.page import COMPARE, INTERVAL, OPENS, Page, opened, understands_report
from campaignos.texts import CodePoints
from workspaces.access import page_membership

TOP_ROWS = 5
ATTENTION_ROWS = 5
TILES = {
    "messages_total": "campaign",
    "delivery_rate": "campaign",
    "campaign_open_rate": "campaign",
    "campaign_click_rate": "campaign",
    "events": "timeseries",
    "conversion_events": "attribution",
    "contacts_new": "retention",
    "sent": "campaign",
}
"""The key figures, and the report that tells more of each."""


@login_required
@require_safe
def workspace_page(request: HttpRequest, slug: str) -> HttpResponse:
    page_membership(request, slug)
    response = redirect("overview", slug)
    response["Location"] += f"?{request.GET.urlencode()}" if request.GET else ""
    return response


@login_required
@require_safe
@understands_report()
def overview_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    page = opened(request, slug, "overview", "Overview", {COMPARE, INTERVAL, OPENS})
    answer = compared_trends(page.source, TrendsParams(page.window), page.selection, now=page.now)
    report = answer.report
    if not report.all.total() and page.is_empty:
        return page.response(is_empty=True)
    by_campaign = campaigns(page.source, CampaignsParams(page.window), now=page.now)
    sources = attribution(page.source, AttributionParams(page.window), now=page.now)
    attention = findings.attention(answer, by_campaign)
    return page.response(
        tiles=_tiles(page, answer),
        charts=_charts(page, answer),
        tables=[_top_campaigns(page, by_campaign), _top_sources(page, sources)],
        attention=attention[:ATTENTION_ROWS],
        attention_left_out=len(attention[ATTENTION_ROWS:]),
        bounces_address=_bounces_address(page),
        saved_funnels=list(
            SavedFunnel.objects.filter(workspace=page.workspace).order_by(CodePoints("name"))[:TOP_ROWS]
        ),
        numbers=report.all.total(),
        meta=report.meta,
    )


def _bounces_address(page: Page) -> str:
    """The list of campaigns, with what bounced of their messages of these days, the worst first."""
    days = [("from", page.window.first_day.isoformat()), ("to", page.window.last_day.isoformat())]
    columns = [("column", name) for name in ("delivered", "bounced", "bounce_rate")]
    query = urlencode([*days, *columns, ("sort", "-bounce_rate")])
    return f"{reverse('campaigns', args=[page.workspace.slug])}?{query}"


def _tiles(page: Page, answer: Answer[TrendsReport]) -> list[Tile]:
    return [
        trend_tile(page.metric(key), answer, page.selection.interval, address=page.address(report))
        for key, report in TILES.items()
    ]


def _charts(page: Page, answer: Answer[TrendsReport]) -> list[Chart]:
    asked, trend = page.selection, answer.report.all
    messages = ["messages_total", "opens", "clicks"]
    activity = ["events", "contacts_new", "conversion_events"]
    return [
        Chart(
            kind=line_or_bar(asked, trend),
            title="Messages, opens and clicks" if asked.opens is Opens.ALL else "Messages, all opens and clicks",
            table=trend_table(
                "messages",
                "Messages",
                messages,
                answer,
                asked,
                compare=messages[:1],
                marks=campaign_marks(page),
            ),
            columns=tuple(messages),
            previous=before(messages[0]) if asked.compared_days else "",
            finding=findings.peak(trend, messages[0], asked.interval),
        ),
        Chart(
            kind=ChartKind.BAR,
            title="Events",
            table=trend_table("activity", "Events", activity, answer, asked, compare=activity[:1]),
            columns=tuple(activity[:1]),
            previous=before(activity[0]) if asked.compared_days else "",
            finding=findings.peak(trend, activity[0], asked.interval),
        ),
    ]


def _top_campaigns(page: Page, report: CampaignsReport) -> Table:
    open_rate, click_rate = page.metric("campaign_open_rate"), page.metric("campaign_click_rate")
    columns = (
        Column("name", "Campaign"),
        Column.of("messages_total"),
        Column.of(open_rate, label="Opened"),
        Column.of(click_rate, label="Clicked"),
    )
    rows = tuple(
        Row(
            {
                "name": row.name,
                "messages_total": row.numbers["messages_total"],
                open_rate: row.numbers.known_value(open_rate),
                click_rate: row.numbers.known_value(click_rate),
            },
            address=page.address("campaign", campaign=row.id),
            opens={"messages_total": behind("messages_total", page.window, Slice(row.number))},
        )
        for row in report.campaigns[:TOP_ROWS]
        if row.numbers["messages_total"]
    )
    return Table("top_campaigns", "Top campaigns", columns, rows)


def _top_sources(page: Page, report: AttributionReport) -> Table:
    columns = (
        Column("source", "Source"),
        Column.of("unique_visitors", label="Visitors"),
        Column.of("attributed_events", label="Events"),
    )
    rows = []
    for row in report.sources[:TOP_ROWS]:
        source = UtmSource(row.source, row.medium or "", row.campaign or "")
        values: dict[str, Value] = {
            "source": " / ".join(filter(None, (row.source, row.medium, row.campaign))),
            "unique_visitors": row.unique_visitors,
            "attributed_events": row.total_events,
        }
        opens: dict[str, AnyList | None] = {
            "unique_visitors": PeopleList(page.window, source),
            "attributed_events": EventList(page.window, source=source),
        }
        rows.append(Row(values, opens=opens))
    return Table("top_sources", "Top sources", columns, tuple(rows))
