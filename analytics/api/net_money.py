"""Net money in JSON: whole numbers of minor units by currency, and beside them what should be known of them."""

from collections.abc import Iterable
from typing import Any

from analytics.reports.member_money import NetMoney
from campaignos.currencies import exponent

BY_CURRENCY = {"type": "object", "additionalProperties": {"type": "integer"}}
"""The schema of amounts in minor units, by currency."""
_EXPONENTS = {"type": "object", "additionalProperties": {"type": "integer"}}
OF_MONEY = {
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
