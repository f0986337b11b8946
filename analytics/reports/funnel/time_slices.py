"""Which acts of people lie near some of theirs, by slices of time: a quick way to leave out what cannot matter.
Pure."""

import numpy as np
from numpy.typing import NDArray

from analytics.reports.moments import PlainActs

_CELLS_BY_ACT, _MOST_CELLS = 2, 32_000_000
"""So many slices of people are told apart at most, each a byte or two: more leave out more acts, but the cache."""

_Truths = NDArray[np.bool_]


def in_slices_around(acts: PlainActs, bit: int, after: int) -> _Truths:
    """Which acts lie in a slice in which their person did what has a bit, or in the next earlier one, or in one of so
    many later ones, of those in which the person did anything."""
    if not len(acts):
        return np.zeros(0, np.bool_)
    slices = _slices(acts)
    cells = slices * acts.people + acts.ranks
    shape = (int(slices.max()) + 1, acts.people)
    are_active, have_bit = np.zeros(shape, np.bool_), np.zeros(shape, np.bool_)
    are_active.ravel()[cells] = True
    have_bit.ravel()[cells[(acts.bits & np.uint32(bit)) != 0]] = True
    kept: _Truths = (_with_before(are_active, have_bit) | _after(are_active, have_bit, after)).ravel()[cells]
    return kept


def _slices(acts: PlainActs) -> NDArray[np.int64]:
    """As many as there is room for, each of a power of two of microseconds."""
    since: NDArray[np.int64] = acts.at - acts.at.min()
    most = max(1, min(_CELLS_BY_ACT * len(acts), _MOST_CELLS) // acts.people)
    shift = max(0, int(since.max()).bit_length() - most.bit_length() + 1)
    since >>= shift
    return since


def _with_before(are_active: _Truths, have_bit: _Truths) -> _Truths:
    """The slices with the bit, and of each person the last active one before each."""
    found, is_next = have_bit.copy(), np.zeros(have_bit.shape[1], np.bool_)
    for place in range(len(found) - 1, -1, -1):
        found[place] |= are_active[place] & is_next
        is_next &= ~are_active[place]
        is_next |= have_bit[place]
    return found


def _after(are_active: _Truths, have_bit: _Truths, after: int) -> _Truths:
    """Of each person so many active slices after each with the bit."""
    found, left = np.zeros_like(have_bit), np.zeros(have_bit.shape[1], np.int8)
    for place in range(len(found) if after else 0):
        found[place] = are_active[place] & (left > 0)
        left -= found[place]
        left[have_bit[place]] = after
    return found
