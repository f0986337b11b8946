"""Whether as many people were given each variant as should have been: the sample ratio."""

from collections.abc import Iterable, Sequence
from math import exp, lgamma, log

from analytics.statistics.distributions import chi_square_tail

CONCENTRATION = 100.0
"""How close to the intended ratio others are thought likely before anybody was counted (Lindon and Malek, 2022)."""


def ratio_p_value(counts: Sequence[int], weights: Sequence[float]) -> float:
    """How likely these counts are as far from the weights' ratio by chance (chi-squared test, at a fixed end).

    Of those without a weight nothing is expected. 1 where nothing was counted.
    """
    expected = _expectations(counts, weights)
    if len(expected) < 2:
        return 1.0
    return chi_square_tail(sum((n - mean) ** 2 / mean for n, mean in expected), len(expected) - 1)


def running_ratio_p_value(looks: Iterable[Sequence[int]], weights: Sequence[float]) -> float:
    """The same at whatever look: the least of all looks, of which each has the counts until then (sequential
    multinomial test)."""
    return min((_at_look(counts, weights) for counts in looks), default=1.0)


def _at_look(counts: Sequence[int], weights: Sequence[float]) -> float:
    """One over how much more likely the counts are under ratios near the intended one than under that itself."""
    expected = [(n, weight) for n, weight in zip(counts, weights, strict=True) if weight > 0]
    whole, n_of_all = sum(weight for _, weight in expected), sum(n for n, _ in expected)
    log_odds = lgamma(CONCENTRATION) - lgamma(CONCENTRATION + n_of_all)
    for n, weight in expected:
        share = weight / whole
        prior = CONCENTRATION * share
        log_odds += lgamma(prior + n) - lgamma(prior) - n * log(share)
    return min(1.0, exp(-log_odds)) if log_odds > 0 else 1.0


def _expectations(counts: Sequence[int], weights: Sequence[float]) -> list[tuple[int, float]]:
    """Each count that has a weight, with what is expected of it."""
    weighted = [(n, weight) for n, weight in zip(counts, weights, strict=True) if weight > 0]
    n_of_all, whole = sum(n for n, _ in weighted), sum(weight for _, weight in weighted)
    return [(n, n_of_all * weight / whole) for n, weight in weighted] if n_of_all else []
