"""Who got how far in a sequence of steps, and when. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, combinations

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Touches
from analytics.sorting import cache_sized_parts

NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True, eq=False)
class StepTouches:
    """What reaches a step: of touches that it may share with other steps those with its mark, None for all of them.

    Whether they `are_among_events` matters where a funnel is told of events besides.
    """

    touches: Touches
    mark: int | None = None
    are_among_events: bool = True

    @property
    def bit(self) -> int:
        return 1 << (self.mark or 0)

    @cached_property
    def own(self) -> Touches:
        return self.touches if self.mark is None else self.touches.only(self.touches.marks & self.bit != 0)


@dataclass(frozen=True)
class StepsReached:
    """For each step, by person number, the instant (microseconds) at which it was reached, NEVER where it was not.

    What counts of each person began when they `entered`.
    """

    at: tuple[NDArray[np.int64], ...]
    entered: NDArray[np.int64]

    @classmethod
    def in_order(cls, steps: Sequence[StepTouches], last_entry: int | None = None) -> "StepsReached":
        """A step is reached by a touch of its own at or after the instant the step before was reached, the first until
        the last instant of entry.

        Taking the earliest instant for each step finds everyone who can get through. At one instant, touches are given
        to steps so that as many of these as possible are reached.
        """
        at = tuple(_reached_at(steps, last_entry))
        return cls(at, at[0])

    @property
    def counts(self) -> tuple[int, ...]:
        """How many people reached each step."""
        return tuple(int(np.count_nonzero(at != NEVER)) for at in self.at)

    def people(self, place: int, *, lost_since: int | None = None) -> NDArray[np.intp]:
        """The numbers, ascending, of those who reached a step, 0 the first; with `lost_since`, of those who reached
        that earlier step and not this one."""
        if lost_since is None:
            return np.flatnonzero(self.at[place] != NEVER)
        return np.flatnonzero((self.at[lost_since] != NEVER) & (self.at[place] == NEVER))


def _reached_at(steps: Sequence[StepTouches], last_entry: int | None) -> Iterator[NDArray[np.int64]]:
    size = 1 + max(int(step.touches.people.max(initial=-1)) for step in steps)
    entries = steps[0].own
    at = _earliest(entries if last_entry is None else entries.only(entries.at <= last_entry), size)
    yield at
    before = [(steps[0], at)]
    for step in steps[1:]:
        sharing = [(other, reached) for other, reached in before if other.touches is step.touches]
        at = _next_own(step, sharing, at) if sharing else _earliest(step.own, size, not_before=at)
        before.append((step, at))
        yield at


def _next_own(
    step: StepTouches, sharing: Sequence[tuple[StepTouches, NDArray[np.int64]]], reached: NDArray[np.int64]
) -> NDArray[np.int64]:
    """By person, the instant of the earliest touch not before an instant of theirs that is left for the step, where
    earlier steps share its touches."""
    is_left = _are_enough(step, sharing, reached)
    later = np.where(reached == NEVER, NEVER, reached + 1)
    return np.where(is_left, reached, _earliest(step.own, len(reached), not_before=later))


def _are_enough(
    step: StepTouches, sharing: Sequence[tuple[StepTouches, NDArray[np.int64]]], reached: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """By person, whether their touches at an instant suffice for the step and for all that were reached then.

    They do where for any of these steps there are as many touches that one of them can have (Hall's theorem). Of steps
    with the same mark it is enough to look at all.
    """
    is_then = step.touches.at == reached[step.touches.people]
    people, marks = step.touches.people[is_then], step.touches.marks[is_then]
    needed: dict[int, NDArray[np.int64]] = {step.bit: np.ones(len(reached), np.int64)}
    for other, at in sharing:
        needed[other.bit] = needed.get(other.bit, 0) + (at == reached)
    others = [bit for bit in needed if bit != step.bit]
    are_enough = np.ones(len(reached), np.bool_)
    for some in chain.from_iterable(combinations(others, n) for n in range(len(others) + 1)):
        can_have = people[marks & (step.bit + sum(some)) != 0]
        wanted = needed[step.bit] + sum(needed[bit] for bit in some)
        are_enough &= np.bincount(can_have, minlength=len(reached)) >= wanted
    return are_enough


def _earliest(touches: Touches, size: int, not_before: NDArray[np.int64] | None = None) -> NDArray[np.int64]:
    """For so many people, the earliest touch of each, not before an instant of theirs."""
    instants = np.full(size, NEVER, dtype=np.int64)
    for part in cache_sized_parts(len(touches.at)):
        people, at = touches.people[part], touches.at[part]
        if not_before is not None:
            fits = at >= not_before[people]
            people, at = people[fits], at[fits]
        np.minimum.at(instants, people, at)
    return instants
