"""Windows of whole local days: half open, safe over daylight saving. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import TypeAlias
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

MAX_DAYS = 365


@lru_cache(16_384)
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
    def bounds(self) -> tuple[int, int]:
        """Its first instant, and the first after it, in microseconds."""
        return microseconds(self.starts_at), microseconds(self.ends_at)

    @cached_property
    def day_starts(self) -> NDArray[np.int64]:
        """The first instant of each day in microseconds, `days` long."""
        return np.array([microseconds(start_of_day(day, self.zone)) for day in self.day_list], dtype=np.int64)

    @property
    def is_whole_days(self) -> bool:
        return True

    def covers(self, at: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of some instants, in microseconds, lie in it."""
        are_in: NDArray[np.bool_] = (at >= microseconds(self.starts_at)) & (at < microseconds(self.ends_at))
        return are_in

    @cached_property
    def hours(self) -> tuple["HourOfDay", ...]:
        """Those of its days, in order: 23 or 25 of a day on which the clock changes by an hour."""
        return tuple(hour for day in self.day_list for hour in hours_of_day(day, self.zone))

    @cached_property
    def hour_starts(self) -> NDArray[np.int64]:
        """The first instant of each hour in microseconds."""
        return np.array([microseconds(hour.starts_at) for hour in self.hours], dtype=np.int64)


@dataclass(frozen=True)
class DaysOfWeek(Window):
    """Of its days those of one weekday, 1 for Monday: what lists of rows can be of."""

    weekday: int

    @classmethod
    def of_window(cls, window: Window, weekday: int) -> "DaysOfWeek":
        return cls(window.zone, window.first_day, window.days, weekday)

    @property
    def is_whole_days(self) -> bool:
        return False

    @property
    def each_day(self) -> tuple[Window, ...]:
        """Those of the weekday, one by one."""
        return tuple(Window(self.zone, day, 1) for day in self.day_list if day.isoweekday() == self.weekday)

    def covers(self, at: NDArray[np.int64]) -> NDArray[np.bool_]:
        are_meant = np.array([day.isoweekday() == self.weekday for day in self.day_list], np.bool_)
        places = np.searchsorted(self.day_starts, at, side="right") - 1
        return super().covers(at) & are_meant[np.clip(places, 0, self.days - 1)]


@dataclass(frozen=True)
class HourOfDay(Window):
    """An hour of a local day as the clock on the wall has it; where the clock is changed within it, one of its parts.

    `starts` and `ends` are in UTC, the end is not included.
    """

    starts: datetime
    ends: datetime

    @cached_property
    def starts_at(self) -> datetime:
        return self.starts

    @cached_property
    def ends_at(self) -> datetime:
        return self.ends

    @property
    def is_whole_days(self) -> bool:
        return False

    @cached_property
    def local_start(self) -> datetime:
        """On the clock on the wall, with its offset from UTC."""
        return self.starts.astimezone(self.zone)

    @property
    def name(self) -> str:
        """`14:00`; one of two of the same name has its offset, `02:00+01:00`."""
        is_ambiguous = self.local_start.utcoffset() != self._other_start.utcoffset()
        return self.local_start.isoformat(timespec="minutes")[11:] if is_ambiguous else f"{self.local_start:%H:%M}"

    @property
    def _other_start(self) -> datetime:
        return self.local_start.replace(fold=1 - self.local_start.fold)

    def on(self, day: date) -> "HourOfDay | None":
        """The hour of the same name on another day; of two the first, and the second for a second. None where the clock
        leaves it out."""
        return next((hour for hour in hours_of_day(day, self.zone) if hour._on_clock == self._on_clock), None)

    @cached_property
    def _on_clock(self) -> tuple[int, int]:
        return self.local_start.hour, self.local_start.fold


@lru_cache(400)
def hours_of_day(day: date, zone: ZoneInfo) -> tuple[HourOfDay, ...]:
    """The hours of a local day in order, each from a full hour, or a change of the clock, to the next."""
    starts = [*_hour_starts(day, zone), start_of_day(day + timedelta(days=1), zone)]
    return tuple(HourOfDay(zone, day, 1, *ends) for ends in pairwise(starts))


def _hour_starts(day: date, zone: ZoneInfo) -> Iterator[datetime]:
    at, end = start_of_day(day, zone), start_of_day(day + timedelta(days=1), zone)
    while at < end:
        yield at
        local = at.astimezone(zone)
        since = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        at = _change_of_clock(at, at + timedelta(hours=1) - since, zone)


def _change_of_clock(at: datetime, following: datetime, zone: ZoneInfo) -> datetime:
    """When the clock is changed after an instant and up to the following one; the following one where it is not."""
    offset = at.astimezone(zone).utcoffset()
    if following.astimezone(zone).utcoffset() == offset:
        return following
    while following - at > timedelta(seconds=1):
        middle = at + timedelta(seconds=(following - at) // timedelta(seconds=2))
        is_before = middle.astimezone(zone).utcoffset() == offset
        at, following = (middle, following) if is_before else (at, middle)
    return following


def first_kept_day(kept_days: int | None, *, zone: ZoneInfo, now: datetime) -> date | None:
    """The first of the last so many local days, today included; None where data is kept for ever."""
    return None if kept_days is None else local_day(now, zone) - timedelta(days=kept_days - 1)


Days: TypeAlias = int | Window
"""What days a report is asked for: the last so many, today included, or any others."""


MAX_DAYS_BY_HOUR = 31
"""Of how many days a report can tell hours."""


class Interval(StrEnum):
    """How many days a report takes together, or that it tells each hour by itself."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


OF_WHOLE_DAYS = tuple(interval for interval in Interval if interval is not Interval.HOUR)


@dataclass(frozen=True)
class Bucket:
    """Days taken together, both included: a day, a week from Monday, or a month, as far as it lies in the window; or an
    hour of a day."""

    first_day: date
    last_day: date
    hour: HourOfDay | None = None

    def contains(self, day: date) -> bool:
        return self.first_day <= day <= self.last_day

    def is_running(self, now: datetime, zone: ZoneInfo) -> bool:
        """Whether it has begun and is not over."""
        if self.hour:
            return self.hour.starts_at <= now < self.hour.ends_at
        return self.contains(local_day(now, zone))

    def window(self, zone: ZoneInfo) -> Window:
        return self.hour or Window.between(self.first_day, self.last_day, zone=zone)


def buckets(window: Window, interval: Interval) -> tuple[Bucket, ...]:
    """The window's days in order, taken together by the interval; the first and last may be cut off by the window. By
    hours, all that they have."""
    if interval is Interval.HOUR:
        return tuple(Bucket(hour.first_day, hour.first_day, hour) for hour in window.hours)
    starts = [day for day in window.day_list if day == window.first_day or _begins(day, interval)]
    ends = [day - timedelta(days=1) for day in starts[1:]] + [window.last_day]
    return tuple(Bucket(first, last) for first, last in zip(starts, ends, strict=True))


def _begins(day: date, interval: Interval) -> bool:
    match interval:
        case Interval.WEEK:
            return day.weekday() == 0
        case Interval.MONTH:
            return day.day == 1
    return True
