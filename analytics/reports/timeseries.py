"""What happened day by day? Events, signups, messages, opens and clicks."""

from dataclasses import dataclass
from datetime import date, datetime

from analytics.ledger import Source
from analytics.metrics import Counted, Dimension
from analytics.periods import Days, Window
from analytics.reports.meta import Meta, meta


@dataclass(frozen=True)
class TimeseriesParams:
    days: Days = 30


@dataclass(frozen=True)
class DayTotals:
    day: date
    events: int
    contacts: int
    messages: int
    opens: int
    clicks: int


@dataclass(frozen=True)
class TimeseriesReport:
    days: int
    series: tuple[DayTotals, ...]
    meta: Meta


_COUNTED = (Counted.EVENTS, Counted.CONTACTS, Counted.MESSAGES, Counted.OPENS, Counted.CLICKS)


def timeseries(source: Source, params: TimeseriesParams, *, now: datetime) -> TimeseriesReport:
    """A row for each of the params' days, oldest first, zeros included. Source: the ledger's counts."""
    window = Window.of(params.days, zone=source.workspace.zone, now=now)
    found = source.counts(_COUNTED, window=window, by=[Dimension.DAY])
    return TimeseriesReport(
        days=window.days,
        series=tuple(
            DayTotals(day, **{counted.value: found.of(counted, day) for counted in _COUNTED}) for day in window.day_list
        ),
        meta=meta(source.workspace, window, now=now, through=found.through),
    )
