"""Windows of whole local days: half open, safe over daylight saving. Pure."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cached_property
from typing import TypeAlias
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

MAX_DAYS = 365


def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a local day, in UTC.

    Where the clock jumps over midnight (Cairo, São Paulo before 2019), Python maps the skipped midnight by the offset
    before the jump (PEP 495): that is the instant of the jump, with which the day begins.
    """
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def local_day(at: datetime, zone: ZoneInfo) -> date:
    """The local day an instant lies on.

    A day that has begun does not end again: in zones that once set the clock back over midnight (St. John's until
    2011), the repeated minutes belong to the new day.
    """
    day = at.astimezone(zone).date()
    tomorrow = day + timedelta(days=1)
    return tomorrow if at >= start_of_day(tomorrow, zone) else day


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def microseconds(at: datetime) -> int:
    """Microseconds since 1970 in UTC: the clock of all arrays of instants."""
    return (at - _EPOCH) // _MICROSECOND


def instant_of(microseconds: int) -> datetime:
    """The instant of so many microseconds since 1970. Raises OverflowError beyond the years that a datetime has."""
    return _EPOCH + microseconds * _MICROSECOND


@dataclass(frozen=True)
class Window:
    """`days` whole local days from `first_day` on."""

    zone: ZoneInfo
    first_day: date
    days: int

    @classmethod
    def of(cls, days: "Days", *, zone: ZoneInfo, now: datetime) -> "Window":
        return days if isinstance(days, Window) else cls.last_days(days, zone=zone, now=now)

    @classmethod
    def between(cls, first_day: date, last_day: date, *, zone: ZoneInfo) -> "Window":
        """Both days included; one day where the last lies before the first."""
        return cls(zone=zone, first_day=first_day, days=max((last_day - first_day).days, 0) + 1)

    @classmethod
    def last_days(cls, days: int, *, zone: ZoneInfo, now: datetime) -> "Window":
        """The last one contains `now`."""
        return cls(zone=zone, first_day=local_day(now, zone) - timedelta(days=days - 1), days=days)

    def and_until(self, other: "Window") -> "Window":
        """The days of both, and those between them."""
        first, last = min(self.first_day, other.first_day), max(self.last_day, other.last_day)
        return Window.between(first, last, zone=self.zone)

    @property
    def last_day(self) -> date:
        return self.first_day + timedelta(days=self.days - 1)

    @cached_property
    def day_list(self) -> tuple[date, ...]:
        return tuple(self.first_day + timedelta(days=n) for n in range(self.days))

    @cached_property
    def starts_at(self) -> datetime:
        return start_of_day(self.first_day, self.zone)

    @cached_property
    def ends_at(self) -> datetime:
        return start_of_day(self.first_day + timedelta(days=self.days), self.zone)

    @cached_property
    def day_starts(self) -> NDArray[np.int64]:
        """The first instant of each day in microseconds, `days` long."""
        return np.array([microseconds(start_of_day(day, self.zone)) for day in self.day_list], dtype=np.int64)


def first_kept_day(kept_days: int | None, *, zone: ZoneInfo, now: datetime) -> date | None:
    """The first of the last so many local days, today included; None where data is kept for ever."""
    return None if kept_days is None else local_day(now, zone) - timedelta(days=kept_days - 1)


Days: TypeAlias = int | Window
"""What days a report is asked for: the last so many, today included, or any others."""


class Interval(StrEnum):
    """How many days a report takes together."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True)
class Bucket:
    """Days taken together, both included: a day, a week from Monday, or a month, as far as it lies in the window."""

    first_day: date
    last_day: date

    def contains(self, day: date) -> bool:
        return self.first_day <= day <= self.last_day

    def window(self, zone: ZoneInfo) -> Window:
        return Window.between(self.first_day, self.last_day, zone=zone)


def buckets(window: Window, interval: Interval) -> tuple[Bucket, ...]:
    """The window's days in order, taken together by the interval; the first and last may be cut off by the window."""
    starts = [day for day in window.day_list if day == window.first_day or _begins(day, interval)]
    ends = [day - timedelta(days=1) for day in starts[1:]] + [window.last_day]
    return tuple(Bucket(first, last) for first, last in zip(starts, ends, strict=True))


def _begins(day: date, interval: Interval) -> bool:
    match interval:
        case Interval.DAY:
            return True
        case Interval.WEEK:
            return day.weekday() == 0
        case Interval.MONTH:
            return day.day == 1
