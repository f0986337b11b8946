"""The normal, Student's and the chi-squared distribution: no more of them than tests need."""

from math import erfc, exp, inf, lgamma, log, log1p, sqrt
from statistics import NormalDist

STANDARD_NORMAL = NormalDist()
_TINY = 1e-300
_EXACT = 1e-15
_MOST_TERMS = 10_000


def normal_tails(z: float) -> float:
    """How likely a normal value lies as far from 0 or farther, on either side."""
    return erfc(abs(z) / sqrt(2))


def two_sided_z(alpha: float) -> float:
    """How far from 0 normal values lie of which a share of `alpha` lies farther, on either side."""
    return -STANDARD_NORMAL.inv_cdf(alpha / 2)


def student_tails(t: float, degrees: float) -> float:
    """How likely a value of Student's distribution lies as far from 0 or farther, on either side."""
    return _beta_share(degrees / 2, 0.5, degrees / (degrees + t * t))


def two_sided_t(alpha: float, degrees: float) -> float:
    """Student's quantile: as `two_sided_z`, of so many degrees of freedom. Found to 1e-12 of it."""
    low, high = 0.0, two_sided_z(alpha)
    while student_tails(high, degrees) > alpha:
        low, high = high, 2 * high
    while high - low > 1e-12 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if student_tails(middle, degrees) > alpha else (low, middle)
    return high


def chi_square_tail(x: float, degrees: int) -> float:
    """How likely a chi-squared value of so many degrees of freedom is as large or larger."""
    if x <= 0:
        return 1.0
    shape, scaled = degrees / 2, x / 2
    factor = exp(shape * log(scaled) - scaled - lgamma(shape))
    if scaled < shape + 1:
        return max(0.0, 1 - factor * _gamma_series(shape, scaled))
    return factor * _gamma_fraction(shape, scaled)


def _gamma_series(shape: float, x: float) -> float:
    """The lower incomplete gamma function as a series, without its factor."""
    term = total = 1 / shape
    for step in range(1, _MOST_TERMS):
        term *= x / (shape + step)
        total += term
        if term < total * _EXACT:
            break
    return total


def _gamma_fraction(shape: float, x: float) -> float:
    """The upper incomplete gamma function as a continued fraction (Lentz), without its factor."""
    b = x + 1 - shape
    c, d = inf, 1 / b
    total = d
    for step in range(1, _MOST_TERMS):
        a = -step * (step - shape)
        b += 2
        d = 1 / (a * d + b or _TINY)
        c = b + a / c or _TINY
        total *= c * d
        if abs(c * d - 1) < _EXACT:
            break
    return total


def _beta_share(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function."""
    if x >= 1:
        return 1.0
    factor = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x))
    if x < (a + 1) / (a + b + 2):
        return factor * _beta_fraction(a, b, x) / a
    return 1 - factor * _beta_fraction(b, a, 1 - x) / b


def _beta_fraction(a: float, b: float, x: float) -> float:
    """Its continued fraction (Lentz)."""
    c, d = 1.0, 1 / (1 - (a + b) * x / (a + 1) or _TINY)
    total = d
    for step in range(1, _MOST_TERMS):
        even = step * (b - step) * x / ((a + 2 * step - 1) * (a + 2 * step))
        odd = -(a + step) * (a + b + step) * x / ((a + 2 * step) * (a + 2 * step + 1))
        for term in (even, odd):
            d = 1 / (1 + term * d or _TINY)
            c = 1 + term / c or _TINY
            total *= c * d
        if abs(c * d - 1) < _EXACT:
            break
    return total
