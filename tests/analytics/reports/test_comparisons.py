"""Variants against the control: what each look says, and when it is called no chance."""

import numpy as np
import pytest

from analytics.reports.experiments.comparisons import FRACTIONS, Judgement, Look, Method, comparisons
from analytics.statistics import Sample, ShareSample, bounds, difference_interval, ratio_p_value

LOOKS_OF_PLAN = [1_060, 2_120, 3_180, 4_240, 5_300]


def look(*pairs, fraction=1.0):
    """Of (successes, people) each."""
    samples = tuple(ShareSample(*pair) for pair in pairs)
    return Look(sum(n for _, n in pairs), 0, samples, tuple(successes for successes, _ in pairs), fraction)


def fixed(*pairs, control=0):
    return comparisons([look(*pairs)], control, Method.FIXED)


def plan(*looks, fractions=FRACTIONS):
    return comparisons([look(*pairs) for pairs in looks], 0, Method.PLAN, fractions=fractions[: len(looks)])


def judgements(found):
    return [each.judgement for each in found]


def test_400_against_450_of_1000_is_no_chance_at_a_fixed_end():
    """Intervals of the two overlap: they lie around 0.37 to 0.43 and 0.42 to 0.48."""
    [better] = fixed((400, 1000), (450, 1000))
    assert better.judgement is Judgement.BETTER
    assert round(better.p, 3) == round(better.holm, 3) == 0.024
    assert (better.result.low, better.result.high) == difference_interval(450, 1000, 400, 1000)
    assert better.result.relative == pytest.approx((0.125, 0.0108, 0.2392), abs=1e-3)


@pytest.mark.parametrize(
    ("pairs", "judgement"),
    [
        (((450, 1000), (400, 1000)), Judgement.WORSE),
        (((400, 1000), (420, 1000)), Judgement.NO_DIFFERENCE),
        (((1, 8), (7, 8)), Judgement.TOO_FEW),
        (((20, 25), (10, 1000)), Judgement.TOO_FEW),
        (((5, 1000), (24, 1000)), Judgement.TOO_FEW),
        (((0, 1000), (30, 1000)), Judgement.BETTER),
        (((0, 1000), (0, 1000)), Judgement.TOO_FEW),
        (((0, 0), (450, 1000)), Judgement.TOO_FEW),
    ],
)
def test_a_judgement_wants_enough_people_and_a_difference_beyond_chance(pairs, judgement):
    assert judgements(fixed(*pairs)) == [judgement]


def test_more_harm_is_worse():
    [found] = comparisons([look((40, 1000), (90, 1000))], 0, Method.FIXED, is_harm=True)
    assert found.judgement is Judgement.WORSE


HILLSTROM = {"none": 21_306, "mens": 21_307, "womens": 21_387}
"""Customers by the email that they were sent (Kevin Hillstrom's challenge of 2008, MineThatData)."""


@pytest.mark.parametrize(
    ("reached", "points", "standard_errors", "lift"),
    [
        ({"none": 2_262, "mens": 3_894, "womens": 3_238}, (7.66, 4.52), (22.49, 13.95), (0.721, 0.426)),
        ({"none": 122, "mens": 267, "womens": 189}, (0.68, 0.31), (7.39, 3.78), (1.188, 0.543)),
    ],
)
def test_hillstroms_emails_brought_the_visits_and_purchases_that_were_published(reached, points, standard_errors, lift):
    """Against no email both did, also at any look; z is that of the pooled test."""
    pairs = [(reached[name], HILLSTROM[name]) for name in HILLSTROM]
    for method in (Method.FIXED, Method.ANY_LOOK):
        found = comparisons([look(*pairs)], 0, method)
        assert judgements(found) == [Judgement.BETTER] * 2
        assert [round(100 * each.result.amount, 2) for each in found] == list(points)
        assert [round(each.result.pair.test_z, 2) for each in found] == list(standard_errors)
        assert [round(each.result.relative[0], 3) for each in found] == list(lift)
    assert ratio_p_value([*HILLSTROM.values()], [1, 1, 1]) > 0.5


def test_hillstroms_emails_brought_the_money_that_was_published():
    """Cents and their squares, added up from the published file; the sums, the means and the pooled t of the men's
    email are as others have them (5.3001, p 1.163e-7)."""
    none = Sample(HILLSTROM["none"], 1_390_833, 28_700_503_621)
    mens = Sample(HILLSTROM["mens"], 3_031_169, 67_590_244_973)
    womens = Sample(HILLSTROM["womens"], 2_303_811, 49_114_465_763)
    assert [round(each.mean / 100, 6) for each in (none, mens, womens)] == [0.652789, 1.422617, 1.077202]
    pooled = ((mens.n - 1) * mens.variance + (none.n - 1) * none.variance) / (mens.n + none.n - 2)
    t = (mens.mean - none.mean) / (pooled * (1 / mens.n + 1 / none.n)) ** 0.5
    assert round(t, 10) == 5.3000902945
    spend = Look(64_000, 0, (none, mens, womens), (122, 267, 189))
    of_mens, of_womens = comparisons([spend], 0, Method.FIXED)
    assert judgements([of_mens, of_womens]) == [Judgement.BETTER] * 2
    assert [round(each.result.amount / 100, 6) for each in (of_mens, of_womens)] == [0.769827, 0.424412]
    assert (round(of_mens.p, 10), round(of_womens.p, 5)) == (1.164e-7, 0.00113)
    at_any_look = comparisons([spend], 0, Method.ANY_LOOK)
    assert judgements(at_any_look) == [Judgement.BETTER, Judgement.NO_DIFFERENCE], "money needs more people to be sure"


