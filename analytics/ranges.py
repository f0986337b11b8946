"""The named ranges of days that the pages offer, and which days another range is compared with. Pure."""

import calendar
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from analytics.periods import Window

DAY = timedelta(days=1)
DAYS_PER_WEEK = 7
WEEKS_PER_YEAR = 52


@dataclass(frozen=True)
class Range:
    """`first_and_last` takes today and the first day with data. `shortcut` is the key that chooses it."""

    key: str
    label: str
    shortcut: str
    first_and_last: Callable[[date, date], tuple[date, date]]


def _last(days: int) -> Callable[[date, date], tuple[date, date]]:
    return lambda today, earliest: (today - (days - 1) * DAY, today)


def _start_of_month(day: date) -> date:
    return day.replace(day=1)


def _start_of_quarter(day: date) -> date:
    return day.replace(month=day.month - (day.month - 1) % 3, day=1)


RANGES = {
    one.key: one
    for one in (
        Range("today", "Today", "d", _last(1)),
        Range("yesterday", "Yesterday", "e", lambda today, earliest: (today - DAY, today - DAY)),
        Range("7d", "Last 7 days", "w", _last(7)),
        Range("28d", "Last 28 days", "f", _last(28)),
        Range("30d", "Last 30 days", "t", _last(30)),
        Range("91d", "Last 91 days", "n", _last(91)),
        Range("mtd", "Month to date", "m", lambda today, earliest: (_start_of_month(today), today)),
        Range(
            "lastmonth",
            "Last month",
            "p",
            lambda today, earliest: (
                _start_of_month(_start_of_month(today) - DAY),
                _start_of_month(today) - DAY,
            ),
        ),
        Range("qtd", "Quarter to date", "q", lambda today, earliest: (_start_of_quarter(today), today)),
        Range("ytd", "Year to date", "y", lambda today, earliest: (today.replace(month=1, day=1), today)),
        Range("12mo", "Last 12 months", "l", lambda today, earliest: (months_later(today, -12) + DAY, today)),
        Range("all", "All time", "a", lambda today, earliest: (min(earliest, today), today)),
    )
}
"""In the order shown."""
DEFAULT_RANGE = "30d"


class Comparison(StrEnum):
    OFF = "off"
    PREVIOUS = "prev"
    YEAR = "year"
    CUSTOM = "custom"


class Match(StrEnum):
    """Whether the days compared fall on the same weekdays or have the same dates."""

    WEEKDAY = "weekday"
    DATE = "date"


def months_later(day: date, months: int) -> date:
    """The same day of another month, or the last one that it has."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def neighbour(window: Window, direction: int) -> Window:
    """The window as long before (-1) or after (1): whole months by months, everything else by days."""
    if months := _whole_months(window):
        first = months_later(window.first_day, direction * months)
        return Window.between(first, months_later(first, months) - DAY, zone=window.zone)
    return _moved(window, direction * window.days)


def previous(window: Window, match: Match) -> Window:
    """The days before it.

    By weekday they lie the least number of whole weeks earlier that does not overlap. By date, whole months and the
    beginning of a month are compared with the months before.
    """
    if match is Match.WEEKDAY:
        return _moved(window, -DAYS_PER_WEEK * -(-window.days // DAYS_PER_WEEK))
    if _whole_months(window) or window.first_day.day != 1 or window.last_day.month != window.first_day.month:
        return neighbour(window, -1)
    return _between_same_days(window, -1)


def year_before(window: Window, match: Match) -> Window:
    """52 weeks earlier, or the same dates of the year before."""
    if match is Match.WEEKDAY:
        return _moved(window, -DAYS_PER_WEEK * WEEKS_PER_YEAR)
    return _between_same_days(window, -12)


def _between_same_days(window: Window, months: int) -> Window:
    first, last = (months_later(day, months) for day in (window.first_day, window.last_day))
    return Window.between(first, last, zone=window.zone)


def _moved(window: Window, days: int) -> Window:
    return Window(zone=window.zone, first_day=window.first_day + days * DAY, days=window.days)


def _whole_months(window: Window) -> int:
    """How many months the window consists of, 0 if it is not made of whole ones."""
    first, after = window.first_day, window.last_day + DAY
    if first.day != 1 or after.day != 1:
        return 0
    return (after.year - first.year) * 12 + after.month - first.month
