"""What people brought in since they began: their orders less what they got back, by cohort and period."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate, pairwise

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Source
from analytics.orders import MoneyEvents
from analytics.periods import microseconds
from analytics.questions.retention import RetentionQuestion, ReturnMode
from analytics.reports.retention.period_clock import PeriodClock, Whole
from analytics.reports.retention.starts import Starts
from analytics.reports.revenue.exchange import converted_events
from analytics.reports.revenue.member_money import NO_NET_MONEY, NetMoney, net_money
from analytics.reports.revenue.told_money import money_events

MOST_PAIRS = 2_000_000
"""Of events and starts at a time: who begins in each of many cohorts orders after many of them."""


@dataclass(frozen=True, eq=False)
class Pairs:
    """Parallel arrays: an event lies in a period since a start of its person; all by their places."""

    events: NDArray[np.intp]
    starts: NDArray[np.intp]
    periods: NDArray[np.int64]


@dataclass(frozen=True)
class CohortSums:
    """By the place of a cohort what those in it brought in in each period, nothing of one without money; and the total
    of all events in any of the periods, each once."""

    periods: Mapping[int, tuple[NetMoney, ...]]
    total: NetMoney

    def of(self, cohort: int, period: int) -> NetMoney:
        return self.periods[cohort][period] if cohort in self.periods else NO_NET_MONEY


@dataclass(frozen=True, eq=False)
class MoneySinceStart:
    """Events that say something of money, and what makes them lie in a period since a start.

    `converted` are the same events in the workspace's currency, as far as rates say what they are worth. In the mode
    `onOrAfter` what lies after the last period counts in it.
    """

    events: MoneyEvents
    converted: MoneyEvents
    clock: PeriodClock
    mode: ReturnMode
    horizon: int
    is_of_signups: bool

    @classmethod
    def of(
        cls, source: Source, question: RetentionQuestion, clock: PeriodClock
    ) -> tuple["MoneySinceStart", datetime | None]:
        """Of the clock's days, and when the newest event was received. Up to three queries."""
        events, through = money_events(source, clock.window, question.part)
        converted = converted_events(source, events)
        money = cls(events, converted, clock, question.mode, question.horizon, question.start.act is None)
        return money, through

    def pairs(self, starts: Starts, over: Whole) -> Iterator[Pairs]:
        """Each event beside every start that it lies since, about MOST_PAIRS at a time; `over` is how many periods are
        for each start."""
        size = 1 + max(int(starts.people.max(initial=-1)), int(self.events.people.max(initial=-1)))
        order, of_person = np.argsort(starts.people, kind="stable"), np.bincount(starts.people, minlength=size)
        first, counts = (np.cumsum(of_person) - of_person)[self.events.people], of_person[self.events.people]
        for places in _parts(counts):
            of_events = counts[places]
            events = np.repeat(places, of_events)
            among = np.arange(len(events)) - np.repeat(np.cumsum(of_events) - of_events, of_events)
            yield self._since(events, order[first[events] + among], starts, over)

    def _since(self, events: NDArray[np.intp], places: NDArray[np.intp], starts: Starts, over: Whole) -> Pairs:
        at = self.events.at[events]
        days = np.searchsorted(self.clock.window.day_starts, at, side="right") - 1
        counted = np.flatnonzero(self._are_since(starts.only(places), days, at))
        events, places = events[counted], places[counted]
        some = starts.only(places)
        periods = self.clock.periods(some.days, some.at, days[counted], at[counted])
        are_meant = periods <= over[places]
        if self.mode is ReturnMode.ON:
            are_meant &= periods < self.horizon
        periods = np.minimum(periods, self.horizon - 1)
        return Pairs(events[are_meant], places[are_meant], periods[are_meant])

    def _are_since(self, starts: Starts, days: Whole, at: Whole) -> NDArray[np.bool_]:
        """As with returns: of a signup its whole day counts or, on the rolling clock, its instant."""
        are_inside: NDArray[np.bool_] = at < microseconds(self.clock.window.ends_at)
        if not self.is_of_signups:
            return are_inside & (at > starts.at)
        return are_inside & ((days >= starts.days) if self.clock.is_by_day else (at >= starts.at))

    def sums(self, starts: Starts, over: Whole, currency: str) -> "CohortSums":
        """What those of each cohort brought in in each period, and all of them together."""
        parts: dict[int, list[NetMoney]] = defaultdict(list)
        are_there, number = np.zeros(len(self.events), np.bool_), 0
        for pairs in self.pairs(starts, over):
            are_there[pairs.events], number = True, number + len(pairs.events)
            cells = starts.cohorts[pairs.starts] * self.horizon + pairs.periods
            different, groups = different_values(cells, (int(starts.cohorts.max(initial=0)) + 1) * self.horizon)
            found = self._sums(pairs.events, groups, len(different), currency)
            for cell, money in zip(different.tolist(), found, strict=True):
                parts[cell].append(money)
        sums = {cell: NetMoney.sum_of(of_cell) for cell, of_cell in parts.items()}
        events = np.flatnonzero(are_there)
        total = NetMoney.sum_of(sums.values()) if len(events) == number else self._total(events, currency)
        cohorts = {cell // self.horizon for cell in sums}
        return CohortSums({cohort: self._periods(sums, cohort) for cohort in cohorts}, total)

    def _total(self, events: NDArray[np.intp], currency: str) -> NetMoney:
        """Of events of which some lie since several starts, each once."""
        [total] = self._sums(events, np.zeros(len(events), np.int64), 1, currency)
        return total

    def _periods(self, sums: Mapping[int, NetMoney], cohort: int) -> tuple[NetMoney, ...]:
        found = [sums.get(cohort * self.horizon + period, NO_NET_MONEY) for period in range(self.horizon)]
        if self.mode is ReturnMode.ON:
            return tuple(found)
        later = accumulate(reversed(found), lambda after, period: NetMoney.sum_of([after, period]))
        return tuple(reversed([*later]))

    def _sums(self, events: NDArray[np.intp], groups: NDArray[np.integer], count: int, currency: str) -> list[NetMoney]:
        return net_money(self.events.only(events), self.converted.only(events), groups, count, currency)


def different_values(values: NDArray[np.int64], size: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Those that there are, all below a size, in order, and for each of the values its place among them."""
    are_there = np.zeros(size, np.bool_)
    are_there[values] = True
    return np.flatnonzero(are_there), (np.cumsum(are_there) - 1)[values]


def _parts(counts: NDArray[np.intp]) -> Iterator[NDArray[np.intp]]:
    """The places of the counts, cut where they add up to MOST_PAIRS."""
    sums = np.cumsum(counts)
    total = int(sums[-1]) if len(sums) else 0
    cuts = np.searchsorted(sums, np.arange(MOST_PAIRS, total, MOST_PAIRS)).tolist()
    for first, end in pairwise([0, *cuts, len(counts)]):
        yield np.arange(first, end)
