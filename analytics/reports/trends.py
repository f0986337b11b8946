"""How does it go over time? Any metrics day by day, of all or of one campaign or channel, and split by either."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from analytics.ledger import Counts, DimensionValue, Source
from analytics.metrics import Dimension, Numbers, counted_for
from analytics.periods import Bucket, Interval, Window, buckets
from analytics.questions.questions import Breakdown, TrendsQuestion
from analytics.questions.ranges import DayMatch
from analytics.reports.answers import Answer
from analytics.reports.meta import Meta, meta

_DIMENSIONS = {
    Breakdown.NONE: (),
    Breakdown.CHANNEL: (Dimension.CHANNEL,),
    Breakdown.CAMPAIGN: (Dimension.CAMPAIGN,),
}


@dataclass(frozen=True)
class Trend:
    """Numbers for each day of the window, in order."""

    window: Window
    days: tuple[Numbers, ...]

    @property
    def numbers_by_day(self) -> Iterator[tuple[date, Numbers]]:
        return zip(self.window.day_list, self.days, strict=True)

    def total(self) -> Numbers:
        return Numbers.sum_of(self.days)

    def on(self, days: Collection[date]) -> "Trend":
        """Of some of its days alone: nothing on the others."""
        counting = {*days}
        return Trend(
            self.window, tuple(numbers if day in counting else Numbers() for day, numbers in self.numbers_by_day)
        )

    def within(self, window: Window) -> "Trend":
        """The days of a window that lies in its own."""
        start = (window.first_day - self.window.first_day).days
        return Trend(window, self.days[start : start + window.days])

    def by(self, interval: Interval) -> tuple[tuple[Bucket, Numbers], ...]:
        """The days taken together, in order."""
        buckets_and_numbers = []
        for bucket in buckets(self.window, interval):
            start = (bucket.first_day - self.window.first_day).days
            end = (bucket.last_day - self.window.first_day).days + 1
            buckets_and_numbers.append((bucket, Numbers.sum_of(self.days[start:end])))
        return tuple(buckets_and_numbers)


@dataclass(frozen=True)
class TrendsReport:
    """`groups` has a trend by channel name or campaign number, where the report is split.

    `partners` are the days compared with, none where nothing is.
    """

    all: Trend
    groups: Mapping[DimensionValue, Trend]
    meta: Meta
    partners: Trend | None = None

    def answer(self, match: DayMatch | None) -> "Answer[TrendsReport]":
        """With what changes are between: the days that are matched, and their partners."""
        if match is None or self.partners is None or not match.days:
            return Answer(self)
        complete, compared = self.all.on(match.days), self.partners.on(match.partners)
        return Answer(self, replace(self, all=complete), replace(self, all=compared))


def trends(source: Source, question: TrendsQuestion) -> TrendsReport:
    """Every day of the question's days, oldest first. Source: the ledger's counts. One query, two with conversions."""
    return _trends(source, question, question.window)[0]


def compared_trends(source: Source, question: TrendsQuestion) -> Answer[TrendsReport]:
    """Returns the trends of the question's days and of those they are compared with, by the same queries.

    Where a condition means other people on other days, by queries of their own.
    """
    window, other = question.window, question.compared_window
    if other is None:
        return Answer(trends(source, question))
    if question.part.depends_on_days:
        report, known = trends(source, question), None
    else:
        report, known = _trends(source, question, window.and_until(other))
    partners = known or trends(source, replace(question.on(other), part=question.part_compared)).all
    return replace(report, partners=partners.within(other)).answer(question.day_match)


def _trends(source: Source, question: TrendsQuestion, known: Window) -> tuple[TrendsReport, Trend]:
    """And all of the days that are known."""
    window, by = question.window, _DIMENSIONS[question.by]
    counts = source.counts(counted_for(question.metrics), window=known, by=[Dimension.DAY, *by], part=question.part)
    of_all = _trend(known, counts.summed_over(1) if by else counts)
    report = TrendsReport(
        all=of_all.within(window),
        groups={group: _trend(window, counts, group) for group in (counts.values(1) if by else ())},
        meta=meta(source.workspace, question, through=counts.through),
    )
    return report, of_all


def _trend(window: Window, counts: Counts, *group: DimensionValue) -> Trend:
    return Trend(window, tuple(counts.numbers(day, *group) for day in window.day_list))
