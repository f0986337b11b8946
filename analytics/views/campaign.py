"""How did a campaign do? One campaign, or all of them while none is chosen."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils.text import Truncator
from django.views.decorators.http import require_safe

from analytics.ledger import Ledger
from analytics.lists import AnyList, ClickList, MessageList, behind
from analytics.metrics import KEY_OF, LADDER, METRICS, known_rate
from analytics.models import Campaign, Channel
from analytics.presentation import findings
from analytics.presentation.tables import Chart, ChartKind, Column, Kind, Row, Table, Value
from analytics.presentation.tiles import trend_tile
from analytics.presentation.trend_tables import before, line_or_bar, trend_table
from analytics.questions.selection import Opens
from analytics.questions.slices import Slice
from analytics.reports.ab_tests import VariantComparison, variant_comparisons
from analytics.reports.campaign import ABTestResult, CampaignParams, CampaignReport, ab_tests, campaign
from analytics.reports.campaign_detail import CampaignDetail, campaign_detail
from analytics.reports.campaigns import CampaignRow, CampaignsParams, campaigns
from analytics.reports.trends import OF_CAMPAIGNS, TrendsParams, compared_trends
from analytics.statistics import wilson_interval
from analytics.views.disclosure import shown_to
from analytics.views.page import (
    CAMPAIGN,
    CHANNEL,
    COMPARE,
    DAYS_OF_LIST,
    INTERVAL,
    OPENS,
    Page,
    opened,
    understands_report,
)
from analytics.views.room import NAME_CHARACTERS
from campaignos.ids import number_of

CHARTED_CAMPAIGNS = 8
MOST_TESTS = 3
"""On a campaign's page: its newest."""
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
    "bounce_share",
    "enrollments_total",
)
OF_DELIVERED = ("DELIVERED", "OPENED", "CLICKED")
REACHED = ("opened", "clicked")
RATES = {"opened": "campaign_open_rate", "clicked": "campaign_click_rate"}
OVER_TIME = ("sent", "opens", "clicks")


