"""Is a variant better than the control, or may that be chance? From what was known at each look. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from math import sqrt

import numpy as np

from analytics.statistics import (
    Sample,
    ShareSample,
    any_look_p_values,
    any_look_widths,
    bounds,
    difference_interval,
    holm_adjusted,
    mean_difference,
    p_value,
    repeated_p_value,
    tuning,
)
from analytics.statistics.distributions import two_sided_z

ALPHA = 0.05
"""How often equal variants may be called different, in all comparisons of a test together."""
ENOUGH_PEOPLE = 30
"""With fewer people in a variant, or fewer in both together that reached what is compared, nothing is told."""
FRACTIONS = (0.2, 0.4, 0.6, 0.8, 1.0)
"""Of the people planned, at which a test with a plan is looked at."""


class Method(StrEnum):
    """How it is made sure that looking does not mislead: by one look once all is in, by few planned looks, or by
    intervals that hold at any look."""

    FIXED = "fixed"
    PLAN = "group-sequential"
    ANY_LOOK = "always-valid"


class Judgement(StrEnum):
    BETTER = "better"
    WORSE = "worse"
    NO_DIFFERENCE = "noDifference"
    TOO_FEW = "tooFew"


@dataclass(frozen=True)
class Look:
    """What was known once so many people of all variants were mature, at an instant (microseconds since 1970).

    Of each variant the values of its people, and how many of these are not 0. `fraction` is the share of the people
    planned.
    """

    people: int
    at: int
    samples: tuple[Sample, ...]
    reached: tuple[int, ...]
    fraction: float = 1.0


@dataclass(frozen=True)
class DifferenceAtLook:
    """How much a variant's mean is above the control's, with an interval of so many standard errors (`z`), and how
    likely as much is by chance: by its method at this look alone."""

    look: Look
    pair: "Pair"
    z: float
    low: float
    high: float
    p: float

    @property
    def amount(self) -> float:
        return self.pair.amount

    @property
    def excludes_zero(self) -> bool:
        return self.low > 0 or self.high < 0

    @property
    def relative(self) -> tuple[float, float, float] | None:
        """As a share of the control's mean, which is estimated, too (delta method); None where that is 0."""
        one, other = self.pair.one, self.pair.other
        if not other.mean:
            return None
        amount = self.amount / other.mean
        variance = one.variance_of_mean + other.variance_of_mean * (one.mean / other.mean) ** 2
        width = self.z * sqrt(variance) / abs(other.mean)
        return amount, amount - width, amount + width


@dataclass(frozen=True)
class AgainstControl:
    """A variant, by its place, with the control, at each look that had enough people; oldest first.

    `p` is the least of all looks, `holm` that in view of the other comparisons. The interval of a look is wide enough
    for all comparisons.
    """

    variant: int
    control: int
    method: Method
    looks: tuple[DifferenceAtLook, ...]
    p: float
    holm: float
    is_harm: bool

    @cached_property
    def deciding_look(self) -> DifferenceAtLook | None:
        """The first look that told it; None where it is open."""
        if self.holm > ALPHA:
            return None
        return next((look for look in self.looks if look.excludes_zero), None)

    @property
    def result(self) -> DifferenceAtLook | None:
        """What counts by now: of a plan the look that told it, else the last one."""
        if self.method is Method.PLAN and self.deciding_look:
            return self.deciding_look
        return self.looks[-1] if self.looks else None

    @property
    def judgement(self) -> Judgement:
        if not self.looks:
            return Judgement.TOO_FEW
        if self.deciding_look is None:
            return Judgement.NO_DIFFERENCE
        return Judgement.BETTER if (self.deciding_look.amount > 0) is not self.is_harm else Judgement.WORSE


def comparisons(
    looks: Sequence[Look], control: int, method: Method, *, is_harm: bool = False, fractions: Sequence[float] = ()
) -> tuple[AgainstControl, ...]:
    """Every other variant with the control, in their order. `fractions` are those of a plan's looks, one for each."""
    variants = [place for place in range(len(looks[0].samples)) if place != control] if looks else []
    scale = _Scale(method, ALPHA / max(1, len(variants)), tuple(fractions))
    of_each = [scale.differences(looks, place, control) for place in variants]
    p_values = [min((each.p for each in differences), default=1.0) for differences in of_each]
    rows = zip(variants, of_each, p_values, holm_adjusted(p_values), strict=True)
    return tuple(AgainstControl(place, control, method, its, p, holm, is_harm) for place, its, p, holm in rows)


@dataclass(frozen=True)
class Pair:
    """A variant and the control at a look."""

    one: Sample
    other: Sample

    @property
    def people(self) -> int:
        return self.one.n + self.other.n

    @property
    def amount(self) -> float:
        return self.one.mean - self.other.mean

    @property
    def error(self) -> float:
        return sqrt(self.one.variance_of_mean + self.other.variance_of_mean)

    @property
    def shares(self) -> tuple[int, int, int, int] | None:
        """How many of how many of each, where the values are 0 and 1."""
        if isinstance(self.one, ShareSample) and isinstance(self.other, ShareSample):
            return self.one.successes, self.one.n, self.other.successes, self.other.n
        return None

    @property
    def test_z(self) -> float:
        """How many standard errors it is from 0: of shares, what both have together has the error."""
        if self.shares is None:
            return self.amount / self.error
        pooled = ShareSample(self.shares[0] + self.shares[2], self.people)
        return self.amount / sqrt(pooled.variance * (1 / self.one.n + 1 / self.other.n))


@dataclass(frozen=True)
class _Scale:
    """How wide intervals are, and what differences' chances are, at each look."""

    method: Method
    alpha: float
    fractions: tuple[float, ...]

    def differences(self, looks: Sequence[Look], variant: int, control: int) -> tuple[DifferenceAtLook, ...]:
        found = (self.difference(look, place, variant, control) for place, look in enumerate(looks))
        return tuple(each for each in found if each is not None)

    def difference(self, look: Look, place: int, variant: int, control: int) -> DifferenceAtLook | None:
        """None where too few people tell anything."""
        pair = Pair(look.samples[variant], look.samples[control])
        if (
            min(pair.one.n, pair.other.n) < ENOUGH_PEOPLE
            or look.reached[variant] + look.reached[control] < ENOUGH_PEOPLE
        ):
            return None
        if not pair.error:
            return None
        match self.method:
            case Method.FIXED:
                z, p = two_sided_z(self.alpha), _chance_at_end(pair)
            case Method.PLAN:
                z = bounds(self.fractions, self.alpha)[place]
                p = repeated_p_value(self.fractions[: place + 1], round(pair.test_z, 6))
            case Method.ANY_LOOK:
                z, p = self._at_any_look(pair)
        low, high = pair.amount - z * pair.error, pair.amount + z * pair.error
        if pair.shares and self.method is not Method.ANY_LOOK:
            low, high = difference_interval(*pair.shares, z)
        return DifferenceAtLook(look, pair, z, low, high, p)

    def _at_any_look(self, pair: Pair) -> tuple[float, float]:
        one, people, rho = np.ones(1), np.array([float(pair.people)]), tuning(self.alpha)
        width = any_look_widths(one, people, self.alpha, rho)
        return float(width[0]), float(any_look_p_values(one * pair.amount / pair.error, one, people, rho)[0])


def _chance_at_end(pair: Pair) -> float:
    if pair.shares:
        return p_value(*pair.shares)
    found = mean_difference(pair.one, pair.other)
    return found.p if found else 1.0
