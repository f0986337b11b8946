"""Of orders, those that count in an A/B test: of its people, in their windows."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Source
from analytics.lists.query import ListParameters, Query, api_id, query_of
from analytics.models.ab_tests import LONGEST_TEST_WINDOW
from analytics.periods import Window
from analytics.questions.experiments import ExperimentQuestion
from analytics.questions.slices import Slice
from analytics.reports.experiments.report import orders_of_test
from analytics.reports.revenue.told_money import ToldMoney

ORDERS_OF_TEST_PARAMETERS = ("test", "goalDays")


@dataclass(frozen=True)
class OrdersOfTest:
    """What its mature people ordered, or were given back, in so many days after their assignment: the test's own, where
    none are said."""

    test_id: int
    days: int | None = None

    @classmethod
    def read(cls, parameters: ListParameters) -> "OrdersOfTest | None":
        test_id, days = parameters.id_of("test", "ab"), parameters.number("goalDays")
        if test_id is None:
            parameters.refuse_without("test", "goalDays")
            return None
        if days is not None and not 1 <= days <= LONGEST_TEST_WINDOW:
            parameters.refuse("goalDays", f"1 to {LONGEST_TEST_WINDOW} days")
            days = None
        return cls(test_id, days)

    @property
    def query(self) -> Query:
        return query_of(test=api_id("ab", self.test_id), goalDays=self.days)

    def are_meant(self, source: Source, told: ToldMoney, part: Slice, now: datetime) -> NDArray[np.bool_]:
        """Which of all that is told of money are theirs, of the people whom a part means. The queries of the test's
        people."""
        window = Window.last_days(1, zone=source.workspace.zone, now=now)
        question = ExperimentQuestion(window=window, now=now, part=part, test_id=self.test_id, window_days=self.days)
        return orders_of_test(source, question, told.events)
