"""Who came back in which period since they began.

Of a signup, whole days count, from that of the signup on; of anything else what comes after its very instant, so that
nobody comes back with what they began with. On the rolling clock a signup counts from its instant on.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Touches
from analytics.questions.retention import ReturnMode
from analytics.reports.retention.period_clock import DAY_LENGTH, PeriodClock, Whole
from analytics.reports.retention.starts import Starts

_NOT_YET = np.iinfo(np.int64).min


@dataclass(frozen=True, eq=False)
class Returns:
    """What people did since they began, on a clock of periods of which `horizon` are told."""

    clock: PeriodClock
    starts: Starts
    activity: Touches
    horizon: int
    are_signups: bool

    def came_back(self, mode: ReturnMode) -> NDArray[np.bool_]:
        """For each start and period whether they did."""
        if mode is ReturnMode.ON_OR_AFTER:
            return self._until_now()
        if not self.clock.is_by_day:
            return self._by_stretch()
        came = self._by_day()
        if not self.are_signups:
            came[self._back_on_first_day(), 0] = True
        return came

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

    def _by_day(self) -> NDArray[np.bool_]:
        """Each day says once who was there: quicker than to ask each touch for its person's start. Without the day of
        the start, unless that counts whole."""
        came = np.zeros((len(self.starts), self.horizon), np.bool_)
        order = np.argsort(self.starts.days, kind="stable")
        people, days = self.starts.people[order], self.starts.days[order]
        for day, are_active in self.activity.people_by_day(int(people.max(initial=-1)) + 1):
            ages = self.clock.by_day(np.arange(day + 1), np.array(day, np.int64))
            first, end = np.searchsorted(
                days, np.array([np.count_nonzero(ages >= self.horizon), day + self.are_signups])
            ).tolist()
            active = first + np.flatnonzero(are_active[people[first:end]])
            came[order[active], ages[days[active]]] = True
        return came

    def _back_on_first_day(self) -> NDArray[np.intp]:
        """The places of starts whose people did something later on the same day."""
        order = np.argsort(self.starts.days, kind="stable")
        starts, last_of = self.starts.only(order), np.full(self._size, _NOT_YET)
        found = [np.empty(0, np.intp)]
        for people, at, day, _ in self._activity_by_stretch():
            first, end = np.searchsorted(starts.days, np.array([day, day + 1])).tolist()
            if first < end:
                np.maximum.at(last_of, people, at)
                found.append(order[first:end][last_of[starts.people[first:end]] > starts.at[first:end]])
                last_of[people] = _NOT_YET
        return np.concatenate(found)

    def _by_stretch(self) -> NDArray[np.bool_]:
        """Within a stretch, a person's periods are those of the first and the last that they did: there is one boundary
        between periods in it at most, and what is in it before the start is in no period."""
        came = np.zeros((len(self.starts), self.horizon), np.bool_)
        order = np.argsort(self.starts.days, kind="stable")
        starts = self.starts.only(order)
        for some, first_at, last_at, days in self._stretches(starts):
            later = starts.only(some)
            for at, on in zip((first_at, last_at), days, strict=True):
                counts = at >= later.at if self.are_signups else at > later.at
                periods = self.clock.periods(later.days, later.at, on, at)
                counts &= (periods >= 0) & (periods < self.horizon)
                came[order[some[counts]], periods[counts]] = True
        return came

    def _stretches(self, starts: Starts) -> Iterator[tuple[NDArray[np.intp], Whole, Whole, tuple[Whole, Whole]]]:
        """Of each stretch (a local day, or 24 hours where instants count) the places of starts, in order of days, whose
        people did something in it, with the first and the last instant of theirs in it, and their days."""
        first_of, last_of = np.full(self._size, -_NOT_YET - 1), np.full(self._size, _NOT_YET)
        reach = self.horizon * self.clock.longest + 1
        for people, at, first_day, last_day in self._activity_by_stretch():
            np.minimum.at(first_of, people, at)
            np.maximum.at(last_of, people, at)
            low, high = np.searchsorted(starts.days, [first_day - reach, last_day + 1]).tolist()
            of_starts = last_of[starts.people[low:high]]
            some = low + np.flatnonzero(of_starts != _NOT_YET)
            who = starts.people[some]
            yield some, first_of[who], last_of[who], (self._days(first_of[who]), self._days(last_of[who]))
            first_of[people], last_of[people] = -_NOT_YET - 1, _NOT_YET

    def _activity_by_stretch(self) -> Iterator[tuple[NDArray[np.int32], Whole, int, int]]:
        """Who did something in it and when, and the first and last days that it touches."""
        people, at, days = self.activity.people, self.activity.at, self.activity.days
        stretches = days.astype(np.int64) if self.clock.is_by_day else at // DAY_LENGTH
        if np.any(stretches[1:] < stretches[:-1]):
            order = np.argsort(stretches, kind="stable")
            people, at, days, stretches = people[order], at[order], days[order], stretches[order]
        ends = [*(1 + np.flatnonzero(stretches[1:] != stretches[:-1])).tolist(), len(stretches)]
        first = 0
        for end in ends if len(stretches) else ():
            of_stretch = days[first:end]
            yield people[first:end], at[first:end], int(of_stretch.min()), int(of_stretch.max())
            first = end

    def _days(self, at: Whole) -> Whole:
        return np.searchsorted(self.clock.window.day_starts, at, side="right") - 1
