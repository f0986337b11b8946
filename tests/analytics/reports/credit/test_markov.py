"""Removal effects and credits of published examples, and the same as removing each label by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.reports.credit.distinct import DistinctPaths, distinct_paths
from analytics.reports.credit.markov import MOST_DRAWN_LABELS, markov_credit
from tests.analytics.reports.credit.paths import paths_of


def credit(rows):
    """Of (labels, converted, lost): labels in order, removal effects, credits, and the whole answer."""
    names = sorted({label for labels, _, _ in rows for label in labels})
    numbers = [[names.index(label) for label in labels] for labels, _, _ in rows]
    starts = np.cumsum([0, *map(len, numbers)])
    paths = DistinctPaths(starts, np.array([n for labels in numbers for n in labels], np.int32), np.arange(len(rows)))
    converted, lost = (np.array([row[place] for row in rows]) for place in (1, 2))
    found = markov_credit(paths, converted, lost, len(names))
    return names, found.removal_effects, found.shares * converted.sum(), found


@pytest.mark.parametrize(
    ("rows", "effects", "credits"),
    [
        ([("abc", 1, 0), ("a", 0, 1), ("bc", 0, 1)], [0.5, 1, 1], [0.2, 0.4, 0.4]),
        ([("g", 2, 1), ("m", 1, 0), ("gm", 1, 0)], [0.75, 0.5], [2.4, 1.6]),
        ([("ab", 3, 1), ("ac", 1, 1)], [1, 0.75, 0.25], [2, 1.5, 0.5]),
        ([("aba", 2, 1), ("b", 1, 3)], [0.809524, 0.666667], [1.645161, 1.354839]),
    ],
)
def test_published_examples(rows, effects, credits):
    _, found_effects, found_credits, _ = credit(rows)
    assert found_effects == pytest.approx(effects, abs=1e-6)
    assert found_credits == pytest.approx(credits, abs=1e-6)


def conversion_probability(rows, removed=None):
    """By following the chain for long, with what goes to the removed label lost."""
    names = sorted({label for labels, _, _ in rows for label in labels})
    steps = {}
    for labels, converted, lost in rows:
        way = ["start", *labels]
        for before, after in zip(way, [*way[1:], None], strict=True):
            for end, n in ((after, converted + lost),) if after else (("yes", converted), ("no", lost)):
                steps.setdefault(before, {}).setdefault(end, 0)
                steps[before][end] += n
    chance = dict.fromkeys(["start", *names], 0.0)
    for _ in range(300):
        chance = {
            state: sum(
                n * (1 if end == "yes" else 0 if end == "no" or end == removed else chance[end])
                for end, n in ends.items()
            )
            / max(1, sum(ends.values()))
            for state, ends in steps.items()
        }
    return chance["start"]


row = st.tuples(
    st.lists(st.sampled_from("abcd"), min_size=1, max_size=4).map("".join), st.integers(0, 4), st.integers(1, 3)
)


@pytest.mark.long
@given(
    rows=st.lists(row, min_size=1, max_size=5, unique_by=lambda row: row[0]).filter(
        lambda rows: any(r[1] for r in rows)
    )
)
def test_a_removal_effect_is_what_is_lost_without_the_label(rows):
    names, effects, _, found = credit(rows)
    whole = conversion_probability(rows)
    expected = [1 - conversion_probability(rows, removed=name) / whole for name in names]
    assert effects == pytest.approx(expected, abs=1e-4)
    assert found.shares.sum() == pytest.approx(1)
    low, high = found.interval
    assert (low <= found.shares).all()
    assert (found.shares <= high).all()


def test_the_interval_narrows_with_more_paths_and_is_the_same_each_time():
    rows = [("ab", 3, 1), ("ac", 1, 1), ("b", 2, 5)]
    many = [(labels, 100 * converted, 100 * lost) for labels, converted, lost in rows]
    (low, high), (low_of_many, high_of_many) = credit(rows)[-1].interval, credit(many)[-1].interval
    assert np.array_equal(credit(rows)[-1].interval[0], low)
    assert ((high_of_many - low_of_many) < (high - low) / 5).all()


def test_so_many_labels_that_samples_would_take_minutes_have_no_interval():
    rows = [(chr(0x100 + n), 1, 1) for n in range(MOST_DRAWN_LABELS + 1)]
    _, effects, credits, found = credit(rows)
    assert found.interval is None
    assert effects == pytest.approx([1 / len(rows)] * len(rows))
    assert credits == pytest.approx([1] * len(rows))


@given(labels=st.lists(st.text("abc", min_size=1, max_size=4), min_size=1, max_size=20))
def test_equal_paths_are_counted_together(labels):
    paths, numbers = paths_of(labels)
    found = distinct_paths(paths, numbers)
    texts = ["".join("abc"[n] for n in found.path(place)) for place in range(len(found))]
    assert sorted(texts) == sorted(set(labels))
    assert [texts[which] for which in found.which] == labels
    assert dict(zip(texts, found.counts().tolist(), strict=True)) == {text: labels.count(text) for text in labels}


STEPS = {
    "start": {"a": 0.5, "b": 0.3, "c": 0.2},
    "a": {"b": 0.4, "c": 0.2, "yes": 0.1, "no": 0.3},
    "b": {"a": 0.2, "c": 0.3, "yes": 0.2, "no": 0.3},
    "c": {"a": 0.1, "c": 0.2, "yes": 0.1, "no": 0.6},
}
"""A chain whose paths are mostly different from each other, where they are long."""


def walk(random):
    state, labels = "start", []
    while state not in ("yes", "no"):
        state = random.choice([*STEPS[state]], p=[*STEPS[state].values()])
        labels.append(str(state))
    return "".join(labels[:-1]), labels[-1] == "yes"


def chance_of_conversion(removed=None):
    chance = dict.fromkeys(STEPS, 0.0) | {"yes": 1.0, "no": 0.0}
    for _ in range(200):
        chance |= {
            state: sum(p * chance[end] for end, p in ends.items() if end != removed) for state, ends in STEPS.items()
        }
    return chance["start"]


@pytest.mark.long
def test_intervals_hold_what_is_true_of_the_chain_as_often_as_they_say():
    """Of 240 intervals of a chain that is known, 95 % hold its shares; the bounds leave three standard errors."""
    effects = np.array([1 - chance_of_conversion(name) / chance_of_conversion() for name in "abc"])
    true_shares = effects / effects.sum()
    random, held = np.random.default_rng(4), []
    for _ in range(80):
        counts = {}
        for labels, converted in (walk(random) for _ in range(300)):
            counts.setdefault(labels, [0, 0])[0 if converted else 1] += 1
        low, high = credit([(labels, *ends) for labels, ends in counts.items()])[-1].interval
        held.extend((low <= true_shares) & (true_shares <= high))
    assert 0.90 < np.mean(held) < 0.99
