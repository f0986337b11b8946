"""How does it go over time? A chart a metric, of all or split, and a table of the days."""

from collections.abc import Collection, Sequence

from analytics.ledger import Source
from analytics.metrics import METRICS, Unit
from analytics.presentation import largest
from analytics.presentation.charts import Chart, ChartKind
from analytics.presentation.formats import short_name
from analytics.presentation.groups import groups_table, overlap, shown_name, split_label
from analytics.presentation.marks import marks_of
from analytics.presentation.money import money_gaps
from analytics.presentation.presentation import Presentation
from analytics.presentation.tables import Table
from analytics.presentation.tiles import trend_tile
from analytics.presentation.trend_tables import (
    MAX_GROUPS,
    NO_MARKS,
    OTHER,
    GroupLine,
    Marks,
    group_table,
    trend_chart,
    trend_table,
)
from analytics.questions.groups import Group
from analytics.questions.questions import TREND_METRICS, Question, TrendsQuestion
from analytics.reports.answers import Answer
from analytics.reports.happenings import happenings
from analytics.reports.splits import GroupNumbers, divided_metrics, group_numbers, in_group
from analytics.reports.trends import Trend, TrendsReport, compared_trends

DEFAULT_METRICS = ("events", "messages_total", "opens", "clicks")
DEFAULT_METRICS_OF_ONE = ("messages_total", "delivered", "opens", "clicks")
"""Of one campaign or channel."""
MAX_METRICS = 4
GROUP = "g"
"""What a group's key begins with, before its place."""


def show_trends(source: Source, question: Question) -> Presentation:
    """Shows the question's metrics, or those that say most."""
    if not isinstance(question, TrendsQuestion):
        question = question.with_params(TrendsQuestion, metrics=DEFAULT_METRICS)
    marks = marks_of(happenings(source, question), question)
    groups = trend_groups(source, question)
    return trends_presentation(compared_trends(source, question), question, groups=groups, marks=marks)


def usual_metrics(possible: Collection[str]) -> tuple[str, ...]:
    """Those that say most of the metrics that there are of what is asked about."""
    is_of_all = frozenset(possible) == frozenset(TREND_METRICS)
    wanted = DEFAULT_METRICS if is_of_all else (*DEFAULT_METRICS_OF_ONE, *DEFAULT_METRICS)
    return tuple(metric for metric in wanted if metric in possible)[:MAX_METRICS] or DEFAULT_METRICS


def trend_groups(source: Source, question: TrendsQuestion) -> tuple[GroupNumbers, ...]:
    """The groups of the question's split, day by day; none where it has none that divides all of its metrics."""
    if question.split is None or divided_metrics(question.metrics, question) != question.metrics:
        return ()
    return group_numbers(source, question, question.metrics, by_day=True)


def trends_presentation(
    answer: Answer[TrendsReport],
    question: TrendsQuestion,
    *,
    groups: Sequence[GroupNumbers] = (),
    marks: Marks = NO_MARKS,
) -> Presentation:
    """`groups` are those of the question's split."""
    report, metrics = answer.report, question.metrics
    table = trend_table(
        "days", "All metrics", metrics, answer, question, compare=metrics, part=question.part, marks=marks
    )
    tables: tuple[Table, ...] = (table,)
    if not groups:
        charts = [trend_chart(metric, table, report, question) for metric in metrics]
    else:
        charts = [_split(metric, groups, question, marks) for metric in metrics]
        tables = (groups_table(groups, metrics, metrics, report.all.total(), question), table)
    return Presentation(
        meta=report.meta,
        tiles=tuple(trend_tile(metric, answer, question.interval, part=question.part) for metric in metrics),
        charts=tuple(charts),
        tables=tables,
        numbers=report.all.total(),
        notices=overlap(question.split) if question.split else (),
        money_gaps=money_gaps(report.money, question.window, report.currency) if report.money else (),
    )


def _split(metric: str, groups: Sequence[GroupNumbers], question: TrendsQuestion, marks: Marks) -> Chart:
    split = question.split
    assert split is not None
    lines = lines_of_groups(groups, question)
    table = group_table(metric, METRICS[metric].label, lines, question, marks)
    adds_up = METRICS[metric].unit is Unit.COUNT and not split.segments
    return Chart(
        kind=ChartKind.STACKED if adds_up else ChartKind.LINE,
        title=f"{METRICS[metric].label} by {split_label(split).lower()}",
        table=table,
        columns=tuple(column.key for column in table.columns[1:]),
        finding=largest.largest_group(metric, [(line.label, line.trend) for line in lines], question.settled_until),
    )


def lines_of_groups(groups: Sequence[GroupNumbers], question: Question) -> list[GroupLine]:
    """The first groups, in one order, hence colour, in every chart; all of the others together where there are more."""
    shown, rest = (groups, ()) if len(groups) <= MAX_GROUPS + 1 else (groups[:MAX_GROUPS], groups[MAX_GROUPS:])
    lines = [
        GroupLine(
            f"{GROUP}{place}",
            short_name(shown_name(group.group, group.name, group.values)),
            _trend(group),
            in_group(question, group.group).part,
        )
        for place, group in enumerate(shown)
    ]
    if rest:
        named = tuple(group.group.value for group in shown if group.group.value is not None)
        others = Group(shown[0].group.by, others_than=named, with_none=True)
        part = in_group(question, others).part
        number = sum(group.values or 1 for group in rest)
        lines.append(GroupLine(OTHER, f"Other ({number:,})", Trend.sum_of([_trend(group) for group in rest]), part))
    return lines


def _trend(group: GroupNumbers) -> Trend:
    assert group.trend is not None
    return group.trend
