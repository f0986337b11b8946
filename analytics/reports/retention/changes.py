"""How many come back in each period since they began, against those who began on the days compared with."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from analytics.statistics import difference_interval, share_difference


class PeriodShare(Protocol):
    """Of those who have completed a period, so many, how many came back in it."""

    @property
    def size(self) -> int: ...

    @property
    def active(self) -> int: ...

    @property
    def retention_rate(self) -> float: ...


@dataclass(frozen=True)
class PeriodChange:
    """Of a period, counted from 0, the share of those who began on the days, and that of those compared with."""

    number: int
    now: PeriodShare
    before: PeriodShare

    @property
    def difference(self) -> float:
        return share_difference(self.now.active, self.now.size, self.before.active, self.before.size)

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % one of the difference."""
        return difference_interval(self.now.active, self.now.size, self.before.active, self.before.size)


def period_changes(now: Sequence[PeriodShare], before: Sequence[PeriodShare]) -> tuple[PeriodChange, ...]:
    """Of the periods that cohorts of both have completed: people are as old in both. In order."""
    return tuple(PeriodChange(number, *both) for number, both in enumerate(zip(now, before, strict=False)))
