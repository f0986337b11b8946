"""What a change is made of: pieces that add up to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from math import expm1, factorial, fsum, log, prod


@dataclass(frozen=True)
class SharePair:
    """So many `successes` of so many `trials`, and as many before; or so much of an amount, which may be more."""

    successes: int
    trials: int
    successes_before: int
    trials_before: int

    @classmethod
    def sum_of(cls, pairs: Sequence["SharePair"]) -> "SharePair":
        return cls(
            sum(pair.successes for pair in pairs),
            sum(pair.trials for pair in pairs),
            sum(pair.successes_before for pair in pairs),
            sum(pair.trials_before for pair in pairs),
        )

    @cached_property
    def share(self) -> float:
        """Where nothing was tried, that before: it did not change."""
        return self.successes / self.trials if self.trials else self._of_before

    @cached_property
    def share_before(self) -> float:
        return self.successes_before / self.trials_before if self.trials_before else self.share

    @property
    def _of_before(self) -> float:
        return self.successes_before / self.trials_before if self.trials_before else 0.0

    @property
    def is_on_both_sides(self) -> bool:
        return bool(self.trials and self.trials_before)


@dataclass(frozen=True)
class MixAndRate:
    """By how much a value's part changed the share of the whole: its own part of all became larger or smaller (`mix`),
    or its own share did (`rate`)."""

    mix: float
    rate: float

    @property
    def total(self) -> float:
        return self.mix + self.rate


def mix_and_rate(pairs: Sequence[SharePair]) -> tuple[MixAndRate, ...]:
    """For each of the values that the whole is divided by, its pieces of how much the share of the whole changed.

    All pieces add up to that. A value that only one side has is mix alone. Nothing where nothing was tried on a side.
    """
    whole = SharePair.sum_of(pairs)
    if not whole.is_on_both_sides:
        return ()
    middle = (whole.share + whole.share_before) / 2
    return tuple(_mix_and_rate(pair, whole, middle) for pair in pairs)


def _mix_and_rate(pair: SharePair, whole: SharePair, middle: float) -> MixAndRate:
    weight, weight_before = pair.trials / whole.trials, pair.trials_before / whole.trials_before
    mix = (weight - weight_before) * ((pair.share + pair.share_before) / 2 - middle)
    return MixAndRate(mix, (weight + weight_before) / 2 * (pair.share - pair.share_before))


def factor_pieces(before: Sequence[float | None], after: Sequence[float | None]) -> tuple[float, ...]:
    """For each factor of a product, by how much its change changed the product. They add up to that.

    By the logarithmic mean (LMDI) and, where a factor is zero or below on either side, by Shapley's value over the
    factors. A factor that is unknown on a side (None), for it is a rate of nothing, did not change.
    """
    pairs = [_both_known(*pair) for pair in zip(before, after, strict=True)]
    if all(min(pair) > 0 for pair in pairs):
        return _logarithmic_pieces(pairs)
    return tuple(_shapley_value(pairs, place) for place in range(len(pairs)))


def _both_known(before: float | None, after: float | None) -> tuple[float, float]:
    if before is None:
        before = after
    return (before or 0.0, (before or 0.0) if after is None else after)


def _logarithmic_pieces(pairs: Sequence[tuple[float, float]]) -> tuple[float, ...]:
    logs = [log(after / before) for before, after in pairs]
    size = fsum(logs)
    mean = prod(before for before, _ in pairs) * (expm1(size) / size if size else 1.0)
    return tuple(mean * each for each in logs)


def _shapley_value(pairs: Sequence[tuple[float, float]], place: int) -> float:
    """The mean of what a factor's change adds over all orders in which the factors change."""
    others = [each for each in range(len(pairs)) if each != place]
    before, after = pairs[place]
    added = []
    for size in range(len(others) + 1):
        weight = factorial(size) * factorial(len(others) - size) / factorial(len(pairs))
        for changed in combinations(others, size):
            rest = prod(pairs[each][each in changed] for each in others)
            added.append(weight * rest * (after - before))
    return fsum(added)
