"""Credit by a Markov chain of order 1: how many conversions fewer there would be without a label.

States are the labels, a start, a conversion and no conversion. The removal effect of a label is the share of
conversions that would be lost if it led nowhere; conversions are credited in proportion to these (Anderl et al., 2016).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.reports.credit.distinct import DistinctPaths

FEWEST_CONVERSIONS, FEWEST_LABELS = 30, 2
"""With fewer, nothing is said."""
DRAWS = 200
_SEED = 19_061_906


@dataclass(frozen=True, eq=False)
class MarkovCredit:
    """By label: its share of all credit, the ends of the 95 % interval of that share, and its removal effect.

    The interval is of DRAWS samples of as many paths, drawn from those there are (bootstrap).
    """

    shares: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    removal_effects: NDArray[np.float64]


def markov_credit(paths: DistinctPaths, converted: NDArray[Any], lost: NDArray[Any], labels: int) -> MarkovCredit:
    """Of labels numbered below `labels`; `converted` and `lost` say how often each path led to a conversion and to
    none. At least one of them did, with a touch."""
    chain = _Chain(paths, labels)
    effects = chain.removal_effects(converted, lost)
    drawn = np.array([_shares(chain.removal_effects(*each)) for each in _samples(converted, lost)])
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    shares = _shares(effects)
    return MarkovCredit(shares, np.minimum(low, shares), np.maximum(high, shares), effects)


class _Chain:
    """The steps from state to state that paths take: 0 is the start, then come the labels."""

    def __init__(self, paths: DistinctPaths, labels: int) -> None:
        self.states = 1 + labels
        states = paths.labels.astype(np.int64) + 1
        before = np.concatenate([np.zeros(1, np.int64), states[:-1]])[: len(states)]
        before[paths.starts[:-1]] = 0
        self.steps = before * self.states + states
        self.lengths = paths.lengths
        self.last = states[paths.starts[1:] - 1]

    def removal_effects(self, converted: NDArray[Any], lost: NDArray[Any]) -> NDArray[np.float64]:
        """By label, the share of conversions that would be lost without it; all 0 where nothing converts.

        With N the inverse of I - Q, where Q has the probabilities of steps between start and labels, N[s, i] / N[i, i]
        is how likely a path comes by i at all.
        """
        often = np.repeat(converted + lost, self.lengths)
        steps = np.bincount(self.steps, often, self.states**2).reshape(self.states, self.states)
        to_conversion = np.bincount(self.last, converted, self.states)
        leaving = steps.sum(axis=1) + np.bincount(self.last, converted + lost, self.states)
        leaving[leaving == 0] = 1
        visits = np.linalg.inv(np.eye(self.states) - steps / leaving[:, None])
        converts = visits @ (to_conversion / leaving)
        if not converts[0]:
            return np.zeros(self.states - 1)
        return np.asarray(visits[0] / visits.diagonal() * converts / converts[0])[1:]


def _shares(effects: NDArray[np.float64]) -> NDArray[np.float64]:
    total = effects.sum()
    return effects / total if total else effects


def _samples(converted: NDArray[Any], lost: NDArray[Any]) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
    """Yields always the same of the same. What came once, which is mostly many, is drawn together, then apart."""
    counts = np.concatenate([converted, lost])
    total, once = int(counts.sum()), np.flatnonzero(counts == 1)
    often = np.flatnonzero(counts > 1)
    random = np.random.default_rng(_SEED)
    chances = np.concatenate([counts[often], [len(once)]]) / total
    drawn = np.zeros(len(counts))
    for draw in random.multinomial(total, chances, DRAWS):
        drawn[often] = draw[:-1]
        drawn[once] = np.bincount(random.integers(0, len(once), draw[-1]), minlength=len(once)) if len(once) else 0
        yield drawn[: len(converted)], drawn[len(converted) :]
