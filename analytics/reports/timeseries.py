"""What happened day by day? Events, signups, messages, opens and clicks."""

from dataclasses import dataclass
from datetime import datetime

from analytics.ledger import Source
from analytics.periods import Days
from analytics.reports.meta import Meta
from analytics.reports.trends import Trend, TrendsParams, trends

METRICS_OF_DAYS = ("events", "contacts_new", "messages_total", "opens", "clicks")


@dataclass(frozen=True)
class TimeseriesParams:
    days: Days = 30


@dataclass(frozen=True)
class TimeseriesReport:
    trend: Trend
    meta: Meta


def timeseries(source: Source, params: TimeseriesParams, *, now: datetime) -> TimeseriesReport:
    """Numbers for each of the params' days, oldest first, zeros included. Source: the ledger's counts. One query."""
    report = trends(source, TrendsParams(params.days, METRICS_OF_DAYS), now=now)
    return TimeseriesReport(report.all, report.meta)
