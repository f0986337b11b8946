"""How did a campaign do? One campaign, or all of them while none is chosen."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from analytics import findings
from analytics.lists import AnyList, ClickList, MessageList, Of, behind
from analytics.metrics import METRICS, rate, wilson_interval
from analytics.models import Campaign, Channel
from analytics.reports.campaign import (
    STATUSES,
    ABTestResult,
    CampaignParams,
    CampaignReport,
    VariantTotals,
    campaign,
)
from analytics.reports.campaign_detail import CampaignDetail, campaign_detail
from analytics.reports.campaigns import CampaignRow, CampaignsParams, campaigns
from analytics.reports.trends import OF_CAMPAIGNS, TrendsParams, compared_trends
from analytics.tables import Chart, ChartKind, Column, Kind, Row, Table
from analytics.tiles import trend_tile
from analytics.trend_tables import line_or_bar, trend_table
from analytics.views.disclosure import shown_to
from analytics.views.page import CHANNEL, COMPARE, INTERVAL, OPENS, Page, opened
from campaignos.ids import number_of

CHARTED_CAMPAIGNS = 8
LIST_COLUMNS = (Column("name", "Campaign"), Column("channel", "Channel"), Column("status", "Status"))
LIST_METRICS = (
    "messages_total",
    "delivered",
    "opened",
    "clicked",
    "bounced",
    "campaign_open_rate",
    "campaign_click_rate",
)
TILES = (
    "messages_total",
    "delivered",
    "campaign_open_rate",
    "campaign_click_rate",
    "bounce_rate",
    "enrollments_total",
)
STATUS_METRICS = {status: status.lower() for status in STATUSES} | {"QUEUED": "messages_total"}
REACHED = ("opened", "clicked")
OVER_TIME = ("sent", "opens", "clicks")


@login_required
@require_safe
def campaign_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    if "campaign" in request.GET:
        return _one_campaign(request, slug)
    page = opened(request, slug, "campaign", "Campaign report", {CHANNEL, OPENS})
    report = campaigns(page.workspace, CampaignsParams(page.window, page.selection.channel), now=page.now)
    metrics = {page.metric(key): METRICS[key].label for key in LIST_METRICS}
    table = Table(
        "campaigns",
        "All campaigns",
        (*LIST_COLUMNS, *(Column.of(metric, label=label) for metric, label in metrics.items())),
        tuple(_campaign_row(page, row, metrics) for row in report.campaigns),
        sortable=True,
        sort="-messages_total",
    )
    chart = Chart(
        ChartKind.ACROSS,
        "Messages by campaign",
        table,
        ("messages_total", page.metric("opened"), page.metric("clicked")),
        findings.busiest_campaign(report),
        rows=CHARTED_CAMPAIGNS,
        stands_apart=True,
    )
    return page.response("campaigns", charts=[chart], is_filtered=bool(page.selection.channel), meta=report.meta)


def _campaign_row(page: Page, row: CampaignRow, metrics: Collection[str]) -> Row:
    of = Of(row.number, page.selection.channel or None)
    return Row(
        {
            "name": row.name,
            "channel": row.channel,
            "status": row.status,
            **{metric: row.messages.value(metric) for metric in metrics},
        },
        address=page.address("campaign", campaign=row.id),
        opens={metric: behind(metric, page.window, of) for metric in metrics},
    )


def _one_campaign(request: HttpRequest, slug: str) -> HttpResponseBase:
    page = opened(request, slug, "campaign", "Campaign report", {COMPARE, INTERVAL, OPENS})
    asked = CampaignParams(number_of("cmp", request.GET["campaign"]) or 0, page.window)
    try:
        report = campaign(page.workspace, asked, now=page.now)
    except Campaign.DoesNotExist as error:
        raise Http404 from error
    page.title = report.campaign.name

    of_one = TrendsParams(page.window, tuple(OF_CAMPAIGNS), campaign_id=asked.campaign_id)
    trend, compared = compared_trends(page.workspace, of_one, page.compared, now=page.now)
    over_time = trend.all
    detail = campaign_detail(page.workspace, asked, now=page.now)
    of = Of(asked.campaign_id)
    tiles = [trend_tile(page.metric(key), over_time, compared, page.selection, of=of) for key in TILES]
    return page.response(
        report=report,
        tiles=tiles,
        charts=[
            _ladder(page, report, of),
            Chart(
                line_or_bar(page.selection, over_time),
                "Sent, opens and clicks",
                trend_table(
                    "over_time", "Over time", OVER_TIME, over_time, compared, page.selection, compare=(), of=of
                ),
                OVER_TIME,
                findings.peak(over_time, "sent", page.selection.interval),
            ),
            _since_sent(page, detail, of),
            *(_ab_test(page, test, of) for test in report.ab_tests),
        ],
        tables=[_channels(page, report, of), _links(page, detail, of), _reasons(page, detail, of)],
        enrolments=[
            (report.enrollments.active, behind("enrollments_active", page.window, of)),
            (report.enrollments.completed, behind("enrollments_completed", page.window, of)),
        ],
        numbers=over_time.total(),
        meta=report.meta,
    )


def _ladder(page: Page, report: CampaignReport, of: Of) -> Chart:
    """How far the messages got."""
    rows = tuple(
        Row(
            {
                "status": row.status.capitalize(),
                "messages": row.count,
                "share": rate(row.count, report.messages.total),
            },
            opens={"messages": behind(STATUS_METRICS[row.status], page.window, of)},
        )
        for row in report.status_breakdown
    )
    columns = (
        Column("status", "Status"),
        Column("messages", "Messages", Kind.COUNT),
        Column("share", "Of all", Kind.SHARE),
    )
    table = Table("statuses", "Delivery", columns, rows)
    finding = findings.delivered_and_opened(report)
    return Chart(ChartKind.ACROSS, "What became of the messages", table, ("messages",), finding)


def _since_sent(page: Page, detail: CampaignDetail, of: Of) -> Chart:
    columns = (
        Column("hours", "Hours since sent"),
        Column("opened", "Opened by then", Kind.COUNT),
        Column("clicked", "Clicked by then", Kind.COUNT),
    )
    rows = tuple(
        Row(
            {"hours": f"{hour.hours} h", "opened": hour.opened, "clicked": hour.clicked},
            opens={reached: _messages(page, of, reached=reached, within_hours=hour.hours) for reached in REACHED},
        )
        for hour in detail.hours
    )
    table = Table("since_sent", "Opens and clicks since sent", columns, rows)
    finding = findings.since_sent(detail)
    return Chart(ChartKind.LINE, "Opens and clicks in the hours since sent", table, ("opened", "clicked"), finding)


def _messages(page: Page, of: Of, **more: Any) -> MessageList:
    return MessageList(page.window, campaign_id=of.campaign_id, **more)


def _ab_test(page: Page, test: ABTestResult, of: Of) -> Chart:
    opened, open_rate = page.metric("opened"), page.metric("open_rate")
    columns = (
        Column("variant", "Variant"),
        Column.of("sent"),
        Column.of(opened),
        Column.of(open_rate),
        Column("open_low", "95% from", Kind.SHARE, "wilson"),
        Column("open_high", "to", Kind.SHARE),
        Column.of(page.metric("clicked")),
        Column.of(page.metric("click_rate")),
        Column("click_low", "95% from", Kind.SHARE, "wilson"),
        Column("click_high", "to", Kind.SHARE),
    )
    rows = tuple(_variant_row(page, variant, of) for variant in test.variants)
    table = Table(test.id, f"Variants of {test.name}", columns, rows)
    finding = findings.variants(test, opened, open_rate)
    return Chart(
        ChartKind.INTERVALS,
        f"A/B test: {test.name}",
        table,
        ("open_low", "open_high", open_rate),
        finding,
        stands_apart=True,
    )


def _variant_row(page: Page, variant: VariantTotals, of: Of) -> Row:
    opened, clicked = page.metric("opened"), page.metric("clicked")
    rates = page.metric("open_rate"), page.metric("click_rate")
    open_low, open_high = wilson_interval(int(variant.value(opened)), variant.sent)
    click_low, click_high = wilson_interval(int(variant.value(clicked)), variant.sent)
    return Row(
        {
            "variant": variant.name,
            **{metric: variant.value(metric) for metric in ("sent", opened, clicked, *rates)},
            "open_low": round(open_low, 3),
            "open_high": round(open_high, 3),
            "click_low": round(click_low, 3),
            "click_high": round(click_high, 3),
        },
        note="control" if variant.is_control else "",
        opens={
            metric: behind(metric, page.window, replace(of, variant_id=variant.number))
            for metric in ("sent", opened, clicked)
        },
    )


def _channels(page: Page, report: CampaignReport, of: Of) -> Table:
    rows = tuple(
        Row(
            {"channel": str(Channel(row.channel).label), "messages": row.count},
            opens={"messages": behind("messages_total", page.window, replace(of, channel=row.channel))},
        )
        for row in report.channel_breakdown
    )
    return Table(
        "channels", "Channels", (Column("channel", "Channel"), Column.of("messages_total", key="messages")), rows
    )


def _links(page: Page, detail: CampaignDetail, of: Of) -> Table:
    columns = (
        Column("url", "Link"),
        Column.of("clicked", key="messages", label="Messages clicked"),
        Column("clicks", "All clicks", Kind.COUNT),
    )
    rows = tuple(
        Row(
            {
                "url": shown_to(page.membership, link.url) or "Not told",
                "messages": link.messages,
                "clicks": link.clicks,
            },
            opens=_if_seen(
                page,
                link.url,
                messages=_messages(page, of, link=link.url),
                clicks=ClickList(page.window, of.campaign_id, link.url),
            ),
        )
        for link in detail.links
    )
    return Table("links", "Top links", columns, rows, sortable=True)


def _reasons(page: Page, detail: CampaignDetail, of: Of) -> Table:
    columns = (Column("reason", "Reason"), Column.of("bounced", key="messages"))
    rows = tuple(
        Row(
            {"reason": shown_to(page.membership, row.reason) or "Not told", "messages": row.messages},
            opens=_if_seen(page, row.reason, messages=_messages(page, of, reason=row.reason)),
        )
        for row in detail.bounce_reasons
    )
    return Table("bounce_reasons", "Reasons of bounces", columns, rows)


def _if_seen(page: Page, text: str, **opens: AnyList) -> Mapping[str, AnyList]:
    """Lists whose addresses have the text in them: none for a member who sees it masked."""
    return opens if shown_to(page.membership, text) == text else {}
