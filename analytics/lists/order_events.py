"""Events that say something of money, found by what the ledger knows of them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from analytics.ledger.money_columns import order_number
from analytics.lists.conditions import RowConditions
from analytics.lists.matching_events import portions
from analytics.lists.people import roots
from analytics.lists.rows import PAGE_ROWS, latest, place_text, read_place
from analytics.models import Event
from analytics.models.fact_filters import EventConditions, EventValues
from analytics.money import Amount, Money, money
from analytics.orders import MoneyTotals
from analytics.periods import instant_of, microseconds
from analytics.questions.values import values_by_path
from analytics.reports.revenue import MoneyOfDays
from campaignos.pages import Place, Rows, page_of
from workspaces.models import Workspace

_FEWEST_AT_ONCE = 64


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


_Key = tuple[int, int, str, int | None, str, bool, int]
"""What the ledger knows of an event that says something of money, by which it is found."""


@dataclass(frozen=True, eq=False)
class OrderResults:
    """Of what is told of money, that at some `places`, in order of time: when and whose it is says the ledger, so that
    only the events of a page are looked at."""

    found: MoneyOfDays
    conditions: RowConditions
    places: NDArray[np.intp]

    @property
    def workspace(self) -> Workspace:
        return self.conditions.workspace

    @property
    def total(self) -> int:
        return len(self.places)

    @cached_property
    def sums(self) -> MoneyTotals:
        """Of all of them."""
        return self.found.totals(self.places, np.zeros(self.total, np.int64), 1)[0]

    def between(self, since: datetime | None, before: datetime | None) -> "OrderResults":
        """Of them those from an instant on and before another, refunds by what they are asked for by."""
        at = self.found.told.instants(self.found.refunds_by)[self.places]
        are_meant = np.ones(self.total, np.bool_)
        if since is not None:
            are_meant &= at >= microseconds(since)
        if before is not None:
            are_meant &= at < microseconds(before)
        return replace(self, places=self.places[are_meant])

    def page(self, after: str = "", size: int = PAGE_ROWS) -> Rows[OrderEvent]:
        orders = [*islice(self.beyond(read_place(after, Event), size + 1), size + 1)]
        return page_of(orders, size, lambda order: place_text(latest("occurred_at").place(order.event)))

    def beyond(self, place: Place | None, number: int, *, is_descending: bool = True) -> Iterator[OrderEvent]:
        """Those from beyond a place on, by when they occurred and then by their keys; so many are looked at at once.
        Two queries each time."""
        at = self.found.told.events.at[self.places]
        for portion in portions(at, place, max(number, _FEWEST_AT_ONCE), is_descending=is_descending):
            orders = self._orders(self.places[portion])
            orders.sort(key=lambda order: (order.event.occurred_at, order.event.pk), reverse=is_descending)
            for order in orders:
                if place is None or is_beyond(order.event, place, is_descending=is_descending):
                    yield order

    def _orders(self, places: NDArray[np.intp]) -> list[OrderEvent]:
        """The events at these places, which are all those of their instants. Where several are alike, that with the
        first key is the order."""
        by_key: dict[_Key, list[int]] = defaultdict(list)
        for place in places.tolist():
            by_key[self._key(place)].append(place)
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

    def _events_by_key(self, places: NDArray[np.intp]) -> Mapping[_Key, list[tuple[Event, Money]]]:
        """Those that meet the conditions on events, of the instants and people of these places."""
        told, condition = self.found.told, self.conditions.parts.events
        filters = EventConditions(self.workspace.pk)
        root_of = roots(self.workspace, np.unique(told.events.people[places]).tolist())
        instants = [instant_of(at) for at in np.unique(told.events.at[places]).tolist()]
        events = Event.objects.filter(workspace_id=self.workspace.pk, type__in=told.types, occurred_at__in=instants)
        by_key: dict[_Key, list[tuple[Event, Money]]] = defaultdict(list)
        for event in events.filter(person_number__among=list(root_of)).order_by("pk"):
            values = EventValues(event.type, event.utm_id, event.properties, event.context)
            if filters.is_met(values, condition):
                said = money_of(event, self.workspace)
                by_key[_key_of(event, said, root_of[event.person_number])].append((event, said))
        return by_key

    def _key(self, place: int) -> _Key:
        told, events = self.found.told, self.found.told.events
        return (
            int(events.at[place]),
            int(events.people[place]),
            told.types[told.type_codes[place]],
            int(events.units[place]) if events.have_amount[place] else None,
            events.currencies[events.currency_codes[place]],
            bool(events.are_assumed[place]),
            int(events.orders[place]),
        )

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


def money_of(event: Event, workspace: Workspace) -> Money:
    """What an event says by the rule of its type, which there must be."""
    rule = workspace.rules_by_type[event.type]
    return money(rule, values_by_path(event.properties), workspace.currency)


def _key_of(event: Event, said: Money, root: int) -> _Key:
    number = order_number(said.order)
    return (microseconds(event.occurred_at), root, event.type, said.units, said.currency, said.is_assumed, number)


def is_beyond(event: Event, place: Place, *, is_descending: bool) -> bool:
    here, there = (event.occurred_at, str(event.pk)), (place.value, str(place.pk))
    return here < there if is_descending else here > there
