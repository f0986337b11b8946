"""What an event says of money: an amount in minor units of a currency, and the order that it belongs to. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache

from analytics.questions.values import Scalar, number_in, text_of
from campaignos.currencies import currencies, exponent
from workspaces.conversions import MoneyRule

MOST_MINOR_UNITS = 10**15
"""A larger amount is none: sums of a thousand such are still exact."""
_EXACT = Context(prec=700)
"""More digits than a number of an event has, so that it is rounded once."""


def minor_units(amount: Decimal, currency: str) -> int | None:
    """The amount in minor units, half of one rounded away from zero; None beyond MOST_MINOR_UNITS."""
    if not amount.is_finite() or amount.adjusted() > 20:
        return None
    units = int(amount.scaleb(exponent(currency), _EXACT).to_integral_value(ROUND_HALF_UP))
    return units if abs(units) <= MOST_MINOR_UNITS else None


def major_units(units: int, currency: str) -> Decimal:
    return Decimal(units).scaleb(-exponent(currency))


@dataclass(frozen=True, slots=True, order=True)
class Amount:
    """So many minor units of a currency. Those of one currency are in the order of their size."""

    currency: str
    units: int

    def __bool__(self) -> bool:
        return self.units != 0

    @property
    def major(self) -> Decimal:
        """With as many decimal places as the currency has."""
        return major_units(self.units, self.currency)


@dataclass(frozen=True, slots=True)
class Money:
    """What an event says of money. `units` are minor ones, below zero where money is given back, None without an
    amount; `order` is empty where it names none.

    `is_assumed` where it names no currency, so that it is the workspace's; `is_rounded` where its amount has more
    decimal places than the currency.
    """

    units: int | None
    currency: str
    order: str = ""
    is_assumed: bool = False
    is_rounded: bool = False


def money(rule: MoneyRule, values: Mapping[str, Scalar], default_currency: str) -> Money:
    """What the values of an event's properties, by path, say by the rule.

    A currency that is none counts as not named. A text that is no number is no amount.
    """
    stated = _first(rule.currency, values)
    currency = str(stated).strip().upper() if isinstance(stated, str) else ""
    is_assumed = currency not in currencies()
    currency = default_currency if is_assumed else currency
    order = _first(rule.order, values)
    units, is_rounded = _units(_first(rule.amount, values), currency, is_refund=rule.is_refund)
    return Money(units, currency, "" if order is None else text_of(order).strip(), is_assumed, is_rounded)


@lru_cache(maxsize=10_000, typed=True)
def _units(stated: Scalar | None, currency: str, *, is_refund: bool) -> tuple[int | None, bool]:
    amount = None if stated is None else number_in(stated.strip() if isinstance(stated, str) else stated)
    units = None if amount is None else minor_units(amount, currency)
    if amount is None or units is None:
        return None, False
    is_rounded = major_units(units, currency) != amount
    return (-abs(units) if is_refund else units), is_rounded


def _first(names: tuple[str, ...], values: Mapping[str, Scalar]) -> Scalar | None:
    for name in names:
        if (value := values.get(name)) is not None and value != "":
            return value
    return None
