"""Attempts at a funnel by its rules, against trying every entry of everybody."""

from collections import defaultdict
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.ledger import Touches
from analytics.ledger.people import lookup
from analytics.questions.funnel_rules import StepOrder
from analytics.reports.funnel.furthest import ExcludedTouches, FunnelTouches
from analytics.reports.moments import Acts, Moments
from analytics.reports.reached import NEVER, StepTouches
from tests.analytics.reports import funnel_oracle
from tests.examples import examples


@dataclass(frozen=True)
class Act:
    person: int
    at: int
    name: str
    is_pro: bool = False
    """Of an act in capitals: a message's; what is pro meets the condition of a step `a*`."""


def touches_of(acts):
    people = np.array([act.person for act in acts], np.int32)
    return Touches(
        numbers=lambda: people,
        table=lookup([]),
        days=lambda: np.zeros(len(acts), np.int16),
        at=lambda: np.array([act.at for act in acts], np.int64),
        utm=lambda: np.zeros(len(acts), np.int32),
        marks=lambda: np.array([1 + 2 * act.is_pro for act in acts], np.uint16),
    )


def is_step(name):
    return lambda act: act.name == name[0] and (act.is_pro or "*" not in name)


def by_arrays(acts, steps, order="ordered", window=None, last_entry=10**9, exclude=(), besides="abcx"):
    """By person, when the attempt that counts began and when it reached each step. In a strict order the funnel is told
    of the events `besides` what reaches its steps."""
    of_name = {name: touches_of([act for act in acts if act.name == name]) for name in "abcxAB"}
    funnel = FunnelTouches(
        steps=[StepTouches(of_name[name[0]], "*" in name, name[0] in besides) for name in steps],
        exclusions=[ExcludedTouches(of_name[name], places) for name, *places in exclude],
        events=touches_of([act for act in acts if act.name in besides]) if order == "strict" else None,
        order=StepOrder(order),
        window=window,
        last_entry=last_entry,
    )
    reached = funnel.steps_reached
    assert len({len(reached.entered), *map(len, reached.at)}) == 1
    found = {}
    for person in np.flatnonzero(reached.at[0] != NEVER).tolist():
        instants = [int(at[person]) for at in reached.at]
        depth = instants.index(NEVER) if NEVER in instants else len(instants)
        assert instants[depth:] == [NEVER] * (len(instants) - depth)
        found[person] = int(reached.entered[person]), instants[:depth]
    assert (reached.entered[reached.at[0] == NEVER] == NEVER).all()
    return found


def by_trying(acts, steps, order="ordered", window=None, last_entry=10**9, exclude=()):
    rules = funnel_oracle.Rules(
        tuple(map(is_step, steps)),
        StepOrder(order),
        window,
        last_entry,
        tuple((is_step(name), *places) for name, *places in exclude),
        lambda act: act.name.islower() or any(is_step(step[0])(act) for step in steps),
    )
    of_people = defaultdict(list)
    for act in acts:
        of_people[act.person].append((act.at, act))
    best = {person: funnel_oracle.furthest(some, rules) for person, some in of_people.items()}
    return {person: found for person, found in best.items() if found}


def drawn_exclusions(steps, order):
    last = len(steps)
    if last < 2:
        return st.just(())
    places = [(1, last)] if order == "any" else [(i, j) for j in range(2, last + 1) for i in range(1, j)]
    return st.lists(
        st.builds(lambda name, place: (name, *place), st.sampled_from("xxbA"), st.sampled_from(places)), max_size=2
    ).map(tuple)


histories = st.lists(
    st.builds(Act, st.integers(0, 2), st.integers(0, 9), st.sampled_from("aaabbcxAB"), st.booleans()), max_size=14
)
names = st.sampled_from(["a", "a*", "b", "b*", "c", "A", "B", "A*"])


@pytest.mark.long
@examples(120)
@given(
    histories,
    st.lists(names, min_size=1, max_size=4),
    st.sampled_from(StepOrder),
    st.none() | st.integers(0, 8),
    st.integers(3, 10),
    st.data(),
)
def test_the_furthest_of_all_attempts_counts(acts, steps, order, window, last_entry, data):
    if window is None:
        acts = [act for act in acts if act.at <= last_entry]
    exclude = [(name, places[0], places[1]) for name, *places in data.draw(drawn_exclusions(steps, order.value))]
    asked = (acts, steps, order.value, window, last_entry)
    found = by_trying(*asked, exclude)
    assert by_arrays(*asked, exclude) == found
    assert by_arrays(*asked, exclude, besides={*"abcx"} - {name[0] for name in steps}) == found


def test_of_a_strict_attempt_all_steps_are_looked_at_however_far_they_are_apart():
    steps = ["a", "b", "c", "c", "a"]
    acts = [Act(0, 100 * place, name) for place, name in enumerate(steps)]
    found = {0: (0, [0, 100, 200, 300, 400])}
    assert by_arrays(acts, steps, "strict") == by_arrays(acts, steps, "strict", besides="x") == found


def test_an_excluded_act_voids_a_strict_attempt_of_one_step_too():
    acts = [Act(0, 0, "a"), Act(0, 1, "x"), Act(1, 0, "a"), Act(1, 1, "c")]
    assert by_arrays(acts, ["a", "b"], "strict", 5, exclude=[("x", 1, 2)]) == {1: (0, [0])}


@examples(120)
@given(
    st.lists(st.builds(Act, st.integers(0, 1), st.integers(0, 300), st.sampled_from("aaabbcx")), max_size=60),
    st.lists(st.sampled_from("aabc"), min_size=2, max_size=5),
    st.none() | st.integers(0, 200),
)
def test_what_lies_far_from_a_second_step_changes_no_strict_attempt(acts, steps, window):
    asked = (acts, steps, "strict", window, 300)
    assert by_arrays(*asked) == by_trying(*asked)


