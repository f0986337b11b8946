"""What an A/B test shows: differences to the control, and whether they may be chance."""

import pytest

from analytics.metrics import Numbers
from analytics.presentation import findings
from analytics.reports.ab_tests import Verdict, messages_missing, variant_comparisons
from analytics.reports.campaign import ABTestResult, VariantTotals


def variants(*pairs, control=None):
    """Of (opened, delivered) each: A, B, C …"""
    return ABTestResult(
        "ab_1",
        "Subject",
        tuple(
            VariantTotals(
                number=place,
                name="ABCDEF"[place],
                is_control="ABCDEF"[place] == control,
                numbers=Numbers(sent=delivered + 5, delivered=delivered, opened=opened, human_opened=opened),
            )
            for place, (opened, delivered) in enumerate(pairs)
        ),
    )


def verdicts(test):
    return [one.difference and one.difference.verdict for one in variant_comparisons(test, "opened")]


def sentence(test):
    return findings.verdict(variant_comparisons(test, "opened"), "opened")


def test_400_against_450_of_1000_is_no_chance():
    [control, better] = variant_comparisons(variants((400, 1000), (450, 1000)), "opened")
    assert (control.is_control, control.share, control.difference) == (True, 0.4, None)
    assert (better.share, round(better.difference.amount, 3)) == (0.45, 0.05)
    assert round(better.difference.p, 3) == 0.024
    assert better.difference.verdict is Verdict.BETTER
    assert 0 < better.difference.low < 0.05 < better.difference.high


@pytest.mark.parametrize(
    ("pairs", "found"),
    [
        (((400, 1000), (450, 1000)), Verdict.BETTER),
        (((450, 1000), (400, 1000)), Verdict.WORSE),
        (((400, 1000), (420, 1000)), Verdict.NO_DIFFERENCE),
        (((1, 8), (7, 8)), Verdict.TOO_FEW),
        (((20, 25), (10, 1000)), Verdict.TOO_FEW),
        (((5, 1000), (24, 1000)), Verdict.TOO_FEW),
        (((0, 1000), (30, 1000)), Verdict.BETTER),
    ],
)
def test_a_verdict_wants_enough_messages_and_a_difference_beyond_chance(pairs, found):
    assert verdicts(variants(*pairs)) == [None, found]


def test_the_control_is_the_one_that_says_so_or_the_first():
    assert verdicts(variants((400, 1000), (450, 1000), control="B")) == [Verdict.WORSE, None]


def test_several_variants_are_held_against_chance_together():
    """By itself the second would be told apart at 5 %; of three such, one often is."""
    alone = variant_comparisons(variants((400, 1000), (445, 1000)), "opened")[1].difference
    assert (round(alone.p, 3), alone.verdict) == (0.042, Verdict.BETTER)
    together = variant_comparisons(variants((400, 1000), (445, 1000), (405, 1000), (402, 1000)), "opened")[1].difference
    assert (round(together.p, 3), together.verdict) == (0.125, Verdict.NO_DIFFERENCE)


def test_variants_of_nothing_are_compared_with_nothing():
    assert verdicts(variants((0, 0), (450, 1000))) == [None, None]
    assert verdicts(variants((400, 1000), (0, 0), (450, 1000))) == [None, None, Verdict.BETTER]
    assert variant_comparisons(ABTestResult("ab_1", "T", ()), "opened") == ()


@pytest.mark.parametrize(
    ("pairs", "told"),
    [
        (
            ((400, 1000), (450, 1000)),
            "B is better than A: 45.0% opened, +5.0 points (95% confidence interval +0.7 to +9.3 points).",
        ),
        (
            ((450, 1000), (400, 1000)),
            "B is worse than A: 40.0% opened, −5.0 points (95% confidence interval −9.3 to −0.7 points).",
        ),
        (((1, 8), (7, 8)), "Too few to say: fewer than 30 opened, or delivered."),
        (((0, 0), (7, 8)), "Fewer than two variants were delivered."),
        (((4000, 10000), (4010, 10000)), "No difference shown."),
        (
            ((100, 1000), (105, 1000)),
            "No difference shown. To see a lift of 10%, about 14,000 more messages of each variant are needed.",
        ),
    ],
)
def test_a_verdict_in_words(pairs, told):
    assert sentence(variants(*pairs)) == told


def test_how_many_messages_are_missing():
    """Two proportions of 10 and 11 %, 5 % two-sided, power 80 %: 14,749 each, as textbooks have it."""
    assert messages_missing(variant_comparisons(variants((100, 1000), (105, 1000)), "opened")) == 14_749 - 1000
    assert messages_missing(variant_comparisons(variants((0, 1000), (0, 1000)), "opened")) == 0
    assert messages_missing(variant_comparisons(variants((950, 1000), (950, 1000)), "opened")) == 0
