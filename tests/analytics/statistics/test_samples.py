import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.statistics import (
    Sample,
    ShareSample,
    mean_difference,
    needed_people,
    needed_trials,
    regression_adjustment,
    relative_difference,
    without_outliers,
)
from tests.examples import examples

# Values of GrowthBook's statistics (gbstats 0.8.0 and the tests of its repository).
CONTROL = Sample(3_407, 1_396.87, 52_377.9767)
OTHER = Sample(3_461, 2_422.7, 134_698.29)


def as_told(found):
    return tuple(round(number, 5) for number in (found.amount, found.low, found.high, found.p))


def test_a_difference_of_means_is_growthbooks():
    assert as_told(mean_difference(OTHER, CONTROL)) == (0.29, 0.04538, 0.53462, 0.02016)


def test_a_relative_difference_of_means_is_growthbooks():
    assert as_told(relative_difference(OTHER, CONTROL)) == (0.70732, -0.03526, 1.44989, 0.06191)


def test_a_relative_difference_of_shares_is_growthbooks():
    found = relative_difference(ShareSample(16, 30), ShareSample(14, 28))
    assert as_told(found) == (0.06667, -0.47767, 0.61101, 0.80707)


def test_the_opposite_difference_is_the_same_turned_around():
    there, back = mean_difference(OTHER, CONTROL), mean_difference(CONTROL, OTHER)
    assert (there.amount, there.low, there.high, there.p) == (-back.amount, -back.high, -back.low, back.p)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Sample(0, 0, 0), CONTROL),
        (Sample(1, 4, 16), CONTROL),
        (CONTROL, Sample(1, 0, 0)),
        (Sample(5, 10, 20), Sample(4, 8, 16)),
    ],
)
def test_too_few_values_and_equal_ones_have_no_interval(one, other):
    assert mean_difference(one, other) is None


def test_of_a_control_of_nothing_there_is_no_relative_difference():
    assert relative_difference(CONTROL, Sample(10, 0, 0)) is None
    assert relative_difference(CONTROL, Sample(10, 0, 8)) is None


def test_means_of_shares_need_as_many_people_as_shares_do():
    """About: the one takes the control's variance for both."""
    assert needed_people(ShareSample(2_000, 10_000), 0.01) == pytest.approx(
        needed_trials(2_000, 10_000, 0.01), rel=0.01
    )
    assert needed_people(Sample(10, 0, 5), 0.1) == 0


BEFORE = [np.arange(12) % 5 * 1.0, np.arange(10) % 4 * 1.5]
AFTER = [np.array([3, 0, 2, 7, 9, 1, 1, 4, 4, 8, 0, 2.0]), np.array([5, 1, 6, 9, 2, 4, 4, 9, 1, 3.0])]


def sample(values):
    return Sample(len(values), float(values.sum()), float(values @ values))


def test_what_is_known_from_before_is_taken_away_as_growthbook_does():
    found = regression_adjustment(np.concatenate(AFTER), np.concatenate(BEFORE))
    of_control, of_other = sample(found.values[:12]), sample(found.values[12:])
    assert as_told(mean_difference(of_other, of_control))[:3] == (0.66405, -0.80996, 2.13806)
    assert found.values.mean() == pytest.approx(np.concatenate(AFTER).mean())


def test_the_variance_saved_is_what_the_adjusted_values_lack():
    values, before = np.concatenate(AFTER), np.concatenate(BEFORE)
    found = regression_adjustment(values, before)
    assert found.saved == pytest.approx(1 - found.values.var() / values.var())
    assert regression_adjustment(before * 3 + 1, before).saved == pytest.approx(1)


def test_newcomers_of_whom_nothing_is_known_change_nothing():
    values = np.concatenate(AFTER)
    found = regression_adjustment(values, np.zeros(len(values)))
    assert found.saved == 0
    assert found.values is values


def test_money_is_cut_off_at_the_quantile_of_all():
    values = np.arange(1_000, dtype=float)[::-1]
    found = without_outliers(values, 0.99)
    assert (found.most, found.n) == (989, 10)
    assert found.values.max() == 989
    assert (found.values <= values).all()
    assert without_outliers(values, 1.0).n == 0
    assert without_outliers(np.zeros(0), 0.999).n == 0
    assert without_outliers(np.array([5.0, 5.0, 5.0]), 0.5).n == 0


@examples(100)
@given(st.lists(st.sampled_from([-7.5, -1.0, 0.0, 0.0, 0.0, 0.5, 3.0, 8.0]), min_size=1, max_size=40), st.data())
def test_the_value_at_which_money_is_cut_off_is_that_of_the_person_at_the_rank(values, data):
    rank = data.draw(st.integers(1, len(values)))
    share = (rank - 0.5) / len(values)
    assert without_outliers(np.array(values), share).most == sorted(values)[rank - 1]
