"""Of what is called a change where nothing changed, and where something did."""

import numpy as np
import pytest

from analytics.metrics import METRICS, Numbers
from analytics.questions.fields import field_of
from analytics.questions.groups import Breakdown
from analytics.reports.changes.pieces import (
    BothPeriods,
    PeriodSizes,
    divided_change,
    judged_changes,
    pieces_of,
)

pytestmark = [pytest.mark.either_database("it asks no database"), pytest.mark.long]

WEEKS = 1000
SIZES = PeriodSizes(7, 7)
VALUES = {"channel": 2, "campaign": 6, "domain": 5, "time": 7}
"""Of how many values each dimension is."""
SPLITS = {key: Breakdown(field_of(key)) if key != "time" else None for key in VALUES}
RATE, EVENTS = METRICS["campaign_click_rate"], METRICS["events"]


def changes_of(metric, parts):
    """`parts` are those of each dimension."""
    wholes = [sum_of(of_dimension) for of_dimension in parts.values()]
    divided = [
        divided_change(metric, whole, SPLITS[name], pieces_of(metric, of_dimension, SIZES), SIZES)
        for whole, (name, of_dimension) in zip(wholes, parts.items(), strict=True)
    ]
    return judged_changes(metric, wholes[0], divided)


def sum_of(parts):
    squares = tuple(sum(part.squares[side] for part in parts) for side in (0, 1))
    numbers = (Numbers.sum_of(getattr(part, side) for part in parts) for side in ("numbers", "before"))
    return BothPeriods(*numbers, squares, sum(part.people for part in parts))


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
        weeks = [week_of_events(rng) for _ in range(2)]
        called += any(
            change.beyond_chance
            for change in changes_of(EVENTS, {name: of_events(weeks, name) for name in ("domain", "time")})
        )
    assert called / (WEEKS // 4) <= 0.05


def of_events(weeks, name):
    amounts = [np.zeros((VALUES[name], 400)) for _ in weeks]
    for cells, (places, people) in zip(amounts, weeks, strict=True):
        np.add.at(cells, (places[name], people), 1)
    return [
        BothPeriods(
            *(Numbers(events=int(cells[value].sum())) for cells in amounts),
            tuple(float((cells[value] ** 2).sum()) for cells in amounts),
            sum(int(np.count_nonzero(cells[value])) for cells in amounts),
        )
        for value in range(VALUES[name])
    ]
