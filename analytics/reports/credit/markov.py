"""Credit by a Markov chain of order 1: how many conversions fewer there would be without a label.

States are the labels, a start, a conversion and no conversion. The removal effect of a label is the share of
conversions that would be lost if it led nowhere; conversions are credited in proportion to these (Anderl et al., 2016).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.reports.credit.distinct import DistinctPaths
from analytics.sorting import are_first_of_equals, concatenated_ranges, order_of_numbers
from analytics.statistics import number_of_seldom, resamples

FEWEST_CONVERSIONS, FEWEST_LABELS = 30, 2
"""With fewer, nothing is said."""
DRAWS = 200
MOST_DRAWN_LABELS = 250
"""With more there is no interval: to look at a sample takes the cube of their number, a second for two thousand."""
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
    counts = counts[ways]
    seldom = number_of_seldom(counts)
    chains = [_Chain(paths, labels, some % len(paths), some < len(paths)) for some in np.split(ways, [seldom])]
    whole = np.split(counts[:, None], [seldom])
    [effects] = _removal_effects(chains, whole)
    shares = _shares(effects)
    if labels > MOST_DRAWN_LABELS:
        return MarkovCredit(shares, None, effects)
    drawn = [_shares(_removal_effects(chains, taken)) for taken in resamples(counts, DRAWS, seed=_SEED)]
    low, high = np.quantile(np.concatenate(drawn), [0.025, 0.975], axis=0)
    return MarkovCredit(shares, (np.minimum(low, shares), np.maximum(high, shares)), effects)


def _shares(effects: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of the last axis; all 0 where nothing has an effect."""
    totals = effects.sum(axis=-1, keepdims=True)
    return np.asarray(effects / np.where(totals == 0, 1, totals))


class _Chain:
    """The steps of some ways from state to state: 0 is the start, then come the labels.

    Ways are paths, given by their places, that led to a conversion or to none. Which steps each adds to is put in the
    order of these once; `cells` number the steps that are there, and after all steps the last before a conversion.
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
        cells = np.concatenate([steps, states**2 + last[converts]])
        order = order_of_numbers(cells)
        self.ways = np.concatenate([np.repeat(way, lengths), way[converts]])[order]
        self.starts = np.flatnonzero(are_first_of_equals(cells[order]))
        self.cells = cells[order][self.starts]
        self.most = int(np.diff(self.starts, append=len(cells)).max(initial=0))

    def sums(self, taken: NDArray[np.integer]) -> NDArray[np.int64]:
        """By sample, how often each step is taken, by state, then how often each is the last before a conversion, if
        ways are taken as often as `taken` says by way and sample.

        As many samples as have room in the bits of a number are added up at once.
        """
        samples = taken.shape[1]
        highest = self.most * int(taken.max(initial=0))
        kind = np.min_scalar_type(max(highest, 2 ** (64 // samples) - 1))
        together = taken.astype(kind).view(np.uint64).T
        found = [np.add.reduceat(some.take(self.ways), self.starts) for some in together]
        sums = np.zeros((samples, self.states**2 + self.states), np.int64)
        sums[:, self.cells] = np.stack(found, axis=1).view(kind).T
        return sums


def _removal_effects(chains: Sequence[_Chain], taken: Sequence[NDArray[np.integer]]) -> NDArray[np.float64]:
    """By sample and label, the share of conversions that would be lost without it; all 0 where nothing converts.

    With N the inverse of I - Q, where Q has the probabilities of steps between start and labels, N[s, i] / N[i, i] is
    how likely a path comes by i at all.
    """
    states = chains[0].states
    sums = sum(chain.sums(of_chain) for chain, of_chain in zip(chains, taken, strict=True))
    steps, to_conversion = np.split(np.asarray(sums), [states**2], axis=1)
    steps = steps.reshape(-1, states, states)
    leaving = steps.sum(axis=1)
    leaving[:, 0] = steps[:, 0].sum(axis=1)
    leaving = np.maximum(leaving, 1)
    from_start, of_itself, converts = _of_inverse(np.eye(states) - steps / leaving[:, :, None], to_conversion / leaving)
    of_all = converts[:, :1]
    effects = from_start / of_itself * converts / np.where(of_all == 0, 1, of_all)
    return np.asarray(np.where(of_all == 0, 0, effects))[:, 1:]


def _of_inverse(
    matrices: NDArray[np.float64], vectors: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Of the inverse of each matrix the first row and the diagonal, and the vector that it makes of a vector.

    By halves, of which products are made, half of the time that the whole inverse takes. Neither is singular: from some
    states alone paths end as well.
    """
    half = (matrices.shape[1] + 1) // 2
    inner, right = matrices[:, :half, :half], matrices[:, :half, half:]
    below, outer = matrices[:, half:, :half], matrices[:, half:, half:]
    of_inner = np.linalg.inv(inner)
    across = of_inner @ right
    of_outer = np.linalg.inv(outer - below @ across)
    back = of_outer @ (below @ of_inner)
    in_both = np.einsum("sij,sji->si", across, back)
    first_row = of_inner[:, 0] + (across[:, :1] @ back)[:, 0], -(across[:, :1] @ of_outer)[:, 0]
    diagonal = of_inner.diagonal(axis1=1, axis2=2) + in_both, of_outer.diagonal(axis1=1, axis2=2)
    upper, lower = vectors[:, :half, None], vectors[:, half:, None]
    lower = of_outer @ lower - back @ upper
    made = (of_inner @ upper - across @ lower)[:, :, 0], lower[:, :, 0]
    return np.concatenate(first_row, axis=1), np.concatenate(diagonal, axis=1), np.concatenate(made, axis=1)
