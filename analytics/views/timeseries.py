"""How does it go over time? Up to four metrics, of all, of one campaign or channel, or split."""

from dataclasses import replace

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from analytics.api.questions.alert_questions import OF_ALERTS
from analytics.metrics import METRICS, OF_ORDERS
from analytics.models import Campaign
from analytics.presentation.groups import split_label
from analytics.presentation.marks import marks_of
from analytics.presentation.timeseries import MAX_METRICS, trend_groups, trends_presentation, usual_metrics
from analytics.questions.questions import TREND_METRICS, Question, TrendsQuestion
from analytics.questions.slices import Slice
from analytics.reports.happenings import happenings
from analytics.reports.revenue.order_numbers import tells_money
from analytics.reports.splits import possible_metrics
from analytics.reports.trends import compared_trends
from analytics.views.report_page import PageFilter, ReportPage, open_report, understands_report
from workspaces.roles import Right

FORMER_RATES = {
    "bounce_rate": "bounce_share",
    "open_rate": "campaign_open_rate",
    "click_rate": "campaign_click_rate",
    "human_open_rate": "campaign_human_open_rate",
    "human_click_rate": "campaign_human_click_rate",
}
"""By what addresses called the rates while pages showed others of the same names."""
NATIVE_SPLITS = {"channel": "Channel", "campaign": "Campaign"}


@login_required
@require_safe
@understands_report(PageFilter.CAMPAIGN, PageFilter.CHANNEL, many=("metric",))
def timeseries_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    page = open_report(
        request,
        slug,
        "timeseries",
        "Trends",
        {PageFilter.COMPARE, PageFilter.INTERVAL, PageFilter.CHANNEL, PageFilter.CAMPAIGN},
    )
    part = _part(page)
    asked = replace(page.question, part=part)
    if asked.split and not possible_metrics(asked):
        page.notices.append(f"breakdown cannot be {asked.split.text!r} under these filters. It is left out.")
        asked = replace(asked, split=None)
    possible = frozenset(possible_metrics(asked))
    metrics = _metrics(page, possible)
    question = asked.with_params(TrendsQuestion, metrics=metrics)
    shown = trends_presentation(
        compared_trends(page.source, question),
        question,
        groups=trend_groups(page.source, question),
        marks=marks_of(happenings(page.source, question), question),
    )
    split = asked.split
    without = set(() if tells_money(page.source) else OF_ORDERS) - {*metrics}
    return page.respond(
        "reports/timeseries.html",
        shown,
        metrics=[METRICS[metric] for metric in TREND_METRICS if metric in possible and metric not in without],
        chosen=metrics,
        chosen_labels=", ".join(METRICS[metric].label for metric in metrics),
        breakdowns={"": "None", **NATIVE_SPLITS, **({split.text: split_label(split)} if split else {})},
        breakdown=split.text if split else "",
        campaign_id=part.campaign_id,
        alert_address=_alert_address(page, question),
    )


def _alert_address(page: ReportPage, question: TrendsQuestion) -> str:
    """Where an alert on the first metric can be set up, of the same part; empty for who may not."""
    if not page.may(Right.CURATE):
        return ""
    of_part = {name: said for name, said in question.query.items() if name in OF_ALERTS}
    return page.address("alert_new", metric=question.metrics[0], **of_part)


def _part(page: ReportPage) -> Slice:
    given, part = page.request.GET.get("campaign"), page.question.part
    rows = Campaign.objects.filter(workspace=page.workspace, pk=part.campaign_id or 0)
    if not given or rows.exists():
        return part
    page.notices.append(f"campaign cannot be {given[:100]!r}: there is none with that ID. All campaigns are shown.")
    return replace(part, campaign_id=None)


def _metrics(page: ReportPage, possible: frozenset[str]) -> tuple[str, ...]:
    named = filter(None, page.request.GET.getlist("metric"))
    given = tuple(dict.fromkeys(FORMER_RATES.get(metric, metric) for metric in named))
    chosen = tuple(metric for metric in given if metric in possible)
    for metric in set(given) - set(chosen):
        why = _why_not(metric, page.question)
        page.notices.append(f"metric cannot be {metric[:100]!r}: {why}. It is left out.")
    if len(chosen) > MAX_METRICS:
        page.notices.append(f"At most {MAX_METRICS} metrics are shown at once; these are the first.")
    return chosen[:MAX_METRICS] or usual_metrics(possible)


def _why_not(metric: str, question: Question) -> str:
    if metric not in TREND_METRICS:
        return "there is none"
    if question.part.has_conditions and not question.part.has_metric(metric):
        return "the filters cannot apply to it"
    if question.split and question.split.field.key not in NATIVE_SPLITS:
        return "the split cannot apply to it"
    return "events and contacts have no campaign or channel"
