"""The order of very many whole numbers. Pure."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

_FEW_BITS, _MOST_BITS, _BITS_OF_KEY = 16, 63, 64
MOST_MARKS = 50_000_000
"""As many bytes are taken to mark numbers that are there."""
_MARKS_A_NUMBER = 50
_WIDTHS = np.sort(np.concatenate([1 << np.arange(40), 3 << np.arange(40)]))
"""Each is at most half as much again as the one before."""


_BLOCK = 1 << 17
"""So many numbers that what is made of them fits the cache."""


def cache_sized_parts(size: int) -> Iterator[slice]:
    """The places of so many numbers in parts, for what would be made of all at once lies in memory of its own."""
    return (slice(start, start + _BLOCK) for start in range(0, size, _BLOCK))


def order_of_numbers(numbers: NDArray[np.integer]) -> NDArray[np.intp]:
    """The places of numbers from 0 on, the lowest first, equal ones as they come: `np.argsort(numbers, kind="stable")`.

    Each number and its place are sorted as one of 63 bits, for NumPy sorts whole numbers many at a time: a third to a
    sixth of the time where there are hundreds of thousands. Of longer numbers first the lowest bits, then the others.
    Numbers of 16 bits it counts, instead of comparing them.
    """
    bits, bits_of_place = int(numbers.max(initial=0)).bit_length(), len(numbers).bit_length()
    if bits <= _FEW_BITS:
        return np.argsort(numbers.astype(np.uint16), kind="stable")
    bits_at_once = _MOST_BITS - bits_of_place
    lowest = numbers if bits <= bits_at_once else numbers & numbers.dtype.type((1 << bits_at_once) - 1)
    order = _order_of_digits(lowest, bits_of_place)
    if bits > bits_at_once:
        others = numbers >> numbers.dtype.type(bits_at_once)
        order = order[order_of_numbers(others[order])]
    return order


def _order_of_digits(digits: NDArray[np.integer], bits_of_place: int) -> NDArray[np.intp]:
    with_places = digits.astype(np.int64)
    with_places <<= bits_of_place
    with_places |= np.arange(len(digits))
    with_places.sort()
    with_places &= (1 << bits_of_place) - 1
    return with_places


def are_first_of_equals(in_order: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Of numbers in order, which differ from the one before them."""
    are_first = np.ones(len(in_order), np.bool_)
    are_first[1:] = in_order[1:] != in_order[:-1]
    return are_first


def are_least_of_runs(
    numbers: NDArray[np.int64], starts: NDArray[np.int64], lengths: NDArray[np.int64], counts: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Marks the least numbers of runs: of each as many as its count, which is from 1 to its length; of equal ones the
    earlier.

    Runs of about one length are sorted as the rows of a table, a tenth of the time that sorting all at once takes.
    """
    marks = np.zeros(len(numbers), np.bool_)
    widths = _WIDTHS[np.searchsorted(_WIDTHS, lengths)]
    for width in np.unique(widths).tolist():
        runs = np.flatnonzero(widths == width)
        columns, counted = np.arange(width), counts[runs, None]
        is_there = columns < lengths[runs, None]
        places = starts[runs, None] + np.where(is_there, columns, 0)
        rows = np.where(is_there, numbers[places], np.iinfo(np.int64).max)
        most = np.take_along_axis(np.sort(rows, axis=1), counted - 1, axis=1)
        are_least, are_most = rows < most, rows == most
        are_most &= np.cumsum(are_most, axis=1, dtype=np.int32) <= counted - are_least.sum(axis=1, keepdims=True)
        marks[places[are_least | are_most]] = True
    return marks


def concatenated_ranges(starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """So many numbers from each start on, one after the other."""
    ends = np.cumsum(lengths)
    numbers: NDArray[np.int64] = np.arange(lengths.sum()) + np.repeat(starts - (ends - lengths), lengths)
    return numbers


def different_numbers(numbers: NDArray[np.signedinteger], size: int) -> NDArray[np.signedinteger]:
    """Each of the numbers once, ascending; all are from 0 on and below the size. Marking them is quicker than sorting
    where they are not too far apart."""
    if size <= min(MOST_MARKS, _MARKS_A_NUMBER * len(numbers)):
        marks = np.zeros(size, np.bool_)
        marks[numbers] = True
        return np.flatnonzero(marks)
    in_order: NDArray[np.signedinteger] = np.sort(numbers)
    return in_order[are_first_of_equals(in_order)]


def may_stand_twice(numbers: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Of numbers that lie anywhere, which may be there more than once: all that are, and few others, so that few are
    sorted.

    Each leaves its place in a slot by its lowest bits; where another one's is found afterwards, two have the slot.
    """
    slots = numbers & ((1 << (4 * len(numbers)).bit_length()) - 1)
    places = np.arange(len(numbers), dtype=np.int32)
    last = np.empty(1 + int(slots.max(initial=0)), np.int32)
    last[slots] = places
    are_shared = np.zeros(len(last), np.bool_)
    are_shared[slots[last[slots] != places]] = True
    are_such: NDArray[np.bool_] = are_shared[slots]
    return are_such


def instant_keys(*of_people: tuple[NDArray[np.int32], NDArray[np.int64]]) -> list[NDArray[np.uint64]]:
    """For each of some arrays of people and instants one number for both, in that order, comparable over all arrays:
    the person's above the bits of the instants.

    Where these have too many bits, people are numbered anew, and instants last, for which they are sorted.
    """
    people, at = (np.concatenate(arrays) for arrays in zip(*of_people, strict=True))
    since = at - at.min(initial=np.iinfo(np.int64).max)
    if _bits(people) + _bits(since) > _BITS_OF_KEY:
        people = ranks_of_numbers(people)
    if _bits(people) + _bits(since) > _BITS_OF_KEY:
        since = np.unique(at, return_inverse=True)[1]
    keys = (people.astype(np.uint64) << np.uint64(_bits(since))) | since.astype(np.uint64)
    return np.split(keys, np.cumsum([len(people) for people, _ in of_people[:-1]]))


def order_by_person(people: NDArray[np.int32], at: NDArray[np.int64], keys: NDArray[np.uint64]) -> NDArray[np.intp]:
    """The places of what people did in order of the `instant_keys` of both, equal ones as they come. What is in order
    of time already, as what the ledger tells of one kind, is sorted by people alone."""
    return order_of_numbers(people if np.all(at[1:] >= at[:-1]) else keys)


def ranks_of_numbers(numbers: NDArray[np.integer]) -> NDArray[np.int32]:
    """Of numbers from 0 on that are not high, by how many different ones each is above."""
    marks = np.zeros(1 + int(numbers.max(initial=0)), np.bool_)
    marks[numbers] = True
    ranks: NDArray[np.int32] = np.cumsum(marks, dtype=np.int32)[numbers] - np.int32(1)
    return ranks


def _bits(numbers: NDArray[np.integer]) -> int:
    return int(numbers.max(initial=0)).bit_length()
