"""How does it go over time? Any metrics day by day, of all or of one campaign or channel, and split by either."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from analytics.ledger import Counts, DimensionValue, Source
from analytics.metrics import METRICS, Dimension, Numbers, counted_for
from analytics.periods import Bucket, Days, Interval, Window, buckets
from analytics.questions.ranges import DayMatch
from analytics.questions.selection import Selection
from analytics.questions.slices import EVERYTHING, Slice
from analytics.reports.answers import Answer
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

    @property
    def dated(self) -> Iterator[tuple[date, Numbers]]:
        return zip(self.window.day_list, self.days, strict=True)

    def total(self) -> Numbers:
        return Numbers.added(self.days)

    def on(self, days: Collection[date]) -> "Trend":
        """Of some of its days alone: nothing on the others."""
        counting = {*days}
        return Trend(self.window, tuple(numbers if day in counting else Numbers() for day, numbers in self.dated))

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
    """`groups` has a trend for each channel's name or campaign's number where that was asked for. `known` is of all
    days that were asked for at once, those compared with among them."""

    all: Trend
    groups: Mapping[DimensionValue, Trend]
    known: Trend
    meta: Meta

    def answer(self, match: DayMatch | None) -> "Answer[TrendsReport]":
        """With what changes are between: the known days that are matched, and their partners."""
        if match is None or not match.days:
            return Answer(self)
        complete, compared = (replace(self, all=self.known.on(days)) for days in (match.days, match.partners))
        return Answer(self, complete, compared)


def trends(source: Source, params: TrendsParams, *, now: datetime) -> TrendsReport:
    """Every day of the params' days, oldest first. Source: the ledger's counts. One query, two with conversions."""
    window = Window.of(params.days, zone=source.workspace.zone, now=now)
    return _trends(source, params, window, window, now=now)


def compared_trends(
    source: Source, params: TrendsParams, question: Selection, *, now: datetime
) -> Answer[TrendsReport]:
    """The trends of the question's days, and of those that these are compared with by the same queries."""
    known = question.window if question.compared is None else question.window.and_until(question.compared)
    return _trends(source, params, question.window, known, now=now).answer(question.day_match)


def _trends(source: Source, params: TrendsParams, window: Window, known: Window, *, now: datetime) -> TrendsReport:
    by = _DIMENSIONS[params.by]
    found = source.counts(counted_for(params.metrics), window=known, by=[Dimension.DAY, *by], part=params.part)
    of_all = _trend(known, found.summed_over(1) if by else found)
    return TrendsReport(
        all=of_all.within(window),
        groups={group: _trend(window, found, group) for group in (found.values(1) if by else ())},
        known=of_all,
        meta=meta(source.workspace, window, now=now, through=found.through),
    )


def _trend(window: Window, found: Counts, *group: DimensionValue) -> Trend:
    return Trend(window, tuple(found.numbers(day, *group) for day in window.day_list))
