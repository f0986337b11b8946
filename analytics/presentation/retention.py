"""Who comes back: a heat map of cohorts by period since people began, and the curve of all of them together."""

from bisect import bisect_right
from dataclasses import replace

from analytics.ledger import Source
from analytics.lists import OrderList, PeopleList
from analytics.lists.cohort_people import cell_list, orders_of_cell
from analytics.metrics import known_rate
from analytics.money import Amount
from analytics.periods import OF_WHOLE_DAYS, Interval, Window
from analytics.presentation.charts import Chart, ChartKind
from analytics.presentation.formats import amount_text, count, percent, with_capital
from analytics.presentation.groups import NOT_SPLIT, SplitTable
from analytics.presentation.money import MoneyGap
from analytics.presentation.net_money import gaps_of_orders
from analytics.presentation.presentation import Presentation
from analytics.presentation.retention_view import FEWEST, CohortFigure, PeriodView, period_key, share_text, worth
from analytics.presentation.tables import Cell, Column, Kind, Row, Table
from analytics.questions.questions import ACTIVITIES, REVENUE, CohortsQuestion, Question
from analytics.questions.retention import RetentionQuestion, fitting_interval
from analytics.reports.retention.report import (
    MeanPeriod,
    RetentionCell,
    RetentionCohort,
    RetentionReport,
    retention_report,
)


def show_retention(source: Source, question: Question) -> Presentation:
    """Shows cohorts by day, week or month of signup, as the question's interval has it, and weeks since."""
    if not isinstance(question, RetentionQuestion):
        metric = question.metric if isinstance(question, CohortsQuestion) else ACTIVITIES[0]
        question = question.with_params(RetentionQuestion, metric=metric)
    wanted = question.interval if question.interval in OF_WHOLE_DAYS else Interval.DAY
    question = replace(question, interval=fitting_interval(question, wanted) or Interval.MONTH)
    shows = CohortFigure.MONEY if question.metric == REVENUE else CohortFigure.PERCENT
    view = PeriodView(question, shows, currency=source.workspace.currency)
    return periods_presentation(retention_report(source, question), view)


def periods_presentation(report: RetentionReport, view: PeriodView, split: SplitTable = NOT_SPLIT) -> Presentation:
    """`split` has the groups of those who began."""
    return Presentation(
        meta=report.meta,
        charts=(_curve(report, view),) if report.mean else (),
        tables=(_heat_map(report, view), *split.tables),
        notices=split.notices,
        money_gaps=_gaps(report, view),
    )


def _gaps(report: RetentionReport, view: PeriodView) -> tuple[MoneyGap, ...]:
    """What should be known of its amounts. Of people who may be in several cohorts there is no list of them."""
    if report.money is None:
        return ()
    days_of = report.days_of_cohorts(view.window)
    orders = orders_of_cell(view.question, days_of, view.question.horizon - 1, until=True)
    gaps = gaps_of_orders(report.money, orders, view.currency)
    return gaps if is_told(view, len(report.cohorts)) else tuple(replace(gap, opens=None) for gap in gaps)


def _heat_map(report: RetentionReport, view: PeriodView) -> Table:
    periods = max((len(cohort.cells) for cohort in report.cohorts), default=0)
    cells = (cell for cohort in report.cohorts for cell in cohort.cells[1:])
    ranks = sorted(view.rank(cell) for cell in cells if _is_ranked(cell, view))
    columns = (
        Column("cohort", view.began),
        Column.of("cohort_size", key="size", label=view.of_whom),
        *map(view.column, range(periods)),
    )
    rows = tuple(_row(cohort, view, ranks) for cohort in report.cohorts)
    return Table("cohorts", view.title, columns, rows, foot=_average(report, view), ends_with_newest=True)


def _is_ranked(cell: RetentionCell, view: PeriodView) -> bool:
    """Whether there is anything to colour."""
    return worth(cell) > 0 if view.is_of_money else cell.active > 0


def _row(cohort: RetentionCohort, view: PeriodView, ranks: list[float]) -> Row:
    window = view.days_of(cohort.bucket)
    cells = {
        period_key(number): Cell(
            view.value(cell),
            view.rows_behind(window, number),
            beside=_of_all(cell),
            is_unfinished=not cell.is_complete,
            weight=_weight(cell, view, ranks),
            is_small=cell.size < FEWEST,
        )
        for number, cell in enumerate(cohort.cells)
    }
    size = Cell(cohort.size, cell_list(view.question, window))
    return Row({"cohort": Cell(view.name_of(cohort.bucket)), "size": size, **cells})


