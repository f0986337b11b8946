"""Net money in JSON: whole numbers of minor units by currency, and beside them what should be known of them."""

from collections.abc import Iterable
from typing import Any

from analytics.reports.revenue.member_money import NetMoney
from campaignos.currencies import exponent

BY_CURRENCY = {"type": "object", "additionalProperties": {"type": "integer"}}
"""The schema of amounts in minor units, by currency."""
_EXPONENTS = {"type": "object", "additionalProperties": {"type": "integer"}}
OF_MONEY: dict[str, Any] = {
    "type": "object",
    "properties": {
        "currency": {"type": "string", "description": "The workspace's, which amounts are converted to."},
        "exponents": {**_EXPONENTS, "description": "By currency, how many decimal places its minor unit is."},
        "unconverted": {
            **BY_CURRENCY,
            "description": "By currency, what is in no converted amount, for want of a rate.",
        },
        "withoutAmount": {"type": "integer", "description": "Events that state no amount."},
        "currencyAssumed": {
            "type": "integer",
            "description": "Amounts without a currency: the workspace's is assumed.",
        },
    },
}
"""The schema of what should be known of the amounts of an answer."""


OF_NET_MONEY: dict[str, Any] = {
    **OF_MONEY,
    "properties": {
        "orders": {"type": "integer", "description": "Sales that count."},
        "net": {**BY_CURRENCY, "description": "What came in less what was given back, in minor units by currency."},
        "converted": {
            "type": "integer",
            "description": "The same in the workspace's currency, as far as rates say it.",
        },
        **OF_MONEY["properties"],
    },
}
"""The schema of net money and of what should be known of it."""


def net_money_body(money: NetMoney, currency: str) -> dict[str, Any]:
    amounts = {"orders": money.orders, "net": dict(money.by_currency), "converted": money.converted}
    return {**amounts, **money_remarks(money, currency)}


def money_remarks(money: NetMoney, currency: str) -> dict[str, Any]:
    """What should be known of an answer's amounts, which all together are these."""
    return {
        "currency": currency,
        "exponents": exponents([currency, *money.by_currency]),
        "unconverted": dict(money.unconverted),
        "withoutAmount": money.without_amount,
        "currencyAssumed": money.assumed_currency,
    }


def exponents(currencies: Iterable[str]) -> dict[str, int]:
    return {currency: exponent(currency) for currency in sorted({*currencies})}
