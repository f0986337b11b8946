"""Do people stay? A heat map of cohorts by week, and the curve of all of them together."""

from collections.abc import Sequence
from dataclasses import dataclass

from analytics.ledger import Source
from analytics.lists import ContactList
from analytics.periods import Interval, Window
from analytics.presentation import findings, formats
from analytics.presentation.charts import Chart, ChartKind
from analytics.presentation.presentation import Presentation
from analytics.presentation.tables import Cell, Column, Kind, Row, Table
from analytics.questions.questions import CohortsQuestion, Question
from analytics.reports.cohort_groups import CohortGroup, WeekCell, cohort_groups
from analytics.reports.cohorts import CohortsReport, cohorts

COHORT_UNITS = {Interval.DAY: "day", Interval.WEEK: "week", Interval.MONTH: "month"}


@dataclass(frozen=True)
class CohortView:
    """What the cohorts are of and by, and whether their cells say contacts or shares of them."""

    window: Window
    unit: Interval
    as_counts: bool = False


def show_retention(source: Source, question: Question) -> Presentation:
    """Shows cohorts by day, week or month of signup, as the question's interval has it, with any activity."""
    if not isinstance(question, CohortsQuestion):
        question = question.with_params(CohortsQuestion)
    return retention_presentation(cohorts(source, question), CohortView(question.window, question.interval))


def retention_presentation(report: CohortsReport, view: CohortView) -> Presentation:
    groups = list(cohort_groups(report.cohorts, view.window, view.unit))
    return Presentation(
        meta=report.meta,
        charts=(_curve(report, view.window),) if report.weeks else (),
        tables=(_heat_map(groups, report, view),),
    )


def _week(number: int) -> str:
    return f"week_{number}"


def _heat_map(groups: Sequence[CohortGroup], report: CohortsReport, view: CohortView) -> Table:
    weeks = max((len(group.weeks) for group in groups), default=0)
    kind = Kind.COUNT if view.as_counts else Kind.SHARE
    columns = (
        Column("cohort", "Signed up"),
        Column.of("cohort_size", key="size", label="Contacts"),
        *(Column(_week(number), f"Week {number}", kind) for number in range(weeks)),
    )
    return Table(
        "cohorts",
        f"Retention by signup {COHORT_UNITS[view.unit]}",
        columns,
        tuple(_row(group, report.metric, view) for group in groups),
        foot=_average(report, view),
        ends_with_newest=True,
    )


def _row(group: CohortGroup, metric: str, view: CohortView) -> Row:
    first, last = group.bucket.first_day, group.bucket.last_day
    of_group = Window.between(first, last, zone=view.window.zone)
    name = formats.day(first) if view.unit is Interval.DAY else formats.days(first, last)
    weeks = {
        _week(number): Cell(
            week.active if view.as_counts else week.retention_rate,
            ContactList(of_group, number, metric),
            beside=_of_all(week),
            is_unfinished=not week.ended,
            weight=week.retention_rate,
        )
        for number, week in enumerate(group.weeks)
    }
    return Row({"cohort": Cell(name), "size": Cell(group.size, ContactList(of_group)), **weeks})


def _of_all(week: WeekCell) -> str:
    share = f"{formats.count(week.active)} of {formats.count(week.size)}"
    return share if week.ended else f"{share}, not complete yet"


def _average(report: CohortsReport, view: CohortView) -> Row | None:
    """All cohorts taken together: a mean weighted by their sizes, of the weeks that are over."""
    if not report.weeks:
        return None
    weeks = {
        _week(week.week): Cell(
            week.active if view.as_counts else week.retention_rate,
            _active(report, view.window, week.week),
            beside=f"{formats.count(week.active)} of {formats.count(week.size)}",
        )
        for week in report.weeks
    }
    size = Cell(report.size, ContactList(view.window))
    return Row({"cohort": Cell("Average (completed weeks)"), "size": size, **weeks})


def _active(report: CohortsReport, window: Window, week: int) -> ContactList:
    """Those of all cohorts for which the week is over."""
    return ContactList(_days_of_ended_week(report, window, week), week, report.metric)


def _days_of_ended_week(report: CohortsReport, window: Window, week: int) -> Window:
    return Window.between(window.first_day, report.last_day_over(week), zone=window.zone)


def _curve(report: CohortsReport, window: Window) -> Chart:
    columns = (
        Column("week", "Week after signup"),
        Column.of("cohort_size", key="size", label="Contacts"),
        Column.of("active_contacts", key="active"),
        Column.of("retention_rate", key="rate"),
    )
    rows = tuple(
        Row(
            {
                "week": Cell(f"Week {week.week}"),
                "size": Cell(week.size, ContactList(_days_of_ended_week(report, window, week.week))),
                "active": Cell(week.active, _active(report, window, week.week)),
                "rate": Cell(week.retention_rate),
            }
        )
        for week in report.weeks
    )
    table = Table("weeks", "Retention, all cohorts", columns, rows)
    return Chart(ChartKind.LINE, "Retention, all cohorts", table, ("rate",), findings.retention(report))