def _weight(cell: RetentionCell, view: PeriodView, ranks: list[float]) -> float:
    """The share of cells after the first period that are no darker."""
    if not _is_ranked(cell, view):
        return 0.0
    return known_rate(bisect_right(ranks, view.rank(cell)), len(ranks)) or 0.0


def _of_all(cell: RetentionCell) -> str:
    few = f", fewer than {FEWEST} people" if cell.size < FEWEST else ""
    return f"{share_text(cell)}{'' if cell.is_complete else ', not complete yet'}{few}"


def is_told(view: PeriodView, cohorts: int) -> bool:
    """Whether a sum has a list: nobody is in two of its cohorts."""
    return view.question.start.is_once or cohorts == 1


def whole_list(report: RetentionReport, view: PeriodView) -> PeopleList | None:
    """Of all who began; None where somebody may be in several cohorts."""
    days_of = report.days_of_cohorts(view.window)
    return cell_list(view.question, days_of) if is_told(view, len(report.cohorts)) else None


def mean_rows(report: RetentionReport, view: PeriodView, period: MeanPeriod) -> PeopleList | OrderList | None:
    """Behind what a period of all complete cohorts says."""
    days_of = _days_of_mean(report, view, period)
    return None if days_of is None else view.rows_behind(days_of, period.number)


def _days_of_mean(report: RetentionReport, view: PeriodView, period: MeanPeriod) -> Window | None:
    """On which those began who are in it; None where there is no list of them."""
    days_of = Window.between(*report.days_of_mean(period.number), zone=view.window.zone)
    return days_of if is_told(view, period.cohorts) else None


def _average(report: RetentionReport, view: PeriodView) -> Row | None:
    if not report.mean:
        return None
    cells = {
        period_key(period.number): Cell(view.value(period), mean_rows(report, view, period), beside=of_cohorts(period))
        for period in report.mean
    }
    what = f"{'Total' if view.is_of_money else 'Average'} (completed {view.unit}s)"
    return Row({"cohort": Cell(what), "size": Cell(report.size, whole_list(report, view)), **cells})


def of_cohorts(period: MeanPeriod) -> str:
    """How many of how many came back, in how many cohorts, and how sure that is."""
    low, high = period.interval
    cohorts = f"{count(period.cohorts)} cohort{'' if period.cohorts == 1 else 's'}"
    return f"{share_text(period)}, {cohorts}; 95 % confidence interval {percent(low)} – {percent(high)}"


def _curve(report: RetentionReport, view: PeriodView) -> Chart:
    columns = (
        Column("period", f"{with_capital(view.unit)} since the start"),
        Column.of("cohort_size", key="size", label=view.of_whom),
        Column.of("active_contacts", key="active", label="Came back"),
        Column.of("retention_rate", key="rate"),
        Column("low", "95 % confidence interval from", Kind.SHARE),
        Column("high", "to", Kind.SHARE),
        *([_worth_column(view)] if view.is_of_money else []),
    )
    rows = tuple(_curve_row(report, view, period) for period in report.mean)
    title = f"{_worth_column(view).label if view.is_of_money else 'Retention'}, all cohorts"
    finding = worth_finding(report, view) if view.is_of_money else periods_finding(report, view)
    drawn = "worth" if view.is_of_money else "rate"
    return Chart(ChartKind.LINE, title, Table("weeks", title, columns, rows), (drawn,), finding)


def _worth_column(view: PeriodView) -> Column:
    label = f"Net revenue per {'contact' if view.question.start.act is None else 'person'}"
    return Column("worth", label, Kind.MONEY, currency=view.currency)


def _curve_row(report: RetentionReport, view: PeriodView, period: MeanPeriod) -> Row:
    low, high = (round(end, 3) for end in period.interval)
    question, began = view.question, _days_of_mean(report, view, period)
    return Row(
        {
            "period": Cell(f"{with_capital(view.unit)} {period.number}"),
            "size": Cell(period.size, cell_list(question, began) if began else None),
            "active": Cell(period.active, cell_list(question, began, period.number, are_back=True) if began else None),
            "rate": Cell(period.retention_rate),
            "low": Cell(low),
            "high": Cell(high),
            "worth": Cell(Amount(view.currency, worth(period))),
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


def worth_finding(report: RetentionReport, view: PeriodView) -> str:
    """What each of those who began brought in in the first period, and in the last that any have completed."""
    first, last = report.mean[0], report.mean[-1]
    who = "contact" if view.question.start.act is None else "person"
    later = " or later" if view.question.mode == "onOrAfter" else ""
    ends = [first] if first is last else [first, last]
    worths = (f"{amount_text(Amount(view.currency, worth(each)))} in {view.unit} {each.number}{later}" for each in ends)
    return f"Each {who} brought in {', '.join(worths)}."
