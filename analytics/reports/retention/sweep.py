"""Who came back in which period: all days in their order, once.

On the day on which a period of somebody begins, what they did before says whether they came back in the one that ends:
the last day on which they did anything lies in it, or not. On the rolling clock periods begin in the middle of a day,
of which the first and the last act of those concerned say the rest: of whom other days do not say it already.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Touches
from analytics.periods import microseconds
from analytics.reports.retention.period_clock import PeriodClock, Whole
from analytics.reports.retention.starts import Starts

MOST_BEGINNINGS = 20_000_000
"""Of periods at a time: a day for each, in two bytes."""
_OF_DAY = 38
"""Bits of the microseconds of a day of any length."""
_Places = slice | NDArray[np.intp]
_PeopleOfParts = Sequence[NDArray[np.int32]]
_Edges = Sequence[tuple[int, _Places]]
"""Periods, and the places of the starts for which they begin."""


def came_on(
    clock: PeriodClock, starts: Starts, activity: Touches, horizon: int, *, counts_start: bool
) -> NDArray[np.bool_]:
    """For each start, in order of days, and each of so many periods, whether the person did anything in it.

    If it `counts_start`, what they did at its very instant does, by a clock of whole days on its day.
    """
    came = np.zeros((horizon, len(starts)), np.bool_)
    size = 1 + max(int(starts.people.max(initial=-1)), int(activity.person_of_number.max(initial=-1)))
    step = max(1, MOST_BEGINNINGS // (horizon + 1))
    for first in range(0, len(starts), step):
        places = slice(first, first + step)
        some = starts.only(np.arange(len(starts))[places])
        _Sweep(Beginnings(clock, some, horizon), activity, counts_start, size, came[:, places]).run()
    return came.T


@dataclass(frozen=True, eq=False)
class Beginnings:
    """On which day, and on the rolling clock at which instant, each period of each start begins, and the one after the
    last: the number of the window's days, where that is after these."""

    clock: PeriodClock
    starts: Starts
    horizon: int

    @cached_property
    def on(self) -> NDArray[np.int16]:
        """By period and start."""
        if self.clock.is_by_day or not len(self._may_move):
            return self._first_days
        found = self._first_days.copy()
        for period in range(self.horizon + 1):
            self._move(period, found[period])
        return found

    @cached_property
    def _first_days(self) -> NDArray[np.int16]:
        starts_of = np.bincount(self.starts.days, minlength=self.clock.window.days)
        days: NDArray[np.int16] = np.repeat(self.clock.first_days(self.horizon), starts_of, axis=1)
        return days

    def at(self, periods: int | NDArray[np.int64], places: _Places) -> Whole:
        """On the rolling clock the instants, of periods that begin in the window."""
        days = np.minimum(self._first_days[periods, places], self.clock.window.days - 1)
        return self.clock.begins_at(self.starts.days[places], self.starts.at[places], periods, days)

    def _move(self, period: int, days: NDArray[np.int16]) -> None:
        """To the days of the instants: the calendar's, but for who begins so late that a shorter day is over by then,
        and where the clocks have changed since the start."""
        some = self._may_move
        if self._is_by_calendar:
            some = some[days[some] < self.clock.window.days]
        inside = np.minimum(days[some], self.clock.window.days - 1)
        at = self.at(period, some)
        days[some] = inside + (at >= self._ends[inside]) - (at < self.clock.window.day_starts[inside])

    @property
    def _is_by_calendar(self) -> bool:
        return self.clock.is_by_month

    @cached_property
    def _ends(self) -> Whole:
        window = self.clock.window
        return np.append(window.day_starts[1:], microseconds(window.ends_at))

    @cached_property
    def _may_move(self) -> NDArray[np.intp]:
        """The places of the starts whose periods may begin on other days than those of the calendar."""
        lengths = self._ends - self.clock.window.day_starts
        if self._is_by_calendar:
            since = self.starts.at - self.clock.window.day_starts[self.starts.days]
            return np.flatnonzero(since >= lengths.min())
        return np.arange(len(self.starts) if lengths.min() != lengths.max() else 0)

    def by_day(self) -> Iterator[tuple[int, _Edges]]:
        """For each day of the window the periods that begin on it; those that begin after it are not told."""
        days = self.clock.window.days
        found: list[list[tuple[int, _Places]]] = [[] for _ in range(days)]
        for period, on in enumerate(self.on):
            order = None if np.all(on[1:] >= on[:-1]) else np.argsort(on, kind="stable")
            bounds = np.searchsorted(on if order is None else on[order], np.arange(days + 1)).tolist()
            for day in np.flatnonzero(np.diff(bounds)).tolist():
                some = slice(bounds[day], bounds[day + 1])
                found[day].append((period, some if order is None else order[some]))
        return enumerate(found)


