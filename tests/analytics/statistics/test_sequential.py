"""What is said at every look: of equal variants rarely that they differ, of different ones an interval that has it."""

import numpy as np
import pytest

from analytics.statistics import (
    Sample,
    ShareSample,
    any_look_p_values,
    any_look_widths,
    bounds,
    difference_interval,
    p_value,
    repeated_p_value,
    tuning,
)

PLAN = (0.2, 0.4, 0.6, 0.8, 1.0)


@pytest.mark.parametrize(
    ("fractions", "alpha", "expected"),
    [
        (PLAN, 0.05, (4.877, 3.357, 2.680, 2.290, 2.031)),
        ((0.5, 1.0), 0.05, (2.963, 1.969)),
        ((1 / 3, 2 / 3, 1.0), 0.05, (3.710, 2.511, 1.993)),
        ((1.0,), 0.05, (1.960,)),
    ],
)
def test_bounds_are_those_published(fractions, alpha, expected):
    """Lan and DeMets; two and three looks as in Jennison and Turnbull's book."""
    assert bounds(fractions, alpha) == pytest.approx(expected, abs=6e-4)


def test_bounds_of_looks_that_come_early_let_nothing_pass():
    assert bounds((0.01, 0.02, 0.5, 1.0))[:2] == (8.0, 8.0)


def test_half_the_alpha_asks_for_more_at_every_look():
    assert all(half > whole for half, whole in zip(bounds(PLAN, 0.025), bounds(PLAN), strict=True))


@pytest.mark.parametrize("look", [1, 2, 5])
def test_on_the_bound_the_p_value_is_alpha(look):
    fractions = PLAN[:look]
    for alpha in (0.05, 0.01):
        assert repeated_p_value(fractions, bounds(fractions, alpha)[-1]) == pytest.approx(alpha, rel=0.002)
        assert repeated_p_value(fractions, -bounds(fractions, alpha)[-1]) == pytest.approx(alpha, rel=0.002)


def test_no_difference_has_a_p_value_of_one_and_a_great_one_none_to_speak_of():
    assert repeated_p_value(PLAN, 0.0) == 1
    assert repeated_p_value(PLAN, 40.0) == pytest.approx(1e-9, rel=0.01)


def test_intervals_are_narrowest_where_they_are_meant_to_be():
    assert tuning(0.05) == pytest.approx(0.039840, abs=1e-6)
    assert tuning(0.05, 1_000) == pytest.approx(0.089085, abs=1e-6)


def at_a_look(one, control, scale=1.0, people=5_000.0):
    """The interval and p-value of a difference at one look; with a scale, that of relative ones."""
    rho = tuning(0.05, people)
    amounts = np.array([(one.mean - control.mean) / scale])
    weight = (one.mean / control.mean) ** 2 if scale != 1 else 1.0
    variances = np.array([(one.variance_of_mean + weight * control.variance_of_mean) / scale**2])
    n = np.array([one.n + control.n], float)
    width = any_look_widths(variances, n, 0.05, rho)
    p = any_look_p_values(amounts, variances, n, rho)
    return [float(number[0]) for number in (amounts, amounts - width, amounts + width, p)]


def test_intervals_at_any_look_are_growthbooks():
    one, control = ShareSample(2_422, 3_461), ShareSample(1_396, 3_000)
    assert at_a_look(one, control, control.mean) == pytest.approx([0.50386, 0.40098, 0.60675, 0], abs=1e-5)
    one, control = Sample(3_461, 2_422.7, 134_698.29), Sample(3_000, 1_396.87, 52_377.9767)
    assert at_a_look(one, control, control.mean, 1_000) == pytest.approx([0.50336, -0.55844, 1.56516, 1], abs=1e-5)


def test_a_difference_that_a_fixed_end_would_call_none_by_chance_is_open_at_any_look():
    assert p_value(130, 1_000, 100, 1_000) == pytest.approx(0.0353, abs=3e-4)
    found = at_a_look(ShareSample(130, 1_000), ShareSample(100, 1_000))
    assert found == pytest.approx([0.03, -0.0145, 0.0745, 0.379], abs=1e-3)
    assert p_value(560, 5_000, 500, 5_000) == pytest.approx(0.0512, abs=3e-4)
    assert at_a_look(ShareSample(560, 5_000), ShareSample(500, 5_000))[3] == pytest.approx(0.687, abs=2e-3)


def test_where_nothing_varies_nothing_is_told_by_any_look():
    nothing = np.zeros(2)
    assert any_look_p_values(nothing, nothing, np.array([10.0, 20.0]), tuning(0.05)).tolist() == [1, 1]