@login_required
@require_safe
@understands_report(CAMPAIGN, CHANNEL, list=DAYS_OF_LIST)
def campaign_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    if "campaign" in request.GET:
        return _one_campaign(request, slug)
    page = opened(request, slug, "campaign", "Campaign report", {CHANNEL, OPENS})
    report = campaigns(page.source, CampaignsParams(page.window, page.selection.part), now=page.now)
    sending = [row for row in report.campaigns if row.numbers["messages_total"]]
    metrics = {page.metric(key): METRICS[key].label for key in LIST_METRICS}
    table = Table(
        "campaigns",
        "Campaigns of these days",
        (*LIST_COLUMNS, *(Column.of(metric, label=label) for metric, label in metrics.items())),
        tuple(_campaign_row(page, row, metrics) for row in sending),
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
    return page.response(
        "campaigns",
        charts=[chart],
        is_filtered=page.selection.part.channel is not None,
        silent=len(report.campaigns) - len(sending),
        meta=report.meta,
    )


def _campaign_row(page: Page, row: CampaignRow, metrics: Collection[str]) -> Row:
    part = replace(page.selection.part, campaign_id=row.number)
    return Row(
        {
            "name": row.name,
            "channel": row.channel,
            "status": row.status,
            **{metric: row.numbers.known_value(metric) for metric in metrics},
        },
        address=page.address("campaign", campaign=row.id),
        opens={metric: behind(metric, page.window, part) for metric in metrics},
    )


def _one_campaign(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Over its own life, unless the address says other days."""
    campaign_id = number_of("cmp", request.GET["campaign"]) or 0
    page = opened(
        request,
        slug,
        "campaign",
        "Campaign report",
        {COMPARE, INTERVAL, OPENS},
        life=lambda workspace: Ledger(workspace).days_of_campaign(campaign_id),
    )
    asked = CampaignParams(campaign_id, page.window)
    try:
        report = campaign(page.source, asked, now=page.now)
    except Campaign.DoesNotExist as error:
        raise Http404 from error
    page.title = report.campaign.name

    part = Slice(asked.campaign_id)
    of_one = TrendsParams(page.window, tuple(OF_CAMPAIGNS), part=part)
    answer = compared_trends(page.source, of_one, page.selection, now=page.now)
    over_time = answer.report.all
    detail = campaign_detail(page.source, asked, now=page.now, of_people=page.selection.opens is Opens.HUMAN)
    tiles = [trend_tile(page.metric(key), answer, page.selection.interval, part=part) for key in TILES]
    tests = ab_tests(page.source, asked.campaign_id) if report.ab_tests else ()
    return page.response(
        report=report,
        tiles=tiles,
        charts=[
            _ladder(page, report, part),
            Chart(
                line_or_bar(page.selection, over_time),
                "Sent, opens and clicks" if page.selection.opens is Opens.ALL else "Sent, all opens and clicks",
                trend_table(
                    "over_time",
                    "Over time",
                    OVER_TIME,
                    answer,
                    page.selection,
                    compare=OVER_TIME,
                    part=part,
                ),
                OVER_TIME,
                findings.peak(over_time, "sent", page.selection.interval),
                previous=before(OVER_TIME[0]) if page.compared else "",
            ),
            _since_sent(page, detail, part),
            *(_ab_test(page, test, reached, part) for test in tests[-MOST_TESTS:] for reached in REACHED),
        ],
        tables=[_channels(page, report, part), _links(page, detail, part), _reasons(page, detail, part)],
        tests_left_out=len(tests[:-MOST_TESTS]),
        enrolments=[
            (report.numbers["enrollments_active"], behind("enrollments_active", page.window, part)),
            (report.numbers["enrollments_completed"], behind("enrollments_completed", page.window, part)),
        ],
        numbers=over_time.total(),
        meta=report.meta,
    )


def _ladder(page: Page, report: CampaignReport, part: Slice) -> Chart:
    """How far the messages got, with the share of those delivered, as the tiles have it."""
    numbers, delivered = report.numbers, report.numbers["delivered"]
    columns = (
        Column("status", "Status"),
        Column("messages", "Messages", Kind.COUNT),
        Column("share", "Of delivered", Kind.SHARE),
    )
    reached = [(status, page.metric(KEY_OF[counted])) for status, counted in LADDER.items()]
    rows = tuple(
        Row(
            {
                "status": METRICS[metric].label if status in OF_DELIVERED else status.capitalize(),
                "messages": number,
                "share": known_rate(number, delivered) if status in OF_DELIVERED else None,
            },
            opens={"messages": behind(metric, page.window, part)},
        )
        for status, metric in reached
        if (number := numbers[metric])
    )
    table = Table("statuses", "Delivery", columns, rows)
    rates = page.metric("campaign_open_rate"), page.metric("campaign_click_rate")
    finding = findings.delivered_and_opened(report, *rates)
    return Chart(ChartKind.ACROSS, "What became of the messages", table, ("messages",), finding)


def _since_sent(page: Page, detail: CampaignDetail, part: Slice) -> Chart:
    columns = (
        Column("hours", "Hours since sent"),
        Column("opened", "Opened by then", Kind.COUNT),
        Column("clicked", "Clicked by then", Kind.COUNT),
    )
    rows = tuple(
        Row(
            {"hours": f"{hour.hours} h", "opened": hour.opened, "clicked": hour.clicked},
            opens={
                reached: _messages(page, part, reached=page.metric(reached), within_hours=hour.hours)
                for reached in REACHED
            },
        )
        for hour in detail.hours
    )
    whose = "of people " if page.selection.opens is Opens.HUMAN else ""
    table = Table("since_sent", f"Opens and clicks {whose}since sent", columns, rows)
    finding = findings.since_sent(detail)
    return Chart(
        ChartKind.LINE, f"Opens and clicks {whose}in the hours since sent", table, ("opened", "clicked"), finding
    )


def _messages(page: Page, part: Slice, **more: Any) -> MessageList:
    return MessageList(page.window, part=part, **more)


def _ab_test(page: Page, test: ABTestResult, reached: str, part: Slice) -> Chart:
    """How the variants differ from the control in one thing: in what was opened, or clicked."""
    metric, share = page.metric(reached), page.metric(RATES[reached])
    comparisons = variant_comparisons(test, metric)
    columns = (
        Column("variant", "Variant"),
        Column.of("delivered"),
        Column.of(metric, label=reached.capitalize()),
        Column.of(share, key="share", label="Rate"),
        Column("share_low", "95% from", Kind.SHARE, "wilson"),
        Column("share_high", "to", Kind.SHARE),
        Column("difference", "Points above control", Kind.POINTS, "difference"),
        Column("low", "95% from", Kind.POINTS),
        Column("high", "to", Kind.POINTS),
        Column("p", "p", Kind.P_VALUE, "p_adjusted"),
        Column("verdict", "Verdict"),
    )
    rows = tuple(_variant_row(one, metric, part) for one in comparisons)
    named = _with_short_names(test)
    title = f"A/B test: {named.name}, {METRICS[metric].label.lower()}"
    table = Table(f"{test.id}_{reached}", f"Variants of {named.name}: {METRICS[metric].label.lower()}", columns, rows)
    finding = findings.verdict(variant_comparisons(named, metric), reached)
    return Chart(ChartKind.INTERVALS, title, table, ("low", "high", "difference"), finding, stands_apart=True)


def _with_short_names(test: ABTestResult) -> ABTestResult:
    """For titles and sentences, which are said several times."""
    variants = tuple(replace(one, name=Truncator(one.name).chars(NAME_CHARACTERS)) for one in test.variants)
    return replace(test, name=Truncator(test.name).chars(NAME_CHARACTERS), variants=variants)


def _variant_row(one: VariantComparison, metric: str, part: Slice) -> Row:
    variant, difference = one.variant, one.difference
    low, high = wilson_interval(one.reached, variant.numbers["delivered"])
    values: dict[str, Value] = {
        "variant": variant.name,
        "delivered": variant.numbers["delivered"],
        metric: one.reached,
        "share": known_rate(one.reached, variant.numbers["delivered"]),
        "share_low": round(low, 3) if variant.numbers["delivered"] else None,
        "share_high": round(high, 3) if variant.numbers["delivered"] else None,
    }
    if difference:
        interval = {"difference": difference.amount, "low": difference.low, "high": difference.high}
        values |= {name: round(number, 3) for name, number in interval.items()}
        values |= {"p": round(difference.p, 4), "verdict": difference.verdict.value.capitalize()}
    return Row(
        values,
        note="control" if one.is_control else "",
        opens={
            reached: MessageList(reached=reached, part=replace(part, variant_id=variant.number))
            for reached in ("delivered", metric)
        },
    )


def _channels(page: Page, report: CampaignReport, part: Slice) -> Table:
    rows = tuple(
        Row(
            {"channel": str(Channel(row.channel).label), "messages": row.count},
            opens={"messages": behind("messages_total", page.window, replace(part, channel=row.channel))},
        )
        for row in report.channel_breakdown
    )
    return Table(
        "channels", "Channels", (Column("channel", "Channel"), Column.of("messages_total", key="messages")), rows
    )


def _links(page: Page, detail: CampaignDetail, part: Slice) -> Table:
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
                messages=_messages(page, part, link=link.url),
                clicks=ClickList(page.window, part, link.url),
            ),
        )
        for link in detail.links
    )
    return Table("links", "Top links", columns, rows, sortable=True)


def _reasons(page: Page, detail: CampaignDetail, part: Slice) -> Table:
    columns = (Column("reason", "Reason"), Column.of("bounced", key="messages"))
    rows = tuple(
        Row(
            {"reason": shown_to(page.membership, row.reason) or "Not told", "messages": row.messages},
            opens=_if_seen(page, row.reason, messages=_messages(page, part, reason=row.reason)),
        )
        for row in detail.bounce_reasons
    )
    return Table("bounce_reasons", "Reasons of bounces", columns, rows)


def _if_seen(page: Page, text: str, **opens: AnyList) -> Mapping[str, AnyList]:
    """Lists whose addresses have the text in them: none for a member who sees it masked."""
    return opens if shown_to(page.membership, text) == text else {}
