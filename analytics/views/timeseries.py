"""How does it go over time? Up to four metrics, of all, of one campaign or channel, or split by either."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.utils.text import Truncator
from django.views.decorators.http import require_safe

from analytics.ledger import DimensionValue
from analytics.metrics import METRICS, Unit
from analytics.models import Campaign, Channel
from analytics.presentation import findings
from analytics.presentation.tables import Chart, ChartKind
from analytics.presentation.tiles import trend_tile
from analytics.presentation.trend_tables import MAX_GROUPS, OTHER, Marks, group_table, trend_chart, trend_table
from analytics.questions.slices import Slice
from analytics.reports.trends import (
    OF_CAMPAIGNS,
    OF_CHANNELS,
    TREND_METRICS,
    Breakdown,
    Trend,
    TrendsParams,
    compared_trends,
)
from analytics.views.campaign_marks import campaign_marks
from analytics.views.page import CAMPAIGN, CHANNEL, COMPARE, INTERVAL, Page, opened, understands_report
from analytics.views.room import NAME_CHARACTERS

MAX_METRICS = 4
GROUP = "g"
"""What a group's key begins with, before the channel or the campaign's number."""
DEFAULT_METRICS = ("events", "messages_total", "opens", "clicks")
DEFAULT_METRICS_OF_ONE = ("messages_total", "delivered", "opens", "clicks")
FORMER_RATES = {
    "bounce_rate": "bounce_share",
    "open_rate": "campaign_open_rate",
    "click_rate": "campaign_click_rate",
    "human_open_rate": "campaign_human_open_rate",
    "human_click_rate": "campaign_human_click_rate",
}
"""By what addresses called the rates while pages showed others of the same names."""
BREAKDOWNS = {Breakdown.NONE: "Nothing", Breakdown.CHANNEL: "Channel", Breakdown.CAMPAIGN: "Campaign"}


@login_required
@require_safe
@understands_report(CAMPAIGN, CHANNEL, "breakdown", many=("metric",))
def timeseries_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    page = opened(request, slug, "timeseries", "Trends", {COMPARE, INTERVAL, CHANNEL, CAMPAIGN})
    by = _breakdown(page)
    part = _part(page)
    possible = _possible(part, by)
    metrics = _metrics(page, possible)
    asked = TrendsParams(page.window, metrics, by, part)
    answer = compared_trends(page.source, asked, page.selection, now=page.now)
    report = answer.report
    marks = campaign_marks(page, part)
    table = trend_table("days", "All numbers", metrics, answer, page.selection, compare=metrics, part=part, marks=marks)
    charts = [trend_chart(metric, table, report.all, page.selection) for metric in metrics]
    if by is not Breakdown.NONE:
        groups = _groups(page, metrics[0], by, report.groups)
        charts = [_split(page, metric, by, groups, part, marks) for metric in metrics]
    return page.response(
        charts=charts,
        tables=[table],
        tiles=[trend_tile(metric, answer, page.selection.interval, part=part) for metric in metrics],
        metrics=[METRICS[metric] for metric in TREND_METRICS if metric in possible],
        chosen=metrics,
        chosen_labels=", ".join(METRICS[metric].label for metric in metrics),
        breakdowns=BREAKDOWNS,
        breakdown=by,
        campaign_id=part.campaign_id,
        numbers=report.all.total(),
        meta=report.meta,
    )


def _breakdown(page: Page) -> Breakdown:
    given = page.request.GET.get("breakdown") or Breakdown.NONE
    if given in list(Breakdown):
        return Breakdown(given)
    page.notices.append(f"breakdown cannot be {given[:100]!r}; allowed: {', '.join(Breakdown)}. Nothing is split.")
    return Breakdown.NONE


def _part(page: Page) -> Slice:
    given, part = page.request.GET.get("campaign"), page.selection.part
    rows = Campaign.objects.filter(workspace=page.workspace, pk=part.campaign_id or 0)
    if not given or rows.exists():
        return part
    page.notices.append(f"campaign cannot be {given[:100]!r}: there is none of that id. All campaigns are shown.")
    return replace(part, campaign_id=None)


def _possible(part: Slice, by: Breakdown) -> frozenset[str]:
    """The metrics that can be told of what is asked for."""
    if part.channel is not None or by is Breakdown.CHANNEL:
        return OF_CHANNELS
    return OF_CAMPAIGNS if part.campaign_id is not None or by is Breakdown.CAMPAIGN else frozenset(TREND_METRICS)


def _metrics(page: Page, possible: frozenset[str]) -> tuple[str, ...]:
    named = filter(None, page.request.GET.getlist("metric"))
    given = tuple(dict.fromkeys(FORMER_RATES.get(metric, metric) for metric in named))
    chosen = tuple(metric for metric in given if metric in possible)
    for metric in set(given) - set(chosen):
        why = "events and contacts have no campaign or channel" if metric in TREND_METRICS else "there is none"
        page.notices.append(f"metric cannot be {metric[:100]!r}: {why}. It is left out.")
    if len(chosen) > MAX_METRICS:
        page.notices.append(f"At most {MAX_METRICS} metrics are shown at once; these are the first.")
    default = DEFAULT_METRICS if possible == frozenset(TREND_METRICS) else DEFAULT_METRICS_OF_ONE
    return chosen[:MAX_METRICS] or default


def _split(
    page: Page, metric: str, by: Breakdown, groups: Sequence[tuple[str, str, Trend]], part: Slice, marks: Marks
) -> Chart:
    is_share = METRICS[metric].unit is Unit.SHARE
    parts = {key: _of_group(key, by, part) for key, _, _ in groups}
    if by is Breakdown.CAMPAIGN:
        shown = (parts[key].campaign_id for key, _, _ in groups[:MAX_GROUPS])
        parts[OTHER] = replace(part, without_campaigns=tuple(pk for pk in shown if pk is not None))
    table = group_table(metric, METRICS[metric].label, groups, page.selection, parts, marks)
    return Chart(
        kind=ChartKind.LINE if is_share else ChartKind.STACKED,
        title=f"{METRICS[metric].label} by {by.value}",
        table=table,
        columns=tuple(column.key for column in table.columns[1:]),
        finding=findings.largest_group(metric, [(label, trend) for _, label, trend in groups]),
    )


def _of_group(key: str, by: Breakdown, part: Slice) -> Slice:
    name = key.removeprefix(GROUP)
    return replace(part, channel=name) if by is Breakdown.CHANNEL else replace(part, campaign_id=int(name))


def _groups(
    page: Page, metric: str, by: Breakdown, groups: Mapping[DimensionValue, Trend]
) -> list[tuple[str, str, Trend]]:
    """Key, label and trend, those with most of the metric first: in one order, hence colour, in every chart."""
    names: dict[DimensionValue, str] = (
        {name: str(label) for name, label in Channel.choices}
        if by is Breakdown.CHANNEL
        else dict(Campaign.objects.filter(workspace=page.workspace, pk__in=list(groups)).values_list("pk", "name"))
    )
    base = METRICS[metric].denominator or metric
    ordered = sorted(groups.items(), key=lambda group: (-group[1].total().value(base), names.get(group[0], "")))
    labels = {key: Truncator(name).chars(NAME_CHARACTERS) for key, name in names.items()}
    return [(f"{GROUP}{key}", labels.get(key, str(key)), trend) for key, trend in ordered]
