"""Of orders, those of people who began with something on some days, in a period since."""

from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Source
from analytics.lists.cohort_cells import CELL_PARAMETERS, CohortCell
from analytics.lists.member_orders import BEGAN
from analytics.lists.query import ListParameters, Query, days_query
from analytics.periods import Window
from analytics.questions.questions import REVENUE
from analytics.questions.retention import MOST_PERIODS
from analytics.questions.slices import EVERYTHING
from analytics.reports.retention.groups import orders_since
from analytics.reports.revenue.told_money import ToldMoney

UNTIL_PERIOD = "untilPeriod"
PERIOD_ORDERS_PARAMETERS = (*CELL_PARAMETERS, UNTIL_PERIOD)


@dataclass(frozen=True)
class CohortOrders:
    """Of those who began on the days and are in the cell's group, where one is meant: in the cell's period or, with
    `until`, from the first one up to it. Whatever the cell's mode lets count later is in its last period."""

    cell: CohortCell
    began: Window
    until: bool = False

    @classmethod
    def read(cls, parameters: ListParameters) -> "CohortOrders | None":
        cell, began = CohortCell.read(parameters), parameters.window(*BEGAN)
        last = parameters.number(UNTIL_PERIOD)
        if cell is None:
            parameters.refuse_without("start", "unit", UNTIL_PERIOD)
            return None
        if parameters.value("cohort"):
            parameters.refuse("cohort", "nothing beside start")
        if began is None:
            parameters.refuse("start", "one together with beganFrom and beganTo")
            return None
        return cls.of_period(cell, began, last, parameters)

    @classmethod
    def of_period(
        cls, cell: CohortCell, began: Window, last: int | None, parameters: ListParameters
    ) -> "CohortOrders | None":
        """In the cell's period or, where it has none, until the `last`. One of them has to be there."""
        if (cell.period is None) == (last is None) or (last or 0) >= MOST_PERIODS:
            parameters.refuse(UNTIL_PERIOD, f"a number below {MOST_PERIODS}, or inPeriod instead")
            return None
        return cls(cell if last is None else replace(cell, period=last), began, until=last is not None)

    @property
    def query(self) -> Query:
        of_cell = replace(self.cell, metric=None).query
        if self.until:
            of_cell[UNTIL_PERIOD] = of_cell.pop("inPeriod")
        return {**of_cell, **days_query(self.began, *BEGAN)}

    def are_meant(self, source: Source, told: ToldMoney, now: datetime) -> NDArray[np.bool_]:
        """Which of all that is told of money are theirs. The queries of the report on them."""
        question = replace(self.cell, metric=REVENUE).question(self.began, EVERYTHING, now)
        return orders_since(source, question, self.cell.group, told.events, until=self.until)
