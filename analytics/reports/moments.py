"""What people did, person by person in order of time, for whatever asks what came after what. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Touches
from analytics.ledger.series import concatenation

Places = NDArray[np.intp]
"""Of moments, by their place among all; the last place of all is no moment."""
_MOST_BITS = 63
_MILLISECOND = 1000


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
    _several: Places
    _counts: dict[int, NDArray[np.int64]] = field(default_factory=dict)
    _next: dict[int, Places] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        acts: Sequence[Acts],
        are_meant: NDArray[np.bool_],
        most_bits: int = _MOST_BITS,
        choose: Callable[["PlainActs"], NDArray[np.bool_]] | None = None,
    ) -> "Moments":
        """Of the people who are meant, by their number, and of their acts that are chosen."""
        plain = PlainActs.of(acts, are_meant)
        if choose is not None:
            plain = plain.at_places(np.flatnonzero(choose(plain)))
        ranks, at, bits = _in_order(plain, most_bits)
        is_new = np.ones(len(at), np.bool_)
        is_new[1:] = (ranks[1:] != ranks[:-1]) | (at[1:] != at[:-1])
        starts = np.flatnonzero(is_new)
        several = np.flatnonzero(np.diff(starts, append=len(at)) > 1)
        people, never = np.flatnonzero(are_meant)[ranks[starts]], np.iinfo(np.int64).max
        return cls(np.append(people, -1).astype(np.int64), np.append(at[starts], never), bits, starts, several)

    @property
    def none(self) -> int:
        """The place that is no moment."""
        return len(self._starts)

    def counts(self, mask: int) -> NDArray[np.int64]:
        """By moment, how many acts have any of these bits."""
        if mask not in self._counts:
            have = np.append((self._bits & np.uint32(mask)) != 0, False)
            found = have[np.append(self._starts, -1)].astype(np.int64)
            if len(self._several):
                ends = np.append(self._starts, len(self._bits))[self._several + 1]
                bounds = np.column_stack([self._starts[self._several], ends]).ravel()
                found[self._several] = np.add.reduceat(have, bounds, dtype=np.int64)[::2]
            self._counts[mask] = found
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


@dataclass(frozen=True, eq=False)
class PlainActs:
    """Parallel arrays, in no order: whose act, by their rank among the `people` who are meant, when, and its bits."""

    ranks: NDArray[np.int64]
    at: NDArray[np.int64]
    bits: NDArray[np.uint32]
    people: int

    @classmethod
    def of(cls, acts: Sequence[Acts], are_meant: NDArray[np.bool_]) -> "PlainActs":
        chosen = [np.flatnonzero(each.touches.of_each(are_meant, False)) for each in acts]
        pairs = [*zip(acts, chosen, strict=True)]
        rank_of = np.cumsum(are_meant) - 1
        return cls(
            rank_of[concatenation([each.touches.people[some] for each, some in pairs], np.int32)],
            concatenation([each.touches.at[some] for each, some in pairs], np.int64),
            concatenation([each.bits[some] for each, some in pairs], np.uint32),
            int(np.count_nonzero(are_meant)),
        )

    def __len__(self) -> int:
        return len(self.at)

    def at_places(self, places: Places) -> "PlainActs":
        return replace(self, ranks=self.ranks[places], at=self.at[places], bits=self.bits[places])


_Sorted = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint32]]


def _in_order(acts: PlainActs, most_bits: int) -> _Sorted:
    """By person, then time: all three as one number, where they fit, since numbers are sorted several times as fast as
    places."""
    ranks, at, bits = acts.ranks, acts.at, acts.bits
    if not len(acts):
        return ranks, at, bits
    first = int(at.min())
    since, unit = _in_milliseconds(at - first)
    of_time, of_bits = int(since.max()).bit_length(), int(bits.max()).bit_length()
    if (acts.people - 1).bit_length() + of_time + of_bits > most_bits:
        order = np.lexsort((at, ranks))
        return ranks[order], at[order], bits[order]
    keys = ranks << of_time
    keys |= since
    keys <<= of_bits
    keys |= bits
    keys.sort()
    bits = (keys & ((1 << of_bits) - 1)).astype(np.uint32)
    keys >>= of_bits
    at = keys & ((1 << of_time) - 1)
    at *= unit
    at += first
    keys >>= of_time
    return keys, at, bits


def _in_milliseconds(microseconds: NDArray[np.int64]) -> tuple[NDArray[np.int64], int]:
    """And how many of those each is; as they are, where they are none. A product is found sooner than a remainder."""
    found = microseconds // _MILLISECOND
    return (found, _MILLISECOND) if np.array_equal(found * _MILLISECOND, microseconds) else (microseconds, 1)
