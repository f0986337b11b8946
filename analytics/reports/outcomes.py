"""What came of it: conversions and revenue of the days, beside what the overview counts."""

from dataclasses import dataclass

from analytics.ledger import Source
from analytics.ledger.money_columns import money_columns
from analytics.metrics import Counted, Numbers
from analytics.orders import MoneyTotals
from analytics.questions.questions import Question
from analytics.reports.activity.people import converting_people
from analytics.reports.revenue.report import MoneyOfDays, money_numbers


@dataclass(frozen=True)
class Outcomes:
    """`conversions` and `people` are None where the conditions cannot apply to events, `money` also where no rule of
    the workspace says what events are worth, which `has_money` tells apart."""

    conversions: int | None
    people: int | None
    money: MoneyTotals | None
    has_money: bool

    @property
    def numbers(self) -> Numbers:
        """Amounts in the workspace's currency."""
        of_people = {"conversion_events": self.conversions or 0, "converting_people": self.people or 0}
        return Numbers(money_numbers(self.money) if self.money else {}, **of_people)


def outcomes(source: Source, question: Question) -> Outcomes:
    """Of the question's days. Three queries, one more for rates where there are several currencies, and those for
    people."""
    window, part = question.window, question.part
    has_money = bool(money_columns(source.workspace))
    if not part.has(Counted.CONVERSIONS):
        return Outcomes(None, None, None, has_money)
    counts = source.counts([Counted.CONVERSIONS], window=window, part=part)
    return Outcomes(
        conversions=counts.of(Counted.CONVERSIONS),
        people=len(converting_people(source, window, part)),
        money=MoneyOfDays.of(source, question).total(question) if has_money else None,
        has_money=has_money,
    )
