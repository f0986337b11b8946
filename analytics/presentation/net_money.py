"""Net money in words: amounts by currency, and what should be known of them."""

from collections.abc import Mapping
from dataclasses import replace

from analytics.lists import OrderList
from analytics.lists.member_orders import MemberOrders
from analytics.money import Amount
from analytics.presentation.formats import amount_text
from analytics.presentation.money import ASSUMED, NOT_STATED, WITHOUT_RATE, MoneyGap
from analytics.reports.revenue.member_money import NetMoney


def amounts_text(by_currency: Mapping[str, int]) -> str:
    """30.10 EUR, 1,200 JPY; nothing of those that come to nothing."""
    return ", ".join(amount_text(Amount(currency, units)) for currency, units in sorted(by_currency.items()) if units)


def net_money_gaps(money: NetMoney, members: MemberOrders, currency: str) -> tuple[MoneyGap, ...]:
    """Of amounts of some people that are shown in the currency: what is left out of them, and what is assumed."""
    return gaps_of_orders(money, OrderList(members=members), currency)


def gaps_of_orders(money: NetMoney, orders: OrderList, currency: str) -> tuple[MoneyGap, ...]:
    """The same of what some orders come to."""
    gaps = (
        *(
            MoneyGap(number, WITHOUT_RATE.format(other), replace(orders, currency=other, unconverted=True))
            for other, number in sorted(money.unconverted.items())
        ),
        MoneyGap(money.without_amount, NOT_STATED, replace(orders, without_amount=True)),
        MoneyGap(money.assumed_currency, ASSUMED.format(currency), replace(orders, currency_assumed=True)),
    )
    return tuple(gap for gap in gaps if gap.events)
