"""What a heat map of cohorts is of, and what its cells say."""

from dataclasses import dataclass
from enum import StrEnum

from analytics.lists import OrderList, PeopleList
from analytics.lists.cohort_people import cell_list, orders_of_cell
from analytics.metrics import known_rate, mean_units
from analytics.money import Amount
from analytics.periods import Bucket, Interval, Window
from analytics.presentation.conditions import NO_NAMES, ConditionNames
from analytics.presentation.formats import count, day, days, month, percent, short_day, with_capital
from analytics.presentation.lists.people import start_label
from analytics.presentation.net_money import amounts_text
from analytics.presentation.tables import Column, Kind, Value
from analytics.questions.questions import REVENUE
from analytics.questions.retention import RetentionQuestion
from analytics.reports.retention.report import MeanPeriod, RetentionCell, RetentionReport

FEWEST = 30
"""Of fewer people than these a share says little: it is hatched, and no sentence is made of it."""
COHORT_UNITS = {Interval.DAY: "day", Interval.WEEK: "week", Interval.MONTH: "month"}


class CohortFigure(StrEnum):
    """What the cells of a heat map say: shares of the contacts, how many they are, or what they brought in."""

    PERCENT = "percent"
    COUNTS = "counts"
    MONEY = "money"

    @property
    def kind(self) -> Kind:
        return {"percent": Kind.SHARE, "counts": Kind.COUNT, "money": Kind.MONEY}[self.value]


@dataclass(frozen=True, kw_only=True)
class RetentionFigures(RetentionQuestion):
    """With what the cells say; the usual where that is None."""

    shows: CohortFigure | None = None

    @property
    def query(self) -> dict[str, str | list[str]]:
        return super().query | ({"show": self.shows.value} if self.shows else {})


@dataclass(frozen=True)
class PeriodView:
    """What is asked, and what the cells say: shares, how many people they are or, by revenue, what these brought in, in
    the currency."""

    question: RetentionQuestion
    shows: CohortFigure = CohortFigure.PERCENT
    names: ConditionNames = NO_NAMES
    currency: str = ""

    @classmethod
    def of(cls, question: RetentionQuestion, currency: str, names: ConditionNames = NO_NAMES) -> "PeriodView":
        """With what the question says of its cells, otherwise the usual."""
        usual = CohortFigure.MONEY if question.metric == REVENUE else CohortFigure.PERCENT
        shows = question.shows if isinstance(question, RetentionFigures) else None
        return cls(question, shows or usual, names, currency)

    @property
    def window(self) -> Window:
        return self.question.window

    @property
    def unit(self) -> str:
        return COHORT_UNITS[self.question.unit]

    @property
    def is_of_money(self) -> bool:
        return self.shows is CohortFigure.MONEY

    @property
    def of_whom(self) -> str:
        return "Contacts" if self.question.start.act is None else "People"

    @property
    def began(self) -> str:
        return start_label(self.question.start, self.names)

    @property
    def title(self) -> str:
        by, what = COHORT_UNITS[self.question.interval], "Net revenue" if self.is_of_money else "Retention"
        return f"{what} by {'signup' if self.question.start.act is None else 'starting'} {by}"

    def column(self, number: int) -> Column:
        currency = self.currency if self.is_of_money else ""
        label = f"{with_capital(self.unit)} {number}"
        return Column(period_key(number), label, self.shows.kind, currency=currency)

    def value(self, cell: RetentionCell | MeanPeriod) -> Value:
        match self.shows:
            case CohortFigure.MONEY:
                return Amount(self.currency, cell.money.converted if cell.money else 0)
            case CohortFigure.COUNTS:
                return cell.active
        return known_rate(cell.active, cell.size)

    def rank(self, cell: RetentionCell) -> float:
        """By which cells are put in order: the share that came back or, of money, what each of all brought in."""
        return worth(cell) if self.is_of_money else cell.retention_rate

    def rows_behind(self, window: Window, number: int) -> PeopleList | OrderList:
        """Of those who began on the days: who came back in a period or, behind an amount, the orders of all of them."""
        if self.is_of_money:
            return orders_of_cell(self.question, window, number)
        return cell_list(self.question, window, number, are_back=True)

    def days_of(self, bucket: Bucket) -> Window:
        return bucket.window(self.window.zone)

    def name_of(self, bucket: Bucket) -> str:
        if self.question.interval is Interval.DAY:
            return day(bucket.first_day)
        return days(bucket.first_day, bucket.last_day)

    def short_name_of(self, bucket: Bucket) -> str:
        """For phones: the month, or the first day."""
        is_month = self.question.interval is Interval.MONTH
        return month(bucket.first_day) if is_month else short_day(bucket.first_day)


def period_key(number: int) -> str:
    return f"period_{number}"


def worth(cell: RetentionCell | MeanPeriod) -> int:
    """What each of the people brought in, in minor units."""
    return mean_units(cell.money.converted, cell.size) if cell.money else 0


def share_text(cell: RetentionCell | MeanPeriod) -> str:
    """1 of 3; of revenue, 1 of 3 ordered: 20.00 EUR, 7.00 USD"""
    share = f"{count(cell.active)} of {count(cell.size)}"
    if cell.money is None:
        return share
    amounts = amounts_text(cell.money.by_currency)
    return f"{share} ordered{f': {amounts}' if amounts else ''}"


def of_cohorts(period: MeanPeriod) -> str:
    """How many of how many came back, in how many cohorts, and how sure that is."""
    low, high = period.interval
    cohorts = f"{count(period.cohorts)} cohort{'' if period.cohorts == 1 else 's'}"
    return f"{share_text(period)}, {cohorts}; 95% CI {percent(low)} to {percent(high)}"


def is_told(view: PeriodView, cohorts: int) -> bool:
    """Whether a sum has a list: nobody is in two of its cohorts."""
    return view.question.start.is_once or cohorts == 1


def whole_list(report: RetentionReport, view: PeriodView) -> PeopleList | None:
    """Of all who began; None where somebody may be in several cohorts."""
    days_of = report.days_of_cohorts(view.window)
    return cell_list(view.question, days_of) if is_told(view, len(report.cohorts)) else None


def mean_rows(report: RetentionReport, view: PeriodView, period: MeanPeriod) -> PeopleList | OrderList | None:
    """Behind what a period of all complete cohorts says."""
    days_of = days_of_mean(report, view, period)
    return None if days_of is None else view.rows_behind(days_of, period.number)


def days_of_mean(report: RetentionReport, view: PeriodView, period: MeanPeriod) -> Window | None:
    """On which those began who are in it; None where there is no list of them."""
    days_of = Window.between(*report.days_of_mean(period.number), zone=view.window.zone)
    return days_of if is_told(view, period.cohorts) else None
