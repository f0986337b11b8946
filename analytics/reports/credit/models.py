"""Models of credit: what share of a conversion each touch of its path gets."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.questions.credit import CreditModel, CreditRule
from analytics.reports.credit.paths import Paths, in_microseconds
from analytics.sorting import are_first_of_equals, order_of_numbers

Weights = Callable[[Paths, NDArray[np.int32]], NDArray[np.float64]]
"""The weight of each touch of paths, given the labels of these touches; those of a path are divided by their sum."""


def first_touch(paths: Paths, labels: NDArray[np.int32]) -> NDArray[np.float64]:
    return np.where(paths.place_in_path == 0, 1.0, 0.0)


def last_touch(paths: Paths, labels: NDArray[np.int32]) -> NDArray[np.float64]:
    return np.where(_from_end(paths) == 0, 1.0, 0.0)


def linear(paths: Paths, labels: NDArray[np.int32]) -> NDArray[np.float64]:
    return np.ones(len(paths.touches))


def linear_unique(paths: Paths, labels: NDArray[np.int32]) -> NDArray[np.float64]:
    """Each label of a path gets the same, in its first touch, however often it is there."""
    return first_of_labels(paths, labels).astype(np.float64)


@dataclass(frozen=True)
class Decay:
    """A touch counts half as much as one that was the half-life nearer to the conversion."""

    half_life: int
    """In microseconds."""

    def __call__(self, paths: Paths, labels: NDArray[np.int32]) -> NDArray[np.float64]:
        has_touches = paths.lengths > 0
        last = np.zeros(len(paths.lengths), np.int64)
        last[has_touches] = paths.ages[paths.starts[1:][has_touches] - 1]
        return np.exp2((last[paths.path_of_touch] - paths.ages) / self.half_life)


@dataclass(frozen=True)
class Position:
    """Shares of the first and the last touch; those between have the middle one together.

    Of two touches both have theirs in proportion, a single one has all. All but the middle one are above 0.
    """

    first: float
    middle: float
    last: float

    def __call__(self, paths: Paths, labels: NDArray[np.int32]) -> NDArray[np.float64]:
        between = paths.lengths[paths.path_of_touch] - 2
        weights = self.middle / np.maximum(between, 1)
        weights[paths.place_in_path == 0] = self.first
        weights[_from_end(paths) == 0] = self.last
        return weights


def first_of_labels(paths: Paths, labels: NDArray[np.int32]) -> NDArray[np.bool_]:
    """For each touch of paths, whether it is the first of its label there."""
    keys = paths.path_of_touch * (1 + int(labels.max(initial=0))) + labels
    order = order_of_numbers(keys)
    are_first = np.zeros(len(keys), np.bool_)
    are_first[order[are_first_of_equals(keys[order])]] = True
    return are_first


def _from_end(paths: Paths) -> NDArray[np.int64]:
    """For each touch, how many of its path come after it."""
    return paths.lengths[paths.path_of_touch] - 1 - paths.place_in_path


def weights_of(rule: CreditRule) -> Weights:
    """Of the rule's model, which is any but Markov's: that one weighs labels, not touches."""
    match rule.model:
        case CreditModel.FIRST:
            return first_touch
        case CreditModel.LAST:
            return last_touch
        case CreditModel.LINEAR:
            return linear
        case CreditModel.LINEAR_UNIQUE:
            return linear_unique
        case CreditModel.DECAY:
            return Decay(in_microseconds(rule.half_life))
        case CreditModel.POSITION:
            return Position(*rule.shares)
    raise ValueError(f"{rule.model} weighs no touches")
