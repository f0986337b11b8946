"""Published tables of the models, and sums that keep the last unit."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.reports.credit.models import (
    Decay,
    Position,
    first_of_labels,
    first_touch,
    last_touch,
    linear,
    linear_unique,
)
from analytics.reports.credit.shares import CONVERSION, amounts_of, credits_of
from tests.analytics.reports.credit.paths import DAY, paths_of

POSITION = Position(40, 20, 40)
MODELS = [
    first_touch,
    last_touch,
    linear,
    linear_unique,
    Decay(7 * DAY),
    Decay(DAY // 100),
    POSITION,
    Position(30, 0, 70),
]


def by_letter(text, values):
    totals = {}
    for letter, value in zip(text, values, strict=True):
        totals[letter] = totals.get(letter, 0) + value
    return totals


def amounts(model, text, amount):
    """What each letter gets of an amount."""
    paths, labels = paths_of([text])
    credits = credits_of(paths, model(paths, labels))
    return by_letter(text, amounts_of(paths, credits, np.array([amount])).tolist())


@pytest.mark.parametrize(
    ("model", "text", "amount", "expected"),
    [
        (linear, "aab", 6, {"a": 4, "b": 2}),
        (POSITION, "xy", 10, {"x": 5, "y": 5}),
        (POSITION, "x", 10, {"x": 10}),
        (POSITION, "dod", 14_000, {"d": 11_200, "o": 2_800}),
        (first_touch, "dod", 14_000, {"d": 14_000, "o": 0}),
        (last_touch, "dxo", 14_000, {"d": 0, "x": 0, "o": 14_000}),
        (Position(30, 30, 40), "axxb", 1000, {"a": 300, "x": 300, "b": 400}),
    ],
)
def test_tables_of_the_models(model, text, amount, expected):
    assert amounts(model, text, amount) == expected


@pytest.mark.parametrize(
    ("text", "worth", "first", "last", "linear_each", "ends"),
    [
        ("d", 5000, "d", "d", 50, 50),
        ("d", 2042, "d", "d", 20, 20),
        ("v", 20_000, "v", "v", 200, 200),
        ("oxo", 6650, "o", "o", 22, 27),
        ("dod", 14_000, "d", "d", 47, 56),
        ("d", 2400, "d", "d", 24, 24),
    ],
)
def test_snowplow_s_table_of_channels(text, worth, first, last, linear_each, ends):
    """Of its dbt package what its tests expect of each conversion, in whole units: what the first and the last touch
    get by each model. What it writes for the middle by position adds up to no conversion, and is left out."""
    assert amounts(first_touch, text, worth)[first] == worth
    assert amounts(last_touch, text, worth)[last] == worth
    paths, labels = paths_of([text])
    for model, expected in ((linear, linear_each), (POSITION, ends)):
        parts = amounts_of(paths, credits_of(paths, model(paths, labels)), np.array([worth]))
        assert [round(part / 100) for part in (parts[0], parts[-1])] == [expected, expected]


@pytest.mark.parametrize(
    ("model", "text", "expected"),
    [
        (first_touch, "abcccb", {"a": 6000, "b": 0, "c": 0}),
        (last_touch, "abcccb", {"a": 0, "b": 6000, "c": 0}),
        (POSITION, "abcccb", {"a": 2400, "b": 2700, "c": 900}),
        (linear, "abcccb", {"a": 1000, "b": 2000, "c": 3000}),
        (POSITION, "ab", {"a": 3000, "b": 3000}),
        (POSITION, "a", {"a": 6000}),
        (POSITION, "abcd", {"a": 2400, "b": 600, "c": 600, "d": 2400}),
    ],
)
def test_the_attribution_playbook_s_points(model, text, expected):
    """Of dbt's playbook: its customer 745 came by an advertisement, a search, directly three times and by a search
    again; 40/20/40, of two sessions half each, of one all."""
    assert amounts(model, text, 6000) == expected


def test_position_gives_each_touch_its_place_s_share():
    paths, labels = paths_of(["dod"])
    parts = amounts_of(paths, credits_of(paths, POSITION(paths, labels)), np.array([14_000]))
    assert parts.tolist() == [5600, 2800, 5600]


def test_decay_halves_with_each_half_life():
    paths, labels = paths_of(["abcd"])
    credits = credits_of(paths, Decay(DAY)(paths, labels)) / CONVERSION
    assert credits.round(4).tolist() == [0.0667, 0.1333, 0.2667, 0.5333]


def test_decay_over_years_leaves_the_last_touch_with_all():
    paths, labels = paths_of(["a" * 4000])
    assert credits_of(paths, Decay(DAY // 100)(paths, labels))[-1] == CONVERSION


def test_linear_over_labels_is_the_shapley_value():
    """Of a:4 and a>b:6, labels alone and together are worth 7 and 3."""
    paths, labels = paths_of(["a", "ab"])
    credits = credits_of(paths, linear_unique(paths, labels))
    parts = amounts_of(paths, credits, np.array([4, 6]))
    assert by_letter("aab", parts.tolist()) == {"a": 7, "b": 3}


texts = st.lists(st.text("abc", max_size=7), min_size=1, max_size=6)
sums = st.integers(-(2**53), 2**53)


@pytest.mark.parametrize("model", MODELS)
@given(texts=texts, data=st.data())
def test_credit_and_money_add_up_to_the_last_unit(model, texts, data):
    """A path without a touch leaves all of it unattributed; no part is a unit away from its exact share."""
    paths, labels = paths_of(texts)
    weights = model(paths, labels)
    credits = credits_of(paths, weights)
    stated = data.draw(st.lists(sums, min_size=len(texts), max_size=len(texts)))
    parts = amounts_of(paths, credits, np.array(stated, np.int64))
    for place, text in enumerate(texts):
        its = slice(paths.starts[place], paths.starts[place + 1])
        assert credits[its].sum() == (CONVERSION if text else 0)
        assert sum(parts[its].tolist()) == (stated[place] if text else 0)
        assert (credits[its] >= 0).all()
        total = sum(map(Fraction, weights[its].tolist()))
        for weight, credit, part in zip(weights[its].tolist(), credits[its].tolist(), parts[its].tolist(), strict=True):
            assert abs(Fraction(weight) / total * CONVERSION - credit) < 1 + Fraction(1, 1000)
            assert abs(Fraction(stated[place] * credit, CONVERSION) - part) < 1


@given(texts=texts)
def test_all_models_agree_on_a_single_touch(texts):
    paths, labels = paths_of([text[:1] for text in texts])
    found = {tuple(credits_of(paths, model(paths, labels)).tolist()) for model in MODELS}
    assert found == {(CONVERSION,) * len(labels)}


@given(texts=texts)
def test_a_refund_takes_back_the_same_shares(texts):
    paths, labels = paths_of(texts)
    credits = credits_of(paths, linear(paths, labels))
    stated = np.arange(1, len(texts) + 1) * 1001
    assert np.array_equal(amounts_of(paths, credits, -stated), -amounts_of(paths, credits, stated))


@given(texts=texts)
def test_the_first_of_each_label_is_found(texts):
    paths, labels = paths_of(texts)
    expected = [text.index(letter) == place for text in texts for place, letter in enumerate(text)]
    assert first_of_labels(paths, labels).tolist() == expected
