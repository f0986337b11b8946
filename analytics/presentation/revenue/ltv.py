"""What are people worth, and after how long? A heat map of cohorts by age, and their curves."""

from collections.abc import Sequence

from analytics.ledger import Source
from analytics.lists import OrderList, PeopleList
from analytics.lists.member_orders import MemberOrders
from analytics.metrics import rate
from analytics.money import Amount
from analytics.periods import Window
from analytics.presentation import findings, formats
from analytics.presentation.charts import Chart, ChartKind
from analytics.presentation.conditions import group_name
from analytics.presentation.net_money import net_money_gaps
from analytics.presentation.presentation import Presentation
from analytics.presentation.tables import NOTHING, Cell, Column, Kind, Row, Table
from analytics.questions.groups import Group
from analytics.questions.ltv import LtvBy, LtvQuestion, LtvStart
from analytics.questions.questions import Question
from analytics.reports.revenue.ltv import LtvReport, ValueByAge, ValueCohort, ltv, payback

START_LABELS = {LtvStart.SIGNUP: "Signup", LtvStart.FIRST_ORDER: "First order"}
BY_LABELS = {
    LtvBy.WEEK: "Week",
    LtvBy.MONTH: "Month",
    LtvBy.SOURCE: "Source of first touch",
    LtvBy.CAMPAIGN: "UTM campaign of first touch",
}
CURVES = 3
"""Of how many cohorts curves are drawn beside the mean."""


def show_ltv(source: Source, question: Question) -> Presentation:
    if not isinstance(question, LtvQuestion):
        question = question.with_params(LtvQuestion)
    return ltv_presentation(ltv(source, question), question)


def ltv_presentation(report: LtvReport, question: LtvQuestion) -> Presentation:
    members = MemberOrders(question.start, question.window, None, None, question.horizon - 1)
    return Presentation(
        meta=report.meta,
        charts=(_curves(report, question),) if report.mean else (),
        tables=(_heat_map(report, question),),
        money_gaps=net_money_gaps(report.money, members, report.currency),
    )


def _heat_map(report: LtvReport, question: LtvQuestion) -> Table:
    weeks = max((len(cohort.ages) for cohort in report.cohorts), default=0)
    most = max((of_age.value for cohort in report.cohorts for of_age in cohort.ages), default=0)
    columns = (
        Column("cohort", _cohort_label(question)),
        Column("members", "People", Kind.COUNT),
        *((Column("payback", "Paid back in"),) if question.cost is not None else ()),
        *(Column(_week(number), f"Week {number}", Kind.MONEY, currency=report.currency) for number in range(weeks)),
    )
    rows = tuple(_row(cohort, question, report.currency, most) for cohort in report.cohorts)
    return Table("cohorts", "Value per person by age", columns, rows, foot=_mean(report, question))


def _cohort_label(question: LtvQuestion) -> str:
    return START_LABELS[question.start] if question.by.interval else BY_LABELS[question.by]


def _week(number: int) -> str:
    return f"week_{number}"


def _row(cohort: ValueCohort, question: LtvQuestion, currency: str, most: int) -> Row:
    window = Window.between(cohort.bucket.first_day, cohort.bucket.last_day, zone=question.window.zone)
    weeks = {
        _week(of_age.age): Cell(
            Amount(currency, of_age.value),
            _orders(question, window, cohort.group, of_age.age),
            beside=_sum_text(of_age, currency),
            is_unfinished=not of_age.is_complete,
            weight=rate(max(0, of_age.value), max(1, most)),
        )
        for of_age in cohort.ages
    }
    people = PeopleList(window, cohort=question.start, group=cohort.group)
    named = {"cohort": Cell(cohort_name(cohort)), "members": Cell(cohort.members, people)}
    return Row({**named, "payback": _payback_cell(cohort.ages, question), **weeks})


