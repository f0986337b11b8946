"""A plan of few looks: how far from 0 a difference must lie at each for it to be none by chance (Lan and DeMets, 1983,
spending as O'Brien and Fleming's bounds do)."""

from functools import lru_cache
from math import erfc, exp, log, pi, sqrt

import numpy as np
from numpy.typing import NDArray

from analytics.statistics.distributions import STANDARD_NORMAL, two_sided_z

_FARTHEST = 8.0
"""Standard errors beyond which nothing lies."""
_POINTS = 65
"""Of a grid between two bounds: odd, as Simpson's rule wants it."""
_LEAST_P = 1e-9


@lru_cache(maxsize=1024)
def bounds(fractions: tuple[float, ...], alpha: float = 0.05) -> tuple[float, ...]:
    """How many standard errors from 0 a difference must lie at each look, on either side. Exact to 0.0005.

    `fractions` are the shares of all people planned at the looks, rising, the last at most 1.
    """
    found: list[float] = []
    walk = _Walk(0.0, np.zeros(1), np.ones(1))
    spent = 0.0
    for fraction in fractions:
        spent_by_then = spending(fraction, alpha)
        bound = walk.bound_at(fraction, (spent_by_then - spent) / 2)
        walk, spent = walk.until(fraction, bound), spent_by_then
        found.append(bound / sqrt(fraction))
    return tuple(found)


def spending(fraction: float, alpha: float) -> float:
    """How much of alpha is spent until then."""
    quantile = -STANDARD_NORMAL.inv_cdf(alpha / 4)
    return min(alpha, 2 * erfc(quantile / sqrt(2 * fraction)))


@lru_cache(maxsize=1024)
def repeated_p_value(fractions: tuple[float, ...], z: float) -> float:
    """The least alpha of a plan that calls a difference of so many standard errors at its last look no chance. It may
    be compared at every look. Found to a thousandth of it; none is told to be below 1e-9."""
    low, high = log(_LEAST_P), 0.0
    while high - low > 0.001:
        middle = (low + high) / 2
        low, high = (low, middle) if abs(z) >= bounds.__wrapped__(fractions, exp(middle))[-1] else (middle, high)
    return exp(high)


class _Walk:
    """A sum of chance, with what it may be after a share of all people where no bound was passed: a grid, and what
    each of its points weighs."""

    def __init__(self, fraction: float, points: NDArray[np.float64], weights: NDArray[np.float64]) -> None:
        self.fraction, self.points, self.weights = fraction, points, weights

    def bound_at(self, fraction: float, chance: float) -> float:
        """What it passes, at a later share of all people, with this chance: by Newton's steps on the logarithm."""
        farthest = _FARTHEST * sqrt(fraction)
        if chance < 1e-15:
            return farthest
        found = two_sided_z(2 * chance) * sqrt(fraction)
        for _ in range(50):
            above = self.chance_above(found, fraction)
            step = (
                log(above / chance) * above / float(self.weights @ self._densities(np.array([found]), fraction)[:, 0])
            )
            found += step
            if abs(step) < 1e-7:
                break
        return min(found, farthest)

    def chance_above(self, bound: float, fraction: float) -> float:
        scale = sqrt(2 * (fraction - self.fraction))
        return float(self.weights @ np.array([erfc((bound - point) / scale) / 2 for point in self.points]))

    def until(self, fraction: float, bound: float) -> "_Walk":
        """The walk at a later share, where it stays within the bound on either side."""
        points = np.linspace(-bound, bound, _POINTS)
        simpson = np.ones(_POINTS)
        simpson[1:-1:2], simpson[2:-1:2] = 4, 2
        densities = self.weights @ self._densities(points, fraction)
        return _Walk(fraction, points, densities * simpson * (points[1] - points[0]) / 3)

    def _densities(self, points: NDArray[np.float64], fraction: float) -> NDArray[np.float64]:
        """From each of its points to each of these."""
        variance = fraction - self.fraction
        found: NDArray[np.float64] = np.exp(-((points - self.points[:, None]) ** 2) / (2 * variance)) / sqrt(
            2 * pi * variance
        )
        return found
