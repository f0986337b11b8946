"""Several tests at once."""

from collections.abc import Sequence

_ALPHA = 0.05
_FALSE_DISCOVERIES = 0.1
"""What share of those that are called real may not be so."""


def holm_adjusted(p_values: Sequence[float]) -> tuple[float, ...]:
    """In their order, p-values of several tests at once, so that any is below 5 % by chance in 5 % of cases (Holm)."""
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = highest
    return tuple(adjusted)


def benjamini_hochberg_adjusted(p_values: Sequence[float]) -> tuple[float, ...]:
    """In their order, p-values of several tests at once, so that of those below a share at most this share is by chance
    (Benjamini and Hochberg)."""
    adjusted = [0.0] * len(p_values)
    lowest = 1.0
    order = sorted(range(len(p_values)), key=p_values.__getitem__, reverse=True)
    for rank, place in zip(range(len(p_values), 0, -1), order, strict=True):
        lowest = adjusted[place] = min(lowest, len(p_values) / rank * p_values[place])
    return tuple(adjusted)


def are_beyond_chance(p_values: Sequence[float]) -> tuple[bool, ...]:
    """Which of several differences are called real: of these, at most a tenth is by chance.

    None is unless it is unlikely (below 5 %) that all of them are by chance (Simes): where nothing changed, nothing is
    called real in 95 of 100 cases.
    """
    adjusted = benjamini_hochberg_adjusted(p_values)
    is_any = min(adjusted, default=1.0) < _ALPHA
    return tuple(is_any and p <= _FALSE_DISCOVERIES for p in adjusted)
