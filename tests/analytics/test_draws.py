"""Variants are drawn as GrowthBook's clients draw them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.draws import draw, drawn_place


@pytest.mark.parametrize(
    ("seed", "id", "number"),
    [
        ("seed", "a", 0.0505),
        ("seed", "b", 0.2696),
        ("foo", "ab", 0.2575),
        ("foo", "def", 0.2019),
        ("89123klj", "8952klfjas09ujkasdf", 0.124),
        ("90850943850283058242805", "123", 0.7516),
        ("()**(%$##$%#$#", '___)((*":&', 0.0128),
    ],
)
def test_the_hash_is_the_second_version_of_growthbooks(seed, id, number):
    assert draw(seed, id) == number


HALVES, THIRDS = [1, 1], [0.2, 0.3, 0.5]


@pytest.mark.parametrize(
    ("weights", "number", "place"),
    [
        (HALVES, 0.0, 0),
        (HALVES, 0.4999, 0),
        (HALVES, 0.5, 1),
        ([1] * 4, 0.25, 1),
        ([0.4, 0.6], 0.3999, 0),
        ([0.4, 0.6], 0.4, 1),
        (THIRDS, 0.1999, 0),
        (THIRDS, 0.2, 1),
        (THIRDS, 0.5, 2),
        (THIRDS, 0.9999, 2),
        ([0, 3], 0.0, 1),
        ([3, 0], 0.9999, 0),
        ([0, 0], 0.5, None),
        ([], 0.5, None),
    ],
)
def test_a_number_lies_in_the_share_of_one_variant(weights, number, place):
    assert drawn_place(weights, number) == place


@given(st.text(), st.text())
def test_any_text_is_drawn(seed, id):
    assert 0 <= draw(seed, id) < 1


def test_shares_follow_the_weights():
    """Of 10,000 ids, within four standard deviations."""
    places = [drawn_place([9, 1], draw("holdout", f"user-{number}")) for number in range(10_000)]
    assert abs(places.count(1) - 1000) < 4 * 30
