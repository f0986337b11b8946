"""Intervals and tests of shares, and of their differences."""

from math import ceil, erfc, sqrt

Z_95 = 1.959963984540054
"""The normal distribution's 97.5 % quantile."""


def wilson_interval(successes: float, trials: float, z: float = Z_95) -> tuple[float, float]:
    """Wilson's score interval of a share, by default the 95 % one; from 0 to 1 over nothing."""
    if trials == 0:
        return 0.0, 1.0
    share, spread = successes / trials, z * z / trials
    centre = share + spread / 2
    width = z * sqrt(share * (1 - share) / trials + spread / trials / 4)
    low, high = (centre - width) / (1 + spread), (centre + width) / (1 + spread)
    return max(0.0, low), min(1.0, high)


def difference_interval(
    successes: int, trials: int, successes_before: int, trials_before: int, z: float = Z_95
) -> tuple[float, float]:
    """Newcombe's interval (his method 10) of how much a share is above another one, by default the 95 % one.

    From -1 to 1 where one of them is of nothing.
    """
    if not trials or not trials_before:
        return -1.0, 1.0
    share, share_before = successes / trials, successes_before / trials_before
    low, high = wilson_interval(successes, trials, z)
    low_before, high_before = wilson_interval(successes_before, trials_before, z)
    difference = share_difference(successes, trials, successes_before, trials_before)
    below = sqrt((share - low) ** 2 + (high_before - share_before) ** 2)
    above = sqrt((high - share) ** 2 + (share_before - low_before) ** 2)
    return difference - below, difference + above


def share_difference(successes: int, trials: int, successes_before: int, trials_before: int) -> float:
    """How much a share is above another one; neither is of nothing."""
    return successes / trials - successes_before / trials_before


def p_value(successes: int, trials: int, successes_before: int, trials_before: int) -> float:
    """How likely two equal shares differ as much by chance (two-sided z-test, pooled); 1 where nothing can tell."""
    trials_of_both = trials + trials_before
    pooled = (successes + successes_before) / trials_of_both if trials_of_both else 0.0
    if not trials or not trials_before or pooled in (0.0, 1.0):
        return 1.0
    error = sqrt(pooled * (1 - pooled) * (1 / trials + 1 / trials_before))
    return erfc(abs(successes / trials - successes_before / trials_before) / error / sqrt(2))


Z_POWER = 0.8416212335729143
"""The normal distribution's 80 % quantile."""


def needed_trials(successes: int, trials: int, lift: float) -> int:
    """How many trials of each of two kinds show, in four of five cases, a share so much above that of these.

    `lift` is relative. 0 where the shares would not differ, or pass 1.
    """
    share = successes / trials if trials else 0.0
    other = share * (1 + lift)
    if not share or other >= 1:
        return 0
    variance = share * (1 - share) + other * (1 - other)
    return ceil((Z_95 + Z_POWER) ** 2 * variance / (other - share) ** 2)
