"""Credit by a Markov chain of order 1: how many conversions fewer there would be without a label.

States are the labels, a start, a conversion and no conversion. The removal effect of a label is the share of
conversions that would be lost if it led nowhere; conversions are credited in proportion to these (Anderl et al., 2016).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.reports.credit.distinct import DistinctPaths
from analytics.sorting import are_first_of_equals, concatenated_ranges, order_of_numbers

FEWEST_CONVERSIONS, FEWEST_LABELS = 30, 2
"""With fewer, nothing is said."""
DRAWS = 200
MOST_DRAWN_LABELS = 250
"""With more there is no interval: to look at a sample takes the cube of their number, a second for two thousand."""
_CELLS_AT_ONCE = 2**16
"""Of the matrices of samples that are looked at at once."""
_SELDOM = 16
"""Paths that came as many times or fewer are drawn with those that came as often."""
_SEED = 19_061_906


@dataclass(frozen=True, eq=False)
class MarkovCredit:
    """By label: its share of all credit, the ends of the 95 % interval of that share, and its removal effect.

    The interval is of DRAWS samples of as many paths, drawn from those there are (bootstrap); None of too many labels.
    """

    shares: NDArray[np.float64]
    interval: tuple[NDArray[np.float64], NDArray[np.float64]] | None
    removal_effects: NDArray[np.float64]


def markov_credit(paths: DistinctPaths, converted: NDArray[Any], lost: NDArray[Any], labels: int) -> MarkovCredit:
    """Of labels numbered below `labels`; `converted` and `lost` say how often each path led to a conversion and to
    none. At least one of them did, with a touch."""
    counts = np.concatenate([converted, lost])
    ways = np.argsort(counts, kind="stable")
    ways = ways[counts[ways] > 0]
    chain = _Chain(paths, labels, ways % len(paths), ways < len(paths))
    often = counts[ways]
    most = int(often.sum()) * int(paths.lengths.max())
    samples = islice(_samples_of(often), 1 + DRAWS if labels <= MOST_DRAWN_LABELS else 1)
    effects = _removal_effects(chain.sums(samples, most), chain.states)
    totals = effects.sum(axis=1, keepdims=True)
    shares, *drawn = effects / np.where(totals == 0, 1, totals)
    return MarkovCredit(shares, _interval(shares, drawn) if drawn else None, effects[0])


def _interval(
    shares: NDArray[np.float64], drawn: list[NDArray[np.float64]]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    return np.minimum(low, shares), np.maximum(high, shares)


class _Chain:
    """The steps from state to state: 0 is the start, then come the labels.

    Ways are paths, given by their places, that led to a conversion or to none. Which steps and ends each adds to is put
    in the order of these once.
    """

    def __init__(
        self, paths: DistinctPaths, labels: int, path_of_way: NDArray[np.intp], converts: NDArray[np.bool_]
    ) -> None:
        self.states = states = 1 + labels
        after = paths.labels.astype(np.int64) + 1
        before = np.concatenate([np.zeros(1, np.int64), after[:-1]])[: len(after)]
        before[paths.starts[:-1]] = 0
        last = after[paths.starts[1:] - 1][path_of_way]
        way, lengths = np.arange(len(path_of_way)), paths.lengths[path_of_way]
        steps = (before * states + after)[concatenated_ranges(paths.starts[path_of_way], lengths)]
        cells = np.concatenate([steps, states**2 + last, states**2 + states + last[converts]])
        order = order_of_numbers(cells)
        self.ways = np.concatenate([np.repeat(way, lengths), way, way[converts]])[order]
        self.starts = np.flatnonzero(are_first_of_equals(cells[order]))
        self.cells = cells[order][self.starts]

    def sums(self, samples: Iterable[NDArray[np.int64]], most: int) -> Iterator[NDArray[np.int64]]:
        """How often each step is taken, by state, then how often each is the last, then the last before a conversion,
        if ways are taken as often as each of the samples says; no more often than `most`.

        As many samples as have room in the bits of a number are added up at once.
        """
        bits, samples = most.bit_length(), iter(samples)
        while some := [*islice(samples, max(1, 63 // bits))]:
            together = sum(each << bits * place for place, each in enumerate(some))
            sums = np.zeros(self.states**2 + 2 * self.states, np.int64)
            sums[self.cells] = np.add.reduceat(np.asarray(together)[self.ways], self.starts)
            yield from ((sums >> bits * place) & ((1 << bits) - 1) for place in range(len(some)))


def _removal_effects(sums: Iterator[NDArray[np.int64]], states: int) -> NDArray[np.float64]:
    """By sample and label, the share of conversions that would be lost without it; all 0 where nothing converts. As
    many samples at once as the processor has at hand."""
    at_once = max(1, _CELLS_AT_ONCE // states**2)
    parts = []
    while some := [*islice(sums, at_once)]:
        parts.append(_effects_of_some(np.array(some), states))
    return np.concatenate(parts)


def _effects_of_some(sums: NDArray[np.int64], states: int) -> NDArray[np.float64]:
    """With N the inverse of I - Q, where Q has the probabilities of steps between start and labels, N[s, i] / N[i, i]
    is how likely a path comes by i at all."""
    steps, ends, to_conversion = np.split(sums, [states**2, states**2 + states], axis=1)
    steps = steps.reshape(-1, states, states)
    leaving = np.maximum(steps.sum(axis=2) + ends, 1)
    visits = np.linalg.inv(np.eye(states) - steps / leaving[:, :, None])
    converts = (visits @ (to_conversion / leaving)[:, :, None])[:, :, 0]
    of_all = converts[:, :1]
    reached = visits[:, 0] / visits.diagonal(axis1=1, axis2=2)
    effects = reached * converts / np.where(of_all == 0, 1, of_all)
    return np.asarray(np.where(of_all == 0, 0, effects))[:, 1:]


def _samples_of(counts: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Yields the counts, which ascend, then DRAWS samples of as many: always the same of the same.

    What came as often, if seldom, which is mostly many, is drawn together, then apart.
    """
    yield counts
    random = np.random.default_rng(_SEED)
    numbers, alike = np.unique(counts[counts <= _SELDOM], return_counts=True)
    often, total = counts[counts > _SELDOM], int(counts.sum())
    for draw in random.multinomial(total, np.concatenate([numbers * alike, often]) / total, DRAWS):
        together, apart = draw[: len(alike)].tolist(), draw[len(alike) :]
        parts = [
            np.bincount(random.integers(0, n, so_many), minlength=n) for n, so_many in zip(alike, together, strict=True)
        ]
        yield np.concatenate([*parts, apart])
