"""Of what is called a change where nothing changed, and where something did."""

import numpy as np
import pytest

from analytics.metrics import METRICS, Numbers
from analytics.questions.fields import field_of
from analytics.questions.groups import Breakdown
from analytics.reports.changes.period_facts import PeriodFacts
from analytics.reports.changes.pieces import (
    BothPeriods,
    PeriodSizes,
    divided_change,
    judged_changes,
    pieces_of,
)
from analytics.reports.changes.spread import spreads_of

pytestmark = [pytest.mark.either_database("it asks no database"), pytest.mark.long]

WEEKS = 1000
SIZES = PeriodSizes(7, 7)
VALUES = {"channel": 2, "campaign": 6, "domain": 5, "time": 7}
"""Of how many values each dimension is."""
SPLITS = {key: Breakdown(field_of(key)) if key != "time" else None for key in VALUES}
RATE, EVENTS = METRICS["campaign_click_rate"], METRICS["events"]
AVERAGE, CREDIT = METRICS["average_order"], METRICS["credit"]


def changes_of(metric, parts):
    """`parts` are those of each dimension."""
    wholes = [sum_of(of_dimension) for of_dimension in parts.values()]
    divided = [
        divided_change(metric, whole, SPLITS[name], pieces_of(metric, of_dimension, whole, SIZES), SIZES)
        for whole, (name, of_dimension) in zip(wholes, parts.items(), strict=True)
    ]
    return judged_changes(metric, wholes[0], divided)


def sum_of(parts):
    numbers = (Numbers.sum_of(getattr(part, side) for part in parts) for side in ("numbers", "before"))
    return BothPeriods(*numbers)


def week_of_messages(rng, rates):
    """How many of some 3,000 messages are delivered and clicked, by every value of each dimension."""
    n = rng.poisson(3000)
    places = {name: rng.choice(size, n, p=shares_of(size)) for name, size in VALUES.items()}
    clicked = rng.random(n) < rates[places["campaign"]]
    return {
        name: [np.bincount(at, each, VALUES[name]).astype(int).tolist() for each in (np.ones(n), clicked)]
        for name, at in places.items()
    }


def shares_of(size):
    weights = np.arange(size, 0, -1.0) ** 2
    return weights / weights.sum()


def changes_of_messages(rng, rates, rates_before):
    now, before = week_of_messages(rng, rates), week_of_messages(rng, rates_before)
    parts = {
        name: [
            BothPeriods(*(Numbers(delivered=n, clicked=clicked) for n, clicked in both))
            for both in zip(zip(*now[name], strict=True), zip(*before[name], strict=True), strict=True)
        ]
        for name in VALUES
    }
    return changes_of(RATE, parts)


def test_where_no_rate_changed_nothing_is_called_a_change():
    rng, rates = np.random.default_rng(1), np.array([0.02, 0.05, 0.1, 0.1, 0.2, 0.01])
    called = [any(change.beyond_chance for change in changes_of_messages(rng, rates, rates)) for _ in range(WEEKS)]
    assert np.mean(called) <= 0.05


def test_a_rate_that_changed_is_called_so_and_little_else():
    rng, before = np.random.default_rng(2), np.array([0.02, 0.05, 0.1, 0.1, 0.2, 0.01])
    now = np.array([0.06, *before[1:]])
    found = [changes_of_messages(rng, now, before) for _ in range(100)]
    campaigns = [next(change for change in changes if change.name == "campaign") for changes in found]
    first = [change.pieces[0] for change in campaigns if change.beyond_chance]
    assert len(first) > 80
    assert all(piece.amount > 0 for piece in first)
    others = [piece for change in campaigns for piece in change.beyond_chance[1:]]
    assert len(others) < 30


def week_of_events(rng):
    """Of 400 people, what each does from which source, on which day: several things, and all from one source."""
    people = np.flatnonzero(rng.random(400) < 0.5)
    number = rng.geometric(0.2, len(people))
    source = rng.choice(5, len(people), p=shares_of(5))
    days = [rng.choice(7, n) for n in number]
    return {"domain": np.repeat(source, number), "time": np.concatenate(days)}, np.repeat(people, number)


