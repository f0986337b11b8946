"""Orders and refunds: the events that a sum of money is made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Ledger
from analytics.lists.conditions import NO_CONDITIONS, ListConditions
from analytics.lists.events import EventList, EventRow
from analytics.lists.member_orders import MemberOrders
from analytics.lists.order_events import OrderEvent, OrderKind, OrderResults
from analytics.lists.properties import property_condition
from analytics.lists.query import ListParameters, Query, days_query, query_of
from analytics.periods import Window
from analytics.questions.fields import Subject
from analytics.questions.questions import RefundsBy
from analytics.reports.revenue import MoneyOfDays
from analytics.reports.told_money import told_money
from campaignos.currencies import currencies
from workspaces.models import Workspace


@dataclass(frozen=True)
class OrderRow:
    """An order, and the event that tells of it with whom it is of."""

    order: OrderEvent
    row: EventRow


@dataclass(frozen=True)
class OrderList:
    """All events that say something of money, of one `kind` or all, and of a `type` of event.

    `currency` are those with an amount in it, `person` is the number somebody is known by. By `refunds_by`, refunds
    are of their own days, or of that of their order. Those that are `unconverted` have an amount that counts, and no
    rate. With `members` those of people who began a cohort.
    """

    name: ClassVar[str] = "orders"

    window: Window | None = None
    kind: OrderKind | None = None
    type: str | None = None
    currency: str | None = None
    without_amount: bool | None = None
    currency_assumed: bool | None = None
    unconverted: bool | None = None
    person: int | None = None
    refunds_by: RefundsBy = RefundsBy.DAY
    conditions: ListConditions = NO_CONDITIONS
    members: MemberOrders | None = None

    @classmethod
    def read(cls, parameters: ListParameters) -> "OrderList":
        kind, refunds_by = parameters.choice("kind", list(OrderKind)), parameters.choice("refundsBy", list(RefundsBy))
        conditions = ListConditions.read(parameters, Subject.EVENTS, Subject.PEOPLE)
        return cls(
            window=parameters.hour_or_days(),
            kind=OrderKind(kind) if kind else None,
            type=parameters.text("type"),
            currency=_currency(parameters),
            without_amount=parameters.flag("withoutAmount"),
            currency_assumed=parameters.flag("currencyAssumed"),
            unconverted=parameters.flag("unconverted"),
            person=parameters.number("person"),
            refunds_by=RefundsBy(refunds_by or RefundsBy.DAY),
            conditions=conditions.and_also(property_condition(parameters)),
            members=MemberOrders.read(parameters),
        )

    @property
    def query(self) -> Query:
        by_order = self.refunds_by if self.refunds_by is not RefundsBy.DAY else None
        return {
            **days_query(self.window),
            **query_of(
                kind=self.kind,
                type=self.type,
                currency=self.currency,
                withoutAmount=self.without_amount,
                currencyAssumed=self.currency_assumed,
                unconverted=self.unconverted,
                person=self.person,
                refundsBy=by_order,
            ),
            **(self.members.query if self.members else {}),
            **self.conditions.query,
        }

    def find(self, workspace: Workspace, *, now: datetime) -> "OrderResults":
        """Newest first. Two queries, those of the conditions, and one where there are several currencies."""
        conditions = self.conditions.rows(workspace, self.window, now)
        source = Ledger(workspace)
        told = told_money(source, conditions.parts.events)
        found = MoneyOfDays(source, told, self.refunds_by)
        are_meant = told.inside(self.window, self.refunds_by) & told.are_of(source, conditions.part, conditions.asked)
        if self.members is not None:
            are_meant = are_meant & self.members.are_meant(source, told, now)
        places = np.flatnonzero(are_meant & self._are_asked_for(found))
        return OrderResults(found, conditions, places[np.argsort(told.events.at[places], kind="stable")])

    def full_rows(self, workspace: Workspace, orders: Sequence[OrderEvent]) -> list[OrderRow]:
        """Four queries."""
        rows = EventList().full_rows(workspace, [order.event for order in orders])
        return [OrderRow(order, row) for order, row in zip(orders, rows, strict=True)]

    def _are_asked_for(self, found: MoneyOfDays) -> NDArray[np.bool_]:
        told, events = found.told, found.told.events
        are_meant = np.ones(len(events), np.bool_)
        if self.kind is not None:
            kinds = {OrderKind.SALE: events.are_orders, OrderKind.REFUND: ~events.are_sales}
            are_meant &= kinds.get(self.kind, events.are_repeats)
        if self.type is not None:
            are_meant &= np.array([name == self.type for name in told.types], np.bool_)[told.type_codes]
        if self.currency is not None:
            are_of_it = np.array([name == self.currency for name in events.currencies], np.bool_)
            are_meant &= events.have_amount & are_of_it[events.currency_codes]
        if self.without_amount is not None:
            are_meant &= events.have_amount != self.without_amount
        if self.currency_assumed is not None:
            are_meant &= (events.have_amount & events.are_assumed) == self.currency_assumed
        if self.unconverted is not None:
            are_meant &= found.are_without_rate == self.unconverted
        if self.person is not None:
            are_meant &= events.people == self.person
        return are_meant


def _currency(parameters: ListParameters) -> str | None:
    text = parameters.text("currency")
    if text is None or text.upper() in currencies():
        return text and text.upper()
    parameters.refuse("currency", "the code of a currency, such as EUR")
    return None
