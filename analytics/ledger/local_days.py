"""On which local day an instant lies, one by one and as arrays."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from analytics.models.ledger import NO_DAY
from analytics.periods import microseconds, start_of_day

_EPOCH_DAY, _DAY = date(1970, 1, 1), 86_400_000_000


@dataclass(frozen=True, eq=False)
class DaysAround:
    """Days in order, and when each begins, in microseconds since 1970."""

    days: Sequence[date]
    starts: NDArray[np.int64]

    def places(self, at: NDArray[np.int64]) -> NDArray[np.intp]:
        """The place of each instant's day."""
        return np.searchsorted(self.starts, at, side="right") - 1


class LocalDays:
    """Local days of instants, which are in UTC; those of one batch mostly lie on a few."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self._latest = (NO_DAY, start_of_day(NO_DAY, zone), start_of_day(NO_DAY, zone))
        self._near: dict[date, list[tuple[date, datetime, datetime]]] = {}
        """By day in UTC the local days that begin on it or beside it, with their bounds."""
        self._starts: dict[date, datetime] = {}

    def of(self, at: datetime) -> date:
        return self._bounds(at)[0]

    def place(self, at: datetime) -> tuple[date, int]:
        """The day, and the microseconds since it began."""
        day, start, _ = self._bounds(at)
        since = at - start
        return day, (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds

    def around(self, at: NDArray[np.int64]) -> "DaysAround":
        """Those that these instants, in microseconds since 1970, can lie on, with their neighbours."""
        utc_days = [_EPOCH_DAY + timedelta(days=number) for number in np.unique(at // _DAY).tolist()]
        days = sorted({day + timedelta(days=shift) for day in utc_days for shift in (-1, 0, 1)})
        return DaysAround(days, np.array([microseconds(self.start(day)) for day in days], np.int64))

    def _bounds(self, at: datetime) -> tuple[date, datetime, datetime]:
        if not self._latest[1] <= at < self._latest[2]:
            near = self._near.get(at.date()) or self._days_near(at.date())
            self._latest = next(bounds for bounds in near if bounds[1] <= at < bounds[2])
        return self._latest

    def _days_near(self, utc_day: date) -> list[tuple[date, datetime, datetime]]:
        days = [utc_day + timedelta(days=shift) for shift in (-1, 0, 1)]
        starts = [self.start(day) for day in (*days, utc_day + timedelta(days=2))]
        self._near[utc_day] = [*zip(days, starts, starts[1:], strict=False)]
        return self._near[utc_day]

    def start(self, day: date) -> datetime:
        if day not in self._starts:
            self._starts[day] = start_of_day(day, self.zone)
        return self._starts[day]
