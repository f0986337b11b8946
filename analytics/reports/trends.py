"""How does it go over time? Any metrics day by day, of all or of one campaign or channel, and split by either."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from analytics.ledger import Counted, Dimension, Source
from analytics.metrics import METRICS
from analytics.periods import Bucket, Days, Interval, Window, buckets
from analytics.questions.slices import EVERYTHING, Slice
from analytics.reports.meta import Meta, meta

COUNTED = {
    "messages_total": Counted.MESSAGES,
    "sent": Counted.SENT,
    "delivered": Counted.DELIVERED,
    "opened": Counted.OPENED,
    "clicked": Counted.CLICKED,
    "human_opened": Counted.HUMAN_OPENED,
    "human_clicked": Counted.HUMAN_CLICKED,
    "bounced": Counted.BOUNCED,
    "failed": Counted.FAILED,
    "opens": Counted.OPENS,
    "clicks": Counted.CLICKS,
    "enrollments_total": Counted.ENROLMENTS,
    "events": Counted.EVENTS,
    "contacts_new": Counted.CONTACTS,
}
"""By the metric's key. Messages have a channel and a campaign, enrolments a campaign, events and contacts neither."""
CONVERSION_EVENTS = "conversion_events"
RATES = (
    "delivery_rate",
    "campaign_open_rate",
    "campaign_click_rate",
    "campaign_human_open_rate",
    "campaign_human_click_rate",
    "bounce_share",
)
"""Over delivered messages, the field's habit, but for what says how many of the sent arrive."""
TREND_METRICS = (*COUNTED, CONVERSION_EVENTS, *RATES)
OF_CAMPAIGNS = frozenset(TREND_METRICS) - {"events", "contacts_new", CONVERSION_EVENTS}
"""The metrics that can be of one campaign, and split by campaign."""
OF_CHANNELS = OF_CAMPAIGNS - {"enrollments_total"}
"""The metrics that can be of one channel, and split by channel."""

Numbers = Mapping[str, int]
"""Counted metrics by their keys, zeros left out."""


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
        return _sum(self.days)

    def on(self, days: Iterable[date]) -> Numbers:
        """Of some days of the window taken together."""
        return _sum(self.days[(day - self.window.first_day).days] for day in days)

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
            found.append((bucket, _sum(self.days[start:end])))
        return tuple(found)


@dataclass(frozen=True)
class TrendsReport:
    """`groups` has a trend for each channel's name or campaign's number where that was asked for."""

    all: Trend
    groups: Mapping[str | int, Trend]
    meta: Meta


def trends(source: Source, params: TrendsParams, *, now: datetime) -> TrendsReport:
    """Every day of the params' days, oldest first. Source: the ledger's counts and, for conversion events, the numbers
    of its packs. One query, two with conversion events."""
    window = Window.of(params.days, zone=source.workspace.zone, now=now)
    found = source.counts(
        {COUNTED[key] for key in _counted(params)},
        window=window,
        by=[Dimension.DAY, *_DIMENSIONS[params.by]],
        part=params.part,
    )
    keys = {counted: key for key, counted in COUNTED.items()}
    everything: dict[object, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    grouped: dict[object, dict[object, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
    for key, n in found.by_key.items():
        counted, (day, *rest) = key[0], key[1:]
        metric, group = keys[counted], rest[0] if rest else None
        everything[day][metric] += n
        if group is not None:
            grouped[group][day][metric] = n
    if CONVERSION_EVENTS in params.metrics and params.part == EVERYTHING:
        for on, n in source.events_by_day(source.workspace.conversion_types, window=window).items():
            everything[on][CONVERSION_EVENTS] = n
    return TrendsReport(
        all=_trend(window, everything),
        groups={name: _trend(window, days) for name, days in grouped.items() if isinstance(name, str | int)},
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


def _counted(params: TrendsParams) -> set[str]:
    """The keys of what must be counted for the metrics asked for."""
    keys: set[str | None] = set()
    for key in params.metrics:
        keys |= {key, METRICS[key].numerator, METRICS[key].denominator}
    return {key for key in keys if key in COUNTED}


def _trend(window: Window, days: Mapping[object, Numbers]) -> Trend:
    return Trend(window, tuple(dict(days.get(day, {})) for day in window.day_list))


def _sum(parts: Iterable[Numbers]) -> Numbers:
    total: dict[str, int] = defaultdict(int)
    for numbers in parts:
        for key, n in numbers.items():
            total[key] += n
    return total
