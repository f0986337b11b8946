"""Intervals and p-values that hold at every look, however often one looks: asymptotic confidence sequences
(Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, 2021)."""

from math import log, sqrt

import numpy as np
from numpy.typing import NDArray

EXPECTED_PEOPLE = 5_000
"""For how many people of both kinds intervals are made as narrow as can be, where no number is planned."""


def tuning(alpha: float, people: float = EXPECTED_PEOPLE) -> float:
    """The parameter that makes intervals narrowest at so many people of both kinds."""
    return sqrt((-2 * log(alpha) + log(1 - 2 * log(alpha))) / people)


def any_look_widths(
    variances: NDArray[np.float64], people: NDArray[np.float64], alpha: float, rho: float
) -> NDArray[np.float64]:
    """Half of the intervals around differences that have these variances, of so many people of both kinds, at least
    one."""
    spread = people * rho**2
    widths: NDArray[np.float64] = np.sqrt(variances * 2 * (spread + 1) / spread * np.log(np.sqrt(spread + 1) / alpha))
    return widths


def any_look_p_values(
    amounts: NDArray[np.float64], variances: NDArray[np.float64], people: NDArray[np.float64], rho: float
) -> NDArray[np.float64]:
    """At which of the intervals' alpha they would end at 0; where nothing varies, 1."""
    spread = people * rho**2
    squares = np.divide(amounts**2, variances, out=np.zeros_like(amounts), where=variances > 0)
    values: NDArray[np.float64] = np.sqrt(spread + 1) * np.exp(-squares * spread / (2 * (spread + 1)))
    return np.minimum(values, 1.0)
