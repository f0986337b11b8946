"""Who came back in which period since they began.

Of a signup, whole days count, from that of the signup on; of anything else what comes after its very instant, so that
nobody comes back with what they began with. On the rolling clock a signup counts from its instant on.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Touches
from analytics.questions.retention import ReturnMode
from analytics.reports.retention.period_clock import PeriodClock, Whole
from analytics.reports.retention.starts import Starts
from analytics.reports.retention.sweep import came_on

_NOT_YET = np.iinfo(np.int64).min


@dataclass(frozen=True, eq=False)
class Returns:
    """What people did since they began, on a clock of periods of which `horizon` are told. Starts are in order of
    days."""

    clock: PeriodClock
    starts: Starts
    activity: Touches
    horizon: int
    are_signups: bool

    def came_back(self, mode: ReturnMode) -> NDArray[np.bool_]:
        """For each start and period whether they did."""
        if mode is ReturnMode.ON_OR_AFTER:
            return self._until_now()
        return came_on(self.clock, self.starts, self.activity, self.horizon, counts_start=self.are_signups)

    @property
    def _size(self) -> int:
        return 1 + max(int(self.starts.people.max(initial=-1)), int(self.activity.people.max(initial=-1)))

    def _until_now(self) -> NDArray[np.bool_]:
        people, starts = self.activity.people, self.starts
        last_at, last_on = np.full(self._size, _NOT_YET), np.full(self._size, -1, np.int64)
        np.maximum.at(last_at, people, self.activity.at)
        np.maximum.at(last_on, people, self.activity.days.astype(np.int64))
        at, days = last_at[starts.people], last_on[starts.people]
        did = self._counts(starts, days, at)
        periods = np.full(len(starts), -1, np.int64)
        some = starts.only(did)
        periods[did] = self.clock.periods(some.days, some.at, days[did], at[did])
        return periods[:, np.newaxis] >= np.arange(self.horizon)

    def _counts(self, starts: Starts, days: Whole, at: Whole) -> NDArray[np.bool_]:
        """Whether what these people did last counts as a return."""
        if not self.are_signups:
            return at > starts.at
        return days >= starts.days if self.clock.is_by_day else at >= starts.at
