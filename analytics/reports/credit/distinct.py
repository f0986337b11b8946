"""Paths of the same labels, counted together."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.reports.credit.paths import Paths
from analytics.sorting import are_first_of_equals, concatenated_ranges, order_of_numbers

_SEED = 20_220_222


@dataclass(frozen=True, eq=False)
class DistinctPaths:
    """Paths of labels that differ, in no order, and for each path that was given which of them it is.

    `labels` are those of one path after the other; those of one are from its `starts` on, which end with the number of
    all.
    """

    starts: NDArray[np.int64]
    labels: NDArray[np.int32]
    which: NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def lengths(self) -> NDArray[np.int64]:
        return np.diff(self.starts)

    def counts(self, weights: NDArray[Any] | None = None) -> NDArray[Any]:
        """How many of the given paths each of them is, or the sum of their weights."""
        return np.bincount(self.which, weights, len(self))

    def path(self, place: int) -> NDArray[np.int32]:
        return self.labels[self.starts[place] : self.starts[place + 1]]


def distinct_paths(paths: Paths, labels: NDArray[np.int32]) -> DistinctPaths:
    """The different ones among paths with a touch, given the labels of their touches.

    They are told apart by a hash: each label times a random number of its place, summed.
    """
    random = np.random.default_rng(_SEED)
    of_place = random.integers(1, 2**63, int(paths.lengths.max(initial=0)), np.uint64) * np.uint64(2) + np.uint64(1)
    terms = (labels.astype(np.uint64) + np.uint64(1)) * of_place[paths.place_in_path]
    hashes = np.add.reduceat(terms, paths.starts[:-1]) if len(terms) else terms
    order = order_of_numbers(hashes)
    are_first = are_first_of_equals(hashes[order])
    first, which = order[are_first], np.empty(len(order), np.intp)
    which[order] = np.cumsum(are_first) - 1
    lengths = paths.lengths[first]
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
    found = DistinctPaths(starts, labels[concatenated_ranges(paths.starts[first], lengths)], which)
    if not np.array_equal(lengths[which], paths.lengths) or np.any(
        found.labels[concatenated_ranges(starts[which], paths.lengths)] != labels
    ):
        raise ArithmeticError("Two different paths have the same hash; another seed tells them apart.")
    return found
