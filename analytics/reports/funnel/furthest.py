"""Who got how far in a funnel by its rules: those whose first entry shows it at once, and all entries of the others.
Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Touches
from analytics.questions.funnel_rules import StepOrder
from analytics.reports.funnel.attempts import AttemptRules, ExclusionBits, StepBits, furthest_attempts
from analytics.reports.moments import Acts, Moments
from analytics.reports.reached import NEVER, StepsReached, StepTouches

_Truths = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class ExcludedTouches:
    """What may not lie between two steps, by their places, 1 the first."""

    touches: Touches
    between: tuple[int, int]


@dataclass(frozen=True, eq=False)
class FunnelTouches:
    """What reaches each step, what is excluded and, where nothing else may lie between steps, all `events`, or those
    that steps are not said to have all of.

    People enter until `last_entry`; an attempt lasts a `window` (microseconds) or, with None, until then.
    """

    steps: Sequence[StepTouches]
    exclusions: Sequence[ExcludedTouches]
    events: Touches | None
    order: StepOrder
    window: int | None
    last_entry: int

    @property
    def steps_reached(self) -> StepsReached:
        """By the attempt of each person that led furthest, of several the earliest."""
        first = self._first_entries
        ends = self.ends(first.entered)
        at = [np.where(instants <= ends, instants, NEVER) for instants in first.at]
        at += [np.full_like(first.entered, NEVER)] * (len(self.steps) - len(at))
        found = StepsReached(tuple(at), first.entered)
        are_open = self._are_open(first, ends)
        return self._with_all_entries(found, are_open) if are_open.any() else found

    def ends(self, entered: NDArray[np.int64]) -> NDArray[np.int64]:
        """The last instant of attempts that began at these."""
        if self.window is None:
            return np.full_like(entered, self.last_entry)
        return np.where(entered == NEVER, self.last_entry, np.minimum(entered, NEVER - self.window) + self.window)

    @property
    def _first_entries(self) -> StepsReached:
        """As if attempts lasted for ever; in any order without the steps after the first."""
        is_any = self.order is StepOrder.ANY
        size = 1 + max(int(step.touches.people.max(initial=-1)) for step in self.steps)
        found = StepsReached.in_order(self.steps[:1] if is_any else self.steps, self.last_entry)
        more = np.full(size - len(found.entered), NEVER, np.int64)
        at = tuple(np.append(instants, more) for instants in found.at)
        return StepsReached(at, at[0])

    def _are_open(self, first: StepsReached, ends: NDArray[np.int64]) -> _Truths:
        """By person, whether their first entry does not show how far they got."""
        size, nobody = len(ends), np.zeros(len(ends), np.bool_)
        if self.order is StepOrder.ANY:
            both = [_are_there(step.own, size) for step in self.steps[:2]]
            return both[0] & both[1] if len(both) == 2 else nobody
        are_open = nobody
        if self.order is StepOrder.STRICT and len(self.steps) > 1:
            are_open = first.at[1] != NEVER
        if self.order is StepOrder.ORDERED:
            are_open = reduce(or_, ((at != NEVER) & (at > ends) for at in first.at), nobody)
        excluded = (_are_there(each.touches, size) for each in self.exclusions)
        found: _Truths = reduce(or_, excluded, are_open) & (first.entered != NEVER)
        return found

    def _with_all_entries(self, found: StepsReached, are_open: _Truths) -> StepsReached:
        """With the furthest of all entries of those who are open."""
        bits = _Bits(self)
        rules = bits.rules
        is_decided = rules.are_decided_by_second_step
        moments = Moments.of([*bits.acts], are_open, choose=rules.matter if is_decided else None)
        best = furthest_attempts(moments, rules)
        is_asked = np.zeros_like(are_open) if is_decided else are_open
        entered = np.where(is_asked, NEVER, found.entered)
        entered[best.people] = moments.at[best.entered]
        at = [np.where(are_open if place else is_asked, NEVER, instants) for place, instants in enumerate(found.at)]
        for instants, places in zip(at, best.steps, strict=True):
            instants[best.people] = moments.at[places]
        return StepsReached(tuple(at), entered)


class _Bits:
    """A bit for each kind of step, for each exclusion, and for everything that a strict order looks at."""

    def __init__(self, funnel: FunnelTouches) -> None:
        self.funnel = funnel
        kinds = dict.fromkeys((id(step.touches), step.bit) for step in funnel.steps)
        self.of_kind = {kind: 1 << place for place, kind in enumerate(kinds)}
        self.of_exclusion = [1 << place for place, _ in enumerate(funnel.exclusions, start=len(kinds))]
        self.of_all = 1 << len(kinds) + len(funnel.exclusions)

    @property
    def rules(self) -> AttemptRules:
        funnel = self.funnel
        exclusions = (
            ExclusionBits(bit, each.between[0] - 1, each.between[1] - 1)
            for bit, each in zip(self.of_exclusion, funnel.exclusions, strict=True)
        )
        steps = (StepBits(self._bit(step), id(step.touches)) for step in funnel.steps)
        return AttemptRules(
            funnel.order, funnel.window, funnel.last_entry, tuple(steps), tuple(exclusions), self.of_all
        )

    @property
    def acts(self) -> Iterator[Acts]:
        for touches in {id(step.touches): step.touches for step in self.funnel.steps}.values():
            yield Acts(touches, self._of_steps(touches))
        for bit, exclusion in zip(self.of_exclusion, self.funnel.exclusions, strict=True):
            yield Acts(exclusion.touches, _constant(exclusion.touches, bit))
        if self.funnel.events is not None:
            yield Acts(self.funnel.events, _constant(self.funnel.events, self.of_all))

    def _of_steps(self, touches: Touches) -> NDArray[np.uint32]:
        """Those that are not among the events count for themselves where nothing else may lie between steps."""
        steps = [step for step in self.funnel.steps if step.touches is touches]
        found = _constant(touches, 0 if steps[0].are_among_events else self.of_all)
        for step in {step.bit: step for step in steps}.values():
            own = np.uint32(self._bit(step))
            found |= own if step.mark is None else np.where(touches.marks & step.bit != 0, own, np.uint32(0))
        return found

    def _bit(self, step: StepTouches) -> int:
        return self.of_kind[id(step.touches), step.bit]


def _constant(touches: Touches, bit: int) -> NDArray[np.uint32]:
    return np.full(len(touches.numbers), bit, np.uint32)


def _are_there(touches: Touches, size: int) -> _Truths:
    """By person below a size, whether any touch is theirs."""
    found = np.zeros(max(size, 1 + int(touches.people.max(initial=-1))), np.bool_)
    found[touches.people] = True
    return found[:size]
