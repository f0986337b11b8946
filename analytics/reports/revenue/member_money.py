"""What people brought in since some day of theirs: their signup, or their first order."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Source
from analytics.orders import Amounts, MoneyEvents, money_totals
from analytics.periods import Window
from analytics.reports.revenue.exchange import converted_events


@dataclass(frozen=True, eq=False)
class MoneySince:
    """Events that say something of money, each of one of some people: whose (`places` among these people), and how many
    local days after the day on which it began for them, below zero before.

    `converted` are the same events in the workspace's currency, as far as rates say what they are worth.
    """

    events: MoneyEvents
    converted: MoneyEvents
    places: NDArray[np.intp]
    days: NDArray[np.int64]

    @classmethod
    def of(
        cls, source: Source, events: MoneyEvents, people: NDArray[np.int32], began_on: NDArray[np.int64], window: Window
    ) -> "MoneySince":
        """Of the events those of the people. It began for each so many days after the first of the window, in which all
        of the events lie. At most one query."""
        size = 1 + max(int(people.max(initial=-1)), int(events.people.max(initial=-1)))
        place_of = np.full(size, -1, np.intp)
        place_of[people] = np.arange(len(people))
        are_theirs = np.flatnonzero(place_of[events.people] >= 0)
        theirs = events.only(are_theirs)
        places = place_of[theirs.people]
        days = np.searchsorted(window.day_starts, theirs.at, side="right") - 1 - began_on[places]
        return cls(theirs, converted_events(source, theirs), places, days)

    def only(self, meant: NDArray[np.bool_]) -> "MoneySince":
        return MoneySince(self.events.only(meant), self.converted.only(meant), self.places[meant], self.days[meant])

    def of_people(self, are_meant: NDArray[np.bool_]) -> "MoneySince":
        """Of some of the people, whose places are then those among these."""
        places = np.cumsum(are_meant) - 1
        part = self.only(are_meant[self.places])
        return replace(part, places=places[part.places])

    def by_group(self, groups: NDArray[np.integer], count: int, currency: str) -> list["NetMoney"]:
        """Of each of so many groups, given the group of each event from 0."""
        return net_money(self.events, self.converted, groups, count, currency)


@dataclass(frozen=True)
class NetMoney:
    """What came in less what was given back, in minor units, and of how many orders.

    `by_currency` is as stated. `converted` is in the workspace's currency: what is stated in it, and what rates say
    other amounts are worth; `unconverted` says by currency of how many amounts no rate says it. Beside them how many
    events have no amount, and how many amounts are of the workspace's currency for want of another.
    """

    orders: int = 0
    by_currency: Mapping[str, int] = field(default_factory=dict)
    converted: int = 0
    unconverted: Mapping[str, int] = field(default_factory=dict)
    without_amount: int = 0
    assumed_currency: int = 0

    @classmethod
    def sum_of(cls, parts: Iterable["NetMoney"]) -> "NetMoney":
        parts = [part for part in parts if part is not NO_NET_MONEY]
        return cls(
            orders=sum(part.orders for part in parts),
            by_currency=_sums(part.by_currency for part in parts),
            converted=sum(part.converted for part in parts),
            unconverted=_sums(part.unconverted for part in parts),
            without_amount=sum(part.without_amount for part in parts),
            assumed_currency=sum(part.assumed_currency for part in parts),
        )


NO_NET_MONEY = NetMoney()


def _sums(amounts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for of_part in amounts:
        for currency, units in of_part.items():
            found[currency] = found.get(currency, 0) + units
    return found


def net_money(
    events: MoneyEvents, converted: MoneyEvents, groups: NDArray[np.integer], count: int, currency: str
) -> list[NetMoney]:
    """Of each of so many groups, given the group of each event from 0. `converted` are the same events, as far as they
    can be in `currency`."""
    totals = (money_totals(each, groups, count) for each in (events, converted))
    return [
        NetMoney(
            orders=stated.orders,
            by_currency={name: amounts.net for name, amounts in stated.by_currency.items()},
            converted=exchanged.by_currency.get(currency, Amounts()).net,
            unconverted=others,
            without_amount=stated.without_amount,
            assumed_currency=stated.assumed_currency,
        )
        for stated, exchanged, others in zip(*totals, _others(converted, groups, count, currency), strict=True)
    ]


def _others(events: MoneyEvents, groups: NDArray[np.integer], count: int, currency: str) -> list[dict[str, int]]:
    """Of each group how many amounts that count are of other currencies, by currency."""
    size, counted = len(events.currencies), events.are_counted_amounts
    cells = groups[counted].astype(np.int64) * size + events.currency_codes[counted]
    numbers = np.bincount(cells, minlength=count * size).reshape(count, size).tolist()
    return [
        {name: n for name, n in zip(events.currencies, row, strict=True) if n and name != currency} for row in numbers
    ]
