"""Whether the largest of several numbers is more than chance makes one of them."""

from collections.abc import Sequence
from math import sqrt
from statistics import mean, stdev

from analytics.statistics.distributions import STANDARD_NORMAL, student_tails
from analytics.statistics.shares import Z_95, difference_interval

FEW = 30
"""Of fewer nothing is said to stand out."""
_ALPHA = 0.05


def leads(largest: int, next_one: int) -> bool:
    """Whether a count is above another one, of the same kind and time, by more than chance."""
    return largest >= FEW and largest - next_one > Z_95 * sqrt(largest + next_one)


def count_stands_out(counts: Sequence[int], sizes: Sequence[float]) -> bool:
    """Whether the largest of the counts is above what the others let expect of one of its size, such as so many days:
    by more than chance, and by more than they differ among themselves, as days of a week do (Grubbs' test)."""
    place = max(range(len(counts)), key=counts.__getitem__)
    roots = [2 * sqrt(n / size) for n, size in zip(counts, sizes, strict=True)]  # chance varies these by 1 ÷ size
    root, others = roots[place], [*roots[:place], *roots[place + 1 :]]
    if counts[place] < FEW or not others:
        return False
    above, alike = root - mean(others), 1 + 1 / len(others)
    by_chance = sqrt(1 / sizes[place] + mean(1 / size for size in sizes) / len(others))
    if above <= _z_of_one_in(len(counts)) * by_chance:
        return False
    spread = stdev(others) * sqrt(alike) if len(others) > 1 else 0.0
    return not spread or len(counts) * student_tails(above / spread, len(others) - 1) / 2 < _ALPHA


def share_stands_out(shares: Sequence[tuple[int, int]], place: int) -> bool:
    """Whether the one at a place, of (successes, trials), is above that of all others together by more than chance."""
    (successes, trials), rest = shares[place], [*shares[:place], *shares[place + 1 :]]
    of_rest = sum(n for n, _ in rest), sum(n for _, n in rest)
    low, _ = difference_interval(successes, trials, *of_rest, z=_z_of_one_in(len(shares)))
    return trials >= FEW and low > 0


def _z_of_one_in(several: int) -> float:
    """What the largest of several that are alike passes in one case of twenty."""
    return STANDARD_NORMAL.inv_cdf(1 - _ALPHA / several)
