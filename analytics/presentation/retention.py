"""Do people stay? A heat map of cohorts by week, and the curve of all of them together."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from analytics.ledger import Source
from analytics.lists import AnyList, ContactList, OrderList, under_conditions
from analytics.lists.member_orders import MemberOrders
from analytics.metrics import known_rate, mean_units, rate
from analytics.money import Amount
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
from analytics.presentation.net_money import amounts_text, net_money_gaps
from analytics.presentation.presentation import Presentation
from analytics.presentation.tables import NOTHING, Cell, Column, Kind, Row, Table, Value
from analytics.questions.fields import Subject
from analytics.questions.ltv import LtvStart
from analytics.questions.questions import REVENUE, CohortsQuestion, Question
from analytics.reports.cohort_groups import CohortGroup, WeekCell, cohort_groups
from analytics.reports.cohort_splits import CohortsOfGroup, split_cohorts
from analytics.reports.cohorts import MAX_WEEKS, CohortsReport, WeekTotals, cohorts
from analytics.reports.splits import in_group


class CohortFigure(StrEnum):
    """What the cells of a heat map say: shares of the contacts, how many they are, or what they brought in."""

    PERCENT = "percent"
    COUNTS = "counts"
    MONEY = "money"

    @property
    def kind(self) -> Kind:
        return {"percent": Kind.SHARE, "counts": Kind.COUNT, "money": Kind.MONEY}[self.value]


COHORT_UNITS = {Interval.DAY: "day", Interval.WEEK: "week", Interval.MONTH: "month"}


@dataclass(frozen=True)
class CohortView:
    """What the cohorts are of and by, and what their cells say; amounts are in the currency."""

    window: Window
    unit: Interval
    shows: CohortFigure = CohortFigure.PERCENT
    currency: str = ""

    def column(self, number: int) -> Column:
        currency = self.currency if self.shows is CohortFigure.MONEY else ""
        return Column(_week(number), f"Week {number}", self.shows.kind, currency=currency)

    def value(self, week: WeekCell | WeekTotals) -> Value:
        match self.shows:
            case CohortFigure.MONEY:
                return Amount(self.currency, week.money.converted if week.money else 0)
            case CohortFigure.COUNTS:
                return week.active
        return known_rate(week.active, week.size)


def show_retention(source: Source, question: Question) -> Presentation:
    """Shows cohorts by day, week or month of signup, as the question's interval has it, with any activity."""
    if not isinstance(question, CohortsQuestion):
        question = question.with_params(CohortsQuestion)
    shows = CohortFigure.MONEY if question.metric == REVENUE else CohortFigure.PERCENT
    view = CohortView(question.window, question.interval, shows, source.workspace.currency)
    return retention_presentation(cohorts(source, question), view, cohorts_table(source, question, view))


def cohorts_table(source: Source, question: CohortsQuestion, view: CohortView) -> SplitTable:
    """A row for each group of the question's split: its contacts, and who of them came back in weeks that are over."""
    split = question.split
    if split is None:
        return NOT_SPLIT
    groups = split_cohorts(source, question)
    label, weeks = split_label(split), max((len(group.report.weeks) for group in groups), default=0)
    columns = (
        Column("group", label),
        Column.of("cohort_size", key="size", label="Contacts"),
        *map(view.column, range(weeks)),
    )
    rows = tuple(_row_of_group(group, question, view) for group in groups)
    table = Table(KEY, f"By {label[:1].lower()}{label[1:]}", columns, rows)
    return SplitTable((table,), overlap(split))


def _row_of_group(group: CohortsOfGroup, question: CohortsQuestion, view: CohortView) -> Row:
    report, asked, window = group.report, in_group(question, group.group), question.window

    def rows_behind(rows: AnyList) -> AnyList | None:
        """Of who is in it by what they did first there is no list."""
        is_of_people = group.group.by.subject is Subject.PEOPLE
        return under_conditions(rows, asked.part) if is_of_people else None

    cells = {
        "group": Cell(shown_name(group.group, group.name, group.values)),
        "size": Cell(report.size, rows_behind(ContactList(window))),
    }
    for week in report.weeks:
        opens = rows_behind(_of_ended_week(report, week.week, view))
        cells[_week(week.week)] = Cell(view.value(week), opens, beside=_share_text(week))
    return Row(cells, link=link_of_group(group.group))


def retention_presentation(report: CohortsReport, view: CohortView, split: SplitTable = NOT_SPLIT) -> Presentation:
    """`split` has the groups of the contacts."""
    groups = list(cohort_groups(report.cohorts, view.window, view.unit))
    members = MemberOrders(LtvStart.SIGNUP, view.window, None, 0, MAX_WEEKS - 1)
    return Presentation(
        meta=report.meta,
        charts=(_curve(report, view),) if report.weeks else (),
        tables=(_heat_map(groups, report, view), *split.tables),
        notices=split.notices,
        money_gaps=net_money_gaps(report.money, members, view.currency) if report.is_of_money else (),
    )


def _week(number: int) -> str:
    return f"week_{number}"


