"""Shares of conversions and of money in whole units, that add up to the last one."""

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analytics.metrics import METRICS
from analytics.reports.credit.paths import Paths
from analytics.reports.credit.worth import ConvertedMoney
from analytics.sorting import are_least_of_runs

CONVERSION = METRICS["credit"].scale
"""How many units of credit a conversion has."""
_BITS_OF_ONE = int(np.float64(1).view(np.int64))


def credits_of(paths: Paths, weights: NDArray[np.float64]) -> NDArray[np.int64]:
    """The credit of each touch, in units of which a conversion has CONVERSION.

    Weights of a path are at least 0, and their sum is above it. What rounding down leaves goes, a unit each, to the
    largest remainders of the path, of equal ones to the earlier touch.
    """
    path = paths.path_of_touch
    totals = np.bincount(path, weights, len(paths.conversions))
    exact = weights * (CONVERSION / totals[path])
    whole = exact.astype(np.int64)
    # Floats from 0 to 1 have the order of their bits
    lacking = _BITS_OF_ONE - (exact - whole).view(np.int64)
    return whole + _units_of_remainders(paths, whole, lacking, np.full(len(paths.conversions), CONVERSION))


def amounts_of(paths: Paths, credits: NDArray[np.int64], amounts: NDArray[np.int64]) -> NDArray[np.int64]:
    """The part of its conversion's amount that each touch gets, in minor units; an amount may be below zero.

    `amounts` has one for each path. What rounding towards zero leaves is given as by `credits_of`, so that equal
    amounts of either sign have equal parts.
    """
    sizes = np.abs(amounts)
    thousands = sizes // CONVERSION
    path = paths.path_of_touch
    of_rest = (sizes - thousands * CONVERSION)[path] * credits
    whole_of_rest = of_rest // CONVERSION
    whole = thousands[path] * credits + whole_of_rest
    lacking = CONVERSION - (of_rest - whole_of_rest * CONVERSION)
    parts: NDArray[np.int64] = whole + _units_of_remainders(paths, whole, lacking, sizes)
    return parts * np.sign(amounts)[path]


@dataclass(frozen=True, eq=False)
class PaidPaths:
    """Paths with a touch of conversions that are worth something, one for each currency of these.

    `touches` are places among the touches of all paths. Units and codes of currencies are by path.
    """

    paths: Paths
    touches: NDArray[np.int64]
    units: NDArray[np.int64]
    currency_codes: NDArray[np.integer]

    @classmethod
    def of(cls, paths: Paths, money: ConvertedMoney) -> "PaidPaths":
        """Of paths of conversions that follow one another."""
        first = int(paths.conversions[0]) if len(paths.conversions) else 0
        money = money.between(first, first + len(paths.conversions))
        places = money.conversions - first
        lengths = paths.lengths[places]
        has_touch = lengths > 0
        places, lengths = places[has_touch], lengths[has_touch]
        starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
        touches = np.arange(starts[-1]) + np.repeat(paths.starts[places] - starts[:-1], lengths)
        picked = Paths(paths.conversions[places], starts, paths.touches[touches], paths.ages[touches])
        return cls(picked, touches, money.units[has_touch], money.currency_codes[has_touch])

    @cached_property
    def codes_of_touches(self) -> NDArray[np.integer]:
        return self.currency_codes[self.paths.path_of_touch]

    def amounts(self, credits: NDArray[np.int64]) -> NDArray[np.int64]:
        """The part that each of the `touches` gets, given the credits of the touches of all paths."""
        return amounts_of(self.paths, credits[self.touches], self.units)


def apportionment(total: int, shares: NDArray[np.float64]) -> NDArray[np.int64]:
    """A total in whole units in proportion to shares, of which one is above 0.

    What rounding towards zero leaves goes to the largest remainders, of equal ones to the first.
    """
    fractions = [*map(Fraction, shares.tolist())]
    whole_share = abs(total) / sum(fractions)
    exact = [whole_share * share for share in fractions]
    whole = [*map(int, exact)]
    by_remainder = sorted(range(len(whole)), key=lambda place: whole[place] - exact[place])
    for place in by_remainder[: abs(total) - sum(whole)]:
        whole[place] += 1
    return np.array(whole, np.int64) * (1 if total >= 0 else -1)


def _units_of_remainders(
    paths: Paths, whole: NDArray[np.int64], lacking: NDArray[np.int64], totals: NDArray[np.int64]
) -> NDArray[np.int64]:
    """For each touch 1 or 0, so that those of each path that has any, added to what is whole, are its total. Those that
    lack least of one more get it; all lack something."""
    summed = np.concatenate([np.zeros(1, np.int64), np.cumsum(whole)])[paths.starts]
    lengths = paths.lengths
    left = np.where(lengths > 0, totals - np.diff(summed), 0)
    some = np.flatnonzero(left > 0)
    return are_least_of_runs(lacking, paths.starts[some], lengths[some], left[some]).astype(np.int64)
