"""Means of samples, and how far they lie apart."""

from dataclasses import dataclass
from math import ceil, sqrt

from analytics.statistics.distributions import student_tails, two_sided_t
from analytics.statistics.shares import Z_95, Z_POWER


@dataclass(frozen=True)
class Sample:
    """`n` values with their sum and the sum of their squares."""

    n: int
    total: float
    squares: float

    @property
    def mean(self) -> float:
        return self.total / self.n if self.n else 0.0

    @property
    def variance(self) -> float:
        """Of the values, with n - 1; 0 of fewer than two."""
        if self.n < 2:
            return 0.0
        return max(0.0, (self.squares - self.total * self.mean) / (self.n - 1))

    @property
    def variance_of_mean(self) -> float:
        return self.variance / self.n if self.n else 0.0


class ShareSample(Sample):
    """`n` values of which each is 0 or 1."""

    def __init__(self, successes: int, n: int) -> None:
        super().__init__(n, successes, successes)

    @property
    def successes(self) -> int:
        return int(self.total)

    @property
    def variance(self) -> float:
        return self.mean * (1 - self.mean)


@dataclass(frozen=True)
class MeanDifference:
    """How far a mean is above another one, with an interval and how likely as much is by chance."""

    amount: float
    low: float
    high: float
    p: float


def mean_difference(sample: Sample, control: Sample, alpha: float = 0.05) -> MeanDifference | None:
    """Welch's test and interval; None where one has fewer than two values, or none of the values differ."""
    return _welch(sample, control, sample.variance_of_mean, control.variance_of_mean, alpha)


def relative_difference(sample: Sample, control: Sample, alpha: float = 0.05) -> MeanDifference | None:
    """As `mean_difference`, as a share of the control's mean, which is estimated, too (delta method).

    None also where that is 0.
    """
    if not control.mean:
        return None
    square = control.mean**2
    scaled = (sample.variance_of_mean / square, control.variance_of_mean * sample.mean**2 / square**2)
    return _welch(sample, control, *scaled, alpha, base=control.mean)


def _welch(
    sample: Sample, control: Sample, variance: float, variance_of_control: float, alpha: float, base: float = 1.0
) -> MeanDifference | None:
    error = sqrt(variance + variance_of_control)
    if min(sample.n, control.n) < 2 or not error:
        return None
    amount, degrees = (sample.mean - control.mean) / base, _degrees(sample, control)
    width = two_sided_t(alpha, degrees) * error
    return MeanDifference(amount, amount - width, amount + width, student_tails(amount / error, degrees))


def _degrees(sample: Sample, control: Sample) -> float:
    """Welch and Satterthwaite's degrees of freedom."""
    one, other = sample.variance_of_mean, control.variance_of_mean
    return (one + other) ** 2 / (one**2 / (sample.n - 1) + other**2 / (control.n - 1))


def needed_people(control: Sample, lift: float) -> int:
    """How many people of each of two kinds show, in four of five cases, a mean so much above that of these.

    `lift` is relative. 0 where the means would not differ.
    """
    apart = control.mean * lift
    return ceil((Z_95 + Z_POWER) ** 2 * 2 * control.variance / apart**2) if apart else 0