def _heat_map(groups: Sequence[CohortGroup], report: CohortsReport, view: CohortView) -> Table:
    weeks = max((len(group.weeks) for group in groups), default=0)
    columns = (
        Column("cohort", "Signed up"),
        Column.of("cohort_size", key="size", label="Contacts"),
        *map(view.column, range(weeks)),
    )
    what = "Net revenue" if view.shows is CohortFigure.MONEY else "Retention"
    most = max((_worth(week) for group in groups for week in group.weeks), default=0)
    return Table(
        "cohorts",
        f"{what} by signup {COHORT_UNITS[view.unit]}",
        columns,
        tuple(_row(group, report.metric, view, most) for group in groups),
        foot=_average(report, view),
        ends_with_newest=True,
    )


def _row(group: CohortGroup, metric: str, view: CohortView, most: int) -> Row:
    first, last = group.bucket.first_day, group.bucket.last_day
    of_group = Window.between(first, last, zone=view.window.zone)
    name = formats.day(first) if view.unit is Interval.DAY else formats.days(first, last)
    weeks = {
        _week(number): Cell(
            view.value(week),
            _rows_behind(of_group, number, metric, view),
            beside=_of_all(week),
            is_unfinished=not week.ended,
            weight=_weight(week, view, most),
        )
        for number, week in enumerate(group.weeks)
    }
    return Row({"cohort": Cell(name), "size": Cell(group.size, ContactList(of_group)), **weeks})


def _rows_behind(signed_up: Window, week: int, metric: str, view: CohortView) -> AnyList:
    """Those active in the week or, behind an amount, the orders of all of them in it."""
    if view.shows is CohortFigure.MONEY:
        return OrderList(members=MemberOrders(LtvStart.SIGNUP, signed_up, None, week, week))
    return ContactList(signed_up, week, metric)


def _worth(week: WeekCell) -> int:
    """What each of the contacts brought in."""
    return mean_units(week.money.converted, week.size) if week.money else 0


def _weight(week: WeekCell, view: CohortView, most: int) -> float:
    """Of amounts by contact: cohorts are of different size."""
    if view.shows is not CohortFigure.MONEY:
        return week.retention_rate
    return rate(max(0, _worth(week)), max(1, most))


def _of_all(week: WeekCell) -> str:
    return _share_text(week) if week.ended else f"{_share_text(week)}, not complete yet"


def _share_text(week: WeekCell | WeekTotals) -> str:
    """1 of 3; of revenue, 1 of 3 ordered: 20.00 EUR, 7.00 USD"""
    share = f"{formats.count(week.active)} of {formats.count(week.size)}"
    if week.money is None:
        return share
    amounts = amounts_text(week.money.by_currency)
    return f"{share} ordered{f': {amounts}' if amounts else ''}"


def _average(report: CohortsReport, view: CohortView) -> Row | None:
    """All cohorts taken together, of the weeks that are over: a mean weighted by their sizes, or the sum of amounts."""
    if not report.weeks:
        return None
    weeks = {
        _week(week.week): Cell(view.value(week), _of_ended_week(report, week.week, view), beside=_share_text(week))
        for week in report.weeks
    }
    what = "Total" if view.shows is CohortFigure.MONEY else "Average"
    size = Cell(report.size, ContactList(view.window))
    return Row({"cohort": Cell(f"{what} (completed weeks)"), "size": size, **weeks})


def _of_ended_week(report: CohortsReport, week: int, view: CohortView) -> AnyList:
    """Of all cohorts for which the week is over."""
    return _rows_behind(_days_of_ended_week(report, view.window, week), week, report.metric, view)


def _days_of_ended_week(report: CohortsReport, window: Window, week: int) -> Window:
    return Window.between(window.first_day, report.last_day_over(week), zone=window.zone)


def _curve(report: CohortsReport, view: CohortView) -> Chart:
    window, is_money = view.window, view.shows is CohortFigure.MONEY
    columns = (
        Column("week", "Week after signup"),
        Column.of("cohort_size", key="size", label="Contacts"),
        Column.of("active_contacts", key="active"),
        Column.of("retention_rate", key="rate"),
        *((Column("worth", "Net revenue per contact", Kind.MONEY, currency=view.currency),) if is_money else ()),
    )
    rows = tuple(
        Row(
            {
                "week": Cell(f"Week {week.week}"),
                "size": Cell(week.size, ContactList(_days_of_ended_week(report, window, week.week))),
                "active": Cell(
                    week.active,
                    ContactList(_days_of_ended_week(report, window, week.week), week.week, report.metric),
                ),
                "rate": Cell(week.retention_rate),
                "worth": Cell(Amount(view.currency, mean_units(week.money.converted, week.size)))
                if week.money
                else NOTHING,
            }
        )
        for week in report.weeks
    )
    title = "Net revenue per contact, all cohorts" if is_money else "Retention, all cohorts"
    finding = findings.worth_by_week(report, view.currency) if is_money else findings.retention(report)
    return Chart(
        ChartKind.LINE, title, Table("weeks", title, columns, rows), ("worth" if is_money else "rate",), finding
    )
