"""The named ranges of days that pages offer, and the day with which each day of a range is compared. Pure."""

import calendar
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property

from analytics.periods import HourOfDay, Window

DAY = timedelta(days=1)
DAYS_PER_WEEK = 7
WEEKS_PER_YEAR = 52
MONTHS_PER_YEAR = 12


@dataclass(frozen=True)
class Range:
    """`first_and_last` takes today and the first day with data, and returns the range's first and last day.

    `shortcut` is the key that chooses the range. `months` is the number of calendar months that it spans, or is the
    beginning of; 0 for ranges of days.
    """

    key: str
    label: str
    shortcut: str
    first_and_last: Callable[[date, date], tuple[date, date]]
    months: int = 0


def _last(days: int) -> Callable[[date, date], tuple[date, date]]:
    return lambda today, earliest: (today - (days - 1) * DAY, today)


def _monday(day: date) -> date:
    return day - day.weekday() * DAY


def _start_of_month(day: date) -> date:
    return day.replace(day=1)


def _start_of_quarter(day: date) -> date:
    return day.replace(month=day.month - (day.month - 1) % 3, day=1)


RANGES = {
    choice.key: choice
    for choice in (
        Range("today", "Today", "d", _last(1)),
        Range("yesterday", "Yesterday", "e", lambda today, earliest: (today - DAY, today - DAY)),
        Range("7d", "Last 7 days", "w", _last(7)),
        Range("28d", "Last 28 days", "f", _last(28)),
        Range("30d", "Last 30 days", "t", _last(30)),
        Range("91d", "Last 91 days", "n", _last(91)),
        Range("12w", "Last 12 weeks", "k", lambda today, earliest: (_monday(today) - 11 * DAYS_PER_WEEK * DAY, today)),
        Range("mtd", "Month to date", "m", lambda today, earliest: (_start_of_month(today), today), months=1),
        Range(
            "lastmonth",
            "Last month",
            "p",
            lambda today, earliest: (
                _start_of_month(_start_of_month(today) - DAY),
                _start_of_month(today) - DAY,
            ),
            months=1,
        ),
        Range("qtd", "Quarter to date", "q", lambda today, earliest: (_start_of_quarter(today), today), months=3),
        Range(
            "ytd",
            "Year to date",
            "y",
            lambda today, earliest: (today.replace(month=1, day=1), today),
            months=MONTHS_PER_YEAR,
        ),
        Range("12mo", "Last 12 months", "l", lambda today, earliest: (months_later(today, -12) + DAY, today)),
        Range("all", "All time", "a", lambda today, earliest: (min(earliest, today), today)),
    )
}
"""The ranges by key, in the order in which they are shown."""
DEFAULT_RANGE = "30d"


class Comparison(StrEnum):
    OFF = "off"
    PREVIOUS = "previous"
    YEAR = "year"
    CUSTOM = "custom"


class Match(StrEnum):
    """Whether the days compared fall on the same weekdays or have the same dates."""

    WEEKDAY = "weekday"
    DATE = "date"


@dataclass(frozen=True)
class ComparedDays:
    """The days that others are compared with: the partner of a day lies a fixed number of days or months before it.

    A day has no partner where the date does not exist (31 September, 29 February) or lies outside of the window.
    """

    window: Window
    days: int = 0
    months: int = 0

    def partner(self, day: date) -> date | None:
        other = _same_date(day, -self.months) if self.months else day - self.days * DAY
        return other if other and self.window.first_day <= other <= self.window.last_day else None

    def pairs(self, shown: Window) -> list[tuple[date, date]]:
        """Returns the days of a window that have a partner, in order, each with it."""
        return [(day, other) for day in shown.day_list if (other := self.partner(day))]

    def partners(self, shown: Window) -> Window | None:
        """Returns the days with which the days of a window are compared as a whole, or the hour with which an hour is;
        None where there are none.

        They are as many days, or for whole months as many months: a month is not compared with a part of one.
        """
        if isinstance(shown, HourOfDay):
            day = self.partner(shown.first_day)
            return shown.on(day) if day else None
        if self.months and whole_months(shown):
            return self.whole_months_before(shown)
        first, last = self.partner(shown.first_day), self.partner(shown.last_day)
        if first is None or last is None or (last - first).days != shown.days - 1:
            return None
        return Window.between(first, last, zone=shown.zone)

    def days_compared(self, shown: Window) -> Window | None:
        """Returns the part of its days that the days of a window are compared with, day by day or as whole months."""
        pairs, months = self.pairs(shown), self.whole_months_before(shown)
        days = Window.between(pairs[0][1], pairs[-1][1], zone=shown.zone) if pairs else months
        return days.and_until(months) if days and months else days

    def whole_months_before(self, shown: Window) -> Window | None:
        """Returns the months with which whole months are compared, however many days each has."""
        number = whole_months(shown)
        if not self.months or not number:
            return None
        first = months_later(shown.first_day, -self.months)
        last = months_later(first, number) - DAY
        inside = self.window.first_day <= first and last <= self.window.last_day
        return Window.between(first, last, zone=shown.zone) if inside else None


