"""What contacts bring in after their signup: their orders, and what these come to week by week."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Touches
from analytics.orders import MoneyEvents
from analytics.periods import Window
from analytics.questions.ranges import DAYS_PER_WEEK
from analytics.reports.revenue.member_money import NO_NET_MONEY, MoneySince, NetMoney

MoneyByWeek = Callable[[int], tuple[NetMoney, ...]]
"""By the day of signup, what its contacts brought in in each week that is watched."""


def orders_placed(events: MoneyEvents, observed: Window) -> Touches:
    """The orders: what tells of one again is none."""
    orders = events.only(events.are_orders)
    days = np.searchsorted(observed.day_starts, orders.at, side="right") - 1
    return Touches.of_people(orders.people, days.astype(np.int16), orders.at)


def money_by_week(money: MoneySince, signup_days: NDArray[np.int16], weeks: int, currency: str) -> MoneyByWeek:
    """In so many weeks after signup, given the day of each contact's."""
    watched = money.only((money.days >= 0) & (money.days < weeks * DAYS_PER_WEEK))
    cells = signup_days[watched.places].astype(np.int64) * weeks + watched.days // DAYS_PER_WEEK
    different, places = np.unique(cells, return_inverse=True)
    found = dict(zip(different.tolist(), watched.by_group(places, len(different), currency), strict=True))
    return lambda day: tuple(found.get(day * weeks + week, NO_NET_MONEY) for week in range(weeks))
