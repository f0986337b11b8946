"""Who comes back: a heat map of cohorts by period since people began, and the curve of all of them together."""

from bisect import bisect_right
from dataclasses import dataclass, replace

from analytics.ledger import Source
from analytics.lists import AnyList, PeopleList, under_conditions
from analytics.lists.cohort_cells import CohortCell
from analytics.lists.cohort_people import cell_list
from analytics.metrics import known_rate
from analytics.periods import Bucket, Interval, Window
from analytics.presentation.charts import Chart, ChartKind
from analytics.presentation.conditions import NO_NAMES, ConditionNames
from analytics.presentation.formats import count, day, days, percent, with_capital
from analytics.presentation.groups import KEY, NOT_SPLIT, SplitTable, link_of_group, overlap, shown_name, split_label
from analytics.presentation.people import start_label
from analytics.presentation.presentation import Presentation
from analytics.presentation.retention import COHORT_UNITS, CohortFigure
from analytics.presentation.tables import Cell, Column, Kind, Row, Table, Value
from analytics.questions.fields import Subject
from analytics.questions.retention import RetentionQuestion
from analytics.reports.retention.groups import RetentionGroup, retention_groups
from analytics.reports.retention.report import MeanPeriod, RetentionCell, RetentionCohort, RetentionReport
from analytics.reports.splits import in_group

FEWEST = 30
"""Of fewer people than these a share says little: it is hatched, and no sentence is made of it."""


@dataclass(frozen=True)
class PeriodView:
    """What is asked, and what the cells say: shares, or how many people they are."""

    question: RetentionQuestion
    shows: CohortFigure = CohortFigure.PERCENT
    names: ConditionNames = NO_NAMES

    @property
    def window(self) -> Window:
        return self.question.window

    @property
    def unit(self) -> str:
        return COHORT_UNITS[self.question.unit]

    @property
    def of_whom(self) -> str:
        return "Contacts" if self.question.start.act is None else "People"

    @property
    def began(self) -> str:
        return start_label(self.question.start, self.names)

    @property
    def title(self) -> str:
        by = COHORT_UNITS[self.question.interval]
        return f"Retention by {'signup' if self.question.start.act is None else 'starting'} {by}"

    def column(self, number: int) -> Column:
        return Column(_period(number), f"{with_capital(self.unit)} {number}", self.shows.kind)

    def value(self, cell: RetentionCell | MeanPeriod) -> Value:
        return cell.active if self.shows is CohortFigure.COUNTS else known_rate(cell.active, cell.size)

    def days_of(self, bucket: Bucket) -> Window:
        return bucket.window(self.window.zone)

    def name_of(self, bucket: Bucket) -> str:
        if self.question.interval is Interval.DAY:
            return day(bucket.first_day)
        return days(bucket.first_day, bucket.last_day)


def periods_presentation(report: RetentionReport, view: PeriodView, split: SplitTable = NOT_SPLIT) -> Presentation:
    """`split` has the groups of those who began."""
    return Presentation(
        meta=report.meta,
        charts=(_curve(report, view),) if report.mean else (),
        tables=(_heat_map(report, view), *split.tables),
        notices=split.notices,
    )


def _period(number: int) -> str:
    return f"period_{number}"


def _heat_map(report: RetentionReport, view: PeriodView) -> Table:
    periods = max((len(cohort.cells) for cohort in report.cohorts), default=0)
    ranks = sorted(cell.retention_rate for cohort in report.cohorts for cell in cohort.cells[1:] if cell.active)
    columns = (
        Column("cohort", view.began),
        Column.of("cohort_size", key="size", label=view.of_whom),
        *map(view.column, range(periods)),
    )
    rows = tuple(_row(cohort, view, ranks) for cohort in report.cohorts)
    return Table("cohorts", view.title, columns, rows, foot=_average(report, view), ends_with_newest=True)


def _row(cohort: RetentionCohort, view: PeriodView, ranks: list[float]) -> Row:
    window = view.days_of(cohort.bucket)
    cells = {
        _period(number): Cell(
            view.value(cell),
            cell_list(view.question, window, number, are_back=True),
            beside=_of_all(cell),
            is_unfinished=not cell.is_complete,
            weight=_weight(cell, ranks),
            is_small=cell.size < FEWEST,
        )
        for number, cell in enumerate(cohort.cells)
    }
    size = Cell(cohort.size, cell_list(view.question, window))
    return Row({"cohort": Cell(view.name_of(cohort.bucket)), "size": size, **cells})


def _weight(cell: RetentionCell, ranks: list[float]) -> float:
    """The share of cells after the first period that are no darker."""
    return known_rate(bisect_right(ranks, cell.retention_rate), len(ranks)) or 0.0 if cell.active else 0.0


def _of_all(cell: RetentionCell) -> str:
    few = f", fewer than {FEWEST} people" if cell.size < FEWEST else ""
    return f"{_share(cell)}{'' if cell.is_complete else ', not complete yet'}{few}"


def _share(cell: RetentionCell | MeanPeriod) -> str:
    return f"{count(cell.active)} of {count(cell.size)}"


