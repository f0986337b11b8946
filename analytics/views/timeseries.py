"""How does it go over time? Up to four metrics, of all, of one campaign or channel, or split by either."""

from collections.abc import Collection
from dataclasses import replace

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from analytics.channels import Channel
from analytics.ledger import DimensionValue
from analytics.metrics import METRICS
from analytics.models import Campaign
from analytics.presentation.marks import campaign_marks
from analytics.presentation.timeseries import DEFAULT_METRICS, trends_presentation
from analytics.questions.questions import OF_CAMPAIGNS, OF_CHANNELS, TREND_METRICS, Breakdown, TrendsQuestion
from analytics.questions.slices import Slice
from analytics.reports.campaign_starts import campaign_starts
from analytics.reports.trends import compared_trends
from analytics.views.report_page import PageFilter, ReportPage, open_report, understands_report

MAX_METRICS = 4
DEFAULT_METRICS_OF_ONE = ("messages_total", "delivered", "opens", "clicks")
FORMER_RATES = {
    "bounce_rate": "bounce_share",
    "open_rate": "campaign_open_rate",
    "click_rate": "campaign_click_rate",
    "human_open_rate": "campaign_human_open_rate",
    "human_click_rate": "campaign_human_click_rate",
}
"""By what addresses called the rates while pages showed others of the same names."""
BREAKDOWNS = {Breakdown.NONE: "None", Breakdown.CHANNEL: "Channel", Breakdown.CAMPAIGN: "Campaign"}


@login_required
@require_safe
@understands_report(PageFilter.CAMPAIGN, PageFilter.CHANNEL, "breakdown", many=("metric",))
def timeseries_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    page = open_report(
        request,
        slug,
        "timeseries",
        "Trends",
        {PageFilter.COMPARE, PageFilter.INTERVAL, PageFilter.CHANNEL, PageFilter.CAMPAIGN},
    )
    part = _part(page)
    by = _breakdown(page, part)
    possible = _possible(part, by)
    metrics = _metrics(page, possible)
    question = replace(page.question, part=part).with_params(TrendsQuestion, metrics=metrics, by=by)
    answer = compared_trends(page.source, question)
    shown = trends_presentation(
        answer,
        question,
        names=_names(page, by, answer.report.groups),
        marks=campaign_marks(campaign_starts(page.source, question), question),
    )
    return page.respond(
        "reports/timeseries.html",
        shown,
        metrics=[METRICS[metric] for metric in TREND_METRICS if metric in possible],
        chosen=metrics,
        chosen_labels=", ".join(METRICS[metric].label for metric in metrics),
        breakdowns=BREAKDOWNS,
        breakdown=by,
        campaign_id=part.campaign_id,
    )


def _breakdown(page: ReportPage, part: Slice) -> Breakdown:
    given = page.request.GET.get("breakdown") or Breakdown.NONE
    if given in list(Breakdown) and (given == Breakdown.NONE or _possible(part, Breakdown(given))):
        return Breakdown(given)
    allowed = f"{', '.join(Breakdown)}, under conditions on events {Breakdown.NONE}"
    page.notices.append(f"breakdown cannot be {given[:100]!r}; allowed: {allowed}. Nothing is split.")
    return Breakdown.NONE


def _part(page: ReportPage) -> Slice:
    given, part = page.request.GET.get("campaign"), page.question.part
    rows = Campaign.objects.filter(workspace=page.workspace, pk=part.campaign_id or 0)
    if not given or rows.exists():
        return part
    page.notices.append(f"campaign cannot be {given[:100]!r}: there is none of that id. All campaigns are shown.")
    return replace(part, campaign_id=None)


def _possible(part: Slice, by: Breakdown) -> frozenset[str]:
    """The metrics that can be told of what is asked for."""
    split = {Breakdown.NONE: frozenset(TREND_METRICS), Breakdown.CHANNEL: OF_CHANNELS, Breakdown.CAMPAIGN: OF_CAMPAIGNS}
    return frozenset(filter(part.has_metric, split[by]))


def _metrics(page: ReportPage, possible: frozenset[str]) -> tuple[str, ...]:
    named = filter(None, page.request.GET.getlist("metric"))
    given = tuple(dict.fromkeys(FORMER_RATES.get(metric, metric) for metric in named))
    chosen = tuple(metric for metric in given if metric in possible)
    for metric in set(given) - set(chosen):
        why = _why_not(metric, page.question.part)
        page.notices.append(f"metric cannot be {metric[:100]!r}: {why}. It is left out.")
    if len(chosen) > MAX_METRICS:
        page.notices.append(f"At most {MAX_METRICS} metrics are shown at once; these are the first.")
    defaults = DEFAULT_METRICS if possible == frozenset(TREND_METRICS) else (*DEFAULT_METRICS_OF_ONE, *DEFAULT_METRICS)
    return (chosen or tuple(metric for metric in defaults if metric in possible) or DEFAULT_METRICS)[:MAX_METRICS]


def _why_not(metric: str, part: Slice) -> str:
    if metric not in TREND_METRICS:
        return "there is none"
    if not part.has_metric(metric) and part.has_conditions:
        return "the filters cannot apply to it"
    return "events and contacts have no campaign or channel"


def _names(page: ReportPage, by: Breakdown, groups: Collection[DimensionValue]) -> dict[DimensionValue, str]:
    """Of the channels or campaigns that it is split by. One query for campaigns."""
    if by is Breakdown.CHANNEL:
        return {name: str(label) for name, label in Channel.choices}
    if by is Breakdown.NONE:
        return {}
    return dict(Campaign.objects.filter(workspace=page.workspace, pk__in=list(groups)).values_list("pk", "name"))
