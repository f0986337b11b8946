"""The days that scheduled emails are of: those of a day, week or month that is over, by the workspace's clock. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from analytics.questions.ranges import months_later

_DAY = timedelta(days=1)


class Frequency(StrEnum):
    DAILY = "daily"
    WEEKLY = "weekly"
    """Of Monday to Sunday, on Monday."""
    MONTHLY = "monthly"
    """Of a month, on the first of the next."""


@dataclass(frozen=True)
class EmailPeriod:
    """Whole days, both included."""

    first: date
    last: date

    def due_at(self, hour: int, zone: ZoneInfo) -> datetime:
        """On the day after its last, from that hour of the clock on."""
        return datetime.combine(self.last + _DAY, time(hour), zone)


def period_before(frequency: Frequency, day: date) -> EmailPeriod:
    """The last one that ends before a day."""
    match frequency:
        case Frequency.DAILY:
            return EmailPeriod(day - _DAY, day - _DAY)
        case Frequency.WEEKLY:
            monday = day - day.weekday() * _DAY
            return EmailPeriod(monday - 7 * _DAY, monday - _DAY)
    first = day.replace(day=1)
    return EmailPeriod(months_later(first, -1), first - _DAY)


def newest_period(frequency: Frequency, hour: int, now: datetime, zone: ZoneInfo) -> EmailPeriod:
    """The last one that is due at an instant: those before it that were missed are left out."""
    period = period_before(frequency, now.astimezone(zone).date())
    return period if period.due_at(hour, zone) <= now else period_before(frequency, period.first)


def next_due_at(frequency: Frequency, hour: int, now: datetime, zone: ZoneInfo) -> datetime:
    """When the first one after an instant is due."""
    period = newest_period(frequency, hour, now, zone)
    return _period_of(frequency, period.last + _DAY).due_at(hour, zone)


def _period_of(frequency: Frequency, day: date) -> EmailPeriod:
    """The one that a first day begins."""
    match frequency:
        case Frequency.DAILY:
            return EmailPeriod(day, day)
        case Frequency.WEEKLY:
            return EmailPeriod(day, day + 6 * _DAY)
    return EmailPeriod(day, months_later(day, 1) - _DAY)
