"""How much? Orders, what they were worth and what was given back, by currency and over time."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Source
from analytics.metrics import Numbers
from analytics.orders import Amounts, MoneyEvents, MoneyTotals, money_totals
from analytics.periods import Bucket, Interval, Window, buckets, microseconds
from analytics.questions.fields import Subject
from analytics.questions.questions import Question, RefundsBy, RevenueQuestion
from analytics.questions.slices import Slice
from analytics.reports.activity.people import active_people
from analytics.reports.answers import Answer
from analytics.reports.meta import Meta, meta
from analytics.reports.revenue.exchange import converted_events
from analytics.reports.revenue.told_money import ToldMoney, told_money

_PARTS_KEPT = 3


@dataclass(frozen=True)
class RevenueReport:
    """`rows` are the buckets of the question's days, oldest first. Buyers are different people, and do not add up.

    `active_people` are those with any event on the days, where they are asked for.
    """

    total: MoneyTotals
    rows: tuple[tuple[Bucket, MoneyTotals], ...]
    interval: Interval
    days: int
    meta: Meta
    active_people: int = 0

    @property
    def numbers(self) -> Numbers:
        """In the workspace's currency."""
        return Numbers(money_numbers(self.total), active_people=self.active_people)


def revenue(source: Source, question: Question) -> RevenueReport:
    """Orders of the question's days. An order that events have told of before, on whatever day, is none again; a refund
    counts on its own day, or that of its order. Conditions on events choose which of them count.

    Source: the ledger's touches of all days, as the columns of money have them. Two queries, one more for rates where
    there are several currencies, and those for people.
    """
    return MoneyOfDays.of(source, question).report(question)


def compared_revenue(money: "MoneyOfDays", question: Question) -> Answer[RevenueReport]:
    """With that of the days it is compared with, and with who was active. Queries: those for people, and one for who
    was active, for each of them."""

    def report(asked: Question) -> RevenueReport:
        return replace(money.report(asked), active_people=len(active_people(money.source, asked.window, asked.part)))

    shown, compared = report(question), question.compared_questions
    if compared is None:
        return Answer(shown)
    is_all = compared[0].window == question.window
    return Answer(shown, shown if is_all else report(compared[0]), report(compared[1]))


def money_numbers(totals: MoneyTotals) -> Numbers:
    """In the workspace's currency, as far as rates convert what there is."""
    amounts = totals.converted or Amounts()
    return Numbers(
        orders=totals.orders,
        buyers=totals.buyers,
        valued_orders=amounts.orders,
        revenue=amounts.net,
        gross_revenue=amounts.gross,
        refunds=amounts.refunds,
    )


