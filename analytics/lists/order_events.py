"""Events that say something of money, found by what the ledger knows of them."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analytics.lists.ledger_events import (
    EventKey,
    LedgerEvents,
    events_at,
    key_of_event,
    key_of_money,
    money_of,
)
from analytics.models import Event
from analytics.money import Amount, Money
from analytics.orders import MoneyTotals
from analytics.reports.revenue.report import MoneyOfDays


class OrderKind(StrEnum):
    """A sale is an order that counts; a duplicate tells again of one, and counts for nothing."""

    SALE = "sale"
    REFUND = "refund"
    DUPLICATE = "duplicate"


class OrderRemark(StrEnum):
    """What should be known of an event that says something of money, as the API calls it."""

    DUPLICATE = "duplicateOrder"
    WITHOUT_AMOUNT = "withoutAmount"
    CURRENCY_ASSUMED = "currencyAssumed"
    ROUNDED = "rounded"
    NEGATIVE_SALE = "negativeSale"
    UNCONVERTED = "unconverted"


@dataclass(frozen=True)
class OrderEvent:
    """An event that says something of money. A sale of an amount below zero is a refund.

    `converted` is what it is worth in the workspace's currency; None where no rate says so, or it has no amount.
    """

    event: Event
    money: Money
    kind: OrderKind
    is_negative_sale: bool = False
    converted: Amount | None = None

    @property
    def amount(self) -> Amount | None:
        return None if self.money.units is None else Amount(self.money.currency, self.money.units)

    @property
    def remarks(self) -> tuple[OrderRemark, ...]:
        has_amount = self.money.units is not None
        are_so = {
            OrderRemark.DUPLICATE: self.kind is OrderKind.DUPLICATE,
            OrderRemark.WITHOUT_AMOUNT: not has_amount,
            OrderRemark.CURRENCY_ASSUMED: has_amount and self.money.is_assumed,
            OrderRemark.ROUNDED: self.money.is_rounded,
            OrderRemark.NEGATIVE_SALE: self.is_negative_sale,
            OrderRemark.UNCONVERTED: has_amount and self.converted is None,
        }
        return tuple(remark for remark, is_so in are_so.items() if is_so)


@dataclass(frozen=True, eq=False)
class OrderResults(LedgerEvents[OrderEvent]):
    """Of what is told of money, that at some places."""

    found: MoneyOfDays

    @property
    def at(self) -> NDArray[np.int64]:
        return self.found.told.events.at

    @property
    def counted_at(self) -> NDArray[np.int64]:
        """Refunds by what they are asked for by."""
        return self.found.told.instants(self.found.refunds_by)

    @cached_property
    def sums(self) -> MoneyTotals:
        """Of all of them."""
        return self.found.totals(self.places, np.zeros(self.total, np.int64), 1)[0]

    def rows_at(self, places: NDArray[np.intp]) -> list[OrderEvent]:
        """Where several events are alike, that with the first key is the order."""
        by_key: dict[EventKey, list[int]] = defaultdict(list)
        for place in places.tolist():
            by_key[key_of_money(self.found.told, place)].append(place)
        found = []
        for key, events in self._events_by_key(places).items():
            wanted = by_key.get(key, [])
            are_repeats = self.found.told.events.are_repeats
            repeats = [place for place in wanted if are_repeats[place]]
            others = [place for place in wanted if not are_repeats[place]]
            later = events[len(events) - len(repeats) :] if repeats else []
            pairs = [*zip(events, others, strict=False), *zip(later, repeats, strict=False)]
            found += [self._order(event, said, place) for (event, said), place in pairs]
        return found

    def _events_by_key(self, places: NDArray[np.intp]) -> Mapping[EventKey, list[tuple[Event, Money]]]:
        told, condition = self.found.told, self.conditions.parts.events
        by_key: dict[EventKey, list[tuple[Event, Money]]] = defaultdict(list)
        at, people = told.events.at[places], told.events.people[places]
        for event, root in events_at(self.workspace, told.types, condition, at, people):
            said = money_of(event, self.workspace)
            by_key[key_of_event(event, root, said)].append((event, said))
        return by_key

    def _order(self, event: Event, said: Money, place: int) -> OrderEvent:
        events, own = self.found.told.events, self.found.in_own_currency
        is_known = own.have_amount[place] and own.currencies[own.currency_codes[place]] == self.workspace.currency
        is_refund = not events.are_sales[place]
        return OrderEvent(
            event=event,
            money=said,
            kind=_kind(is_refund=is_refund, is_repeat=bool(events.are_repeats[place])),
            is_negative_sale=is_refund and not events.are_refunds[place],
            converted=Amount(self.workspace.currency, int(own.units[place])) if is_known else None,
        )


def _kind(*, is_refund: bool, is_repeat: bool) -> OrderKind:
    if is_refund:
        return OrderKind.REFUND
    return OrderKind.DUPLICATE if is_repeat else OrderKind.SALE
