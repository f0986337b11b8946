"""How does it go over time? A chart a metric, of all or split, and a table of the days."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from analytics.ledger import DimensionValue
from analytics.metrics import METRICS, Unit
from analytics.presentation import findings
from analytics.presentation.charts import Chart, ChartKind
from analytics.presentation.formats import short_name
from analytics.presentation.presentation import Presentation
from analytics.presentation.tables import Mark
from analytics.presentation.tiles import trend_tile
from analytics.presentation.trend_tables import MAX_GROUPS, NO_MARKS, OTHER, group_table, trend_chart, trend_table
from analytics.questions.selection import Selection
from analytics.questions.slices import Slice
from analytics.reports.answers import Answer
from analytics.reports.trends import Breakdown, Trend, TrendsParams, TrendsReport

GROUP = "g"
"""What a group's key begins with, before the channel or the campaign's number."""


def trends_presentation(
    answer: Answer[TrendsReport],
    params: TrendsParams,
    question: Selection,
    *,
    names: Mapping[DimensionValue, str],
    marks: Mapping[date, Mark] = NO_MARKS,
) -> Presentation:
    """`names` are those of the channels or campaigns that it is split by."""
    report, metrics = answer.report, params.metrics
    table = trend_table(
        "days", "All numbers", metrics, answer, question, compare=metrics, part=params.part, marks=marks
    )
    if params.by is Breakdown.NONE:
        charts = [trend_chart(metric, table, report.all, question) for metric in metrics]
    else:
        groups = _groups(metrics[0], report.groups, names)
        charts = [_split(metric, groups, params, question, marks) for metric in metrics]
    return Presentation(
        meta=report.meta,
        tiles=tuple(trend_tile(metric, answer, question.interval, part=params.part) for metric in metrics),
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


def _split(
    metric: str, groups: Sequence[_Group], params: TrendsParams, question: Selection, marks: Mapping[date, Mark]
) -> Chart:
    is_share = METRICS[metric].unit is Unit.SHARE
    parts = {key: _part_of_group(key, params) for key, _, _ in groups}
    if params.by is Breakdown.CAMPAIGN:
        shown = (parts[key].campaign_id for key, _, _ in groups[:MAX_GROUPS])
        parts[OTHER] = replace(params.part, without_campaigns=tuple(pk for pk in shown if pk is not None))
    table = group_table(metric, METRICS[metric].label, groups, question, parts, marks)
    return Chart(
        kind=ChartKind.LINE if is_share else ChartKind.STACKED,
        title=f"{METRICS[metric].label} by {params.by.value}",
        table=table,
        columns=tuple(column.key for column in table.columns[1:]),
        finding=findings.largest_group(metric, [(label, trend) for _, label, trend in groups]),
    )


def _part_of_group(key: str, params: TrendsParams) -> Slice:
    name = key.removeprefix(GROUP)
    if params.by is Breakdown.CHANNEL:
        return replace(params.part, channel=name)
    return replace(params.part, campaign_id=int(name))