@dataclass(frozen=True, eq=False)
class MoneyOfDays:
    """What is told of money on all days, and the same in the workspace's currency, of a question's events."""

    source: Source
    told: ToldMoney
    refunds_by: RefundsBy

    @classmethod
    def of(cls, source: Source, question: Question) -> "MoneyOfDays":
        """Two queries. With the values of the field that the question is split by, where that is one of events."""
        split = question.split
        by = split.field if split and split.subject is Subject.EVENTS and not split.segments else None
        return cls(source, told_money(source, question.part.where.events, by), refunds_by_of(question))

    @cached_property
    def in_own_currency(self) -> MoneyEvents:
        """Found once of what a source told."""
        key = "money in own currency", self.told
        return self.source.answer_once(key, lambda: converted_events(self.source, self.told.events))

    def report(self, question: Question) -> RevenueReport:
        """Of the days of a question about the same events."""
        window, parts = question.window, buckets(question.window, question.interval)
        places = self.places(question)
        starts = [microseconds(bucket.window(window.zone).starts_at) for bucket in parts]
        groups = np.searchsorted(starts, self.told.instants(self.refunds_by)[places], side="right") - 1
        of_days = self._at(places)
        return RevenueReport(
            total=of_days.total,
            rows=tuple(zip(parts, of_days.totals(groups, len(parts)), strict=True)),
            interval=question.interval,
            days=window.days,
            meta=meta(self.source, question, through=self.told.through),
        )

    def total(self, question: Question) -> MoneyTotals:
        """Of the days of a question about the same events."""
        return self._at(self.places(question)).total

    def places(self, question: Question) -> NDArray[np.intp]:
        """Of the events of a question's days and people; the same array for the same ones."""
        key = question.window, question.part
        if key not in self._places:
            of_people = self.told.are_of(self.source, question.part, question.window)
            self._places[key] = np.flatnonzero(self.told.inside(question.window, self.refunds_by) & of_people)
        return self._places[key]

    @cached_property
    def _places(self) -> dict[tuple[Window, Slice], NDArray[np.intp]]:
        return {}

    @cached_property
    def are_without_rate(self) -> NDArray[np.bool_]:
        """Which amounts that count are not converted."""
        events, own = self.in_own_currency, self.source.workspace.currency
        are_own = np.array([name == own for name in events.currencies], np.bool_)
        without_rate: NDArray[np.bool_] = events.are_counted_amounts & ~are_own[events.currency_codes]
        return without_rate

    def totals(self, places: NDArray[np.intp], groups: NDArray[np.integer], count: int) -> list[MoneyTotals]:
        """Of each of so many groups of the events at some places, given the group of each, with what is converted."""
        return self._at(places).totals(groups, count)

    def nets(
        self, places: NDArray[np.intp], groups: NDArray[np.integer], count: int
    ) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
        """Of each of so many groups of the events at some places what is converted, net, and how many orders."""
        part = self._at(places)
        are_own = np.array([name == part.currency for name in part.in_own.currencies], np.bool_)
        of_own = np.flatnonzero(are_own[part.in_own.currency_codes])
        nets = np.zeros(count, np.int64)
        np.add.at(nets, groups[of_own], part.in_own.counted_units[of_own])
        return nets, np.bincount(groups[part.events.are_orders], minlength=count)

    def _at(self, places: NDArray[np.intp]) -> "_Part":
        """The last ones are kept: the days that are shown and those they are compared with are asked for in turn."""
        for known in self._parts:
            if known.places is places:
                return known
        events, own = self.told.events, self.in_own_currency
        stated = _only(events, places)
        in_own = stated if own is events else _only(own, places)
        part = _Part(places, stated, in_own, self.source.workspace.currency)
        self._parts.append(part)
        return part

    @cached_property
    def _parts(self) -> "deque[_Part]":
        return deque(maxlen=_PARTS_KEPT)


@dataclass(frozen=True, eq=False)
class _Part:
    """The events at some places, and the same in the workspace's `currency`, as far as rates convert them."""

    places: NDArray[np.intp]
    events: MoneyEvents
    in_own: MoneyEvents
    currency: str

    @property
    def total(self) -> MoneyTotals:
        return self.totals(np.zeros(len(self.events), np.int64), 1)[0]

    def totals(self, groups: NDArray[np.integer], count: int) -> list[MoneyTotals]:
        stated = money_totals(self.events, groups, count)
        converted = stated if self.in_own is self.events else money_totals(self.in_own, groups, count)
        return [
            replace(totals, converted=self._own(in_own, without_rate), unconverted=without_rate)
            for totals, in_own, without_rate in zip(stated, converted, self._without_rate(groups, count), strict=True)
        ]

    def _own(self, totals: MoneyTotals, without_rate: Mapping[str, int]) -> Amounts | None:
        return totals.by_currency.get(self.currency, None if without_rate else Amounts())

    def _without_rate(self, groups: NDArray[np.integer], count: int) -> list[dict[str, int]]:
        if self.in_own is self.events and {*self.events.currencies} <= {self.currency}:
            return [{}] * count
        events, size = self.in_own, len(self.in_own.currencies)
        counted = events.are_counted_amounts
        cells = groups[counted].astype(np.int64) * size + events.currency_codes[counted]
        numbers = np.bincount(cells, minlength=count * size).reshape(count, size).tolist()
        names = events.currencies
        return [{name: n for name, n in zip(names, row, strict=True) if n and name != self.currency} for row in numbers]


def _only(events: MoneyEvents, places: NDArray[np.intp]) -> MoneyEvents:
    """Those at some places; where these are all in their order, the events themselves, which takes no time."""
    is_all = len(places) == len(events) and np.array_equal(places, np.arange(len(events)))
    return events if is_all else events.only(places)


def refunds_by_of(question: Question) -> RefundsBy:
    return question.refunds_by if isinstance(question, RevenueQuestion) else RefundsBy.DAY
