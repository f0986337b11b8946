"""Who are the buyers? By how lately, how often and for how much each bought, and how they moved within a month."""

import calendar
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Source
from analytics.periods import Window
from analytics.questions.questions import Question
from analytics.reports.meta import Meta, meta
from analytics.reports.revenue.member_money import NetMoney, net_money
from analytics.reports.revenue.report import MoneyOfDays
from analytics.statistics import SCORES, quintile_scores

FEW_BUYERS = 100
"""Of fewer, which fifth somebody is in says little."""


class RfmSegment(StrEnum):
    """Buyers by their scores of recency and frequency, and who is none."""

    CHAMPIONS = "champions"
    LOYAL = "loyal"
    POTENTIAL = "potentialLoyalists"
    NEW = "new"
    PROMISING = "promising"
    ATTENTION = "needAttention"
    SLEEPING = "aboutToSleep"
    AT_RISK = "atRisk"
    LOST_BEST = "cannotLose"
    HIBERNATING = "hibernating"
    NONE = "none"


_HIBERNATING, _AT_RISK, _LOYAL, _POTENTIAL = (
    *(RfmSegment.HIBERNATING, RfmSegment.AT_RISK),
    *(RfmSegment.LOYAL, RfmSegment.POTENTIAL),
)
_GRID = (
    (_HIBERNATING, _HIBERNATING, _AT_RISK, _AT_RISK, RfmSegment.LOST_BEST),
    (_HIBERNATING, _HIBERNATING, _AT_RISK, _AT_RISK, RfmSegment.LOST_BEST),
    (RfmSegment.SLEEPING, RfmSegment.SLEEPING, RfmSegment.ATTENTION, _LOYAL, _LOYAL),
    (RfmSegment.PROMISING, _POTENTIAL, _POTENTIAL, _LOYAL, _LOYAL),
    (RfmSegment.NEW, _POTENTIAL, _POTENTIAL, RfmSegment.CHAMPIONS, RfmSegment.CHAMPIONS),
)
"""By recency, then frequency, each from 1."""
_PLACES = {segment: place for place, segment in enumerate(RfmSegment)}
_NO_BUYER = _PLACES[RfmSegment.NONE]
_PLACE_OF_SCORES = np.array([[_PLACES[segment] for segment in row] for row in _GRID], np.int64)


class RfmScore(StrEnum):
    """What buyers are scored by, from 1 to 5: by how few days have passed since their last order, by how many they
    made, and by what these brought in, refunds taken off."""

    RECENCY = "recency"
    FREQUENCY = "frequency"
    MONETARY = "monetary"


