"""A test's report says the same of its people whatever its variants are called, and in whichever order they stand."""

from datetime import timedelta

import numpy as np
import pytest

from analytics.ledger import Ledger
from analytics.models import ABTest, Variant
from analytics.questions.experiments import ExperimentQuestion
from analytics.reports.experiments.comparisons import Method
from analytics.reports.experiments.report import experiment
from tests.analytics.asking import ask
from tests.analytics.reports.items import event
from tests.analytics.reports.test_experiments import assign, instant, numbers_of

pytestmark = pytest.mark.usefixtures("now")

PEOPLE = 300
ARMS = "abc"
NAMES = {"a": "Zero", "b": "Alpha", "c": "Mid"}
GOALS = ("conversion", "revenue", "count:purchase", "event:purchase")
PLANS = {
    Method.FIXED: ({}, timedelta(minutes=1)),
    Method.PLAN: ({"planned_size": 250}, timedelta(minutes=30)),
    Method.ANY_LOOK: ({}, timedelta(hours=1)),
}


@pytest.fixture
def shop(bulk, workspace):
    """300 people, of whom some buy in the month before and more in the weeks after the 5th; the arm of each, the second
    one that a few are given later, and their numbers."""
    random = np.random.default_rng(20)
    arms = [ARMS[place] for place in random.integers(0, 3, PEOPLE)]
    names = [f"u{place}" for place in range(PEOPLE)]
    numbers = numbers_of(bulk, workspace, names)
    often = {"a": 0.2, "b": 1.2, "c": 0.3}
    bought = [
        event("purchase", name, f"03-{day:02} {10 + n}:00", properties={"revenue": float(random.integers(1, 90))})
        for name, arm in zip(names, arms, strict=True)
        for day, n in ((2, 0), *((6 + 2 * k, k) for k in range(5)))
        if random.random() < often[arm] / 2
    ]
    bulk("events", bought)
    return list(zip(numbers, arms, random.choice([*ARMS, ""], PEOPLE, p=[0.03, 0.03, 0.04, 0.9]), strict=True))


def made(workspace, people, order, names, spread, **fields):
    """A test of the arms in this order; the control is the first arm, wherever it stands."""
    test = ABTest.objects.create(
        workspace=workspace, external_id=f"t{ABTest.objects.count()}", name="T", goal="conversion", **fields
    )
    for place, arm in enumerate(order):
        Variant.objects.create(
            workspace=workspace,
            test=test,
            name=names[arm],
            position=place,
            is_control=arm == "a",
            weight=ARMS.index(arm) + 1,
        )
    start = instant("03-03 09:00")
    given = [(number, names[arm], start + spread * place) for place, (number, arm, _) in enumerate(people)]
    later = [
        (number, names[again], start + spread * (place + 0.5))
        for place, (number, arm, again) in enumerate(people)
        if again not in ("", arm)
    ]
    assign(test, [*given, *later])
    return test


def told(workspace, now, test, goal, names):
    """All that a report says, by arm."""
    found = experiment(Ledger(workspace), ask(workspace, now, kind=ExperimentQuestion, test_id=test.pk, goal=goal))
    arm_of = {name: arm for arm, name in names.items()}
    outcomes = (found.outcome, *found.guardrails)
    return {
        "whole": (found.status, found.method, found.plan, round(found.ratio.p, 9), found.of_two_variants, found.young),
        "best": found.best and arm_of[found.best.name],
        "outcomes": [_outcome(outcome, arm_of) for outcome in outcomes],
    }


def _outcome(outcome, arm_of):
    arms = [arm_of[variant.name] for variant in outcome.variants]
    variants = {
        arm: (variant.is_control, variant.assigned, variant.mature, variant.value, variant.reached, variant.interval)
        for arm, variant in zip(arms, outcome.variants, strict=True)
    }
    comparisons = {
        (arms[each.variant], arms[each.control]): (
            each.judgement,
            round(each.p, 9),
            round(each.holm, 9),
            each.deciding_look and each.deciding_look.look.people,
            [(look.look.people, look.look.at, *rounded(look.amount, look.low, look.high)) for look in each.looks],
        )
        for each in outcome.comparisons
    }
    return outcome.goal.text, variants, comparisons, rounded(outcome.saved), outcome.cut, outcome.people_missing


def rounded(*numbers):
    return [round(number, 9) for number in numbers]


@pytest.mark.long
@pytest.mark.parametrize("method", PLANS)
def test_variants_under_other_names_and_in_another_order_give_the_same_report(workspace, shop, now, method):
    fields, spread = PLANS[method]
    plain = {arm: arm for arm in ARMS}
    one = made(workspace, shop, "abc", plain, spread, **fields)
    other = made(workspace, shop, "bca", NAMES, spread, **fields)
    decided = 0
    for goal in GOALS:
        expected = told(workspace, now, one, goal, plain)
        assert told(workspace, now, other, goal, NAMES) == expected
        assert expected["whole"][1] is method
        assert len(expected["outcomes"][0][2]) == 2
        decided += expected["best"] == "b"
    assert decided, "something is found, so that it can differ"


@pytest.mark.long
def test_with_the_control_turned_around_all_differences_have_the_other_sign(workspace, shop, now):
    """Of two arms alone, so that nothing is adjusted to a third one."""
    people = [each for each in shop if each[1] != "c" and each[2] != "c"]
    fields, spread = PLANS[Method.ANY_LOOK]
    test = made(workspace, people, "abc", {arm: arm for arm in ARMS}, spread, **fields)
    test.variants.filter(name="c").delete()
    question = ask(workspace, now, kind=ExperimentQuestion, test_id=test.pk, goal="revenue")
    there = experiment(Ledger(workspace), question)
    test.variants.filter(name="a").update(is_control=False)
    test.variants.filter(name="b").update(is_control=True)
    back = experiment(Ledger(workspace), question)
    [one], [other] = there.outcome.comparisons, back.outcome.comparisons
    assert len(one.looks) > 3
    assert [look.amount for look in one.looks] == pytest.approx([-look.amount for look in other.looks])
    assert [look.low for look in one.looks] == pytest.approx([-look.high for look in other.looks])
    assert (one.p, one.holm, there.status) == (pytest.approx(other.p), pytest.approx(other.holm), back.status)
    assert (there.best and there.best.name, back.best) == ("b", None)
