"""How does it go over time? A chart a metric, of all or split, and a table of the days."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from analytics.ledger import DimensionValue, Source
from analytics.metrics import METRICS, Unit
from analytics.presentation import findings
from analytics.presentation.charts import Chart, ChartKind
from analytics.presentation.formats import short_name
from analytics.presentation.marks import campaign_marks
from analytics.presentation.presentation import Presentation
from analytics.presentation.tiles import trend_tile
from analytics.presentation.trend_tables import (
    MAX_GROUPS,
    NO_MARKS,
    OTHER,
    Marks,
    group_table,
    trend_chart,
    trend_table,
)
from analytics.questions.questions import Breakdown, Question, TrendsQuestion
from analytics.questions.slices import Slice
from analytics.reports.answers import Answer
from analytics.reports.campaign_starts import campaign_starts
from analytics.reports.trends import Trend, TrendsReport, compared_trends

DEFAULT_METRICS = ("events", "messages_total", "opens", "clicks")
GROUP = "g"
"""What a group's key begins with, before the channel or the campaign's number."""


def show_trends(source: Source, question: Question) -> Presentation:
    """Shows the question's metrics, or those that say most, not split."""
    if not isinstance(question, TrendsQuestion):
        question = question.with_params(TrendsQuestion, metrics=DEFAULT_METRICS)
    marks = campaign_marks(campaign_starts(source, question), question)
    return trends_presentation(compared_trends(source, question), question, names={}, marks=marks)


def trends_presentation(
    answer: Answer[TrendsReport],
    question: TrendsQuestion,
    *,
    names: Mapping[DimensionValue, str],
    marks: Marks = NO_MARKS,
) -> Presentation:
    """`names` are those of the channels or campaigns that it is split by."""
    report, metrics = answer.report, question.metrics
    table = trend_table(
        "days", "All metrics", metrics, answer, question, compare=metrics, part=question.part, marks=marks
    )
    if question.by is Breakdown.NONE:
        charts = [trend_chart(metric, table, report.all, question) for metric in metrics]
    else:
        groups = _groups(metrics[0], report.groups, names)
        charts = [_split(metric, groups, question, marks) for metric in metrics]
    return Presentation(
        meta=report.meta,
        tiles=tuple(trend_tile(metric, answer, question.interval, part=question.part) for metric in metrics),
        charts=tuple(charts),
        tables=(table,),
        numbers=report.all.total(),
    )


_Group = tuple[str, str, Trend]
"""Key, label and trend."""


def _groups(metric: str, groups: Mapping[DimensionValue, Trend], names: Mapping[DimensionValue, str]) -> list[_Group]:
    """Those with most of the metric first: in one order, hence colour, in every chart."""
    base = METRICS[metric].denominator or metric
    ordered = sorted(groups.items(), key=lambda group: (-group[1].total().value(base), names.get(group[0], "")))
    labels = {key: short_name(name) for key, name in names.items()}
    return [(f"{GROUP}{key}", labels.get(key, str(key)), trend) for key, trend in ordered]


def _split(metric: str, groups: Sequence[_Group], question: TrendsQuestion, marks: Marks) -> Chart:
    is_share = METRICS[metric].unit is Unit.SHARE
    parts = {key: _part_of_group(key, question) for key, _, _ in groups}
    if question.by is Breakdown.CAMPAIGN:
        shown = (parts[key].campaign_id for key, _, _ in groups[:MAX_GROUPS])
        parts[OTHER] = replace(question.part, without_campaigns=tuple(pk for pk in shown if pk is not None))
    table = group_table(metric, METRICS[metric].label, groups, question, parts, marks)
    return Chart(
        kind=ChartKind.LINE if is_share else ChartKind.STACKED,
        title=f"{METRICS[metric].label} by {question.by.value}",
        table=table,
        columns=tuple(column.key for column in table.columns[1:]),
        finding=findings.largest_group(metric, [(label, trend) for _, label, trend in groups]),
    )


def _part_of_group(key: str, question: TrendsQuestion) -> Slice:
    name = key.removeprefix(GROUP)
    if question.by is Breakdown.CHANNEL:
        return replace(question.part, channel=name)
    return replace(question.part, campaign_id=int(name))