class _Sweep:
    """Of each person it knows the last day on which they did anything: until the day that it is at is taken, before
    that."""

    def __init__(
        self, beginnings: Beginnings, activity: Touches, counts_start: bool, size: int, came: NDArray[np.bool_]
    ) -> None:
        """`came` has a row for each period, and is written."""
        self.beginnings, self.activity, self.counts_start, self.came = beginnings, activity, counts_start, came
        self.people, self.on = beginnings.starts.people, beginnings.on
        self.is_by_day, self.horizon = beginnings.clock.is_by_day, beginnings.horizon
        self.last_on = np.full(size, -1, np.int16)
        self.first_at, self.last_at = np.full(size, np.iinfo(np.int64).max), np.full(size, np.iinfo(np.int64).min)
        self.is_asked = np.zeros(size, np.bool_)

    def run(self) -> None:
        for day, people, periods, places in [*self._whole_days()]:
            if len(open_places := np.flatnonzero(self._are_open(periods, places))):
                self._look_at(day, people, periods[open_places], places[open_places])

    def _whole_days(self) -> Iterator[tuple[int, _PeopleOfParts, NDArray[np.int64], NDArray[np.intp]]]:
        """Take all days in their order. Yields those within which periods begin of somebody who did anything on them:
        whose the day's touches are, the periods and the places."""
        parts_by_day = self.activity.parts_by_day
        for day, edges in self.beginnings.by_day():
            for period, some in edges:
                if period:
                    self._end(period - 1, some)
            if parts := parts_by_day.get(day):
                people = [*map(self.activity.people_of, parts)]
                for of_part in people:
                    self.last_on[of_part] = day
                if within := self._within_the_day(edges):
                    yield day, people, *self._active(day, within)
        days = self.beginnings.clock.window.days
        for period in range(self.horizon):
            self._end(period, np.flatnonzero((self.on[period] < days) & (self.on[period + 1] == days)))

    def _are_open(self, periods: NDArray[np.int64], places: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Whether it is not known yet of the period, or of the one before, that they did anything in it."""
        is_told: NDArray[np.bool_] = (periods == self.horizon) | self.came[
            np.minimum(periods, self.horizon - 1), places
        ]
        is_told &= (periods == 0) | self.came[np.maximum(periods - 1, 0), places]
        return ~is_told

    def _end(self, period: int, places: _Places) -> None:
        """With what was done on whole days: on the rolling clock without the one on which the period begins."""
        is_whole = self.is_by_day and (self.counts_start or period > 0)
        began_on = self.on[period][places]
        self.came[period, places] |= self.last_on[self.people[places]] >= (began_on if is_whole else began_on + 1)

    def _within_the_day(self, edges: _Edges) -> _Edges:
        """Of which the instant matters."""
        if not self.is_by_day:
            return edges
        return [] if self.counts_start else [(period, some) for period, some in edges if not period]

    def _look_at(
        self, day: int, people_of_parts: _PeopleOfParts, periods: NDArray[np.int64], places: NDArray[np.intp]
    ) -> None:
        """Say of these periods who did anything since they begin, and of those before until then, on the day."""
        self.is_asked[self.people[places]] = True
        asked = [np.flatnonzero(self.is_asked.take(people)) for people in people_of_parts]
        people = np.concatenate([each[some] for each, some in zip(people_of_parts, asked, strict=True)])
        parts = self.activity.parts_by_day[day]
        at = np.concatenate([part.at(some) for part, some in zip(parts, asked, strict=True)])
        self.is_asked[people] = False
        np.minimum.at(self.first_at, people, at)
        np.maximum.at(self.last_at, people, at)
        self._since_and_until(day, periods, places, people, at)
        self.first_at[people] = np.iinfo(np.int64).max

    def _active(self, day: int, edges: _Edges) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
        """The periods and the places of those starts whose people did anything on the day: few do on any."""
        found = []
        for _, some in edges:
            active = np.flatnonzero(self.last_on[self.people[some]] == day)
            found.append(active + some.start if isinstance(some, slice) else some[active])
        periods = np.repeat([period for period, _ in edges], [len(places) for places in found])
        return periods, np.concatenate(found)

    def _since_and_until(
        self,
        day: int,
        periods: NDArray[np.int64],
        places: NDArray[np.intp],
        people: NDArray[np.int32],
        at: Whole,
    ) -> None:
        who, began_at = self.people[places], self._counted_since(periods, places)
        if not self.is_by_day:
            later = np.flatnonzero(periods > 0)
            before, some = periods[later] - 1, places[later]
            did = (self.first_at[who[later]] < began_at[later]) & (self.on[before, some] < day)
            self.came[before[did], some[did]] = True
        told = np.flatnonzero(periods < self.horizon)
        periods, places = periods[told], places[told]
        ends_later = self.is_by_day | (self.on[periods + 1, places] > day)
        did = (self.last_at[who[told]] >= began_at[told]) & ends_later
        self.came[periods[did], places[did]] = True
        if not np.all(ends_later):
            self._of_short(periods[~ends_later], places[~ends_later], people, at)

    def _counted_since(self, periods: NDArray[np.int64], places: NDArray[np.intp]) -> Whole:
        """Without the very instant of the start, but where what was done then counts."""
        began_at = self.beginnings.starts.at[places] if self.is_by_day else self.beginnings.at(periods, places)
        since: Whole = began_at + ((periods == 0) & (not self.counts_start))
        return since

    def _of_short(
        self, periods: NDArray[np.int64], places: NDArray[np.intp], people: NDArray[np.int32], at: Whole
    ) -> None:
        """Of periods that begin and end within the day, as one of 24 hours may on a longer one."""
        midnight = self.beginnings.clock.window.day_starts[self.on[periods, places]]
        acts = np.sort((people.astype(np.int64) << _OF_DAY) + (at - midnight.min()))
        who = self.people[places].astype(np.int64) << _OF_DAY
        since = who + (self._counted_since(periods, places) - midnight)
        until = who + (self.beginnings.at(periods + 1, places) - midnight)
        did = np.searchsorted(acts, since) < np.searchsorted(acts, until)
        self.came[periods[did], places[did]] = True
