"""What makes values of people vary less, or lets few of them weigh less."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class AdjustedValues:
    """Values less what could have been known of them before, in each one's place; their mean is that of the values.

    `saved` is the share of the variance that is gone.
    """

    values: NDArray[np.float64]
    saved: float


def regression_adjustment(values: NDArray[np.float64], before: NDArray[np.float64]) -> AdjustedValues:
    """CUPED (Deng, Xu, Kohavi and Walker, 2013): values less θ times how far those of the same people before lie from
    their mean, with one θ of all people, whatever they were given.

    Where those before do not vary, the values themselves.
    """
    apart, apart_before = values - values.mean(), before - before.mean()
    variance, variance_before = float(apart @ apart), float(apart_before @ apart_before)
    if not variance or not variance_before:
        return AdjustedValues(values, 0.0)
    covariance = float(apart @ apart_before)
    return AdjustedValues(
        values - covariance / variance_before * apart_before, covariance**2 / variance / variance_before
    )


@dataclass(frozen=True, eq=False)
class CutValues:
    """Values of which none is above `most`, and of how many that was cut off."""

    values: NDArray[np.float64]
    most: float
    n: int


def without_outliers(values: NDArray[np.float64], share: float) -> CutValues:
    """Values winsorised at the quantile of a share of them all, of every group together: the value of the person at
    that rank. A share of 1 leaves all."""
    if share >= 1 or not len(values):
        return CutValues(values, float(values.max(initial=0)), 0)
    rank = int(np.ceil(share * len(values))) - 1
    most = _at_rank(values, rank)
    return CutValues(np.minimum(values, most), most, int((values > most).sum()))


def _at_rank(values: NDArray[np.float64], rank: int) -> float:
    """The value at a rank, 0 the lowest. Most are 0, and to put equal ones in order takes a hundred times as long."""
    below, above = values[values < 0], values[values > 0]
    zeros = len(values) - len(below) - len(above)
    if rank < len(below):
        return float(np.partition(below, rank)[rank])
    rank -= len(below) + zeros
    return 0.0 if rank < 0 else float(np.partition(above, rank)[rank])
