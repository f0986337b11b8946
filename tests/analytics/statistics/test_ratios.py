import numpy as np
import pytest

from analytics.statistics import ratio_p_value, running_ratio_p_value


@pytest.mark.parametrize(
    ("counts", "weights", "p"),
    [
        ((821_588, 815_482), (1, 1), 1.8e-6),
        ((44_700, 45_489), (1, 1), 0.0086),
        ((100, 300, 600), (0.1, 0.3, 0.6), 1),
        ((0, 0), (1, 1), 1),
        ((10,), (1,), 1),
    ],
)
def test_the_ratio_is_held_to_the_chi_squared_test(counts, weights, p):
    """The first is the case that Fabijan and others published (2019), the second the game Cookie Cats."""
    assert ratio_p_value(counts, weights) == pytest.approx(p, rel=0.02)


def test_weights_say_a_ratio_whatever_they_add_up_to():
    assert ratio_p_value((90, 10), (9, 1)) == 1
    assert ratio_p_value((90, 15), (9, 1)) == pytest.approx(ratio_p_value((90, 15), (0.9, 0.1)))


def test_of_a_variant_without_weight_nothing_is_expectations():
    assert ratio_p_value((50, 50, 7), (1, 1, 0)) == 1


def drawn():
    return np.random.RandomState(1).multinomial(1, [0.1, 0.3, 0.6], size=500).cumsum(axis=0)


def test_the_running_test_stops_where_savvis_does():
    """savvi 0.3.1, of the paper by Lindon and Malek: its example, with the same seed."""
    looks, weights = drawn(), (0.1, 0.4, 0.5)
    assert running_ratio_p_value(looks[:401], weights) > 0.05
    assert running_ratio_p_value(looks[:402], weights) == pytest.approx(0.048456, abs=1e-6)


def test_the_running_test_never_takes_back_what_it_said():
    p_values = [running_ratio_p_value(drawn()[:looks], (0.1, 0.4, 0.5)) for looks in range(0, 500, 50)]
    assert p_values == sorted(p_values, reverse=True)
    assert p_values[0] == 1


def test_the_running_test_calls_few_fair_draws_unfair():
    """Of 500 of 5,000 people each, looked at 20 times, fewer than 1 in 20."""
    draws = np.random.default_rng(3).multinomial(250, [0.5, 0.5], size=(500, 20)).cumsum(axis=1)
    called = sum(running_ratio_p_value(looks.tolist(), (1, 1)) < 0.05 for looks in draws)
    assert called <= 25