@dataclass(frozen=True, eq=False)
class ScoredBuyers:
    """Who ordered on the days of a window, as parallel arrays: their numbers, ascending, how many days before its last
    one they ordered last, in how many orders, and what came in of them on the days in the workspace's currency."""

    window: Window
    people: NDArray[np.int64]
    days_since: NDArray[np.int64]
    orders: NDArray[np.int64]
    nets: NDArray[np.int64]

    @classmethod
    def of(cls, money: MoneyOfDays, question: Question) -> "ScoredBuyers":
        """Of the people whom the question's part means."""
        window, places, events = question.window, money.places(question), money.told.events
        ordering = places[events.are_orders[places]]
        buyers = events.people[ordering]
        last = np.zeros(1 + int(events.people.max(initial=-1)), np.int64)
        np.maximum.at(last, buyers, np.searchsorted(window.day_starts, events.at[ordering], side="right"))
        people = np.flatnonzero(last)
        theirs = places[last[events.people[places]] > 0]
        nets, orders = money.nets(theirs, np.searchsorted(people, events.people[theirs]), len(people))
        return cls(window, people, window.days - last[people], orders.astype(np.int64), nets)

    @cached_property
    def values(self) -> dict[RfmScore, NDArray[np.int64]]:
        return {
            RfmScore.RECENCY: self.days_since,
            RfmScore.FREQUENCY: self.orders,
            RfmScore.MONETARY: self.nets,
        }

    @cached_property
    def scores(self) -> dict[RfmScore, NDArray[np.int64]]:
        of_recency = {RfmScore.RECENCY: quintile_scores(-self.days_since)}
        return of_recency | {
            score: quintile_scores(self.values[score]) for score in (RfmScore.FREQUENCY, RfmScore.MONETARY)
        }

    @cached_property
    def segment_places(self) -> NDArray[np.int64]:
        """Which segment each is in, by its place among all."""
        recency, frequency = self.scores[RfmScore.RECENCY], self.scores[RfmScore.FREQUENCY]
        places: NDArray[np.int64] = _PLACE_OF_SCORES[recency - 1, frequency - 1]
        return places

    def are_in(self, segment: RfmSegment) -> NDArray[np.bool_]:
        are_in: NDArray[np.bool_] = self.segment_places == _PLACES[segment]
        return are_in

    def places_of(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """By the numbers of people, the place of the segment that each is in."""
        found = np.full(len(numbers), _NO_BUYER, np.int64)
        if len(self.people):
            near = np.minimum(np.searchsorted(self.people, numbers), len(self.people) - 1)
            are_buyers = self.people[near] == numbers
            found[are_buyers] = self.segment_places[near[are_buyers]]
        return found


@dataclass(frozen=True)
class BuyersOfSegment:
    """`days_since` is the median of days between their last order and the last day."""

    segment: RfmSegment
    buyers: int
    days_since: float
    money: NetMoney


@dataclass(frozen=True)
class BuyersOfScore:
    """Who has a score, and the lowest and highest value that they have; None of nobody."""

    by: RfmScore
    score: int
    buyers: int
    lowest: int | None
    highest: int | None


@dataclass(frozen=True)
class MovedBuyers:
    """So many were in one segment a month before, and are in the same or another now."""

    before: RfmSegment
    now: RfmSegment
    buyers: int


@dataclass(frozen=True)
class RfmReport:
    """Segments without a buyer are left out, and so are moves that nobody made. Those of one segment now add up to it,
    and those of one before to what it was."""

    window: Window
    window_before: Window
    segments: tuple[BuyersOfSegment, ...]
    scores: tuple[BuyersOfScore, ...]
    moves: tuple[MovedBuyers, ...]
    currency: str
    meta: Meta

    @property
    def buyers(self) -> int:
        return sum(each.buyers for each in self.segments)

    @property
    def buyers_before(self) -> int:
        return sum(move.buyers for move in self.moves if move.before is not RfmSegment.NONE)

    @property
    def is_of_few(self) -> bool:
        return self.buyers < FEW_BUYERS

    @property
    def money(self) -> NetMoney:
        return NetMoney.sum_of(each.money for each in self.segments)


def rfm(source: Source, question: Question) -> RfmReport:
    """Of who ordered on the question's days: ten segments, all by rank among these buyers.

    Moves are those since a month before, of as many days. Source: the ledger's touches of all days, as the columns of
    money have them. Two queries, one more for rates where there are several currencies, and those for people.
    """
    asked = replace(question, part=question.part.of_people())
    before = a_month_before(asked)
    money = MoneyOfDays.of(source, asked)
    now, earlier = (ScoredBuyers.of(money, each) for each in (asked, before))
    return RfmReport(
        window=asked.window,
        window_before=before.window,
        segments=tuple(_segments(money, asked, now)),
        scores=tuple(_scores(now)),
        moves=tuple(_moves(now, earlier)),
        currency=source.workspace.currency,
        meta=meta(source, question, through=money.told.through),
    )


def a_month_before(question: Question) -> Question:
    """The same question of as many days until a month earlier: the last day of a month becomes that of the one
    before."""
    window = question.window
    last = day_a_month_before(window.last_day)
    earlier = Window.between(last - timedelta(days=window.days - 1), last, zone=window.zone)
    return replace(question, window=earlier)


def day_a_month_before(day: date) -> date:
    end_before = day.replace(day=1) - timedelta(days=1)
    is_last = day.day == calendar.monthrange(day.year, day.month)[1]
    return end_before if is_last or day.day > end_before.day else end_before.replace(day=day.day)


def _segments(money: MoneyOfDays, asked: Question, buyers: ScoredBuyers) -> Iterator[BuyersOfSegment]:
    places = money.places(asked)
    segment_places = buyers.places_of(money.told.events.people[places].astype(np.int64))
    theirs, groups = places[segment_places != _NO_BUYER], segment_places[segment_places != _NO_BUYER]
    stated, converted = money.told.events.only(theirs), money.in_own_currency.only(theirs)
    sums = net_money(stated, converted, groups, len(_PLACES), money.source.workspace.currency)
    for segment, of_segment in zip(RfmSegment, sums, strict=True):
        are_in = buyers.are_in(segment)
        if are_in.any():
            days_since = float(np.median(buyers.days_since[are_in]))
            yield BuyersOfSegment(segment, int(np.count_nonzero(are_in)), days_since, of_segment)


def _scores(buyers: ScoredBuyers) -> Iterator[BuyersOfScore]:
    """The highest first."""
    for by in RfmScore:
        for score in range(SCORES, 0, -1):
            values = buyers.values[by][buyers.scores[by] == score]
            ends = (int(values.min()), int(values.max())) if len(values) else (None, None)
            yield BuyersOfScore(by, score, len(values), *ends)


def _moves(now: ScoredBuyers, before: ScoredBuyers) -> Iterator[MovedBuyers]:
    people, segments = np.union1d(now.people, before.people), [*RfmSegment]
    pairs = before.places_of(people) * len(segments) + now.places_of(people)
    for pair, buyers in zip(*np.unique(pairs, return_counts=True), strict=True):
        yield MovedBuyers(segments[pair // len(segments)], segments[pair % len(segments)], int(buyers))


@dataclass(frozen=True)
class RfmChoice:
    """Of the buyers of some days, and of those a month before, who are in a segment, were in one, or have a score;
    without any of these all buyers of the days."""

    segment: RfmSegment | None = None
    before: RfmSegment | None = None
    scores: tuple[tuple[RfmScore, int], ...] = ()


def rfm_people(source: Source, question: Question, choice: RfmChoice) -> NDArray[np.int64]:
    """The numbers, ascending, of those whom a choice means. The queries of the report."""
    asked = replace(question, part=question.part.of_people())
    money = MoneyOfDays.of(source, asked)
    now = ScoredBuyers.of(money, asked)
    people, before = now.people, None
    if choice.before or choice.segment is RfmSegment.NONE:
        before = ScoredBuyers.of(money, a_month_before(asked))
        people = np.union1d(people, before.people)
    are_chosen = np.ones(len(people), np.bool_)
    for of_days, segment in ((now, choice.segment), (before, choice.before)):
        if of_days is not None and segment is not None:
            are_chosen &= of_days.places_of(people) == _PLACES[segment]
    for by, score in choice.scores:
        are_chosen &= np.isin(people, now.people[now.scores[by] == score])
    found: NDArray[np.int64] = people[are_chosen]
    return found
