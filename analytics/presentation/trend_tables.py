"""Tables, charts and sentences of what goes on over time, for every page that shows some of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.utils import formats as localised

from analytics.lists import list_for, under_conditions
from analytics.metrics import METRICS, Numbers
from analytics.periods import Bucket, HourOfDay, Interval, Window
from analytics.presentation import formats, largest
from analytics.presentation.charts import Chart, ChartKind
from analytics.presentation.money import shown_number
from analytics.presentation.tables import NOTHING, Cell, Column, Kind, Mark, Row, Table, Value, column_kind
from analytics.questions.questions import Question
from analytics.questions.ranges import Comparison
from analytics.questions.slices import EVERYTHING, Slice
from analytics.reports.answers import Answer
from analytics.reports.trends import Trend, TrendsReport

MAX_GROUPS = 6
OTHER = "other"
COMPARED = {
    Comparison.PREVIOUS: "previous period",
    Comparison.YEAR: "same period last year",
    Comparison.CUSTOM: "compared days",
}
"""What a column says that its numbers are of."""
Marks = Mapping[Bucket, Mark]
NO_MARKS: Marks = {}


def before(metric: str) -> str:
    """The key of the column with the metric's numbers of the days compared with."""
    return f"{metric}_before"


def trend_table(
    key: str,
    title: str,
    metrics: Sequence[str],
    answer: Answer[TrendsReport],
    question: Question,
    *,
    compare: Sequence[str],
    part: Slice = EVERYTHING,
    marks: Marks = NO_MARKS,
) -> Table:
    """Returns a row for each hour, day, week or month; the metrics of `compare` have those of the partners beside them.

    A bucket without a partner stays blank there. The foot has what is compared in all, as the tiles say it. `part` is
    what the trend is of, for the lists behind the numbers; `marks` are by what the rows are of.
    """
    trend, currency = answer.report.all, answer.report.currency
    columns = [bucket_column(question.interval)]
    for metric in metrics:
        columns.append(Column.of(metric, currency=currency))
        if question.compared_days and metric in compare:
            label = f"{METRICS[metric].label}, {COMPARED[question.comparison]}"
            column_before = Column.of(metric, key=before(metric), label=label, currency=currency)
            columns.append(replace(column_before, metric=""))
    rows = []
    for bucket, numbers in trend.by(question.interval):
        days = bucket.window(trend.window.zone)
        cells = {
            metric: Cell(shown_number(numbers, metric, currency), list_for(metric, days, part)) for metric in metrics
        }
        partners = question.compared_days.partners(days) if question.compared_days else None
        if partners and answer.report.partners:
            numbers_before = answer.report.partners.numbers_of(partners)
            name = _name(partners, question.interval)
            cells |= {
                before(metric): _cell_before(metric, numbers_before, partners, part, question, currency, name)
                for metric in compare
            }
        rows.append(_row(bucket, question, cells, marks))
    foot = _compared_row(metrics, compare, answer, question, part) if compare else None
    return Table(key, title, tuple(columns), tuple(rows), foot=foot, ends_with_newest=True)


def _cell_before(
    metric: str,
    numbers: Numbers,
    window: Window | None,
    part: Slice,
    question: Question,
    currency: str,
    name: str = "",
) -> Cell:
    """Of days compared with, whose conditions end with the last of these; empty where they cannot apply."""
    if not question.part.has_metric(metric):
        return NOTHING
    opens = list_for(metric, window, part) if window else None
    opens = opens and under_conditions(opens, question.part_compared)
    return Cell(shown_number(numbers, metric, currency), opens, name)