@dataclass(frozen=True)
class DayMatch:
    """The days of a window that are over, and what they are compared with. Changes are told of these days alone."""

    complete: Window
    compared: ComparedDays

    @cached_property
    def whole_months(self) -> Window | None:
        """The months that whole months are compared with as a whole."""
        return self.compared.whole_months_before(self.complete)

    @cached_property
    def pairs(self) -> tuple[tuple[date, date], ...]:
        """The days that have a partner, each with it."""
        return tuple(self.compared.pairs(self.complete))

    @property
    def days(self) -> tuple[date, ...]:
        return self.complete.day_list if self.whole_months else tuple(day for day, _ in self.pairs)

    @property
    def partners(self) -> tuple[date, ...]:
        return self.whole_months.day_list if self.whole_months else tuple(other for _, other in self.pairs)

    def up_to(self, last: date) -> "DayMatch | None":
        """Of days up to a last one, and their partners; itself where all are, and None where none is."""
        if self.complete.last_day <= last:
            return self
        days = (last - self.complete.first_day).days + 1
        cut = replace(self, complete=replace(self.complete, days=days)) if days > 0 else None
        return cut if cut and cut.days else None

    @property
    def windows(self) -> tuple[Window, Window] | None:
        """What is compared and what with, each from its first day to its last; None where no day has a partner."""
        if self.whole_months:
            return self.complete, self.whole_months
        if not self.pairs:
            return None
        zone = self.complete.zone
        (first, other_first), (last, other_last) = self.pairs[0], self.pairs[-1]
        return Window.between(first, last, zone=zone), Window.between(other_first, other_last, zone=zone)


def months_later(day: date, months: int) -> date:
    """Returns the same day of another month, or that month's last day if it has fewer days."""
    year, month = divmod(day.year * MONTHS_PER_YEAR + day.month - 1 + months, MONTHS_PER_YEAR)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _same_date(day: date, months: int) -> date | None:
    """Returns the same day of another month; None if that month has fewer days."""
    other = months_later(day, months)
    return other if other.day == day.day else None


def neighbour(window: Window, direction: int) -> Window:
    """Returns the window of the same length before (-1) or after (1): whole months by months, any other by days."""
    if months := whole_months(window):
        first = months_later(window.first_day, direction * months)
        return Window.between(first, months_later(first, months) - DAY, zone=window.zone)
    return Window(window.zone, window.first_day + direction * window.days * DAY, window.days)


def previous(window: Window, match: Match, months: int = 0) -> ComparedDays | None:
    """Returns the days before the window, up to the day before its first.

    By weekday each day lies whole weeks before its partner, as many as fit into the window: of 30 days 28 have a
    partner. By date each lies `months` before, where the window is a calendar range or looks like one; else the length
    of the window.
    """
    if match is Match.DATE and (months := months or _months_of(window)):
        return _months_before(window, months)
    weeks = max(window.days // DAYS_PER_WEEK, 1)
    days = weeks * DAYS_PER_WEEK if match is Match.WEEKDAY else window.days
    return ComparedDays(Window(window.zone, window.first_day - days * DAY, min(days, window.days)), days=days)


def year_before(window: Window, match: Match) -> ComparedDays | None:
    """Returns the days 52 weeks earlier, or those of the same dates a year earlier."""
    if match is Match.DATE:
        return _months_before(window, MONTHS_PER_YEAR)
    days = DAYS_PER_WEEK * WEEKS_PER_YEAR
    return ComparedDays(Window(window.zone, window.first_day - days * DAY, window.days), days=days)


def other_days(window: Window, other: Window, match: Match) -> ComparedDays:
    """Returns any days as those to compare with, matched so that most days have a partner.

    By date, the months in which both begin are matched; by weekday, the nearest weeks. Where no day has a partner that
    way, the first day is the first one's partner, and so on.
    """
    first, other_first = window.first_day, other.first_day
    months = (first.year - other_first.year) * MONTHS_PER_YEAR + first.month - other_first.month
    apart = (first - other_first).days
    weeks = apart // DAYS_PER_WEEK
    candidates = {
        Match.DATE: [ComparedDays(other, months=months)] if months else [],
        Match.WEEKDAY: [ComparedDays(other, days=DAYS_PER_WEEK * number) for number in (weeks, weeks + 1)],
    }[match]
    best = max(candidates, key=lambda compared: len(compared.pairs(window)), default=None)
    return best if best and best.pairs(window) else ComparedDays(other, days=apart)


def _months_before(window: Window, months: int) -> ComparedDays | None:
    """Returns the same dates months earlier; None where none of them exists, as for 29 February alone."""
    if number := whole_months(window):
        first = months_later(window.first_day, -months)
        return ComparedDays(Window.between(first, months_later(first, number) - DAY, zone=window.zone), months=months)
    others = [other for day in window.day_list if (other := _same_date(day, -months))]
    return ComparedDays(Window.between(others[0], others[-1], zone=window.zone), months=months) if others else None


def is_calendar(range_key: str, window: Window) -> bool:
    """Whether dates matter more than weekdays: the window is a month, quarter or year, or begins one."""
    return bool(RANGES[range_key].months if range_key in RANGES else whole_months(window))


def whole_months(window: Window) -> int:
    """Returns how many months the window consists of; 0 if it does not consist of whole months."""
    first, after = window.first_day, window.last_day + DAY
    if first.day != 1 or after.day != 1:
        return 0
    return (after.year - first.year) * MONTHS_PER_YEAR + after.month - first.month


def _months_of(window: Window) -> int:
    """Returns the number of months, whole or begun, of a calendar window; else 0."""
    begins_a_month = window.first_day.day == 1 and window.last_day < months_later(window.first_day, 1)
    return whole_months(window) or int(begins_a_month)
