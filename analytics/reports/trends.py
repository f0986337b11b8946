"""How does it go over time? Any metrics day by day, of all or of one campaign or channel, and split by either."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from analytics.ledger import Counts, DimensionValue, Source
from analytics.metrics import METRICS, Counted, Dimension, Numbers
from analytics.periods import Bucket, Days, Interval, Window, buckets
from analytics.questions.slices import EVERYTHING, Slice
from analytics.reports.meta import Meta, meta

TREND_METRICS = (
    "messages_total",
    "sent",
    "delivered",
    "opened",
    "clicked",
    "human_opened",
    "human_clicked",
    "bounced",
    "failed",
    "opens",
    "clicks",
    "enrollments_total",
    "events",
    "contacts_new",
    "conversion_events",
    "delivery_rate",
    "campaign_open_rate",
    "campaign_click_rate",
    "campaign_human_open_rate",
    "campaign_human_click_rate",
    "bounce_share",
)
"""Rates are over delivered messages, the field's habit, but for what says how many of the sent arrive."""
OF_CAMPAIGNS = frozenset(key for key in TREND_METRICS if Dimension.CAMPAIGN in METRICS[key].dimensions)
"""The metrics that can be of one campaign, and split by campaign."""
OF_CHANNELS = frozenset(key for key in TREND_METRICS if Dimension.CHANNEL in METRICS[key].dimensions)
"""The metrics that can be of one channel, and split by channel."""


class Breakdown(StrEnum):
    NONE = "none"
    CHANNEL = "channel"
    CAMPAIGN = "campaign"


_DIMENSIONS = {
    Breakdown.NONE: (),
    Breakdown.CHANNEL: (Dimension.CHANNEL,),
    Breakdown.CAMPAIGN: (Dimension.CAMPAIGN,),
}


@dataclass(frozen=True)
class TrendsParams:
    """`metrics` are some of TREND_METRICS. What has no campaign or channel is left out of a part."""

    days: Days = 30
    metrics: tuple[str, ...] = TREND_METRICS
    by: Breakdown = Breakdown.NONE
    part: Slice = EVERYTHING


@dataclass(frozen=True)
class Trend:
    """Numbers for each day of the window, in order."""

    window: Window
    days: tuple[Numbers, ...]

    def total(self) -> Numbers:
        return Numbers.added(self.days)

    def on(self, days: Iterable[date]) -> Numbers:
        """Of some days of the window taken together."""
        return Numbers.added(self.days[(day - self.window.first_day).days] for day in days)

    def within(self, window: Window) -> "Trend":
        """The days of a window that lies in its own."""
        start = (window.first_day - self.window.first_day).days
        return Trend(window, self.days[start : start + window.days])

    def by(self, interval: Interval) -> tuple[tuple[Bucket, Numbers], ...]:
        """The days taken together, in order."""
        found = []
        for bucket in buckets(self.window, interval):
            start = (bucket.first_day - self.window.first_day).days
            end = (bucket.last_day - self.window.first_day).days + 1
            found.append((bucket, Numbers.added(self.days[start:end])))
        return tuple(found)


@dataclass(frozen=True)
class TrendsReport:
    """`groups` has a trend for each channel's name or campaign's number where that was asked for."""

    all: Trend
    groups: Mapping[DimensionValue, Trend]
    meta: Meta


def trends(source: Source, params: TrendsParams, *, now: datetime) -> TrendsReport:
    """Every day of the params' days, oldest first. Source: the ledger's counts and, for conversion events, the numbers
    of its packs. One query, two with conversion events."""
    window = Window.of(params.days, zone=source.workspace.zone, now=now)
    by = _DIMENSIONS[params.by]
    found = source.counts(_counted(params), window=window, by=[Dimension.DAY, *by], part=params.part)
    all_days = found.summed_over(*range(1, 1 + len(by)))
    return TrendsReport(
        all=_trend(window, all_days),
        groups={group: _trend(window, found, group) for group in (found.values(1) if by else ())},
        meta=meta(source.workspace, window, now=now, through=found.through),
    )


def compared_trends(
    source: Source, params: TrendsParams, compared: Window | None, *, now: datetime
) -> tuple[TrendsReport, Trend | None]:
    """The report, and what it says of all in other days, by the same queries: of both windows and the days between."""
    if compared is None:
        return trends(source, params, now=now), None
    window = Window.of(params.days, zone=source.workspace.zone, now=now)
    first_day = min(window.first_day, compared.first_day)
    last_day = max(window.last_day, compared.last_day)
    both = Window.between(first_day, last_day, zone=window.zone)
    report = trends(source, replace(params, days=both), now=now)
    groups = {name: trend.within(window) for name, trend in report.groups.items()}
    shown = replace(report, all=report.all.within(window), groups=groups)
    return shown, report.all.within(compared)


def _counted(params: TrendsParams) -> set[Counted]:
    """What must be counted for the metrics asked for."""
    keys = {part for key in params.metrics for part in METRICS[key].parts}
    return {counted for key in keys if (counted := METRICS[key].counted)}


def _trend(window: Window, found: Counts, *group: DimensionValue) -> Trend:
    return Trend(window, tuple(found.numbers(day, *group) for day in window.day_list))
