"""The different paths of conversions, and which of them most convert on."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analytics.questions.credit import CreditRule
from analytics.reports.credit.distinct import DistinctPaths, distinct_paths
from analytics.reports.credit.groups import joined_paths, with_touches
from analytics.reports.credit.paths import Paths, paths
from analytics.reports.credit.touches import TouchedConversions


@dataclass(frozen=True)
class FrequentPaths:
    """So many paths with most conversions, of those with so many touches at least and at most."""

    number: int
    fewest: int
    most: int


@dataclass(frozen=True, eq=False)
class PathRanks:
    """`whole` are the paths of conversions with a touch, `distinct` those that differ."""

    touched: TouchedConversions
    whole: Paths
    distinct: DistinctPaths

    @classmethod
    def of(cls, touched: TouchedConversions, rule: CreditRule) -> "PathRanks":
        parts = paths(touched.touchpoints, touched.converted.times, rule)
        whole = joined_paths([*map(with_touches, parts)])
        return cls(touched, whole, distinct_paths(whole, touched.touchpoints.labels[whole.touches]))

    @cached_property
    def conversions(self) -> NDArray[np.int64]:
        """How many there are on each different path."""
        return self.distinct.counts()

    @cached_property
    def order(self) -> NDArray[np.intp]:
        """The conversions of each different path after those of the one before."""
        return np.argsort(self.distinct.which, kind="stable")

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        return np.cumsum(self.conversions) - self.conversions

    def most_frequent(self, meant: FrequentPaths) -> NDArray[np.intp]:
        """The places of different paths, most conversions first; of equal ones the shorter, then the one that was
        first."""
        lengths = self.distinct.lengths
        places = np.flatnonzero((lengths >= meant.fewest) & (lengths <= meant.most))
        ranked = np.lexsort((self._first_at[places], lengths[places], -self.conversions[places]))
        return places[ranked][: meant.number]

    @property
    def _first_at(self) -> NDArray[np.int64]:
        at = self.touched.converted.times.at[self.whole.conversions[self.order]]
        return np.minimum.reduceat(at, self.starts) if len(at) else at

    def on_others(self, meant: FrequentPaths) -> NDArray[np.int64]:
        """The conversions with a touch that are on none of these paths."""
        are_meant = np.zeros(len(self.distinct), np.bool_)
        are_meant[self.most_frequent(meant)] = True
        on_others: NDArray[np.int64] = self.whole.conversions[~are_meant[self.distinct.which]]
        return on_others
