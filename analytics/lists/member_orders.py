"""Of orders, those of people who began a cohort on some days, in some weeks since."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Source
from analytics.lists.group_parameters import group_query, read_group
from analytics.lists.people import COHORTS_BY
from analytics.lists.query import ListParameters, Query, days_query, query_of
from analytics.periods import Window
from analytics.questions.groups import Group
from analytics.questions.ltv import LONGEST_HORIZON, LtvQuestion, LtvStart
from analytics.reports.revenue.ltv import weeks_since
from analytics.reports.revenue.told_money import ToldMoney

BEGAN = ("beganFrom", "beganTo")
"""The parameters with the days on which people began."""
MEMBER_PARAMETERS = ("cohort", *BEGAN, "breakdown", "group", "notGroup", "fromWeek", "toWeek")


@dataclass(frozen=True)
class MemberOrders:
    """Of those who began on the days, and are in the group, where one is meant: from one week since then, without one
    from ever, up to another."""

    start: LtvStart
    began: Window
    group: Group | None = None
    from_week: int | None = None
    to_week: int = LONGEST_HORIZON

    @classmethod
    def read(cls, parameters: ListParameters) -> "MemberOrders | None":
        start = parameters.choice("cohort", list(LtvStart))
        began = parameters.window(*BEGAN)
        if start is None or began is None:
            parameters.refuse_without("cohort, beganFrom and beganTo", *MEMBER_PARAMETERS)
            return None
        first, last = parameters.number("fromWeek"), parameters.number("toWeek")
        group = read_group(parameters, *COHORTS_BY)
        return cls(LtvStart(start), began, group, first, LONGEST_HORIZON if last is None else last)

    @property
    def query(self) -> Query:
        last = None if self.to_week == LONGEST_HORIZON else self.to_week
        weeks = query_of(fromWeek=self.from_week, toWeek=last)
        return {**query_of(cohort=self.start), **days_query(self.began, *BEGAN), **group_query(self.group), **weeks}

    def are_meant(self, source: Source, told: ToldMoney, now: datetime) -> NDArray[np.bool_]:
        """Which of all that is told of money are theirs, of these weeks. The queries of a report on their value."""
        question = LtvQuestion(window=self.began, now=now, start=self.start)
        weeks: NDArray[Any] = weeks_since(source, question, self.group, told.events)
        are_meant: NDArray[np.bool_] = weeks <= self.to_week
        return are_meant if self.from_week is None else are_meant & (weeks >= self.from_week)
