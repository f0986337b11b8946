"""Amounts of money, and what events say of them, in words."""

from analytics.lists.amounts import AmountSample
from analytics.money import Money, major_units
from analytics.presentation.audience import Audience
from analytics.presentation.formats import count


def amount_text(units: int, currency: str) -> str:
    """30.10 EUR; 1,200 JPY; −5.00 EUR"""
    text = f"{abs(major_units(units, currency)):,f} {currency}"
    return f"−{text}" if units < 0 else text


def money_text(money: Money, audience: Audience) -> str:
    """30.10 EUR, order 8871"""
    if money.units is None:
        amount = "no amount"
    else:
        remarks = [
            text for text, is_so in (("currency assumed", money.is_assumed), ("rounded", money.is_rounded)) if is_so
        ]
        amount = amount_text(money.units, money.currency) + (f" ({', '.join(remarks)})" if remarks else "")
    return f"{amount}, {f'order {audience.text(money.order)}' if money.order else 'no order id'}"


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
