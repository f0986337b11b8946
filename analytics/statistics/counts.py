"""How likely counts and shares of two periods differ as much by chance alone, however few they are."""

from collections.abc import Sequence
from math import erfc, sqrt
from statistics import mean, stdev

import numpy as np

from analytics.statistics.distributions import student_tails
from analytics.statistics.shares import p_value

_ENOUGH = 10.0
"""Where fewer are expected in any cell, the normal distribution says too little of them."""
_ALIKE = 1 + 1e-9


def count_p_value(n: int, before: int, size: float = 1.0, size_before: float = 1.0) -> float:
    """Of two counts over times of these sizes, each of facts that do not hang together (Poisson): given both together,
    how they are shared out. 1 where nothing was counted."""
    both = n + before
    if not both:
        return 1.0
    share = size / (size + size_before)
    apart = max(0.0, abs(n - both * share) - 0.5)
    return erfc(apart / sqrt(2 * both * share * (1 - share)))


def paired_p_value(differences: Sequence[float]) -> float:
    """Of what each day differs from its partner, whether the mean is other than 0 (Student's test): days may differ by
    more than chance alone. 1 where there are fewer than two that differ."""
    spread = stdev(differences) if len(differences) > 1 else 0.0
    if not spread:
        return 1.0
    return student_tails(mean(differences) / spread * sqrt(len(differences)), len(differences) - 1)


def shares_p_value(successes: int, trials: int, successes_before: int, trials_before: int) -> float:
    """As `p_value` of two shares, exact where few are expected (Fisher's test). 1 where nothing can tell."""
    both, of_both = trials + trials_before, successes + successes_before
    if not trials or not trials_before or of_both in (0, both):
        return 1.0
    if min(trials, trials_before) * min(of_both, both - of_both) >= _ENOUGH * both:
        return p_value(successes, trials, successes_before, trials_before)
    lowest, highest = max(0, of_both - trials_before), min(trials, of_both)
    k = np.arange(lowest, highest, dtype=np.float64)
    steps = np.log((of_both - k) * (trials - k)) - np.log((k + 1) * (trials_before - of_both + k + 1))
    logs = np.concatenate([[0.0], np.cumsum(steps)])
    chances = np.exp(logs - logs.max())
    as_seldom = chances <= chances[successes - lowest] * _ALIKE
    return min(1.0, float(chances[as_seldom].sum() / chances.sum()))


def sums_p_value(
    sums: tuple[float, float], squares: tuple[float, float], number: int, sizes: tuple[float, float] = (1.0, 1.0)
) -> float:
    """Of two sums of amounts over times of these sizes, now and before, given the sums of their squares and how many
    amounts there are in both: chance says how many there are, and which. 1 of fewer than two."""
    variance = sum(square / size**2 for square, size in zip(squares, sizes, strict=True))
    if number < 2 or not variance:
        return 1.0
    amount, before = (total / size for total, size in zip(sums, sizes, strict=True))
    return student_tails((amount - before) / sqrt(variance), number - 1)
