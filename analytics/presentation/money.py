"""Amounts of money, and what events say of them, in words."""

from dataclasses import dataclass, replace

from analytics.lists import AnyList, OrderList, under_conditions
from analytics.lists.amounts import AmountSample
from analytics.metrics import METRICS, Metric, Numbers, Unit
from analytics.money import Amount, Money
from analytics.orders import MoneyTotals
from analytics.periods import Window
from analytics.presentation.audience import Audience
from analytics.presentation.formats import amount_text, count, percent
from analytics.questions.questions import RefundsBy
from analytics.questions.slices import Slice

WITHOUT_RATE = "in {} left out, without an exchange rate"
NOT_STATED = "missing, not stated by the order or refund"
ASSUMED = "without a currency, taken for {}"


@dataclass(frozen=True)
class MoneyGap:
    """What should be known of amounts that are shown: of how many events, or how much, and which these are."""

    events: int | Amount
    text: str
    opens: AnyList | None

    def under(self, part: Slice) -> "MoneyGap":
        return replace(self, opens=self.opens and under_conditions(self.opens, part))


def money_gaps(
    totals: MoneyTotals, window: Window, currency: str, refunds_by: RefundsBy = RefundsBy.DAY
) -> tuple[MoneyGap, ...]:
    """Of amounts of a window that are shown in the currency: what is left out of them, and what is assumed."""
    every = OrderList(window, refunds_by=refunds_by)
    gaps = [
        MoneyGap(events, WITHOUT_RATE.format(code), replace(every, currency=code, unconverted=True))
        for code, events in totals.unconverted.items()
    ]
    without_amount, assumed = replace(every, without_amount=True), replace(every, currency_assumed=True)
    gaps.append(MoneyGap(totals.without_amount, NOT_STATED, without_amount))
    gaps.append(MoneyGap(totals.assumed_currency, ASSUMED.format(currency), assumed))
    return tuple(gap for gap in gaps if gap.events)


def shown_number(numbers: Numbers, metric: str, currency: str) -> int | float | Amount | None:
    """A metric's value to show, an amount as one of the currency; None for a rate of nothing."""
    value = numbers.known_value(metric)
    return value if METRICS[metric].unit is not Unit.MONEY or value is None else Amount(currency, int(value))


def number_text(value: int | float | Amount | None, metric: Metric) -> str:
    """A metric's value as `shown_number` has it, in words; a rate of nothing as 0."""
    if isinstance(value, Amount):
        return amount_text(value)
    return percent(value or 0, metric.places) if metric.unit is Unit.SHARE else count(int(value or 0))


def money_text(money: Money, audience: Audience) -> str:
    """30.10 EUR, order 8871"""
    if money.units is None:
        amount = "no amount"
    else:
        remarks = [
            text for text, is_so in (("currency assumed", money.is_assumed), ("rounded", money.is_rounded)) if is_so
        ]
        amount = amount_text(Amount(money.currency, money.units)) + (f" ({', '.join(remarks)})" if remarks else "")
    return f"{amount}, {f'order {audience.text(money.order)}' if money.order else 'no order ID'}"


def gaps_text(sample: AmountSample) -> str:
    """3 without amount, 12 without currency"""
    if not sample.events:
        return ""
    gaps = [
        f"{count(number)} without {what}"
        for number, what in ((sample.without_amount, "amount"), (sample.without_currency, "currency"))
        if number
    ]
    return f"Of {count(sample.events)}: {', '.join(gaps) or 'all with amount and currency'}"
