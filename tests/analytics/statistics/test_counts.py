from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.statistics import (
    are_beyond_chance,
    benjamini_hochberg_adjusted,
    count_p_value,
    p_value,
    paired_p_value,
    shares_p_value,
    sums_p_value,
)


def fisher(successes, trials, successes_before, trials_before):
    """By all tables with the same sums, one by one."""
    of_both = successes + successes_before
    tables = range(max(0, of_both - trials_before), min(trials, of_both) + 1)
    ways = {k: comb(trials, k) * comb(trials_before, of_both - k) for k in tables}
    return sum(n for n in ways.values() if n <= ways[successes]) / sum(ways.values())


@given(st.integers(1, 30), st.integers(1, 30), st.data())
def test_shares_of_few_are_compared_exactly(trials, trials_before, data):
    successes, before = data.draw(st.integers(0, trials)), data.draw(st.integers(0, trials_before))
    found = shares_p_value(successes, trials, before, trials_before)
    counts = successes, trials, before, trials_before
    both, of_both = trials + trials_before, successes + before
    if min(trials, trials_before) * min(of_both, both - of_both) >= 10 * both:
        assert found == p_value(*counts)
    else:
        assert found == pytest.approx(fisher(*counts))


def test_shares_of_many_are_compared_as_normal_ones():
    assert shares_p_value(130, 1000, 100, 1000) == pytest.approx(0.03549, abs=5e-6)


def test_one_among_one_is_no_wonder_beside_none_of_fifty():
    assert shares_p_value(1, 1, 0, 50) == pytest.approx(1 / 51)


@pytest.mark.parametrize("counts", [(0, 0, 3, 10), (3, 10, 0, 0), (0, 10, 0, 20), (10, 10, 20, 20)])
def test_shares_that_nothing_tells_apart_are_alike(counts):
    assert shares_p_value(*counts) == 1


def test_a_count_is_compared_with_what_its_size_lets_expect():
    assert count_p_value(130, 100) == pytest.approx(0.05585, abs=1e-5)
    assert count_p_value(310, 280, 31, 28) == 1
    assert count_p_value(0, 0) == 1
    assert count_p_value(100, 0) < 1e-20


def test_equal_counts_are_called_different_as_seldom_as_they_should_be():
    rng = np.random.default_rng(1)
    found = [count_p_value(*rng.poisson(mean, 2).tolist()) for mean in (2, 20, 2000) for _ in range(2000)]
    assert np.mean(np.array(found) < 0.05) <= 0.05


def test_days_that_differ_widely_among_themselves_show_less():
    assert paired_p_value([10, 11, 9, 10, 12, 8, 10]) < 1e-6
    assert paired_p_value([70, 0, 0, 0, 0, 0, 0]) == pytest.approx(0.3559, abs=1e-4)
    assert paired_p_value([5]) == paired_p_value([]) == paired_p_value([3, 3, 3]) == 1


def test_sums_are_compared_by_how_much_their_amounts_vary():
    few = sums_p_value((5.0, 0.0), (5.0, 0.0), 5)
    assert few == pytest.approx(0.0890, abs=1e-4)
    assert sums_p_value((5000.0, 4500.0), (5000.0, 4500.0), 9500) < 1e-6
    assert sums_p_value((1.0, 0.0), (1.0, 0.0), 1) == sums_p_value((0.0, 0.0), (0.0, 0.0), 2) == 1


def test_sums_of_equal_periods_are_called_different_as_seldom_as_they_should_be():
    rng, found = np.random.default_rng(2), []
    for _ in range(3000):
        now, before = (rng.lognormal(3, 0.6, rng.poisson(40)) for _ in range(2))
        sums, squares = (now.sum(), before.sum()), ((now**2).sum(), (before**2).sum())
        found.append(sums_p_value(sums, squares, len(now) + len(before)))
    assert 0.03 < np.mean(np.array(found) < 0.05) < 0.06


def test_p_values_are_adjusted_as_benjamini_and_hochberg_do():
    assert benjamini_hochberg_adjusted([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.02, 0.04, 0.04, 0.02))
    assert benjamini_hochberg_adjusted([]) == ()


def test_nothing_is_real_unless_something_surely_is():
    assert are_beyond_chance([0.02, 0.06, 0.9]) == (False, False, False)
    assert are_beyond_chance([0.001, 0.06, 0.9]) == (True, True, False)
    assert are_beyond_chance([]) == ()


def test_where_nothing_changed_something_is_called_real_in_one_case_of_twenty():
    p_values = np.random.default_rng(3).random((4000, 20))
    assert np.mean([any(are_beyond_chance(row.tolist())) for row in p_values]) == pytest.approx(0.05, abs=0.01)
