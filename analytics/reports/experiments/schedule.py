"""When a test is looked at, and what was known then. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from analytics.periods import Window, instant_of, local_day
from analytics.reports.experiments.comparisons import FRACTIONS, Look, Method
from analytics.reports.experiments.members import Members, sums_by_place
from analytics.statistics import Sample, ShareSample

MOST_LOOKS = 60
"""Of a test without a plan: the ends of its days, of a longer one as many of them."""


@dataclass(frozen=True)
class LookPlan:
    """How many people are planned in all, and after how many of them to look."""

    people: int
    sizes: tuple[int, ...]
    looks: int
    """How many there have been."""

    @property
    def next_look(self) -> int | None:
        return self.sizes[self.looks] if self.looks < len(self.sizes) else None


@dataclass(frozen=True, eq=False)
class Schedule:
    """The looks at a test until now: after how many mature people, the first of all, each was.

    `fractions` are those of the people planned, 1 where none are; `is_complete` says that no later look can come.
    """

    members: Members
    method: Method
    sizes: tuple[int, ...]
    fractions: tuple[float, ...]
    is_complete: bool
    plan: LookPlan | None = None

    @classmethod
    def of(cls, members: Members, *, has_ended: bool) -> "Schedule":
        """By the plan. Without one, where all came before anything was known of the first, once all are mature; else
        at the end of each day."""
        is_whole = members.mature == len(members)
        if members.test.planned_size:
            return cls._of_plan(members, members.test.planned_size, is_over=has_ended and is_whole)
        if members.came_at_once:
            is_known = is_whole and len(members) > 0
            return cls(members, Method.FIXED, (members.mature,) * is_known, (1.0,) * is_known, is_known)
        sizes = ends_of_days(members.at[: members.mature] + members.window, members.zone)
        return cls(members, Method.ANY_LOOK, sizes, (1.0,) * len(sizes), has_ended and is_whole)

    @classmethod
    def _of_plan(cls, members: Members, people: int, *, is_over: bool) -> "Schedule":
        """A test that ended with fewer people has a last look at what there is: it spends no more than was due."""
        planned = tuple(ceil(people * fraction) for fraction in FRACTIONS)
        sizes = tuple(size for size in planned if size <= members.mature)
        plan = LookPlan(people, planned, len(sizes))
        last = sizes[-1] if sizes else 0
        if is_over and last < members.mature < people:
            sizes = (*sizes, members.mature)
        fractions = tuple(min(1.0, size / people) for size in sizes)
        return cls(members, Method.PLAN, sizes, fractions, is_over or plan.next_look is None, plan)

    def looks(self, values: NDArray[np.float64], *, are_shares: bool) -> tuple[Look, ...]:
        """What the values of the mature were at each."""
        if not self.sizes:
            return ()
        n, total = self._people, self._sums(values)
        reached = total if are_shares else self._sums(values != 0)
        squares = total if are_shares else self._sums(values * values)
        return tuple(
            Look(
                size,
                int(self.members.at[size - 1]) + self.members.window,
                tuple(
                    ShareSample(int(total[place, variant]), int(n[place, variant]))
                    if are_shares
                    else Sample(int(n[place, variant]), float(total[place, variant]), float(squares[place, variant]))
                    for variant in range(n.shape[1])
                ),
                tuple(map(int, reached[place])),
                self.fractions[place],
            )
            for place, size in enumerate(self.sizes)
        )

    @cached_property
    def _people(self) -> NDArray[np.float64]:
        """How many there are at each look, by variant."""
        return self._at_looks(np.bincount(self._cells, minlength=len(self.sizes) * len(self.members.variants)))

    def _sums(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """At each look, by variant."""
        size = len(self.sizes) * len(self.members.variants)
        return self._at_looks(sums_by_place(self._cells, values[: self.sizes[-1]], size))

    def _at_looks(self, sums: NDArray[Any]) -> NDArray[np.float64]:
        """What came at each look, and all before."""
        return np.cumsum(sums.reshape(-1, len(self.members.variants)), axis=0)

    @cached_property
    def _cells(self) -> NDArray[np.int64]:
        """For each of the mature before the last look, that by which they are in, and their variant."""
        return looks_of_each(self.sizes) * len(self.members.variants) + self.members.places[: self.sizes[-1]]


def ends_of_days(at: NDArray[np.int64], zone: ZoneInfo) -> tuple[int, ...]:
    """How many of these rising instants lie before the end of each local day that has one; of few of the days, the last
    among them."""
    if not len(at):
        return ()
    first, last = (local_day(instant_of(int(each)), zone) for each in (at[0], at[-1]))
    ends = Window.between(first + timedelta(days=1), last + timedelta(days=1), zone=zone).day_starts
    sizes = np.unique(np.searchsorted(at, ends))
    return few_looks(sizes[sizes > 0].tolist())


def few_looks(sizes: Sequence[int]) -> tuple[int, ...]:
    """At most MOST_LOOKS of them, the last among them."""
    step = ceil(len(sizes) / MOST_LOOKS) or 1
    return tuple(sizes[::-1][::step][::-1])


def looks_of_each(sizes: Sequence[int]) -> NDArray[np.int64]:
    """For each of the people before the last look the place of the first look that has them."""
    found = np.zeros(sizes[-1] if sizes else 0, np.int64)
    for size in sizes[:-1]:
        found[size:] += 1
    return found