def _is_told(report: RetentionReport, view: PeriodView, cohorts: int) -> bool:
    """Whether a sum has a list: nobody is in two of its cohorts."""
    return view.question.start.is_once or cohorts == 1


def _mean_rows(report: RetentionReport, view: PeriodView, period: MeanPeriod, *, are_back: bool) -> PeopleList | None:
    window = Window.between(*report.days_of_mean(period.number), zone=view.window.zone)
    number = period.number if are_back else None
    is_told = _is_told(report, view, period.cohorts)
    return cell_list(view.question, window, number, are_back=are_back) if is_told else None


def _average(report: RetentionReport, view: PeriodView) -> Row | None:
    if not report.mean:
        return None
    cells = {
        _period(period.number): Cell(
            view.value(period), _mean_rows(report, view, period, are_back=True), beside=_of_cohorts(period)
        )
        for period in report.mean
    }
    is_told = _is_told(report, view, len(report.cohorts))
    size = Cell(report.size, cell_list(view.question, view.window) if is_told else None)
    return Row({"cohort": Cell(f"Average (completed {view.unit}s)"), "size": size, **cells})


def _of_cohorts(period: MeanPeriod) -> str:
    low, high = period.interval
    cohorts = f"{count(period.cohorts)} cohort{'' if period.cohorts == 1 else 's'}"
    return f"{_share(period)}, {cohorts}; 95 % confidence interval {percent(low)} – {percent(high)}"


def _curve(report: RetentionReport, view: PeriodView) -> Chart:
    columns = (
        Column("period", f"{with_capital(view.unit)} since the start"),
        Column.of("cohort_size", key="size", label=view.of_whom),
        Column.of("active_contacts", key="active", label="Came back"),
        Column.of("retention_rate", key="rate"),
        Column("low", "95 % confidence interval from", Kind.SHARE),
        Column("high", "to", Kind.SHARE),
    )
    rows = tuple(_curve_row(report, view, period) for period in report.mean)
    title = "Retention, all cohorts"
    return Chart(ChartKind.LINE, title, Table("weeks", title, columns, rows), ("rate",), periods_finding(report, view))


def _curve_row(report: RetentionReport, view: PeriodView, period: MeanPeriod) -> Row:
    low, high = period.interval
    return Row(
        {
            "period": Cell(f"{with_capital(view.unit)} {period.number}"),
            "size": Cell(period.size, _mean_rows(report, view, period, are_back=False)),
            "active": Cell(period.active, _mean_rows(report, view, period, are_back=True)),
            "rate": Cell(period.retention_rate),
            "low": Cell(low),
            "high": Cell(high),
        }
    )


def periods_finding(report: RetentionReport, view: PeriodView) -> str:
    """Of the first period after the start and the last that enough people have completed, with their intervals."""
    told = [period for period in report.mean if period.size >= FEWEST]
    if not told:
        return f"Fewer than {FEWEST} people have completed their first {view.unit}: too few to say how many come back."
    first = told[min(1, len(told) - 1)]
    ends = [first] if first is told[-1] else [first, told[-1]]
    return f"{'; '.join(_period_text(period, view) for period in ends)}."


def _period_text(period: MeanPeriod, view: PeriodView) -> str:
    low, high = period.interval
    later = " or later" if view.question.mode == "onOrAfter" else ""
    share = f"{percent(period.retention_rate)} came back in {view.unit} {period.number}{later}"
    return f"{share} (between {percent(low)} and {percent(high)} at 95 % confidence)"


def period_groups(source: Source, view: PeriodView) -> SplitTable:
    """A row for each group of the question's split: who began, and who of them came back in periods that are over."""
    question, split = view.question, view.question.split
    if split is None:
        return NOT_SPLIT
    groups, label = retention_groups(source, question), split_label(split)
    periods = max((len(group.report.mean) for group in groups), default=0)
    columns = (
        Column("group", label),
        Column.of("cohort_size", key="size", label=view.of_whom),
        *map(view.column, range(periods)),
    )
    rows = tuple(_group_row(group, view) for group in groups)
    table = Table(KEY, f"By {label[:1].lower()}{label[1:]}", columns, rows)
    return SplitTable((table,), overlap(split))


def _group_row(group: RetentionGroup, view: PeriodView) -> Row:
    report = group.report
    cells = {
        _period(period.number): Cell(
            view.value(period),
            _rows_of_group(group, view, _mean_rows(report, view, period, are_back=True)),
            beside=_of_cohorts(period),
        )
        for period in report.mean
    }
    whole = cell_list(view.question, view.window) if _is_told(report, view, len(report.cohorts)) else None
    name = Cell(shown_name(group.group, group.name, group.values))
    return Row(
        {"group": name, "size": Cell(report.size, _rows_of_group(group, view, whole)), **cells},
        link=link_of_group(group.group),
    )


def _rows_of_group(group: RetentionGroup, view: PeriodView, rows: PeopleList | None) -> AnyList | None:
    if rows is None or not isinstance(rows.choice, CohortCell):
        return None
    if group.group.by.subject is Subject.PEOPLE:
        return under_conditions(rows, in_group(view.question, group.group).part)
    return replace(rows, choice=replace(rows.choice, group=group.group))
