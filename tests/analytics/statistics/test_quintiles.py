"""Scores by rank, against their definition and on published data."""

import csv
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.statistics import quintile_scores


def scores(values):
    return quintile_scores(np.array(values, np.int64)).tolist()


@given(st.lists(st.integers(-3, 12), max_size=40))
def test_a_score_is_the_fifth_in_which_the_mean_of_the_ranks_lies(values):
    def fifth(value):
        ranks = [rank for rank, other in enumerate(sorted(values), start=1) if other == value]
        return 1 + 5 * (2 * sum(ranks) - len(ranks)) // (2 * len(ranks) * len(values))

    assert scores(values) == [fifth(value) for value in values]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], []),
        ([7], [3]),
        ([7, 7, 7], [3, 3, 3]),
        ([5, 4, 3, 2, 1], [5, 4, 3, 2, 1]),
        ([1, 1, 1, 1, 2, 3], [2] * 4 + [4, 5]),
    ],
)
def test_equal_values_have_one_score(values, expected):
    assert scores(values) == expected


def test_ties_of_cdnow():
    """The sample of 2,357 customers of CDNOW, of whom 1,411 bought but once: repeated purchases, and days between the
    last one and the end of 39 weeks, as the package lifetimes (MIT) has them."""
    with (Path(__file__).parent / "cdnow.csv").open() as file:
        rows = [[int(value) for value in row.values()] for row in csv.DictReader(file)]
    repeats, days = ([row[place] for row in rows for _ in range(row[2])] for place in (0, 1))
    frequency, recency = scores(repeats), scores([-day for day in days])
    assert len(frequency) == 2357
    assert Counter(frequency) == {2: 1411, 4: 439, 5: 507}
    assert Counter(recency) == {1: 466, 2: 475, 3: 476, 4: 467, 5: 473}
    assert Counter(zip(recency, frequency, strict=True)) == {
        **{(1, 2): 444, (1, 4): 22, (2, 2): 414, (2, 4): 50, (2, 5): 11, (3, 2): 406, (3, 4): 55},
        **{(3, 5): 15, (4, 2): 147, (4, 4): 177, (4, 5): 143, (5, 4): 135, (5, 5): 338},
    }
