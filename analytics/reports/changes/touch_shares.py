"""What each touch is credited with of the conversions after it, to the last unit."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.questions.credit import CreditRule
from analytics.reports.credit.models import weights_of
from analytics.reports.credit.paths import Paths, paths
from analytics.reports.credit.shares import CONVERSION, PaidPaths, credits_of
from analytics.reports.credit.touches import TouchedConversions

_Column = NDArray[np.integer[Any]]
NO_TOUCH = -1
"""The label of what conversions without a touch are worth."""


@dataclass(frozen=True, eq=False)
class TouchShares:
    """Parallel arrays: the place of a conversion, the number of a touch's label or NO_TOUCH, and its share of what the
    conversion is worth. The shares of all touches, with what has none, add up to all conversions."""

    conversions: NDArray[np.int64]
    labels: NDArray[np.int64]
    amounts: NDArray[np.int64]

    def only(self, are_meant: NDArray[np.bool_]) -> "TouchShares":
        return TouchShares(self.conversions[are_meant], self.labels[are_meant], self.amounts[are_meant])


def conversion_shares(touched: TouchedConversions, rule: CreditRule) -> TouchShares:
    """In units of which a conversion has CONVERSION, by a rule that weighs touches."""
    parts = []
    for part in paths(touched.touchpoints, touched.converted.times, rule):
        labels = touched.touchpoints.labels[part.touches]
        parts.append((part.conversions[part.path_of_touch], labels, credits_of(part, weights_of(rule)(part, labels))))
        without = _without_touch(part)
        parts.append((without, np.full(len(without), NO_TOUCH), np.full(len(without), CONVERSION)))
    return _of_parts(parts)


def revenue_shares(touched: TouchedConversions, rule: CreditRule, currency: str) -> TouchShares:
    """In minor units of the currency, by a rule that weighs touches; what no rate converts is left out."""
    money = touched.converted.exchanged
    are_own = np.array([name == currency for name in money.currencies], np.bool_)
    parts = []
    for part in paths(touched.touchpoints, touched.converted.times, rule):
        labels, paid = touched.touchpoints.labels[part.touches], PaidPaths.of(part, money)
        amounts = paid.amounts(credits_of(part, weights_of(rule)(part, labels)))
        meant = np.flatnonzero(are_own[paid.codes_of_touches] & (amounts != 0))
        touches = paid.touches[meant]
        parts.append((part.conversions[part.path_of_touch[touches]], labels[touches], amounts[meant]))
        of_none = np.isin(money.conversions, _without_touch(part)) & are_own[money.currency_codes]
        number = np.count_nonzero(of_none)
        parts.append((money.conversions[of_none], np.full(number, NO_TOUCH), money.units[of_none]))
    return _of_parts(parts)


def _without_touch(part: Paths) -> NDArray[np.int64]:
    without: NDArray[np.int64] = part.conversions[part.lengths == 0]
    return without


def _of_parts(parts: Sequence[tuple[_Column, _Column, _Column]]) -> TouchShares:
    none = np.zeros(0, np.int64)
    columns = zip((none, none, none), *parts, strict=True)
    conversions, labels, amounts = (np.concatenate(column).astype(np.int64) for column in columns)
    return TouchShares(conversions, labels, amounts)
