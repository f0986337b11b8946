"""Do people stay? A heat map of cohorts by week, and the curve of all of them together."""

from collections.abc import Sequence
from dataclasses import dataclass

from analytics.ledger import Source
from analytics.lists import AnyList, ContactList, under_conditions
from analytics.metrics import known_rate
from analytics.periods import Interval, Window
from analytics.presentation import findings, formats
from analytics.presentation.charts import Chart, ChartKind
from analytics.presentation.groups import (
    KEY,
    NOT_SPLIT,
    SplitTable,
    link_of_group,
    overlap,
    shown_name,
    split_label,
)
from analytics.presentation.presentation import Presentation
from analytics.presentation.tables import Cell, Column, Kind, Row, Table
from analytics.questions.fields import Subject
from analytics.questions.questions import CohortsQuestion, Question
from analytics.reports.cohort_groups import CohortGroup, WeekCell, cohort_groups
from analytics.reports.cohort_splits import CohortsOfGroup, split_cohorts
from analytics.reports.cohorts import CohortsReport, cohorts
from analytics.reports.splits import in_group

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
    view = CohortView(question.window, question.interval)
    return retention_presentation(cohorts(source, question), view, cohorts_table(source, question, as_counts=False))


def cohorts_table(source: Source, question: CohortsQuestion, *, as_counts: bool) -> SplitTable:
    """A row for each group of the question's split: its contacts, and who of them came back in weeks that are over."""
    split = question.split
    if split is None:
        return NOT_SPLIT
    groups = split_cohorts(source, question)
    label, weeks = split_label(split), max((len(group.report.weeks) for group in groups), default=0)
    kind = Kind.COUNT if as_counts else Kind.SHARE
    columns = (
        Column("group", label),
        Column.of("cohort_size", key="size", label="Contacts"),
        *(Column(_week(number), f"Week {number}", kind) for number in range(weeks)),
    )
    rows = tuple(_row_of_group(group, question, as_counts=as_counts) for group in groups)
    table = Table(KEY, f"By {label[:1].lower()}{label[1:]}", columns, rows)
    return SplitTable((table,), overlap(split))


def _row_of_group(group: CohortsOfGroup, question: CohortsQuestion, *, as_counts: bool) -> Row:
    report, asked, window = group.report, in_group(question, group.group), question.window

    def rows_behind(contacts: ContactList) -> AnyList | None:
        """Of who is in it by what they did first there is no list."""
        is_of_people = group.group.by.subject is Subject.PEOPLE
        return under_conditions(contacts, asked.part) if is_of_people else None

    cells = {
        "group": Cell(shown_name(group.group, group.name, group.values)),
        "size": Cell(report.size, rows_behind(ContactList(window))),
    }
    for week in report.weeks:
        share = f"{formats.count(week.active)} of {formats.count(week.size)}"
        value = week.active if as_counts else known_rate(week.active, week.size)
        cells[_week(week.week)] = Cell(value, rows_behind(_active(report, window, week.week)), beside=share)
    return Row(cells, link=link_of_group(group.group))


def retention_presentation(report: CohortsReport, view: CohortView, split: SplitTable = NOT_SPLIT) -> Presentation:
    """`split` has the groups of the contacts."""
    groups = list(cohort_groups(report.cohorts, view.window, view.unit))
    return Presentation(
        meta=report.meta,
        charts=(_curve(report, view.window),) if report.weeks else (),
        tables=(_heat_map(groups, report, view), *split.tables),
        notices=split.notices,
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
