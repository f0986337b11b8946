from fractions import Fraction
from itertools import permutations
from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.statistics import MixAndRate, SharePair, factor_pieces, mix_and_rate

# Admissions to Berkeley in 1973 by department, men now, women before (R's UCBAdmissions).
BERKELEY = [
    SharePair(512, 825, 89, 108),
    SharePair(353, 560, 17, 25),
    SharePair(120, 325, 202, 593),
    SharePair(138, 417, 131, 375),
    SharePair(53, 191, 94, 393),
    SharePair(22, 373, 24, 341),
]
COUNTS = st.integers(0, 10**6)


def pairs():
    """Of which no side has more successes than trials."""
    side = COUNTS.flatmap(lambda trials: st.tuples(st.integers(0, trials), st.just(trials)))
    return st.tuples(side, side).map(lambda both: SharePair(*both[0], *both[1]))


def test_berkeley_admitted_more_men_by_where_they_applied_and_fewer_by_department():
    pieces = mix_and_rate(BERKELEY)
    assert SharePair.sum_of(BERKELEY) == SharePair(1198, 2691, 557, 1835)
    assert round(sum(piece.mix for piece in pieces), 5) == 0.17767
    assert round(sum(piece.rate for piece in pieces), 5) == -0.03603
    assert round(sum(piece.total for piece in pieces), 5) == 0.14165


@given(st.lists(pairs(), min_size=1, max_size=30))
def test_mix_and_rate_add_up_to_how_the_share_changed(pairs):
    pieces, whole = mix_and_rate(pairs), SharePair.sum_of(pairs)
    if not whole.trials or not whole.trials_before:
        assert pieces == ()
        return
    change = Fraction(whole.successes, whole.trials) - Fraction(whole.successes_before, whole.trials_before)
    assert abs(sum(piece.total for piece in pieces) - float(change)) < 1e-12


def test_a_value_that_only_one_side_has_is_mix_alone():
    [there, gone, new] = mix_and_rate([SharePair(5, 50, 5, 50), SharePair(0, 0, 40, 50), SharePair(10, 50, 0, 0)])
    assert there == MixAndRate(0, 0)
    assert gone.rate == new.rate == 0
    assert gone.mix + new.mix == pytest.approx(15 / 100 - 45 / 100)


def test_a_value_that_nothing_was_tried_of_changes_nothing():
    assert mix_and_rate([SharePair(1, 2, 1, 4), SharePair(0, 0, 0, 0)])[1] == MixAndRate(0, 0)


def test_a_product_is_divided_among_its_factors_by_the_logarithmic_mean():
    pieces = factor_pieces([1000, 0.3, 0.1, 0.05, 40], [1200, 0.28, 0.12, 0.05, 38])
    assert [round(piece, 5) for piece in pieces] == [12.39169, -4.68918, 12.39169, 0, -3.48621]
    assert round(sum(pieces), 3) == 16.608


def test_with_a_zero_each_factor_has_its_mean_over_all_orders():
    before, after = [4.0, 0.0, 3.0], [6.0, 2.0, -1.0]

    def product(changed):
        return prod(after[place] if place in changed else before[place] for place in range(3))

    orders = [*permutations(range(3))]
    for place, piece in enumerate(factor_pieces(before, after)):
        added = [product(order[: order.index(place) + 1]) - product(order[: order.index(place)]) for order in orders]
        assert piece == pytest.approx(sum(added) / len(orders))


def test_a_rate_of_nothing_did_not_change():
    assert factor_pieces([0, None, None], [10, 0.5, 0.2]) == (1.0, 0.0, 0.0)
    assert factor_pieces([10, 0.5], [0, None]) == (-5.0, 0.0)
    assert factor_pieces([0, None], [0, None]) == (0.0, 0.0)


def factors():
    """Some of zero and some of less, as amounts given back are."""
    known = st.sampled_from([0.0, -2.5]) | st.floats(1e-3, 1e3)
    return st.lists(st.tuples(known, known), min_size=1, max_size=5)


@given(factors())
def test_pieces_of_a_product_add_up_to_how_it_changed(pairs):
    before, after = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    pieces = factor_pieces(before, after)
    largest = max(1.0, prod(map(abs, before)), prod(map(abs, after)), *map(abs, pieces))
    assert abs(sum(pieces) - (prod(after) - prod(before))) <= 1e-12 * largest


def test_equal_products_of_other_factors_have_pieces_that_cancel_out():
    assert factor_pieces([2, 3], [3, 2]) == (pytest.approx(6 * 0.4054651081), pytest.approx(-6 * 0.4054651081))
