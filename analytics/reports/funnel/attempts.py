"""How far each entry into a funnel led, within a window, in an order, and without what is excluded. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, combinations

import numpy as np
from numpy.typing import NDArray

from analytics.questions.funnel_rules import StepOrder
from analytics.reports.funnel.time_slices import in_slices_around
from analytics.reports.moments import Moments, Places, PlainActs

_People = NDArray[np.int64]


@dataclass(frozen=True)
class StepBits:
    """What acts that serve a step have; acts of one `family` may serve several steps."""

    bit: int
    family: int


@dataclass(frozen=True)
class ExclusionBits:
    """What acts have that may not lie between two steps, by their places, 0 the first."""

    bit: int
    first: int
    last: int


@dataclass(frozen=True)
class AttemptRules:
    """`window` (microseconds) ends an attempt so long after its entry, itself included; None: with `last_entry`, the
    last instant at which people enter. Acts with the bits of `all_acts` may not lie between two steps of a strict one.
    """

    order: StepOrder
    window: int | None
    last_entry: int
    steps: tuple[StepBits, ...]
    exclusions: tuple[ExclusionBits, ...] = ()
    all_acts: int = 0

    def ends(self, entered_at: NDArray[np.int64]) -> NDArray[np.int64]:
        """The last instant of attempts that begin at these."""
        return np.full_like(entered_at, self.last_entry) if self.window is None else entered_at + self.window

    @property
    def are_decided_by_second_step(self) -> bool:
        """Whether an attempt that did not reach the second step says nothing: none is void, and the first entry of
        each is known without. Then only what is done next to a second step matters."""
        return self.order is StepOrder.STRICT and not self.exclusions and len(self.steps) > 1

    def matter(self, acts: PlainActs) -> NDArray[np.bool_]:
        """Which acts lie in a slice of time in which the person did the second step, in the one before with any act of
        theirs, or in one of so many after it as there are steps more. Between the others nothing is looked at."""
        return in_slices_around(acts, self.steps[1].bit, len(self.steps) - 2)


@dataclass(frozen=True, eq=False)
class Furthest:
    """The attempt of each person that led furthest, of several the earliest: `people` are their numbers; for each step
    the moment at which it was reached."""

    people: _People
    entered: Places
    steps: tuple[Places, ...]


def furthest_attempts(moments: Moments, rules: AttemptRules) -> Furthest:
    """Of each person who has one that is not void; where these are decided by the second step, that reached it."""
    if rules.order is StepOrder.ANY:
        entered, steps, depths = _in_any_order(moments, rules)
    else:
        entered, steps, depths = _in_order(moments, rules)
    people = moments.people[entered]
    best = _best_of_each(people, depths)
    best = best[depths[best] > rules.are_decided_by_second_step]
    reached = (np.where(place < depths[best], step[best], moments.none) for place, step in enumerate(steps))
    return Furthest(people[best], entered[best], tuple(reached))


_Attempts = tuple[Places, Sequence[Places], NDArray[np.int64]]
"""When each began, when it reached each step, and how many it reached: 0 where it is void."""


def _in_order(moments: Moments, rules: AttemptRules) -> _Attempts:
    """Each step by the first act at or after the step before that is left for it."""
    entered = _entries(moments, rules.steps[0].bit, rules)
    people, ends = moments.people[entered], rules.ends(moments.at[entered])
    steps = [entered]
    following = _next_of_strict if rules.order is StepOrder.STRICT else _next_of_ordered
    for _ in rules.steps[1:]:
        step = following(moments, rules, steps, people)
        steps.append(np.where(moments.at[step] <= ends, step, moments.none))
    depths = np.sum([step != moments.none for step in steps], axis=0)
    for exclusion in rules.exclusions:
        depths = np.where(_is_between(moments, exclusion, steps, people, ends), 0, depths)
    return entered, steps, depths


def _entries(moments: Moments, mask: int, rules: AttemptRules) -> Places:
    return np.flatnonzero((moments.counts(mask) > 0) & (moments.at <= rules.last_entry))


def _next_of_ordered(moments: Moments, rules: AttemptRules, steps: Sequence[Places], people: _People) -> Places:
    bit, before = rules.steps[len(steps)].bit, steps[-1]
    later = moments.following(bit, before + 1, people)
    return np.where(_are_enough(moments, rules.steps, steps), before, later)


def _next_of_strict(moments: Moments, rules: AttemptRules, steps: Sequence[Places], people: _People) -> Places:
    """At the moment of the step before, or at the next one where all that was done before was for the steps.

    What else was done at the moment of entry was done before it.
    """
    before, following = steps[-1], np.minimum(steps[-1] + 1, moments.none)
    used = sum((step == before).astype(np.int64) for step in steps)
    is_free = (before == steps[0]) | (moments.counts(rules.all_acts)[before] <= used)
    is_next = (moments.counts(rules.steps[len(steps)].bit)[following] > 0) & (moments.people[following] == people)
    later = np.where(is_free & is_next, following, moments.none)
    return np.where(_are_enough(moments, rules.steps, steps), before, later)


def _are_enough(moments: Moments, steps: Sequence[StepBits], reached: Sequence[Places]) -> NDArray[np.bool_]:
    """Whether the acts at the moment of the last step reached suffice for one step more, and for all reached then.

    They do where for any of these steps there are as many acts that one of them can have (Hall's theorem).
    """
    step, then = steps[len(reached)], reached[-1]
    needed: dict[int, NDArray[np.int64]] = {step.bit: np.ones(len(then), np.int64)}
    for other, at in zip(steps, reached, strict=False):
        if other.family == step.family:
            needed[other.bit] = needed.get(other.bit, 0) + (at == then)
    are_enough = np.ones(len(then), np.bool_)
    for some in _subsets([bit for bit in needed if bit != step.bit]):
        wanted = needed[step.bit] + sum(needed[bit] for bit in some)
        are_enough &= moments.counts(step.bit + sum(some))[then] >= wanted
    return are_enough


def _is_between(
    moments: Moments, exclusion: ExclusionBits, steps: Sequence[Places], people: _People, ends: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Whether it was done after the one step and before the other, or before the end where that was not reached."""
    first, last = steps[exclusion.first], steps[exclusion.last]
    found = moments.following(exclusion.bit, first + 1, people)
    is_in_time = np.where(last == moments.none, moments.at[found] <= ends, found < last)
    is_between: NDArray[np.bool_] = (first != moments.none) & (found != moments.none) & is_in_time
    return is_between


def _in_any_order(moments: Moments, rules: AttemptRules) -> _Attempts:
    """An attempt begins with an act of any step. It has reached a step once that and all before it are done, each by an
    act of its own, until what is excluded was done; the act that it begins with is for one of them."""
    entered = _entries(moments, sum({step.bit for step in rules.steps}), rules)
    people, ends = moments.people[entered], rules.ends(moments.at[entered])
    for exclusion in rules.exclusions:
        ends = np.minimum(ends, moments.at[moments.following(exclusion.bit, entered + 1, people)])
    steps, depths = list[Places](), np.zeros(len(entered), np.int64)
    begins = np.zeros(len(entered), np.bool_)
    for place, step in enumerate(rules.steps):
        done = [_all_done(moments, rules.steps[: place + 1], entered, people), *steps[-1:]]
        reached = np.max(done, axis=0)
        reached = np.where(moments.at[reached] <= ends, reached, moments.none)
        begins |= moments.counts(step.bit)[entered] > 0
        depths = np.where((reached != moments.none) & begins, place + 1, depths)
        steps.append(reached)
    return entered, steps, depths


def _all_done(moments: Moments, steps: Sequence[StepBits], since: Places, people: _People) -> Places:
    """When the last of the steps, and those of its family with it, each have an act of their own since a moment: for
    any of them as many acts as there are steps (Hall's theorem)."""
    of_family = [step.bit for step in steps if step.family == steps[-1].family]
    last = steps[-1].bit
    found = [
        moments.nth(last + sum(some), since, sum(bit == last or bit in some for bit in of_family), people)
        for some in _subsets(sorted({*of_family} - {last}))
    ]
    whole: Places = np.max(found, axis=0)
    return whole


def _subsets(bits: Sequence[int]) -> Iterator[tuple[int, ...]]:
    return chain.from_iterable(combinations(bits, n) for n in range(len(bits) + 1))


def _best_of_each(people: _People, depths: NDArray[np.int64]) -> NDArray[np.intp]:
    """The place of the deepest of each person's, of several the first; people are ascending."""
    if not len(people):
        return np.zeros(0, np.intp)
    starts = np.flatnonzero(np.concatenate([[True], people[1:] != people[:-1]]))
    backwards = np.arange(len(people) - 1, -1, -1)
    best = np.maximum.reduceat(depths * len(people) + backwards, starts)
    return len(people) - 1 - best % len(people)
