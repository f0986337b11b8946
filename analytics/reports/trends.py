"""How does it go over time? Any metrics day by day or hour by hour, of all or of one campaign or channel."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from itertools import takewhile

from analytics.ledger import Counts, Source
from analytics.ledger.money_columns import money_columns
from analytics.metrics import OF_ORDERS, Dimension, Numbers, counted_for
from analytics.orders import MoneyTotals
from analytics.periods import Bucket, HourOfDay, Interval, Window, buckets
from analytics.questions.questions import TrendsQuestion
from analytics.questions.ranges import DayMatch
from analytics.reports.answers import Answer
from analytics.reports.meta import Meta, meta, newest
from analytics.reports.revenue.order_numbers import OrderNumbers, order_numbers


@dataclass(frozen=True)
class Trend:
    """Numbers for each day of the window, in order; where these are asked for, also for its first `hours`: those that
    have begun, and later ones up to the last of which anything is known."""

    window: Window
    days: tuple[Numbers, ...]
    hours: tuple[Numbers, ...] = ()
    settled: frozenset[date] | None = None
    """Days by which rates of messages are compared; None for all."""

    @classmethod
    def of_hours(cls, window: Window, hours: Sequence[Numbers]) -> "Trend":
        by_day: dict[date, list[Numbers]] = {day: [] for day in window.day_list}
        for hour, numbers in zip(window.hours, hours, strict=False):
            by_day[hour.first_day].append(numbers)
        return cls(window, tuple(map(Numbers.sum_of, by_day.values())), tuple(hours))

    @classmethod
    def sum_of(cls, trends: Sequence["Trend"]) -> "Trend":
        """Of trends of the same days."""

        def sums(parts: Iterable[tuple[Numbers, ...]]) -> tuple[Numbers, ...]:
            return tuple(map(Numbers.sum_of, zip(*parts, strict=True)))

        return cls(trends[0].window, sums(trend.days for trend in trends), sums(trend.hours for trend in trends))

    @property
    def numbers_by_day(self) -> Iterator[tuple[date, Numbers]]:
        return zip(self.window.day_list, self.days, strict=True)

    def total(self) -> Numbers:
        total = Numbers.sum_of(self.days)
        return total if self.settled is None else total.with_settled(self.on(self.settled).total())

    def on(self, days: Iterable[date], settled: Collection[date] | None = None) -> "Trend":
        """Of some of its days alone: nothing on the others. Of these `settled` are those by which rates of messages are
        compared, where they are not all."""
        counting = {*days}
        return Trend(
            self.window,
            tuple(numbers if day in counting else Numbers() for day, numbers in self.numbers_by_day),
            settled=None if settled is None else frozenset(settled),
        )

    def within(self, window: Window) -> "Trend":
        """The days of a window that lies in its own, without their hours."""
        if window == self.window:
            return self
        start = (window.first_day - self.window.first_day).days
        return Trend(window, self.days[start : start + window.days])

    def numbers_of(self, window: Window) -> Numbers:
        """Of a window that lies in its own, or of an hour."""
        if isinstance(window, HourOfDay):
            return self._by_hour.get(window.starts_at, Numbers())
        return self.within(window).total()

    @cached_property
    def _by_hour(self) -> Mapping[datetime, Numbers]:
        return {hour.starts_at: numbers for hour, numbers in zip(self.window.hours, self.hours, strict=False)}

    def by(self, interval: Interval) -> tuple[tuple[Bucket, Numbers], ...]:
        """The days taken together, in order, or the hours."""
        if interval is Interval.HOUR:
            return tuple(zip(buckets(self.window, interval), self.hours, strict=False))
        buckets_and_numbers = []
        for bucket in buckets(self.window, interval):
            start = (bucket.first_day - self.window.first_day).days
            end = (bucket.last_day - self.window.first_day).days + 1
            buckets_and_numbers.append((bucket, Numbers.sum_of(self.days[start:end])))
        return tuple(buckets_and_numbers)


@dataclass(frozen=True)
class TrendsReport:
    """`partners` are the days compared with, none where nothing is. `money` is what the days amount to, in numbers in
    `currency`; None where that is not asked for, cannot be told of the part, or no event says anything of it."""

    all: Trend
    meta: Meta
    partners: Trend | None = None
    money: MoneyTotals | None = None
    currency: str = ""

    def answer(self, match: DayMatch | None, settled: DayMatch | None) -> "Answer[TrendsReport]":
        """With what changes are between: the days that are matched, and their partners; those of them on which messages
        are old enough."""
        if match is None or self.partners is None or not match.days:
            return Answer(self)
        days, partners = (settled.days, settled.partners) if settled else ((), ())
        complete, compared = self.all.on(match.days, days), self.partners.on(match.partners, partners)
        return Answer(self, replace(self, all=complete), replace(self, all=compared))


def trends(source: Source, question: TrendsQuestion) -> TrendsReport:
    """Every day of the question's days, oldest first, by hours also their hours.

    Source: the ledger's counts, one query, two with conversions; by hours its touches, and the rows of what has none.
    With money those of `order_numbers` besides.
    """
    report, _ = _trends(source, question, question.window)
    if question.settled is None:
        return report
    return replace(report, all=replace(report.all, settled=frozenset(question.settled.day_list)))


def compared_trends(source: Source, question: TrendsQuestion) -> Answer[TrendsReport]:
    """Returns the trends of the question's days and of those they are compared with, by the same queries.

    Where a condition means other people on other days, and by hours, by queries of their own.
    """
    window, other = question.window, question.compared_window
    if other is None or question.compared_days is None:
        return Answer(trends(source, question))
    if question.interval is Interval.HOUR:
        other = question.compared_days.days_compared(window) or other
    if question.part.depends_on_days or question.interval is Interval.HOUR:
        report, known = trends(source, question), None
    else:
        report, known = _trends(source, question, window.and_until(other))
    partners = known or trends(source, replace(question.on(other), part=question.part_compared)).all
    return replace(report, partners=partners.within(other)).answer(question.day_match, question.settled_match)


def _trends(source: Source, question: TrendsQuestion, known: Window) -> tuple[TrendsReport, Trend]:
    """And all of the days that are known."""
    time = Dimension.HOUR if question.interval is Interval.HOUR else Dimension.DAY
    counts = source.counts(counted_for(question.metrics), window=known, by=[time], part=question.part)
    orders = order_numbers(source, replace(question, window=known)) if _asks_orders(source, question) else None
    of_all = _trend(counts, orders, known, question)
    report = TrendsReport(
        all=of_all.within(question.window),
        meta=meta(source, question, through=newest(counts.through, orders.through if orders else None)),
        money=orders.totals(question.window) if orders and orders.is_there else None,
        currency=source.workspace.currency,
    )
    return report, of_all


def _asks_orders(source: Source, question: TrendsQuestion) -> bool:
    """Whether any metric is of money that some rule of the workspace finds."""
    asked = any(key in OF_ORDERS and question.part.has_metric(key) for key in question.metrics)
    return asked and bool(money_columns(source.workspace))


def _trend(counts: Counts, orders: OrderNumbers | None, window: Window, question: TrendsQuestion) -> Trend:
    if question.interval is not Interval.HOUR:
        of_days = orders.by_day() if orders else {}
        return Trend(window, tuple(_both(counts.numbers(day), of_days.get(day)) for day in window.day_list))
    of_hours = orders.by_hour() if orders else {}
    last = max([question.now, *of_hours, *(at for at in counts.values(0) if isinstance(at, datetime))])
    hours = takewhile(lambda hour: hour.starts_at <= last, window.hours)
    return Trend.of_hours(
        window, [_both(counts.numbers(hour.starts_at), of_hours.get(hour.starts_at)) for hour in hours]
    )


def _both(counted: Numbers, of_orders: Numbers | None) -> Numbers:
    return Numbers.sum_of((counted, of_orders)) if of_orders else counted