def cohort_name(cohort: ValueCohort) -> str:
    if cohort.group is None:
        return formats.days(cohort.bucket.first_day, cohort.bucket.last_day)
    if cohort.group.is_rest:
        return f"Other ({formats.count(cohort.values)})"
    return group_name(cohort.group)


def _orders(question: LtvQuestion, began: Window, group: Group | None, age: int) -> OrderList:
    return OrderList(members=MemberOrders(question.start, began, group, None, age))


def _sum_text(of_age: ValueByAge, currency: str) -> str:
    """20.00 EUR of 3 people; one that will still change says so."""
    amount = formats.amount_text(Amount(currency, of_age.money.converted))
    text = f"{amount} of {formats.count_of(of_age.members, 'person', 'people')}"
    return text if of_age.is_complete else f"{text}, not complete yet"


def _payback_cell(ages: Sequence[ValueByAge], question: LtvQuestion) -> Cell:
    if question.cost is None:
        return NOTHING
    age = payback(ages, question.cost)
    return Cell("Not yet" if age is None else f"Week {age}")


def _mean(report: LtvReport, question: LtvQuestion) -> Row | None:
    """All cohorts that are complete at an age: a mean weighted by their people."""
    if not report.mean:
        return None
    weeks = {
        _week(of_age.age): Cell(
            Amount(report.currency, of_age.value),
            _orders(question, _days_complete(report, question, of_age.age), None, of_age.age),
            beside=_sum_text(of_age, report.currency),
        )
        for of_age in report.mean
    }
    people = PeopleList(question.window, cohort=question.start)
    named = {"cohort": Cell("Average (completed weeks)"), "members": Cell(report.members, people)}
    return Row({**named, "payback": _payback_cell(report.mean, question), **weeks})


def _days_complete(report: LtvReport, question: LtvQuestion, age: int) -> Window:
    return Window.between(*report.days_complete(age), zone=question.window.zone)


def _curves(report: LtvReport, question: LtvQuestion) -> Chart:
    """Of the mean and some cohorts, the newest or the largest, as far as they are complete."""
    complete = [cohort for cohort in report.cohorts if cohort.ages and cohort.ages[0].is_complete]
    shown = complete[-CURVES:] if question.by.interval else complete[:CURVES]
    keys = [f"cohort_{place}" for place in range(len(shown))]

    def column(key: str, label: str) -> Column:
        return Column(key, label, Kind.MONEY, currency=report.currency)

    columns = (
        Column("week", "Week of age"),
        column("mean", "Average"),
        *(column(key, cohort_name(cohort)) for key, cohort in zip(keys, shown, strict=True)),
        *((column("cost", "Cost"),) if question.cost is not None else ()),
    )
    rows = tuple(_curve_row(report, question, dict(zip(keys, shown, strict=True)), age) for age in report.mean)
    drawn = tuple(column.key for column in columns[1:])
    title = "Value per person, completed weeks"
    return Chart(
        ChartKind.LINE,
        title,
        Table("curves", title, columns, rows),
        drawn,
        findings.value_by_age(report, question.cost),
    )


def _curve_row(report: LtvReport, question: LtvQuestion, cohorts: dict[str, ValueCohort], mean: ValueByAge) -> Row:
    age, currency = mean.age, report.currency
    cells = {
        "week": Cell(f"Week {age}"),
        "mean": Cell(Amount(currency, mean.value), _orders(question, _days_complete(report, question, age), None, age)),
        "cost": NOTHING if question.cost is None else Cell(Amount(currency, question.cost)),
    }
    for key, cohort in cohorts.items():
        is_there = len(cohort.ages) > age and cohort.ages[age].is_complete
        window = Window.between(cohort.bucket.first_day, cohort.bucket.last_day, zone=question.window.zone)
        orders = _orders(question, window, cohort.group, age)
        cells[key] = Cell(Amount(currency, cohort.ages[age].value), orders) if is_there else NOTHING
    return Row(cells)
