"""What is each of some people worth? Their orders, what these come to, and when the last one was."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Source
from analytics.money import Amount
from analytics.orders import MoneyEvents
from analytics.periods import instant_of
from analytics.reports.revenue.exchange import converted_events
from analytics.reports.revenue.member_money import NO_NET_MONEY, NetMoney, net_money
from analytics.reports.revenue.told_money import told_money


class MoneyFigure(StrEnum):
    """What people can be ranked by: net in the workspace's currency, how many orders, and the last one's instant."""

    VALUE = "value"
    ORDERS = "orders"
    LAST_ORDER = "lastOrder"


@dataclass(frozen=True)
class PersonMoney:
    """`money` of all days, in so far as it is converted in the currency; `last_order_at` is None without an order."""

    currency: str
    money: NetMoney = NO_NET_MONEY
    last_order_at: datetime | None = None

    @property
    def value(self) -> Amount:
        return Amount(self.currency, self.money.converted)


@dataclass(frozen=True, eq=False)
class MoneyOfPeople:
    """All that is told of money, by the numbers that people are known by, and the same in the workspace's currency."""

    events: MoneyEvents
    converted: MoneyEvents
    currency: str

    @classmethod
    def of(cls, source: Source) -> "MoneyOfPeople":
        """Source: the ledger's touches of all days. Two queries, one more where there are several currencies."""
        events = told_money(source).events
        return cls(events, converted_events(source, events), source.workspace.currency)

    def people(self, numbers: Collection[int]) -> dict[int, PersonMoney]:
        """By number, of all of them."""
        asked = np.unique(np.fromiter(numbers, np.int64, len(numbers)))
        theirs = np.flatnonzero(np.isin(self.events.people, asked))
        events, converted = self.events.only(theirs), self.converted.only(theirs)
        people, groups = np.unique(events.people, return_inverse=True)
        money = net_money(events, converted, groups, len(people), self.currency)
        last = self._last_orders[people].tolist()
        return dict.fromkeys(numbers, PersonMoney(self.currency)) | {
            number: PersonMoney(self.currency, of_person, instant_of(at) if at else None)
            for number, of_person, at in zip(people.tolist(), money, last, strict=True)
        }

    def ranks(self, figure: MoneyFigure) -> NDArray[np.int64]:
        """By number, up to the highest of whom anything is told; 0 for those of whom nothing is."""
        size = 1 + int(self.events.people.max(initial=-1))
        if figure is MoneyFigure.LAST_ORDER:
            return self._last_orders
        if figure is MoneyFigure.ORDERS:
            return np.bincount(self.events.people[self.events.are_orders], minlength=size).astype(np.int64)
        own = np.array([name == self.currency for name in self.converted.currencies], np.bool_)
        counted = np.flatnonzero(self.converted.are_counted_amounts & own[self.converted.currency_codes])
        found = np.zeros(size, np.int64)
        np.add.at(found, self.converted.people[counted], self.converted.units[counted])
        return found

    @cached_property
    def _last_orders(self) -> NDArray[np.int64]:
        """Microseconds since 1970 by number, 0 without an order."""
        orders = self.events.are_orders
        found = np.zeros(1 + int(self.events.people.max(initial=-1)), np.int64)
        np.maximum.at(found, self.events.people[orders], self.events.at[orders])
        return found
