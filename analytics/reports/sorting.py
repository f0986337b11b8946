"""The order of very many whole numbers, without comparing them. Pure."""

import numpy as np
from numpy.typing import NDArray

_DIGIT = 16


def order_of_numbers(numbers: NDArray[np.integer]) -> NDArray[np.intp]:
    """The places of numbers from 0 on, the lowest first, equal ones as they come: `np.argsort(numbers, kind="stable")`.

    Sixteen bits at a time, the lowest first, for NumPy counts so narrow numbers instead of comparing them: a third of
    the time where there are hundreds of thousands.
    """
    order = np.argsort(numbers.astype(np.uint16), kind="stable")
    for shift in range(_DIGIT, int(numbers.max(initial=0)).bit_length(), _DIGIT):
        digits = (numbers >> numbers.dtype.type(shift)).astype(np.uint16)
        order = order[np.argsort(digits[order], kind="stable")]
    return order


def are_first_of_equals(in_order: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Of numbers in order, which differ from the one before them."""
    are_first = np.ones(len(in_order), np.bool_)
    are_first[1:] = in_order[1:] != in_order[:-1]
    return are_first


def concatenated_ranges(starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """So many numbers from each start on, one after the other."""
    ends = np.cumsum(lengths)
    numbers: NDArray[np.int64] = np.arange(lengths.sum()) + np.repeat(starts - (ends - lengths), lengths)
    return numbers
