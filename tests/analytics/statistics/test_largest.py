import numpy as np
import pytest

from analytics.statistics import count_stands_out, leads, share_stands_out

RANDOM = np.random.default_rng
RUNS, DAYS = 400, 30


def said(runs):
    return sum(count_stands_out(row.tolist(), [1] * len(row)) for row in runs) / len(runs)


def test_the_largest_of_equal_days_stands_out_in_at_most_one_case_of_twenty():
    assert said(RANDOM(1).poisson(100, (RUNS, DAYS))) <= 0.05
    assert said(RANDOM(2).poisson(40, (RUNS, 3))) <= 0.05


@pytest.mark.long
def test_days_that_differ_anyway_do_not_stand_out():
    weekly = np.array([100, 130, 160, 130, 100, 40, 40] * 5)[:DAYS]
    assert said(RANDOM(3).poisson(weekly, (RUNS, DAYS))) <= 0.05
    of_each_size = RANDOM(4).negative_binomial(10, 0.1, (RUNS, DAYS))
    assert said(of_each_size) <= 0.07


def test_a_day_of_twice_as_much_stands_out():
    days = RANDOM(5).poisson(100, (RUNS, DAYS))
    days[:, 11] = RANDOM(6).poisson(200, RUNS)
    assert said(days) > 0.99


def test_few_are_not_said_to_stand_out_and_a_long_month_is_no_peak():
    assert not count_stands_out([29, *[0] * 29], [1] * 30)
    assert count_stands_out([30, *[0] * 29], [1] * 30)
    assert not count_stands_out([310, 280, 300], [31, 28, 30])
    assert not count_stands_out([3100, 90], [31, 1])
    assert count_stands_out([3100, 50], [31, 1])
    assert not count_stands_out([500], [1])


@pytest.mark.parametrize(("most", "other", "expected"), [(29, 0, False), (120, 110, False), (120, 60, True)])
def test_a_lead_is_one_that_chance_does_not_make(most, other, expected):
    assert leads(most, other) is expected


def test_a_share_stands_out_above_all_others_together():
    assert share_stands_out([(60, 100), (100, 400), (90, 400)], 0)
    assert not share_stands_out([(30, 100), (100, 400), (90, 400)], 0)
    assert not share_stands_out([(29, 29), (100, 400)], 0), "of so few"
    assert not share_stands_out([(30, 100)], 0), "with nothing beside it"
    equal = RANDOM(7).binomial(200, 0.2, (RUNS, 12))
    told = sum(share_stands_out([(int(n), 200) for n in row], int(row.argmax())) for row in equal)
    assert told / RUNS <= 0.08  # the others together, without the highest, are below the mean
