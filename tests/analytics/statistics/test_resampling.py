"""Samples drawn with replacement have the law that they say: the multinomial."""

import numpy as np
import pytest

from analytics.statistics import number_of_seldom, resamples

SAMPLES = 8_000


def samples_of(counts, samples=SAMPLES, seed=1):
    """By sample and place."""
    drawn = [np.concatenate(parts) for parts in resamples(np.array(counts), samples, seed=seed)]
    return np.concatenate(drawn, axis=1).T.astype(np.int64)


@pytest.mark.parametrize(
    "counts",
    [[1], [3], [1, 2], [1] * 40, [1] * 20 + [2, 5, 8, 9, 40, 400], [50, 50], [1] * 300 + [2] * 50 + [8] * 5 + [700]],
)
def test_each_sample_is_as_large_and_has_the_means_and_covariances_of_the_multinomial(counts):
    found, total = samples_of(counts), sum(counts)
    chances = np.array(counts) / total
    assert (found.sum(axis=1) == total).all()
    covariance = total * (np.diag(chances) - np.outer(chances, chances))
    variances = covariance.diagonal()
    errors = np.sqrt(variances / SAMPLES)
    assert (np.abs(found.mean(axis=0) - counts) <= 5 * errors).all()
    of_covariance = np.sqrt((np.outer(variances, variances) + covariance**2 + variances.max()) / SAMPLES)
    assert (np.abs(np.atleast_2d(np.cov(found.T)) - covariance) <= 6 * of_covariance + 1e-9).all()


def test_each_number_comes_as_often_as_the_binomial_says():
    """Of a thousand things that came once each: how many were drawn never, once, twice …"""
    n = 1000
    times = np.bincount(samples_of([1] * n, 800).reshape(-1), minlength=12)[:12]
    chances = [(1 - 1 / n) ** n]
    for number in range(1, 12):
        chances.append(chances[-1] * (n - number + 1) / number / (n - 1))
    expected = 800 * n * np.array(chances)
    enough = expected > 5
    chi_square = ((times - expected)[enough] ** 2 / expected[enough]).sum()
    assert chi_square < 35, times  # of 8 degrees of freedom: one in 40,000


def test_the_same_counts_and_seed_draw_the_same():
    counts = [1] * 100 + [30, 200]
    assert number_of_seldom(np.array(counts)) == 100
    assert np.array_equal(samples_of(counts, 16), samples_of(counts, 16))
    assert not np.array_equal(samples_of(counts, 16), samples_of(counts, 16, seed=2))
