"""How many come back, all cohorts together: the curve over the periods since they began, and that of others before."""

from analytics.lists.cohort_people import cell_list
from analytics.money import Amount
from analytics.presentation.charts import Chart, ChartKind
from analytics.presentation.formats import amount_text, days, in_period, percent, points, with_capital
from analytics.presentation.retention.cells import FEWEST, PeriodView, days_of_mean, worth
from analytics.presentation.tables import Cell, Column, Kind, Row, Table
from analytics.reports.answers import Answer
from analytics.reports.retention.changes import PeriodChange, period_changes
from analytics.reports.retention.report import MeanPeriod, RetentionReport


def retention_curve(answer: Answer[RetentionReport], view: PeriodView) -> Chart:
    """Of a report in which some cohort has completed a period."""
    report, before = answer.report, _means_before(answer)
    worths = (_worth_column(view),) if view.is_of_money else ()
    columns = (
        Column("period", f"{with_capital(view.unit)} since the start"),
        Column.of("cohort_size", key="size", label=view.of_whom),
        Column.of("active_contacts", key="active", label="Came back"),
        Column.of("retention_rate", key="rate"),
        Column("low", "95% CI from", Kind.SHARE),
        Column("high", "to", Kind.SHARE),
        *worths,
        *(_compared_columns(view) if before else ()),
    )
    changes = _changes(answer)
    rows = tuple(
        Row({**_cells(report, view, period), **_cells_before(period.number, before, changes, view)})
        for period in report.mean
    )
    drawn = "worth" if view.is_of_money else "rate"
    title = f"{_worth_column(view).label if view.is_of_money else 'Retention'}, all cohorts"
    finding = worth_finding(report, view) if view.is_of_money else periods_finding(answer, view)
    table = Table("weeks", title, columns, rows)
    return Chart(ChartKind.LINE, title, table, (drawn,), finding, previous=f"{drawn}_before" if before else "")


def _means_before(answer: Answer[RetentionReport]) -> tuple[MeanPeriod, ...]:
    return answer.compared.mean if answer.compared else ()


def _changes(answer: Answer[RetentionReport]) -> tuple[PeriodChange, ...]:
    """Of the days that are over and have a partner, at the same age."""
    if answer.complete is None or answer.compared is None:
        return ()
    return period_changes(answer.complete.mean, answer.compared.mean)


def _worth_column(view: PeriodView) -> Column:
    label = f"Net revenue per {'contact' if view.question.start.act is None else 'person'}"
    return Column("worth", label, Kind.MONEY, currency=view.currency)


def _compared_columns(view: PeriodView) -> tuple[Column, ...]:
    worth_before = Column("worth_before", "Net revenue each, compared", Kind.MONEY, currency=view.currency)
    return (
        Column("rate_before", "Retention, compared", Kind.SHARE),
        Column("difference", "Difference", Kind.POINTS),
        Column("difference_low", "Difference, 95% CI from", Kind.POINTS),
        Column("difference_high", "Difference, 95% CI to", Kind.POINTS),
        *((worth_before,) if view.is_of_money else ()),
    )


def _cells(report: RetentionReport, view: PeriodView, period: MeanPeriod) -> dict[str, Cell]:
    low, high = (round(end, 3) for end in period.interval)
    question, began = view.question, days_of_mean(report, view, period)
    return {
        "period": Cell(f"{with_capital(view.unit)} {period.number}"),
        "size": Cell(period.size, cell_list(question, began) if began else None),
        "active": Cell(period.active, cell_list(question, began, period.number, are_back=True) if began else None),
        "rate": Cell(period.retention_rate),
        "low": Cell(low),
        "high": Cell(high),
        "worth": Cell(Amount(view.currency, worth(period))),
    }


def _cells_before(
    number: int, before: tuple[MeanPeriod, ...], changes: tuple[PeriodChange, ...], view: PeriodView
) -> dict[str, Cell]:
    """Nothing where no cohort of those compared with has completed the period."""
    compared = view.question.compared_window
    if number >= len(before) or compared is None:
        return {}
    beside = days(compared.first_day, compared.last_day)
    cells = {
        "rate_before": Cell(before[number].retention_rate, beside=beside),
        "worth_before": Cell(Amount(view.currency, worth(before[number])), beside=beside),
    }
    if number >= len(changes):
        return cells
    change = changes[number]
    low, high = (round(end, 3) for end in change.interval)
    of_change = {"difference": Cell(round(change.difference, 3)), "difference_low": Cell(low)}
    return {**cells, **of_change, "difference_high": Cell(high)}


def periods_finding(answer: Answer[RetentionReport], view: PeriodView) -> str:
    """Of the first period after the start and the last that enough people have completed, with their intervals; of the
    first also how it differs from those compared with."""
    told = [period for period in answer.report.mean if period.size >= FEWEST]
    if not told:
        return f"Fewer than {FEWEST} people have completed their first {view.unit}: too few to say how many come back."
    first = told[min(1, len(told) - 1)]
    ends = [first] if first is told[-1] else [first, told[-1]]
    shares = "; ".join(_period_text(period, view) for period in ends)
    return f"{shares}.{_difference_text(_changes(answer), first.number, view)}"


def _difference_text(changes: tuple[PeriodChange, ...], number: int, view: PeriodView) -> str:
    """Nothing of fewer people than sentences are made of."""
    change = next((change for change in changes if change.number == number), None)
    if change is None or min(change.now.size, change.before.size) < FEWEST:
        return ""
    low, high = change.interval
    chance = ", which may be chance" if low <= 0 <= high else ""
    difference = f"{points(change.difference)} against those compared with{chance}"
    between = f"{points(low, unit=False)} to {points(high, unit=False)}"
    return f" {with_capital(in_period(view.unit, number))} that is {difference} (95% CI {between})."


def _period_text(period: MeanPeriod, view: PeriodView) -> str:
    low, high = period.interval
    later = " or later" if view.question.mode == "onOrAfter" else ""
    share = f"{percent(period.retention_rate)} came back {in_period(view.unit, period.number)}{later}"
    return f"{share} (95% CI {percent(low)} to {percent(high)})"


def worth_finding(report: RetentionReport, view: PeriodView) -> str:
    """What each of those who began brought in in the first period, and in the last that any have completed."""
    first, last = report.mean[0], report.mean[-1]
    who = "contact" if view.question.start.act is None else "person"
    later = " or later" if view.question.mode == "onOrAfter" else ""
    ends = [first] if first is last else [first, last]
    periods = [(amount_text(Amount(view.currency, worth(each))), in_period(view.unit, each.number)) for each in ends]
    worths = (f"{amount} {period}{later}" for amount, period in periods)
    return f"Each {who} brought in {', '.join(worths)}."
