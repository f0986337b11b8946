"""Who comes back: a heat map of cohorts by period since people began, and the curve of all of them together."""

from bisect import bisect_right
from dataclasses import replace

from analytics.ledger import Source
from analytics.lists.cohort_people import cell_list, orders_of_cell
from analytics.metrics import known_rate
from analytics.periods import OF_WHOLE_DAYS, Interval
from analytics.presentation.conditions import NO_NAMES, ConditionNames
from analytics.presentation.groups import NOT_SPLIT, SplitTable
from analytics.presentation.money import MoneyGap
from analytics.presentation.net_money import gaps_of_orders
from analytics.presentation.presentation import Presentation
from analytics.presentation.retention.cells import (
    FEWEST,
    PeriodView,
    is_told,
    mean_rows,
    of_cohorts,
    period_key,
    share_text,
    whole_list,
    worth,
)
from analytics.presentation.retention.curve import retention_curve
from analytics.presentation.retention.groups import period_groups
from analytics.presentation.tables import Cell, Column, Row, Table
from analytics.questions.questions import ACTIVITIES, CohortsQuestion, Question
from analytics.questions.retention import RetentionQuestion, fitting_interval
from analytics.reports.answers import Answer, compared_answer
from analytics.reports.retention.report import RetentionCell, RetentionCohort, RetentionReport, retention_report


def show_retention(source: Source, question: Question, names: ConditionNames = NO_NAMES) -> Presentation:
    """Shows cohorts by day, week or month of signup, as the question's interval has it, and weeks since.

    `names` are those of what people begin with.
    """
    if not isinstance(question, RetentionQuestion):
        metric = question.metric if isinstance(question, CohortsQuestion) else ACTIVITIES[0]
        question = question.with_params(RetentionQuestion, metric=metric)
    wanted = question.interval if question.interval in OF_WHOLE_DAYS else Interval.DAY
    question = replace(question, interval=fitting_interval(question, wanted) or Interval.MONTH)
    view = PeriodView.of(question, source.workspace.currency, names)
    answer = compared_answer(retention_report, source, question)
    return periods_presentation(answer, view, period_groups(source, view))


def periods_presentation(
    answer: Answer[RetentionReport], view: PeriodView, split: SplitTable = NOT_SPLIT
) -> Presentation:
    """`split` has the groups of those who began."""
    report = answer.report
    return Presentation(
        meta=report.meta,
        charts=(retention_curve(answer, view),) if report.mean else (),
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
    name = Cell(view.name_of(cohort.bucket))
    return Row({"cohort": name, "size": size, **cells}, label=view.short_name_of(cohort.bucket))


def _weight(cell: RetentionCell, view: PeriodView, ranks: list[float]) -> float:
    """The share of cells after the first period that are no darker."""
    if not _is_ranked(cell, view):
        return 0.0
    return known_rate(bisect_right(ranks, view.rank(cell)), len(ranks)) or 0.0


def _of_all(cell: RetentionCell) -> str:
    few = f", fewer than {FEWEST} people" if cell.size < FEWEST else ""
    return f"{share_text(cell)}{'' if cell.is_complete else ', not complete yet'}{few}"


def _average(report: RetentionReport, view: PeriodView) -> Row | None:
    if not report.mean:
        return None
    cells = {
        period_key(period.number): Cell(view.value(period), mean_rows(report, view, period), beside=of_cohorts(period))
        for period in report.mean
    }
    what = f"{'Total' if view.is_of_money else 'Average'} (completed {view.unit}s)"
    return Row({"cohort": Cell(what), "size": Cell(report.size, whole_list(report, view)), **cells})
