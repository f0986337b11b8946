"""The published cases of PostHog and of DuckDB's extension for behaviour: as many steps as they tell, in as many
minutes. ClickHouse's are in test_window_funnel."""

import numpy as np
import pytest

from analytics.ledger import Touches
from analytics.ledger.people import lookup
from analytics.questions.funnel_rules import StepOrder
from analytics.reports.funnel.furthest import ExcludedTouches, FunnelTouches
from analytics.reports.reached import NEVER, StepTouches
from tests.analytics.reports.peer_funnels import CASES

MINUTE = 60_000_000


def touches_of(acts):
    """Of persons, minutes and what they did."""
    return Touches(
        numbers=lambda: np.array([person for person, _, _ in acts], np.int32),
        table=lookup([]),
        days=lambda: np.zeros(len(acts), np.int16),
        at=lambda: np.array([minute * MINUTE for _, minute, _ in acts], np.int64),
        utm=lambda: np.zeros(len(acts), np.int32),
        marks=lambda: np.ones(len(acts), np.uint16),
    )


def steps_reached(case):
    acts = [
        (person, minute, name)
        for person, of_person in enumerate(case.reached)
        for minute, name in (enumerate(of_person) if isinstance(of_person, str) else of_person)
    ]
    names = {*case.steps, *(name for name, *_ in case.exclude)}
    of_name = {name: touches_of([act for act in acts if act[2] == name]) for name in names}
    return FunnelTouches(
        steps=[StepTouches(of_name[name]) for name in case.steps],
        exclusions=[ExcludedTouches(of_name[name], places) for name, *places in case.exclude],
        events=touches_of(acts) if case.order == "strict" else None,
        order=StepOrder(case.order),
        window=case.window * MINUTE,
        last_entry=10**15,
    ).steps_reached


@pytest.mark.parametrize("name", CASES)
def test_people_reach_as_many_steps_as_their_case_tells(name):
    case = CASES[name]
    reached = steps_reached(case)
    of_people = [at[: len(case.reached)] for at in reached.at]
    levels = [
        sum(int(at[person] != NEVER) for at in of_people if person < len(at)) for person, _ in enumerate(case.reached)
    ]
    told, whole = [*case.reached.values()], len(case.steps)
    if case.only_whole:
        levels, told = ([level == whole for level in each] for each in (levels, told))
    assert levels == told, case.source


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.mean])
def test_it_takes_them_as_many_minutes(name):
    case = CASES[name]
    at = np.array(steps_reached(case).at)
    for place, mean in enumerate(case.mean):
        there = at[place + 1] != NEVER
        assert (at[place + 1] - at[place])[there].mean() == mean * MINUTE, case.source


def test_there_are_as_many_people_as_are_told_of():
    assert sum(len(case.reached) for case in CASES.values()) == 94