@examples(20)
@given(histories.filter(bool), st.sampled_from([1, 1000]))
def test_moments_are_the_same_however_people_and_instants_are_put_in_order(acts, unit):
    acts = [replace(act, at=act.at * unit + 10**15) for act in acts]
    touches = touches_of(acts)
    some = [Acts(touches, np.arange(len(acts), dtype=np.uint32))]
    by_number, by_both = (Moments.of(some, np.ones(3, np.bool_), most_bits) for most_bits in (63, 2))
    assert by_number.people.tolist() == by_both.people.tolist()
    assert by_number.at.tolist() == by_both.at.tolist()
    assert [*zip(by_number.people[:-1], by_number.at[:-1], strict=True)] == sorted({(a.person, a.at) for a in acts})
    for mask in range(1, 16):
        assert by_number.counts(mask).tolist() == by_both.counts(mask).tolist()


def one(text, *steps, **rules):
    """How far one person gets, whose acts stand at the instants of a text: `a.b` at 0 and 2, `(ab)c` two at 0."""
    acts, at, inside = [], 0, False
    for letter in text:
        if letter in "()":
            inside = letter == "("
        elif letter != "." and letter != "*":
            acts.append(Act(0, at, letter))
        elif letter == "*":
            acts[-1] = replace(acts[-1], is_pro=True)
            continue
        if not inside and letter != "(":
            at += 1
    found = by_arrays(acts, steps, **rules)
    return found.get(0, (None, []))


def depth(*asked, **rules):
    return len(one(*asked, **rules)[1])


def test_a_window_begins_with_the_entry_and_both_its_ends_are_inside():
    assert depth("a...b", "a", "b", window=4) == 2
    assert depth("a...b", "a", "b", window=3) == 1
    assert depth("a.b..c", "a", "b", "c", window=4) == 2, "after the entry, not after the step before"


def test_a_later_good_attempt_is_not_lost_behind_an_early_bad_one():
    assert one("ab...a.b.c", "a", "b", "c", window=4) == (5, [5, 7, 9])


def test_of_attempts_that_lead_as_far_the_earliest_counts():
    assert one("ab.ab", "a", "b", window=2) == (0, [0, 1])
    assert one("a..a", "a", "b", window=2) == (0, [0])


def test_who_enters_in_the_range_may_complete_after_it():
    assert one("...a.b", "a", "b", window=2, last_entry=3) == (3, [3, 5])
    assert depth("....ab", "a", "b", window=2, last_entry=3) == 0
    assert depth("a.aa", "a", "a", "a", window=3, last_entry=0) == 3, "a second act of the kind may, too"


def test_in_a_strict_order_nothing_else_may_lie_between():
    assert depth("ab", "a", "b", order="strict") == 2
    assert depth("axb", "a", "b", order="strict") == 1
    assert depth("axbab", "a", "b", order="strict") == 2
    assert depth("aab", "a", "b", order="strict") == 2, "the second is an entry of its own"
    assert depth("aA.B", "a", "A", "B", order="strict") == 3
    assert depth("aBA", "a", "A", order="strict") == 2, "messages that are no step are nothing that somebody did"


def test_what_is_done_at_the_same_instant_does_not_break_a_strict_order_at_its_ends():
    assert depth("(xa)(bx)", "a", "b", order="strict") == 2
    assert depth("a(bx)c", "a", "b", "c", order="strict") == 2
    assert depth("a(bc)", "a", "b", "c", order="strict") == 3


def test_in_any_order_steps_count_as_far_as_all_before_them_are_done():
    assert one("ba", "a", "b", order="any") == (0, [1, 1])
    assert one("cab", "a", "b", "c", order="any", window=2) == (0, [1, 2, 2])
    assert one("c.a.b", "a", "b", "c", order="any", window=2) == (2, [2, 4])
    assert depth("b", "a", "b", order="any") == 0, "nobody enters who never does the first step"
    assert depth("a", "a", "a", order="any") == 1
    assert depth("a*a", "a", "a*", order="any") == 2


def test_what_is_excluded_voids_the_attempt_and_not_the_person():
    exclude = [("x", 1, 2)]
    assert depth("axb", "a", "b", exclude=exclude) == 0
    assert one("axb.ab", "a", "b", exclude=exclude) == (4, [4, 5])
    assert depth("abx", "a", "b", exclude=exclude) == 2
    assert depth("ax", "a", "b", exclude=exclude, window=3) == 0
    assert depth("a...x", "a", "b", exclude=exclude, window=3) == 1, "it came after the window"
    assert depth("abxc", "a", "b", "c", exclude=exclude) == 3
    assert depth("abxc", "a", "b", "c", exclude=[("x", 2, 3)]) == 0
    assert depth("(ax)(bx)", "a", "b", exclude=exclude) == 2, "at the same instant it is not between"


def test_a_step_may_be_what_is_excluded_before_it():
    assert depth("a.b", "a", "b", exclude=[("b", 1, 2)]) == 2
    assert depth("aab", "a", "b", exclude=[("a", 1, 2)]) == 2, "the second is a clean entry"
    assert one("aab", "a", "b", exclude=[("a", 1, 2)])[0] == 1


def test_in_any_order_what_is_excluded_ends_the_attempt():
    assert depth("bxa", "a", "b", order="any", exclude=[("x", 1, 2)]) == 1
    assert depth("bax", "a", "b", order="any", exclude=[("x", 1, 2)]) == 2


@pytest.mark.parametrize("order", [order.value for order in StepOrder])
def test_nobody_did_anything(order):
    assert by_arrays([], ["a", "b"], order=order, window=3) == {}
