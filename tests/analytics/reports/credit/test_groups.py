"""Credit by group: what adding up each conversion's shares says, and sums that keep the last unit."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.questions.credit import CreditModel, CreditRule
from analytics.reports.credit import paths as module
from analytics.reports.credit.groups import ModelCredits, group_credits
from analytics.reports.credit.markov import FEWEST_CONVERSIONS
from analytics.reports.credit.paths import ConversionTimes, Touchpoints
from analytics.reports.credit.shares import CONVERSION, apportionment
from analytics.reports.credit.worth import ConvertedMoney
from tests.analytics.reports.credit.paths import MINUTE
from tests.analytics.reports.credit.test_paths import (
    RULE,
    conversion_rows,
    conversions,
    rule,
    touch_rows,
    touchpoints,
    tried_paths,
)

GROUPS = 2
CURRENCIES = ("EUR", "CHF")
WEIGHED = [model for model in CreditModel if model is not CreditModel.MARKOV]


def credits_of(touches, converted, units, codes, model=CreditModel.LINEAR, until=100):
    """Groups are the labels, 2 counting as 1. Answers what is credited, and what the model says."""
    points = touchpoints(touches)
    money = ConvertedMoney(np.arange(len(units)), np.array(units, np.int64), np.array(codes, np.int64), CURRENCIES)
    named = CreditRule(model, lookbacks=RULE.lookbacks, collapse=RULE.collapse)
    groups = np.minimum(points.labels, 1)
    found = group_credits(points, conversions(converted), [named], groups, GROUPS, money=money, until=until * MINUTE)
    return found, *found.by_model


def shares(path, model):
    """Of each touch of a path, by the words of the definition."""
    n = len(path)
    match model:
        case CreditModel.FIRST:
            return [Fraction(place == 0) for place in range(n)]
        case CreditModel.LAST:
            return [Fraction(place == n - 1) for place in range(n)]
        case CreditModel.LINEAR:
            return [Fraction(1, n)] * n
        case CreditModel.LINEAR_UNIQUE:
            labels = [label for _, label, _ in path]
            firsts = [labels.index(label) == place for place, label in enumerate(labels)]
            return [Fraction(first, sum(firsts)) for first in firsts]
        case CreditModel.DECAY:
            weights = [Fraction(0.5 ** (age / (7 * 24 * 60))) for _, _, age in path]
            return [weight / sum(weights) for weight in weights]
        case CreditModel.POSITION:
            if n < 3:
                return [Fraction(1, n)] * n
            return [Fraction(2, 5), *[Fraction(1, 5 * (n - 2))] * (n - 2), Fraction(2, 5)]


@pytest.mark.long
@pytest.mark.parametrize("model", WEIGHED)
@given(touches=touch_rows, converted=conversion_rows, data=st.data())
def test_credit_is_what_adding_up_shares_says(model, touches, converted, data):
    n = len(converted)
    units = data.draw(st.lists(st.integers(-10_000, 10_000), min_size=n, max_size=n))
    codes = data.draw(st.lists(st.integers(0, 1), min_size=n, max_size=n))
    found, by_model = credits_of(touches, converted, units, codes, model)
    expected, amounts, took_part = [Fraction()] * GROUPS, np.zeros((GROUPS, 2)), [set() for _ in range(GROUPS)]
    whole, entries = np.zeros(2, np.int64), 0
    for place, path in enumerate(tried_paths(touches, converted)):
        whole[codes[place]] += units[place] if path else 0
        for (_, label, _), share in zip(path, shares(path, model) if path else (), strict=True):
            group = min(label, 1)
            expected[group] += share
            amounts[group, codes[place]] += float(share * units[place])
            took_part[group].add(place)
            entries += 1
    assert by_model.credits.sum() == CONVERSION * found.credited == CONVERSION * len(set().union(*took_part))
    assert by_model.credits / CONVERSION == pytest.approx(
        [float(each) for each in expected], abs=(entries + 1) / CONVERSION
    )
    assert by_model.amounts.sum(axis=0).tolist() == found.credited_units.tolist() == whole.tolist()
    assert np.abs(by_model.amounts - amounts).max(initial=0) <= entries + 1
    assert found.assists.tolist() == [len(places) for places in took_part]
    assert found.people.tolist() == [len({converted[place][0] for place in places}) for places in took_part]


@pytest.mark.long
@pytest.mark.parametrize("model", WEIGHED)
@given(touches=touch_rows, converted=conversion_rows)
def test_credit_does_not_depend_on_what_memory_holds(model, touches, converted):
    units = [*range(100, 100 + len(converted))]
    found = credits_of(touches, converted, units, [0] * len(units), model)
    most, module.MOST_ENTRIES = module.MOST_ENTRIES, 2
    try:
        again = credits_of(touches, converted, units, [0] * len(units), model)
    finally:
        module.MOST_ENTRIES = most
    for whole, in_parts in zip(found, again, strict=True):
        for name in vars(whole).keys() & {"credits", "amounts", "assists", "people", "credited_units"}:
            assert np.array_equal(getattr(whole, name), getattr(in_parts, name)), name


@pytest.mark.parametrize("model", WEIGHED)
@given(touches=touch_rows, converted=conversion_rows, split=st.integers(0, 60))
def test_the_sum_of_parts_of_time_is_the_whole(model, touches, converted, split):
    """A conversion gets the same credit whatever other days are looked at."""
    parts = [[row for row in converted if (row[1] < split) is early] for early in (True, False)]
    whole, *of_parts = (
        credits_of(touches, rows, [at * 7 for _, at in rows], [0] * len(rows), model) for rows in (converted, *parts)
    )
    assert np.array_equal(of_parts[0][0].assists + of_parts[1][0].assists, whole[0].assists)
    for name in ("credits", "amounts"):
        summed = getattr(of_parts[0][1], name) + getattr(of_parts[1][1], name)
        assert np.array_equal(summed, getattr(whole[1], name)), name


def of_markov(paths):
    """Paths of letters, each of a person of its own, who converts where the path ends with +."""
    touches = [
        (person, place, 3, ord(letter) - ord("a"), -1)
        for person, path in enumerate(paths)
        for place, letter in enumerate(path.rstrip("+"))
    ]
    converted = [(person, 20) for person, path in enumerate(paths) if path.endswith("+")]
    points = touchpoints(touches)
    same = CreditRule(CreditModel.MARKOV, lookbacks=RULE.lookbacks, collapse=rule(collapse=0).collapse)
    none = np.zeros(len(converted), np.int64)
    money = ConvertedMoney(np.arange(len(converted)), none + 199, none, CURRENCIES[:1])
    found = group_credits(points, conversions(converted), [same], points.labels, 3, money=money, until=20 * MINUTE)
    return found, *found.by_model


def test_markov_credits_add_up_too():
    """a>b>c converts, a and b>c do not: credits 0.2, 0.4 and 0.4 of each conversion."""
    found, markov = of_markov(["abc+", "a", "bc"] * FEWEST_CONVERSIONS)
    assert markov.credits.tolist() == [6_000_000, 12_000_000, 12_000_000]
    assert markov.amounts[:, 0].tolist() == [1194, 2388, 2388]
    low, high = markov.intervals
    assert (low < markov.credits).all()
    assert (markov.credits < high).all()
    assert found.assists.tolist() == [FEWEST_CONVERSIONS] * 3


@pytest.mark.parametrize(
    ("paths", "refusal"),
    [
        (["ab+"] * (FEWEST_CONVERSIONS - 1), "Fewer than 30 conversions have a touch."),
        (["a+"] * FEWEST_CONVERSIONS, "All touches before conversions are the same."),
        ([], "Fewer than 30 conversions have a touch."),
    ],
)
def test_markov_says_nothing_of_little(paths, refusal):
    _, markov = of_markov(paths)
    assert vars(markov) == vars(ModelCredits(None, None, refusal=refusal))


@given(
    total=st.integers(-(2**60), 2**60),
    shares=st.lists(st.floats(0, 1), min_size=1, max_size=6).filter(any),
)
def test_a_total_is_parted_to_the_last_unit(total, shares):
    parts = apportionment(total, np.array(shares)).tolist()
    assert sum(parts) == total
    for part, share in zip(parts, shares, strict=True):
        assert abs(part - total * Fraction(share) / sum(map(Fraction, shares))) < 1


def test_without_touches_nothing_is_credited():
    nobody = Touchpoints(*(np.zeros(0, kind) for kind in (np.int32, np.int64, np.int8, np.int32)))
    money = ConvertedMoney(np.array([0]), np.array([5]), np.array([0]), CURRENCIES[:1])
    some = ConversionTimes(np.array([1], np.int32), np.array([9]))
    found = group_credits(nobody, some, [CreditRule()], np.zeros(0, np.int32), 0, money=money, until=10)
    assert found.credited == 0
    assert found.credited_units.tolist() == [0]