def test_where_no_count_changed_nothing_is_called_a_change():
    rng, called = np.random.default_rng(3), 0
    for _ in range(WEEKS // 4):
        weeks = [facts_of_events(week_of_events(rng)) for _ in range(2)]
        called += is_called(EVENTS, weeks)
    assert called / (WEEKS // 4) <= 0.05


def facts_of_events(week):
    places, people = week
    return {name: [as_facts(np.ones(len(people), np.int64), at, people)] for name, at in places.items()}


def as_facts(amounts, places, people):
    return PeriodFacts(np.zeros_like(places), amounts, places, (), people)


def is_called(metric, weeks):
    """Whether anything is called a change of two weeks: of each dimension the facts of each of the metric's counts."""
    parts, whole = {}, None
    for name in weeks[0]:
        parts[name] = parts_of_weeks(metric, [week[name] for week in weeks], lambda facts: facts.places, VALUES[name])
        [whole] = parts_of_weeks(metric, [week[name] for week in weeks], lambda facts: np.zeros_like(facts.places), 1)
    divided = [
        divided_change(metric, whole, SPLITS[name], pieces_of(metric, of_dimension, whole, SIZES), SIZES)
        for name, of_dimension in parts.items()
    ]
    return any(change.beyond_chance for change in judged_changes(metric, whole, divided))


def parts_of_weeks(metric, weeks, groups, size):
    sides = []
    for facts in weeks:
        sums = {key: each.sums(groups(each), size).tolist() for key, each in zip(metric.parts, facts, strict=True)}
        numbers = [Numbers({key: n[place] for key, n in sums.items()}) for place in range(size)]
        sides.append(zip(numbers, spreads_of([(each, groups(each)) for each in facts], size), strict=True))
    return [BothPeriods(now[0], before[0], (now[1], before[1])) for now, before in zip(*sides, strict=True)]


def week_of_orders(rng):
    """Of 300 people, what each orders from which source, on which days: several times, at prices of their own."""
    people = np.flatnonzero(rng.random(300) < 0.5)
    number, budget = rng.geometric(0.6, len(people)), rng.lognormal(3, 0.4, len(people))
    whose = np.repeat(people, number)
    prices = np.rint(100 * np.repeat(budget, number) * rng.lognormal(0, 0.5, len(whose))).astype(np.int64)
    at = {"domain": np.repeat(rng.choice(5, len(people), p=shares_of(5)), number), "time": rng.choice(7, len(whose))}
    ones = np.ones(len(whose), np.int64)
    return {name: [as_facts(prices, places, whose), as_facts(ones, places, whose)] for name, places in at.items()}


def test_where_no_average_changed_nothing_is_called_a_change():
    rng = np.random.default_rng(4)
    called = [is_called(AVERAGE, [week_of_orders(rng) for _ in range(2)]) for _ in range(WEEKS)]
    assert np.mean(called) <= 0.05


def test_an_average_that_changed_is_called_so():
    rng, called = np.random.default_rng(5), []
    for _ in range(50):
        now, before = week_of_orders(rng), week_of_orders(rng)
        for prices, _ in now.values():
            prices.amounts[prices.amounts > 0] += 2000
        called.append(is_called(AVERAGE, [now, before]))
    assert np.mean(called) > 0.9


def week_of_credit(rng):
    """Of 400 people, conversions of each shared out among touches of up to three sources."""
    people = np.flatnonzero(rng.random(400) < 0.4)
    whose = np.repeat(people, rng.geometric(0.7, len(people)))
    touches = rng.integers(1, 4, len(whose))
    shares = np.repeat(1_000_000 // touches, touches)
    days = np.repeat(rng.choice(7, len(whose)), touches)
    at = {"campaign": rng.choice(6, len(shares), p=shares_of(6)), "time": days}
    return {name: [as_facts(shares, places, np.repeat(whose, touches))] for name, places in at.items()}


def test_where_no_credit_changed_nothing_is_called_a_change():
    rng = np.random.default_rng(6)
    called = [is_called(CREDIT, [week_of_credit(rng) for _ in range(2)]) for _ in range(WEEKS)]
    assert np.mean(called) <= 0.05
