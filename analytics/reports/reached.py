"""Who got how far in a sequence of steps, and when. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Touches
from analytics.questions.steps import Step

NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True)
class StepsReached:
    """For each step, by person number, the instant (microseconds) at which it was reached, NEVER where it was not."""

    at: tuple[NDArray[np.int64], ...]

    @classmethod
    def in_order(
        cls, steps: Sequence[Step], touches: Mapping[Step, Touches], entry: Touches | None = None
    ) -> "StepsReached":
        """A step is reached by an event of its own at or after the instant the step before was reached; the first one
        by an `entry`, where only some of its events are one.

        Taking the earliest event for each step finds everyone who can get through.
        """
        return cls(tuple(_reached_at(steps, touches, touches[steps[0]] if entry is None else entry)))

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


def _reached_at(steps: Sequence[Step], touches: Mapping[Step, Touches], entry: Touches) -> Iterator[NDArray[np.int64]]:
    size = 1 + max((int(events.people.max()) for events in touches.values() if len(events.people)), default=-1)
    reached_at = _earliest(entry, not_before=np.full(size, np.iinfo(np.int64).min, dtype=np.int64))
    yield reached_at
    repeated = {step: _RepeatedStep(touches[step], size) for step in touches if steps.count(step) > 1}
    if steps[0] in repeated:
        repeated[steps[0]].next_after(reached_at)  # of those at that instant the later steps take any other
    for step in steps[1:]:
        if step in repeated:
            reached_at = repeated[step].next_after(reached_at)
        else:
            reached_at = _earliest(touches[step], not_before=reached_at)
        yield reached_at


def _earliest(events: Touches, not_before: NDArray[np.int64]) -> NDArray[np.int64]:
    """By person, the earliest event not before an instant of theirs."""
    instants = np.full(len(not_before), NEVER, dtype=np.int64)
    fits = events.at >= not_before[events.people]
    np.minimum.at(instants, events.people[fits], events.at[fits])
    return instants


class _RepeatedStep:
    """The events of a type that is more than one step, each of which serves one step only."""

    def __init__(self, events: Touches, size: int) -> None:
        order = np.lexsort((events.at, events.people))
        self.people, self.at = events.people[order], events.at[order]
        self.places = np.arange(len(order), dtype=np.int64)
        self.last_used = np.full(size, -1, dtype=np.int64)

    def next_after(self, reached_at: NDArray[np.int64]) -> NDArray[np.int64]:
        """By person, the earliest event not yet used and not before an instant of theirs; it is used now."""
        fits = (self.at >= reached_at[self.people]) & (self.places > self.last_used[self.people])
        place = np.full(len(reached_at), len(self.at), dtype=np.int64)
        np.minimum.at(place, self.people[fits], self.places[fits])
        self.last_used = place
        return np.append(self.at, NEVER)[place]