def test_the_interval_ends_at_zero_where_the_p_value_is_alpha():
    variances, people, rho = np.array([1e-4, 3e-5]), np.array([800.0, 9_000.0]), tuning(0.05)
    amounts = any_look_widths(variances, people, 0.05, rho)
    assert any_look_p_values(amounts, variances, people, rho) == pytest.approx([0.05, 0.05])


TESTS, LOOKS, PEOPLE = 2_000, 30, 5_000
"""Simulated tests, how often each is looked at, and people in it."""


def simulated(rate, other_rate, seed=1):
    """Of each test and look, how many people of the control and the other variant converted; both are as large."""
    random, of_look = np.random.default_rng(seed), PEOPLE // 2 // LOOKS
    draws = [random.binomial(of_look, share, size=(TESTS, LOOKS)).cumsum(axis=1) for share in (rate, other_rate)]
    return *draws, np.arange(1, LOOKS + 1) * of_look


def any_look(rate, other_rate):
    """Amounts, widths and p-values of each test and look."""
    control, other, n = simulated(rate, other_rate)
    shares = control / n, other / n
    variances = sum(share * (1 - share) / n for share in shares)
    people = np.broadcast_to(2.0 * n, variances.shape)
    amounts, rho = shares[1] - shares[0], tuning(0.05)
    p_values = any_look_p_values(amounts, variances, people, rho)
    enough = control + other >= 30
    return amounts, any_look_widths(variances, people, 0.05, rho), np.where(enough, p_values, 1.0), enough


@pytest.mark.parametrize("rate", [0.02, 0.1, 0.4])
def test_equal_variants_are_called_different_in_few_tests_at_any_of_thirty_looks(rate):
    _, _, p_values, _ = any_look(rate, rate)
    assert (p_values.min(axis=1) <= 0.05).mean() <= 0.05


def pooled_z(control, other, n):
    pooled = (control + other) / (2 * n)
    return (other - control) / n / np.sqrt(pooled * (1 - pooled) * 2 / n)


def test_looking_thirty_times_with_the_usual_test_calls_many_equal_variants_different():
    """The simulation sees what it is for."""
    z = abs(pooled_z(*simulated(0.1, 0.1)))
    assert 0.2 < (z > 1.96).any(axis=1).mean() < 0.4


@pytest.mark.parametrize(("rate", "other_rate"), [(0.1, 0.1), (0.1, 0.125), (0.03, 0.02)])
def test_intervals_hold_the_difference_at_all_looks_of_nearly_every_test(rate, other_rate):
    amounts, widths, _, enough = any_look(rate, other_rate)
    holds = (abs(amounts - (other_rate - rate)) <= widths) | ~enough
    assert holds.all(axis=1).mean() >= 0.95


def passing_plan(rate, other_rate):
    """Which of the simulated tests have an interval without 0 at one of the plan's looks."""
    places = [LOOKS * look // len(PLAN) - 1 for look in range(1, len(PLAN) + 1)]
    control, other, n = (counts[..., places] for counts in simulated(rate, other_rate, seed=2))
    return np.array([_passes(pairs, n.tolist()) for pairs in np.stack([other, control], axis=-1).tolist()])


def _passes(pairs, n):
    looks = zip(pairs, n, bounds(PLAN), strict=True)
    intervals = (difference_interval(one, people, before, people, bound) for (one, before), people, bound in looks)
    return any(low > 0 or high < 0 for low, high in intervals)


@pytest.mark.parametrize("rate", [0.02, 0.1, 0.4])
def test_equal_variants_are_called_different_in_few_tests_at_the_looks_of_a_plan(rate):
    """Of 400,000 tests it were 4.75, 4.93 and 4.93 %."""
    assert passing_plan(rate, rate).mean() <= 0.05


def test_a_plan_finds_nearly_what_a_fixed_end_does():
    """The figures of 2,500 of each, 10 and 12.5 %."""
    z = abs(pooled_z(*simulated(0.1, 0.125)))[:, -1]
    fixed, plan = (z >= 1.96).mean(), passing_plan(0.1, 0.125).mean()
    assert plan == pytest.approx(0.79, abs=0.03)
    assert fixed - 0.02 <= plan <= fixed + 0.01


def test_newcombes_interval_at_the_last_look_holds_the_difference():
    control, other, n = simulated(0.1, 0.125)
    pairs = zip(other[:, -1].tolist(), control[:, -1].tolist(), strict=True)
    intervals = [difference_interval(one, int(n[-1]), before, int(n[-1]), bounds(PLAN)[-1]) for one, before in pairs]
    assert np.mean([low <= 0.025 <= high for low, high in intervals]) >= 0.95
