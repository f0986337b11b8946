"""Currencies by the codes of ISO 4217, and how many decimal places their amounts have. Pure."""

from functools import cache

from babel.core import get_global
from babel.numbers import get_currency_name, list_currencies

_NO_MONEY = {"XXX", "XTS"}
"""Codes for no currency, and for testing."""
_WITHOUT_MINOR_UNIT = (
    *("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG"),
    *("RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"),
)
_EXPONENTS = {
    **dict.fromkeys(_WITHOUT_MINOR_UNIT, 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}
"""Of ISO 4217, where it is not 2. Babel's are those of CLDR, which leaves out what nobody pays with."""


@cache
def currencies() -> frozenset[str]:
    """The codes of all currencies, also of those that are no more."""
    return frozenset(list_currencies()) - _NO_MONEY


@cache
def currency_names() -> dict[str, str]:
    """The names of the currencies that somebody pays with today, by code."""
    periods = [period for periods in get_global("territory_currencies").values() for period in periods]
    codes = {code for code, _, ends, is_tender in periods if ends is None and is_tender}
    return {code: get_currency_name(code, locale="en") for code in sorted(codes & currencies())}


def exponent(currency: str) -> int:
    """How many decimal places the minor unit of a currency is: 2 of EUR, 0 of JPY, 3 of KWD."""
    return _EXPONENTS.get(currency, 2)
