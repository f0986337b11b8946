"""What orders amount to over time, as numbers of metrics in the workspace's currency."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Source
from analytics.ledger.money_columns import money_columns
from analytics.metrics import Numbers
from analytics.orders import Amounts, MoneyTotals
from analytics.periods import Window, microseconds
from analytics.questions.questions import Question
from analytics.reports.revenue.report import MoneyOfDays

_Time = TypeVar("_Time", bound=date)


@dataclass(frozen=True, eq=False)
class OrderNumbers:
    """Of the days of a question, and of the people whom it means on its last one."""

    money: MoneyOfDays
    question: Question

    @property
    def through(self) -> datetime | None:
        return self.money.told.through

    @property
    def is_there(self) -> bool:
        """Whether any event of a type that tells of money has an amount, whenever it was."""
        return bool(self.money.told.events.have_amount.any())

    @cached_property
    def _places(self) -> NDArray[np.intp]:
        return self.money.places(self.question)

    @property
    def _instants(self) -> NDArray[np.int64]:
        return self.money.told.instants(self.money.refunds_by)[self._places]

    def by_day(self) -> Mapping[date, Numbers]:
        """Of the days that have any."""
        window = self.question.window
        return dict(self._by_time(window.day_starts, window.day_list))

    def by_hour(self) -> Mapping[datetime, Numbers]:
        """Of the hours that have any, by their first instants."""
        window = self.question.window
        return dict(self._by_time(window.hour_starts, [hour.starts_at for hour in window.hours]))

    def totals(self, window: Window) -> MoneyTotals:
        """Of some of the days."""
        at = self._instants
        places = self._places[(at >= microseconds(window.starts_at)) & (at < microseconds(window.ends_at))]
        [totals] = self.money.totals(places, np.zeros(len(places), np.int64), 1)
        return totals

    def _by_time(self, starts: NDArray[np.int64], times: Sequence[_Time]) -> list[tuple[_Time, Numbers]]:
        groups = np.searchsorted(starts, self._instants, side="right") - 1
        numbers = map(numbers_of_orders, self.money.totals(self._places, groups, len(times)))
        return [(time, of_time) for time, of_time in zip(times, numbers, strict=True) if of_time]


def tells_money(source: Source) -> bool:
    """Whether there is any event of a type that tells of money. One query at most, once."""
    types = money_columns(source.workspace).keys()
    return bool(types) and source.answer_once(("tells money", *types), lambda: source.has_events(types))


def order_numbers(source: Source, question: Question) -> OrderNumbers:
    """Queries: those of `MoneyOfDays`."""
    return OrderNumbers(MoneyOfDays.of(source, question), question)


def numbers_of_orders(totals: MoneyTotals) -> Numbers:
    """By the metrics of OF_ORDERS, with what an average is of; zeros left out. Amounts are what is converted."""
    amounts = totals.converted or Amounts()
    numbers = {
        "orders": totals.orders,
        "revenue": amounts.net,
        "gross_revenue": amounts.gross,
        "refunds": amounts.refunds,
        "valued_orders": amounts.orders,
    }
    return Numbers({key: number for key, number in numbers.items() if number})
