"""How many periods after its beginning something is. Pure."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from analytics.periods import Interval, Window
from analytics.questions.retention import CohortClock

DAY_LENGTH = 24 * 60 * 60 * 1_000_000
"""In microseconds."""
_DAYS = {Interval.DAY: 1, Interval.WEEK: 7, Interval.MONTH: 31}
"""In a period, at most."""
_MONDAY = 3
"""1970 began so many days after a Monday."""

Whole: TypeAlias = "NDArray[np.int64]"


@dataclass(frozen=True, eq=False)
class PeriodClock:
    """Periods of a unit. Days are counted from the window's first, in which all lie; instants are in microseconds.

    Arrays are parallel, or broadcast against each other.
    """

    window: Window
    unit: Interval
    clock: CohortClock

    @property
    def is_by_day(self) -> bool:
        """Whether periods are of whole local days, so that instants do not matter."""
        return self.clock is not CohortClock.ROLLING

    @property
    def is_by_month(self) -> bool:
        """Whether periods differ in length."""
        return self.unit is Interval.MONTH

    def by_day(self, began_on: Whole, days: Whole) -> Whole:
        """Of a clock of whole days: in which period, 0 the first, a day lies that is not before that of the beginning.

        A month since the 31st ends before the last day of a shorter month.
        """
        if self.clock is CohortClock.CALENDAR:
            return self._numbers[days] - self._numbers[began_on]
        if self.unit is Interval.MONTH:
            return self._months_since(began_on, days)
        return (days - began_on) // _DAYS[self.unit]

    def by_instant(self, began_on: Whole, began_at: Whole, days: Whole, at: Whole) -> Whole:
        """Of the rolling clock: in which period an instant lies, which begins so long after local midnight as
        somebody began. Days and weeks have 24 hours and seven times as many, whatever the clocks do."""
        if self.unit is not Interval.MONTH:
            return (at - began_at) // (_DAYS[self.unit] * DAY_LENGTH)
        since_midnight = began_at - self.window.day_starts[began_on]
        begins_at = self.window.day_starts[self._anniversary(began_on, days)] + since_midnight
        return self._months_since(began_on, days) - (at < begins_at)

    def periods(self, began_on: Whole, began_at: Whole, days: Any, at: Any) -> Whole:
        days, at = np.asarray(days, np.int64), np.asarray(at, np.int64)
        return self.by_day(began_on, days) if self.is_by_day else self.by_instant(began_on, began_at, days, at)

    def first_days(self, periods: int) -> NDArray[np.int16]:
        """For each period from 0 to so many, by the day of the beginning, the day on which it begins by the calendar;
        of one that begins after the window the number of its days."""
        whole = self if self.is_by_day else replace(self, clock=CohortClock.DAYS)
        days, numbers = np.arange(self.window.days), np.arange(periods + 1)
        columns = [day + np.searchsorted(whole.by_day(days[day], days[day:]), numbers) for day in days.tolist()]
        return np.stack(columns, axis=1).astype(np.int16)

    def begins_at(self, began_on: Whole, began_at: Whole, period: "int | Whole", first_day: NDArray[np.int16]) -> Whole:
        """Of the rolling clock the instants at which periods begin, given the days of the window that `first_days`
        has for them."""
        if self.unit is not Interval.MONTH:
            return began_at + period * _DAYS[self.unit] * DAY_LENGTH
        starts = self.window.day_starts
        return starts[first_day] + (began_at - starts[began_on])

    @cached_property
    def _days(self) -> NDArray[np.datetime64]:
        return np.datetime64(self.window.first_day, "D") + np.arange(self.window.days)

    @cached_property
    def _months(self) -> NDArray[np.datetime64]:
        return self._days.astype("M8[M]")

    @cached_property
    def _month_numbers(self) -> Whole:
        months: Whole = self._months.astype(np.int64)
        return months

    @cached_property
    def _days_of_month(self) -> Whole:
        """From 0."""
        days: Whole = (self._days - self._months.astype("M8[D]")).astype(np.int64)
        return days

    @cached_property
    def _last_of_month(self) -> Whole:
        return _length(self._months) - 1

    @cached_property
    def _numbers(self) -> Whole:
        """The calendar's number of each day's period."""
        if self.unit is Interval.MONTH:
            return self._month_numbers
        days: Whole = self._days.astype(np.int64)
        return (days + _MONDAY) // _DAYS[self.unit]

    def _months_since(self, began_on: Whole, days: Whole) -> Whole:
        due = np.minimum(self._days_of_month[began_on], self._last_of_month[days])
        months = self._month_numbers[days] - self._month_numbers[began_on]
        return months - (self._days_of_month[days] < due)

    def _anniversary(self, began_on: Whole, days: Whole) -> Whole:
        """The last day, up to a day, on which a month since the beginning is full: in that month or the one before."""
        due, of_month = self._days_of_month[began_on], self._days_of_month[days]
        this = np.minimum(due, self._last_of_month[days])
        last_before = _length(self._months - 1)[days] - 1
        before = np.minimum(due, last_before) - last_before - 1
        return days - of_month + np.where(of_month >= this, this, before)


def _length(months: NDArray[np.datetime64]) -> Whole:
    """Of each month, in days."""
    days: Whole = ((months + 1).astype("M8[D]") - months.astype("M8[D]")).astype(np.int64)
    return days