def _compared_row(
    metrics: Sequence[str], compare: Sequence[str], answer: Answer[TrendsReport], question: Question, part: Slice
) -> Row | None:
    """What the tiles compare: all days that are over and have a partner, and these."""
    match = question.day_match
    if answer.complete is None or answer.compared is None or match is None or match.windows is None:
        return None
    numbers, numbers_before = answer.complete.all.total(), answer.compared.all.total()
    currency = answer.report.currency
    window, window_before = match.windows
    days = formats.count_of(len(match.pairs), "day compared", "days compared")
    cells = {"when": Cell("Full months compared" if match.whole_months else days)}
    for metric in metrics:
        opens = list_for(metric, window, part) if window.days == len(match.days) else None
        cells[metric] = Cell(shown_number(numbers.compared_by(metric), metric, currency), opens)
    for metric in compare:
        of_all = window_before if window_before.days == len(match.partners) else None
        cells[before(metric)] = _cell_before(
            metric, numbers_before.compared_by(metric), of_all, part, question, currency
        )
    return Row(cells)


@dataclass(frozen=True)
class GroupLine:
    """A group's course; `part` is what it is of, for the lists behind the numbers."""

    key: str
    label: str
    trend: Trend
    part: Slice


def group_table(
    metric: str, title: str, lines: Sequence[GroupLine], question: Question, marks: Marks = NO_MARKS
) -> Table:
    """A column for each group; `marks` are by what the rows are of."""
    kind = column_kind(METRICS[metric])
    columns = [bucket_column(question.interval), *(Column(line.key, line.label, kind) for line in lines)]
    by_line = {line.key: line.trend.by(question.interval) for line in lines}
    rows = []
    for place, (bucket, _) in enumerate(by_line[lines[0].key] if lines else ()):
        days = bucket.window(question.window.zone)
        cells = {line.key: _cell_of_group(metric, by_line[line.key][place][1], days, line.part) for line in lines}
        rows.append(_row(bucket, question, cells, marks))
    return Table(f"{metric}_by_group", title, tuple(columns), tuple(rows), ends_with_newest=True)


def _cell_of_group(metric: str, numbers: Numbers, window: Window, part: Slice) -> Cell:
    opens = list_for(metric, window, part)
    return Cell(numbers.known_value(metric), opens and under_conditions(opens, part))


def trend_chart(metric: str, table: Table, report: TrendsReport, question: Question) -> Chart:
    """One metric's line, and dashed that of the days compared with."""
    trend = report.all
    return Chart(
        kind=line_or_bar(question, trend),
        title=METRICS[metric].label,
        table=table,
        columns=(metric,),
        previous=before(metric) if question.compared_days else "",
        finding=largest.peak(trend, metric, question.interval, report.currency, question.settled_until),
        stands_apart=True,
    )


def line_or_bar(question: Question, trend: Trend) -> ChartKind:
    """A line, but of a single point a bar."""
    return ChartKind.LINE if len(trend.by(question.interval)) > 1 else ChartKind.BAR


def bucket_column(interval: Interval) -> Column:
    kinds = {Interval.DAY: Kind.DAY, Interval.HOUR: Kind.HOUR}
    return Column("when", interval.value.capitalize(), kinds.get(interval, Kind.TEXT))


def _row(bucket: Bucket, question: Question, cells: Mapping[str, Cell], marks: Marks) -> Row:
    is_running = bucket.is_running(question.now, question.window.zone)
    return Row(
        {"when": Cell(bucket_value(bucket, question.interval)), **cells},
        label=bucket_label(bucket, question),
        note="so far" if is_running else "",
        is_running=is_running,
        mark=marks.get(bucket),
    )


def bucket_value(bucket: Bucket, interval: Interval) -> Value:
    if bucket.hour:
        return bucket.hour.local_start
    return bucket.first_day if interval is Interval.DAY else _name(bucket, interval)


def _name(bucket: Bucket | Window, interval: Interval) -> str:
    if isinstance(bucket, HourOfDay):
        return formats.hour(bucket.local_start)
    if interval is Interval.DAY:
        return formats.day(bucket.first_day)
    return formats.days(bucket.first_day, bucket.last_day)


def bucket_label(bucket: Bucket, question: Question) -> str:
    day = localised.date_format(bucket.first_day, "M Y" if question.interval is Interval.MONTH else "j M")
    if bucket.hour is None:
        return day
    return bucket.hour.name if question.window.days == 1 else f"{day} {bucket.hour.name}"