def test_several_variants_are_held_against_chance_together():
    alone = fixed((400, 1000), (445, 1000))
    together = fixed((400, 1000), (445, 1000), (405, 1000), (402, 1000))
    assert judgements(alone) == [Judgement.BETTER]
    assert [round(each.holm, 3) for each in together] == [0.125, 1, 1]
    assert set(judgements(together)) == {Judgement.NO_DIFFERENCE}
    assert together[0].result.low < alone[0].result.low < alone[0].result.high < together[0].result.high


def test_variants_under_other_names_and_in_another_order_give_the_same():
    pairs = [(400, 1000), (455, 1000), (380, 900), (0, 0)]
    there = {each.variant: each for each in fixed(*pairs)}
    turned = {3 - each.variant: each for each in fixed(*pairs[::-1], control=3)}
    assert [there[place].result and there[place].result.amount for place in (1, 2, 3)] == [
        turned[place].result and turned[place].result.amount for place in (1, 2, 3)
    ]
    assert [there[place].holm for place in (1, 2, 3)] == [turned[place].holm for place in (1, 2, 3)]


def test_the_control_turned_around_is_the_same_with_the_other_sign():
    [there], [back] = fixed((400, 1000), (450, 1000)), fixed((400, 1000), (450, 1000), control=1)
    assert (there.result.amount, there.p) == (-back.result.amount, back.p)
    assert (there.result.low, there.result.high) == pytest.approx((-back.result.high, -back.result.low))


def test_no_looks_compare_nothing():
    assert comparisons([], 0, Method.ANY_LOOK) == ()


def test_a_plan_calls_what_its_bounds_call_and_stays_with_it():
    """At the third look 2.9 standard errors, where 2.68 are asked; later the difference is smaller."""
    looks = [((53, 530), (60, 530)), ((106, 1060), (122, 1060)), ((159, 1590), (213, 1590)), ((212, 2120), (240, 2120))]
    [found] = plan(*looks)
    assert found.deciding_look is found.looks[2]
    assert found.result is found.looks[2]
    assert found.judgement is Judgement.BETTER
    assert found.p < 0.05
    assert [round(each.z, 3) for each in found.looks] == [round(z, 3) for z in bounds(FRACTIONS)[:4]]


def test_what_a_fixed_end_would_call_real_a_look_of_a_plan_may_leave_open():
    assert judgements(fixed((106, 1060), (140, 1060))) == [Judgement.BETTER]
    [found] = plan(((53, 530), (60, 530)), ((106, 1060), (140, 1060)))
    assert found.judgement is Judgement.NO_DIFFERENCE
    assert found.result is found.looks[1]
    assert 0.05 < found.p < 1


def test_without_a_plan_a_look_never_takes_back_what_another_called_real():
    first, second = look((100, 1000), (180, 1000)), look((300, 3000), (310, 3000))
    [found] = comparisons([first, second], 0, Method.ANY_LOOK)
    assert found.deciding_look is found.looks[0]
    assert found.result is found.looks[1]
    assert not found.result.excludes_zero
    assert found.p == found.looks[0].p < 0.05 < found.looks[1].p


def test_looks_with_too_few_people_say_nothing():
    [found] = comparisons([look((2, 20), (9, 20)), look((200, 2000), (240, 2000))], 0, Method.ANY_LOOK)
    assert [each.look.people for each in found.looks] == [4000]


def test_money_is_compared_by_its_mean():
    control, other = Sample(3_407, 1_396.87, 52_377.9767), Sample(3_461, 2_422.7, 134_698.29)
    of_money = Look(6_868, 0, (control, other), (200, 220))
    [at_end] = comparisons([of_money], 0, Method.FIXED)
    assert (round(at_end.result.amount, 5), round(at_end.p, 5)) == (0.29, 0.02016)
    assert at_end.judgement is Judgement.BETTER
    assert judgements(comparisons([of_money], 0, Method.ANY_LOOK)) == [Judgement.NO_DIFFERENCE]


def test_equal_variants_are_called_different_in_few_tests_however_they_are_looked_at():
    """As reports judge, of 300 tests; more of them are in statistics/test_sequential.py."""
    draws = np.random.default_rng(4).binomial(250, 0.1, size=(300, 2, 5)).cumsum(axis=2).tolist()
    n = [250 * (place + 1) for place in range(5)]
    called = dict.fromkeys(Method, 0)
    for control, other in draws:
        looks = [look((a, people), (b, people)) for a, b, people in zip(control, other, n, strict=True)]
        called[Method.FIXED] += comparisons(looks[-1:], 0, Method.FIXED)[0].deciding_look is not None
        called[Method.ANY_LOOK] += comparisons(looks, 0, Method.ANY_LOOK)[0].deciding_look is not None
    assert called[Method.FIXED] <= 15
    assert called[Method.ANY_LOOK] <= 15
