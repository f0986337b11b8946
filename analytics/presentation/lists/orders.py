"""Orders and refunds below each other, and what they amount to."""

from collections.abc import Sequence

from analytics.lists import OrderKind, OrderList, OrderRow
from analytics.lists.cohort_orders import CohortOrders
from analytics.lists.funnel_orders import FunnelOrders
from analytics.lists.member_orders import MemberOrders
from analytics.lists.order_events import OrderRemark
from analytics.lists.orders_of_test import OrdersOfTest
from analytics.money import Amount
from analytics.orders import MoneyTotals
from analytics.presentation.audience import Audience
from analytics.presentation.conditions import NO_NAMES, ConditionNames
from analytics.presentation.formats import amount_text, count_of, days, with_capital
from analytics.presentation.funnel.rules import rules_phrases
from analytics.presentation.lists.events import who_cell
from analytics.presentation.lists.people import (
    ADDRESS_COLUMNS,
    BEGINNINGS,
    CLOCKS,
    address_cells,
    group_text,
    start_label,
)
from analytics.presentation.steps import steps_sentence
from analytics.presentation.tables import Cell, Column, Kind, Row, Table
from analytics.questions.ltv import LONGEST_HORIZON
from analytics.questions.retention import ReturnMode

REMARKS = {
    OrderRemark.DUPLICATE: "counted before",
    OrderRemark.WITHOUT_AMOUNT: "no amount",
    OrderRemark.CURRENCY_ASSUMED: "currency assumed",
    OrderRemark.ROUNDED: "rounded",
    OrderRemark.NEGATIVE_SALE: "negative sale",
    OrderRemark.UNCONVERTED: "no exchange rate",
}
KIND_LABELS = {OrderKind.SALE: "Sale", OrderKind.REFUND: "Refund", OrderKind.DUPLICATE: "Duplicate"}


def orders_table(orders: OrderList, rows: Sequence[OrderRow], audience: Audience) -> Table:
    columns = (
        Column("at", "Occurred", Kind.INSTANT),
        Column("kind", "Kind"),
        Column("order", "Order"),
        Column("who", "Who"),
        *ADDRESS_COLUMNS,
        Column("amount", "Amount", Kind.MONEY),
        Column("currency", "Currency", of_files=True),
        Column("converted", "Converted", Kind.MONEY),
        Column("event", "Event"),
        Column("id", "ID", of_files=True),
        Column("remark", "Remark"),
    )
    return Table(orders.name, "Orders", columns, [_row(row, audience) for row in rows], is_list=True)


def _row(row: OrderRow, audience: Audience) -> Row:
    order, event = row.order, row.order.event
    return Row(
        {
            "at": Cell(audience.local(event.occurred_at)),
            "kind": Cell(KIND_LABELS[order.kind]),
            "order": Cell(audience.text(order.money.order)),
            "who": who_cell(row.row, audience),
            **address_cells(row.row.contact, audience),
            "amount": Cell(order.amount),
            "currency": Cell(order.money.currency if order.amount else ""),
            "converted": Cell(order.converted),
            "event": Cell(event.type),
            "id": Cell(audience.text(event.message_id)),
            "remark": Cell(", ".join(REMARKS[remark] for remark in order.remarks)),
        }
    )


def sums_texts(sums: MoneyTotals, currency: str) -> list[str]:
    """What orders amount to: net, and what it is of, in the workspace's currency; what of it is in others, and of how
    much no rate says what it is worth."""
    if sums.converted is None and not sums.unconverted:
        return []
    converted = sums.converted
    texts = []
    if converted is not None:
        texts.append(f"Net {amount_text(Amount(currency, converted.net))}")
    if converted is not None and converted.gross and converted.refunds:
        gross, refunds = Amount(currency, converted.gross), Amount(currency, converted.refunds)
        texts.append(f"{amount_text(gross)} sold, {amount_text(refunds)} refunded")
    others = sorted(name for name in sums.by_currency if name != currency)
    for name in others:
        way = "besides" if name in sums.unconverted else "among them"
        texts.append(f"{amount_text(Amount(name, sums.by_currency[name].net))} {way}")
    return [*texts, *unconverted_texts(sums)]


def unconverted_texts(sums: MoneyTotals) -> list[str]:
    """14 amounts in USD have no exchange rate"""
    return [
        f"{count_of(number, 'amount', 'amounts')} in {name} {'has' if number == 1 else 'have'} no exchange rate"
        for name, number in sums.unconverted.items()
    ]


def member_labels(members: MemberOrders) -> list[str]:
    """Since when those whose orders are meant are there, and which weeks since."""
    first, last = members.from_week, members.to_week
    labels = [f"{BEGINNINGS[members.start]} {days(members.began.first_day, members.began.last_day)}"]
    if members.group:
        labels.append(group_text(members.group))
    if last == LONGEST_HORIZON:
        return labels if first is None else [*labels, f"From week {first} on"]
    if first is None:
        return [*labels, f"Up to week {last}"]
    return [*labels, f"Week {last}" if first == last else f"Weeks {first} to {last}"]


def cohort_order_labels(cohort: CohortOrders, names: ConditionNames = NO_NAMES) -> list[str]:
    """What people began with and when, and in which periods since they ordered."""
    cell, began = cohort.cell, days(cohort.began.first_day, cohort.began.last_day)
    labels = [f"{start_label(cell.start, names)} {began}", *([group_text(cell.group, names)] if cell.group else [])]
    later = " or later" if cell.mode is ReturnMode.ON_OR_AFTER else ""
    until = "Up to " if cohort.until else ""
    return [*labels, with_capital(f"{until}{cell.unit} {cell.period}{later}"), CLOCKS[cell.clock]]


def labels_of_test(of_test: OrdersOfTest) -> list[str]:
    """Within how many days those of a test are, where these are others than its own."""
    within = f", within {count_of(of_test.days, 'day', 'days')}" if of_test.days else ""
    return [f"Counted in the test{within}"]


def funnel_labels(funnel: FunnelOrders, names: ConditionNames = NO_NAMES) -> list[str]:
    """Of which funnel those are who told of the orders by its last step."""
    group = [group_text(funnel.group, names)] if funnel.group else []
    return [f"Completed {steps_sentence(funnel.steps, names)}", *rules_phrases(funnel.rules, names), *group]
