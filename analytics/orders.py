"""Orders and what they were worth: each counted once, sales and refunds apart, currencies never added up. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analytics.metrics import mean_units
from analytics.sorting import different_numbers, may_stand_twice, order_of_numbers


@dataclass(frozen=True, eq=False)
class MoneyEvents:
    """Events that say something of money: parallel arrays, in any order.

    Whose, when (in microseconds), how many minor units of which of the `currencies` (below zero where money is given
    back; 0 where no amount is stated), and a number of the order, 0 where the event names none. `are_refunds` says
    which are refunds by their type, `are_assumed` of which the currency is not stated.
    """

    people: NDArray[np.int32]
    at: NDArray[np.int64]
    units: NDArray[np.int64]
    have_amount: NDArray[np.bool_]
    currency_codes: NDArray[np.integer]
    currencies: Sequence[str]
    orders: NDArray[np.int64]
    are_refunds: NDArray[np.bool_]
    are_assumed: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.at)

    @cached_property
    def are_sales(self) -> NDArray[np.bool_]:
        """A sale of an amount below zero is a refund."""
        return ~self.are_refunds & (self.units >= 0)

    @cached_property
    def are_repeats(self) -> NDArray[np.bool_]:
        """Which are sales of an order that another event has told of: the first with an amount counts, or the first. Of
        several of one person and instant that with the lowest amount, so that the places of events say nothing."""
        repeats = np.zeros(len(self), np.bool_)
        named = self._told_several_times(np.flatnonzero(self.are_sales & (self.orders != 0)))
        ranks = np.argsort(np.argsort(self.currencies))[self.currency_codes[named]]
        seldom = self.are_assumed[named], ranks, self.units[named], self.people[named]
        order = named[np.lexsort((*seldom, self.at[named], ~self.have_amount[named], self.orders[named]))]
        repeats[order[1:]] = self.orders[order[1:]] == self.orders[order[:-1]]
        return repeats

    def _told_several_times(self, places: NDArray[np.intp]) -> NDArray[np.intp]:
        """Of the places of sales those whose order another one has, too: few, so that few are sorted by all that
        decides."""
        places = places[may_stand_twice(self.orders[places])]
        order = places[order_of_numbers(self.orders[places])]
        are_same = self.orders[order[1:]] == self.orders[order[:-1]]
        are_told = np.zeros(len(order), np.bool_)
        are_told[1:] |= are_same
        are_told[:-1] |= are_same
        return np.sort(order[are_told])

    @cached_property
    def are_orders(self) -> NDArray[np.bool_]:
        """Which events are an order each: sales that are no repeats."""
        return self.are_sales & ~self.are_repeats

    @cached_property
    def counted_units(self) -> NDArray[np.int64]:
        """What each adds to the net: nothing where it is a repeat."""
        return np.where(self.are_repeats, 0, self.units)

    @property
    def are_counted_amounts(self) -> NDArray[np.bool_]:
        """Which have an amount that counts."""
        return self.have_amount & ~self.are_repeats

    def size(self) -> int:
        """In bytes, with what follows from them."""
        stated = (self.people, self.at, self.units, self.have_amount, self.currency_codes, self.orders)
        following = (self.are_refunds, self.are_assumed, self.are_sales, self.are_repeats, self.are_orders)
        return sum(each.nbytes for each in (*stated, *following, self.counted_units))

    @cached_property
    def order_places(self) -> NDArray[np.intp]:
        """The place of the order that each belongs to: for a refund that names a known one the order's, for any other
        event its own."""
        places = np.arange(len(self))
        orders = np.flatnonzero(self.are_orders & (self.orders != 0))
        orders = orders[order_of_numbers(self.orders[orders])]
        refunds = np.flatnonzero(~self.are_sales & (self.orders != 0))
        found = np.searchsorted(self.orders[orders], self.orders[refunds])
        is_known = found < len(orders)
        refunds, found = refunds[is_known], found[is_known]
        is_known = self.orders[orders[found]] == self.orders[refunds]
        places[refunds[is_known]] = orders[found[is_known]]
        return places

    @cached_property
    def sold_at(self) -> NDArray[np.int64]:
        """When the order was that each belongs to."""
        return self.at[self.order_places]

    def only(self, places: NDArray[np.generic]) -> "MoneyEvents":
        """Those at some places; what they are stays what it is among all. When orders were is to be asked of all."""
        part = MoneyEvents(
            self.people[places],
            self.at[places],
            self.units[places],
            self.have_amount[places],
            self.currency_codes[places],
            self.currencies,
            self.orders[places],
            self.are_refunds[places],
            self.are_assumed[places],
        )
        for name in ("are_sales", "are_repeats", "are_orders", "counted_units"):
            part.__dict__[name] = getattr(self, name)[places]
        return part


_NONE, _NO = np.zeros(0, np.int64), np.zeros(0, np.bool_)
NO_MONEY_EVENTS = MoneyEvents(_NONE.astype(np.int32), _NONE, _NONE, _NO, _NONE, (), _NONE, _NO, _NO)


@dataclass(frozen=True)
class Amounts:
    """Of one currency, in minor units: what was sold and what was given back, both at least 0, and in how many
    orders."""

    orders: int = 0
    gross: int = 0
    refunds: int = 0

    @property
    def net(self) -> int:
        return self.gross - self.refunds

    @property
    def average_order(self) -> int | None:
        """Gross by order, half a unit rounded up; None without an order."""
        return mean_units(self.gross, self.orders) if self.orders else None


@dataclass(frozen=True)
class MoneyTotals:
    """What events amount to: orders, people who ordered, and amounts by currency.

    And what should be known of it: events without an amount, those that tell again of an order and count for nothing,
    and amounts whose currency is the workspace's for want of another.

    `converted` are all amounts in the workspace's currency, without those of the `unconverted` events, which are told
    by currency: no rate says what they are worth. None where that is all there are.
    """

    orders: int
    buyers: int
    without_amount: int
    repeated_orders: int
    assumed_currency: int
    by_currency: Mapping[str, Amounts]
    converted: Amounts | None = None
    unconverted: Mapping[str, int] = field(default_factory=dict)


def money_totals(events: MoneyEvents, groups: NDArray[np.integer], count: int) -> list[MoneyTotals]:
    """Of each of so many groups, given the group of each event from 0. A currency without an event is left out.

    An order without an amount is an order of no currency. Sums are exact. Nothing is converted.
    """
    size = len(events.currencies)
    places = groups.astype(np.int64) * size + events.currency_codes

    def sums(units: NDArray[np.int64]) -> NDArray[np.int64]:
        added = np.zeros(count * size, np.int64)
        np.add.at(added, places, units)
        return added.reshape(count, size)

    def numbers(are_such: NDArray[np.bool_]) -> NDArray[np.intp]:
        return np.bincount(places[are_such], minlength=count * size).reshape(count, size)

    def in_groups(are_such: NDArray[np.bool_]) -> NDArray[np.intp]:
        return np.bincount(groups[np.flatnonzero(are_such)], minlength=count)

    counted = events.counted_units
    net, gross = sums(counted), sums(np.maximum(counted, 0))
    refunds = gross - net
    orders = numbers(events.are_orders & events.have_amount)
    is_there = numbers(events.are_counted_amounts) > 0
    all_orders, without_amount, repeats = map(in_groups, (events.are_orders, ~events.have_amount, events.are_repeats))
    assumed = in_groups(events.are_assumed & events.have_amount)
    buyers = _different_people(events.people[events.are_orders], groups[events.are_orders], count)
    return [
        MoneyTotals(
            orders=int(all_orders[group]),
            buyers=int(buyers[group]),
            without_amount=int(without_amount[group]),
            repeated_orders=int(repeats[group]),
            assumed_currency=int(assumed[group]),
            by_currency={
                currency: Amounts(*(int(each[group, code]) for each in (orders, gross, refunds)))
                for code, currency in enumerate(events.currencies)
                if is_there[group, code]
            },
        )
        for group in range(count)
    ]


def _different_people(people: NDArray[np.int32], groups: NDArray[np.integer], count: int) -> NDArray[np.int64]:
    size = 1 + int(people.max(initial=0))
    pairs = different_numbers(groups.astype(np.int64) * size + people, count * size)
    return np.bincount(pairs // size, minlength=count)
