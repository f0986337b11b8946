"""What is asked of the value of people over time, read from a query string."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar

from analytics.money import minor_units
from analytics.periods import Interval
from analytics.questions.ltv import DEFAULT_HORIZON, HIGHEST_COST, LONGEST_HORIZON, LtvBy, LtvStart
from analytics.questions.values import number_in
from campaignos.currencies import exponent
from campaignos.errors import ParameterError

LTV_PARAMETERS = ("cohort", "by", "age", "horizon", "cost")
_Choice = TypeVar("_Choice", bound=StrEnum)


def ltv_terms(query: Mapping[str, str], currency: str) -> dict[str, Any]:
    """What LtvQuestion has of its own. Raises ParameterError for the first parameter that is not understood."""
    age = query.get("age", Interval.WEEK.value)
    if age != Interval.WEEK.value:
        raise ParameterError("age", given=age, allowed=Interval.WEEK.value)
    return {
        "start": _choice(query, "cohort", LtvStart.SIGNUP),
        "by": _choice(query, "by", LtvBy.MONTH),
        "horizon": _horizon(query.get("horizon")),
        "cost": _cost(query.get("cost"), currency),
    }


def _choice(query: Mapping[str, str], name: str, default: _Choice) -> _Choice:
    given, kind = query.get(name, default.value), type(default)
    if given not in list(kind):
        raise ParameterError(name, given=given, allowed=", ".join(kind))
    return kind(given)


def _horizon(given: str | None) -> int:
    if given is None:
        return DEFAULT_HORIZON
    if not (given.isascii() and given.isdigit() and len(given) < 4 and 1 <= int(given) <= LONGEST_HORIZON):
        raise ParameterError("horizon", given=given, allowed=f"a whole number of weeks from 1 to {LONGEST_HORIZON}")
    return int(given)


def _cost(given: str | None, currency: str) -> int | None:
    """Minor units."""
    if given is None:
        return None
    amount = number_in(given.strip())
    units = None if amount is None else minor_units(amount, currency)
    if amount is None or units is None or not 0 < units <= HIGHEST_COST:
        example = f"{25:.{exponent(currency)}f}"
        raise ParameterError("cost", given=given, allowed=f"an amount above 0 in {currency}, such as {example}")
    return units
