"""What people did, person by person in order of time, for whatever asks what came after what. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Touches
from analytics.ledger.series import concatenation

Places = NDArray[np.intp]
"""Of moments, by their place among all; the last place of all is no moment."""
_MOST_BITS = 63


@dataclass(frozen=True, eq=False)
class Acts:
    """Touches, each with a bit for everything that it stands for."""

    touches: Touches
    bits: NDArray[np.uint32]


@dataclass(frozen=True, eq=False)
class Moments:
    """Each instant at which a person did anything, person by person in order of time.

    Behind the last is none: nobody's (-1), at the end of time, and nothing was done then.
    """

    people: NDArray[np.int64]
    at: NDArray[np.int64]
    _bits: NDArray[np.uint32]
    _starts: Places
    _counts: dict[int, NDArray[np.int64]] = field(default_factory=dict)
    _next: dict[int, Places] = field(default_factory=dict)

    @classmethod
    def of(cls, acts: Sequence[Acts], are_meant: NDArray[np.bool_], most_bits: int = _MOST_BITS) -> "Moments":
        """Of the people who are meant, by their number."""
        chosen = [each.touches.of_each(are_meant, False) for each in acts]
        pairs = [*zip(acts, chosen, strict=True)]
        people = concatenation([each.touches.people[some] for each, some in pairs], np.int32).astype(np.int64)
        at = concatenation([each.touches.at[some] for each, some in pairs], np.int64)
        bits = concatenation([each.bits[some] for each, some in pairs], np.uint32)
        order = _order(people, at, np.cumsum(are_meant) - 1, most_bits)
        people, at, bits = people[order], at[order], bits[order]
        is_new = np.ones(len(at), np.bool_)
        is_new[1:] = (people[1:] != people[:-1]) | (at[1:] != at[:-1])
        starts = np.flatnonzero(is_new)
        never = np.iinfo(np.int64).max
        return cls(np.append(people[starts], -1), np.append(at[starts], never), bits, starts)

    @property
    def none(self) -> int:
        """The place that is no moment."""
        return len(self._starts)

    def counts(self, mask: int) -> NDArray[np.int64]:
        """By moment, how many acts have any of these bits."""
        if mask not in self._counts:
            have = (self._bits & np.uint32(mask)) != 0
            found = np.add.reduceat(have, self._starts, dtype=np.int64) if self.none else np.zeros(0, np.int64)
            self._counts[mask] = np.append(found, 0)
        return self._counts[mask]

    def following(self, mask: int, since: Places, people: NDArray[np.int64]) -> Places:
        """The first moment from one on at which the same person did anything with these bits."""
        if mask not in self._next:
            there = np.where(self.counts(mask) > 0, np.arange(self.none + 1), self.none)
            self._next[mask] = np.minimum.accumulate(there[::-1])[::-1]
        return self._of_same(self._next[mask][np.minimum(since, self.none)], people)

    def nth(self, mask: int, since: Places, number: int, people: NDArray[np.int64]) -> Places:
        """The moment of so manieth of the acts with these bits from a moment on, 1 the first."""
        counts = self.counts(mask)
        before = np.concatenate([[0], np.cumsum(counts)])
        moments = np.append(np.repeat(np.arange(self.none + 1), counts), self.none)
        return self._of_same(moments[np.minimum(before[since] + number - 1, len(moments) - 1)], people)

    def _of_same(self, places: Places, people: NDArray[np.int64]) -> Places:
        """Those that are of these people."""
        return np.where(self.people[places] == people, places, self.none)


def _order(
    people: NDArray[np.int64], at: NDArray[np.int64], ranks: NDArray[np.intp], most_bits: int
) -> NDArray[np.intp]:
    """By person, then time: by one number for both, where they fit."""
    if not len(at):
        return np.zeros(0, np.intp)
    first = int(at.min())
    bits_of_time = int(at.max() - first).bit_length()
    if bits_of_time + int(ranks[-1]).bit_length() > most_bits:
        return np.lexsort((at, people))
    return np.argsort((ranks[people] << bits_of_time) | (at - first))
