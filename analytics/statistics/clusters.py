"""Shares and slopes of what several times is the same person's, whose outcomes go together."""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from analytics.statistics.distributions import two_sided_t
from analytics.statistics.shares import Z_95, wilson_interval

_ALPHA = 0.05


def share_by_person_interval(successes: NDArray[np.int64], trials: NDArray[np.int64]) -> tuple[float, float]:
    """The 95 % interval of a share of all trials, given each person's; from 0 to 1 over nothing.

    Wilson's, of as many trials as tell as much if they were of as many people: by how much more the share varies from
    person to person than it would (the design effect, at least 1).
    """
    whole, hits, people = int(trials.sum()), int(successes.sum()), int(np.count_nonzero(trials))
    if whole == 0 or people < 2 or hits in (0, whole):
        return wilson_interval(hits, whole)
    share = hits / whole
    spread = people / (people - 1) * float(np.sum((successes - share * trials) ** 2)) / whole**2
    effect = max(1.0, spread / (share * (1 - share) / whole))
    return wilson_interval(hits / effect, whole / effect, two_sided_t(_ALPHA, people - 1) if people < 200 else Z_95)


@dataclass(frozen=True)
class WithinSlope:
    """By how much an outcome changes with one more of something, for the same person; its 95 % interval, and how many
    people it is of."""

    slope: float
    low: float
    high: float
    people: int


def within_slope(
    people: NDArray[np.int64], values: NDArray[np.int64], outcomes: NDArray[np.int64], weights: NDArray[np.int64]
) -> WithinSlope | None:
    """Of parallel rows, each of a person (a place from 0) at one value: so many `outcomes` of `weights` trials.

    Least squares of differences from each person's own means, with an interval that lets a person's rows go together.
    None where the values of fewer than two people differ.
    """
    size = 1 + int(people.max(initial=-1))
    number = np.bincount(people, weights, size)
    means = np.bincount(people, weights * values, size) / np.maximum(number, 1)
    away = values - means[people]
    spread_of = np.bincount(people, weights * away**2, size)
    differing = int(np.count_nonzero(spread_of > 1e-12))
    if differing < 2:
        return None
    spread = float(spread_of.sum())
    slope = float(np.sum(away * outcomes)) / spread
    rates = np.bincount(people, outcomes, size) / np.maximum(number, 1)
    rest = outcomes - weights * (rates[people] + slope * away)
    scores = np.bincount(people, away * rest, size)
    error = sqrt(differing / (differing - 1) * float(np.sum(scores**2))) / spread
    width = two_sided_t(_ALPHA, differing - 1) * error
    return WithinSlope(slope, slope - width, slope + width, differing)
