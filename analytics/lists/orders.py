"""Orders and refunds: the events that a sum of money is made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Ledger
from analytics.lists.cohort_orders import CohortOrders
from analytics.lists.conditions import NO_CONDITIONS, ListConditions, RowConditions
from analytics.lists.events import EventList, EventRow
from analytics.lists.funnel_orders import FUNNEL_PARAMETERS, FunnelOrders, with_events
from analytics.lists.member_orders import MemberOrders
from analytics.lists.order_events import OrderEvent, OrderKind, OrderResults
from analytics.lists.orders_of_test import ORDERS_OF_TEST_PARAMETERS, OrdersOfTest
from analytics.lists.properties import property_condition
from analytics.lists.query import ListParameters, Query, days_query, query_of
from analytics.lists.rfm_people import RFM_PARAMETERS, RfmPeople
from analytics.periods import Window
from analytics.questions.fields import Subject
from analytics.questions.questions import Question, RefundsBy
from analytics.reports.revenue.report import MoneyOfDays
from analytics.reports.revenue.told_money import told_money
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
    rate. With `members` or `cohort` those of people who began a cohort; with `funnel` those of people who completed it
    on the days, where conditions on facts are those on what it is entered by; with `buyers` those of some who ordered
    on the days; with `test` those that count in it.
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
    cohort: CohortOrders | None = None
    funnel: FunnelOrders | None = None
    buyers: RfmPeople | None = None
    test: OrdersOfTest | None = None

    @classmethod
    def read(cls, parameters: ListParameters) -> "OrderList":
        kind, refunds_by = parameters.choice("kind", list(OrderKind)), parameters.choice("refundsBy", list(RefundsBy))
        window = parameters.hour_or_days()
        funnel = FunnelOrders.read(parameters) if window and window.is_whole_days else None
        if funnel is None:
            parameters.refuse_without("from and to, whole days", *FUNNEL_PARAMETERS)
        subjects = (Subject.EVENTS,) if funnel is None else (funnel.steps[0].subject,)
        conditions = ListConditions.read(parameters, *subjects, Subject.PEOPLE)
        cohort = CohortOrders.read(parameters) if funnel is None else None
        members = MemberOrders.read(parameters) if funnel is None and not parameters.value("start") else None
        return cls(
            window=window,
            kind=OrderKind(kind) if kind else None,
            type=parameters.text("type"),
            currency=_currency(parameters),
            without_amount=parameters.flag("withoutAmount"),
            currency_assumed=parameters.flag("currencyAssumed"),
            unconverted=parameters.flag("unconverted"),
            person=parameters.number("person"),
            refunds_by=RefundsBy(refunds_by or RefundsBy.DAY),
            conditions=conditions.and_also(property_condition(parameters)),
            members=members,
            cohort=cohort,
            funnel=funnel,
            buyers=_buyers(parameters, window, is_alone=not (funnel or cohort or members)),
            test=_test(parameters, is_alone=not (funnel or cohort or members)),
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
            **(self.cohort.query if self.cohort else {}),
            **(self.funnel.query if self.funnel else {}),
            **(self.buyers.query if self.buyers else {}),
            **(self.test.query if self.test else {}),
            **self.conditions.query,
        }

    def find(self, workspace: Workspace, *, now: datetime) -> "OrderResults":
        """Newest first. Two queries, those of the conditions, and one where there are several currencies."""
        conditions = self.conditions.rows(workspace, self.window, now)
        source = Ledger(workspace)
        if self.funnel is not None and self.window is not None:
            return self._of_funnel(source, conditions, self.funnel, self.window, now)
        told = told_money(source, conditions.parts.events)
        found = MoneyOfDays(source, told, self.refunds_by)
        are_meant = told.inside(self.window, self.refunds_by) & told.are_of(source, conditions.part, conditions.asked)
        if self.members is not None:
            are_meant = are_meant & self.members.are_meant(source, told, now)
        if self.cohort is not None:
            are_meant = are_meant & self.cohort.are_meant(source, told, now)
        if self.buyers is not None and self.window is not None:
            question = Question(window=self.window, now=now, part=conditions.part)
            are_meant = are_meant & self.buyers.are_theirs(source, question, told.events.people)
        if self.test is not None:
            are_meant = are_meant & self.test.are_meant(source, told, conditions.part, now)
        return self._results(found, conditions, are_meant)

    def _of_funnel(
        self, source: Ledger, conditions: RowConditions, funnel: FunnelOrders, window: Window, now: datetime
    ) -> "OrderResults":
        question = funnel.question(conditions, window, now)
        step = funnel.step(source, question)
        of_step = with_events(conditions, step)
        told = told_money(source, of_step.parts.events)
        are_meant = funnel.are_meant(source, question, told, step)
        return self._results(MoneyOfDays(source, told, self.refunds_by), of_step, are_meant)

    def _results(self, found: MoneyOfDays, conditions: RowConditions, are_meant: NDArray[np.bool_]) -> "OrderResults":
        places = np.flatnonzero(are_meant & self._are_asked_for(found))
        return OrderResults(conditions, places[np.argsort(found.told.events.at[places], kind="stable")], found)

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


def _buyers(parameters: ListParameters, window: Window | None, *, is_alone: bool) -> RfmPeople | None:
    if window and window.is_whole_days and is_alone:
        return RfmPeople.read(parameters)
    parameters.refuse_without("from and to, whole days, and neither steps, cohort nor start", *RFM_PARAMETERS)
    return None


def _test(parameters: ListParameters, *, is_alone: bool) -> OrdersOfTest | None:
    if is_alone:
        return OrdersOfTest.read(parameters)
    parameters.refuse_without("neither steps, cohort nor start", *ORDERS_OF_TEST_PARAMETERS)
    return None


def _currency(parameters: ListParameters) -> str | None:
    text = parameters.text("currency")
    if text is None or text.upper() in currencies():
        return text and text.upper()
    parameters.refuse("currency", "the code of a currency, such as EUR")
    return None
