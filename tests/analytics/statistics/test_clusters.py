"""Shares and slopes of what is several times the same person's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.statistics import share_by_person_interval, wilson_interval, within_slope


def array(*values):
    return np.array(values, np.int64)


def test_of_as_many_people_as_trials_it_is_wilsons():
    hits = array(*[1] * 81, *[0] * 182)
    low, high = share_by_person_interval(hits, np.ones(263, np.int64))
    assert (low, high) == pytest.approx(wilson_interval(81, 263), abs=2e-4)


def test_trials_of_one_person_that_go_together_tell_as_much_as_one_does():
    """Ten trials each, all of them or none."""
    people = 400
    hits = array(*[10] * 120, *[0] * 280)
    low, high = share_by_person_interval(hits, np.full(people, 10, np.int64))
    assert (low, high) == pytest.approx(wilson_interval(120, people), abs=1e-3)


@pytest.mark.parametrize(("hits", "trials"), [((), ()), ((0,), (0,)), ((3,), (5,)), ((0, 0), (4, 3)), ((4, 3), (4, 3))])
def test_of_nothing_one_person_and_the_ends_it_is_wilsons(hits, trials):
    assert share_by_person_interval(array(*hits), array(*trials)) == wilson_interval(sum(hits), sum(trials))


ROWS = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 9), st.integers(1, 3)).flatmap(
        lambda row: st.tuples(*map(st.just, row), st.integers(0, row[2]))
    ),
    min_size=1,
    max_size=25,
)


@given(ROWS)
def test_the_slope_is_that_of_least_squares_with_a_constant_of_each_person(rows):
    people, values, weights, outcomes = map(np.array, zip(*rows, strict=True))
    found = within_slope(people, values, outcomes, weights)
    differing = sum(len({v for p, v, *_ in rows if p == person}) > 1 for person in set(people.tolist()))
    if differing < 2:
        assert found is None
        return
    trials = [(p, v, int(k < hits)) for p, v, n, hits in rows for k in range(n)]
    design = np.array([[v, *(float(p == each) for each in range(5))] for p, v, _ in trials])
    outcome = np.array([y for *_, y in trials], float)
    best, *_ = np.linalg.lstsq(design, outcome, rcond=None)
    assert found.people == differing
    assert found.slope == pytest.approx(best[0], abs=1e-9)
    assert found.low <= found.slope <= found.high
    assert sandwich(trials, outcome - design @ best, differing) == pytest.approx((found.high - found.low) / 2, abs=1e-9)


def sandwich(trials, rest, differing):
    """Half the interval, from the residuals of each person."""
    from analytics.statistics.distributions import two_sided_t

    away, scores = [], {}
    for p, v, _ in trials:
        own = [each for q, each, _ in trials if q == p]
        away.append(v - sum(own) / len(own))
    for (p, *_), x, e in zip(trials, away, rest, strict=True):
        scores[p] = scores.get(p, 0.0) + x * e
    error = np.sqrt(differing / (differing - 1) * sum(score**2 for score in scores.values())) / sum(x * x for x in away)
    return two_sided_t(0.05, differing - 1) * error


def test_nothing_is_said_of_people_who_always_got_as_many():
    assert within_slope(array(0, 0, 1), array(3, 3, 5), array(1, 0, 1), array(1, 1, 1)) is None
    assert within_slope(array(), array(), array(), array()) is None


@pytest.mark.long
def test_intervals_hold_the_truth_where_people_differ():
    """Half of the people click much more: as if there were a quarter of the emails. In 95 of 100 samples, and at least
    91 of these."""
    draw, held, true_slope = np.random.default_rng(7), [0, 0], -0.02
    people = np.repeat(np.arange(120), 8)
    for _ in range(200):
        values = draw.integers(0, 6, len(people))
        chance = np.repeat(draw.choice([0.1, 0.7], 120), 8) + true_slope * values
        hits = (draw.random(len(people)) < chance).astype(np.int64)
        by_person = np.bincount(people, hits).astype(np.int64)
        low, high = share_by_person_interval(by_person, np.full(120, 8, np.int64))
        held[0] += low <= 0.35 <= high
        slope = within_slope(people, values, hits, np.ones(len(people), np.int64))
        held[1] += slope.low <= true_slope <= slope.high
    assert min(held) >= 182
