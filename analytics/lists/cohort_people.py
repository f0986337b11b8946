"""The lists behind the numbers of a cohort."""

from dataclasses import replace

from analytics.lists.cohort_cells import CohortCell
from analytics.lists.cohort_orders import CohortOrders
from analytics.lists.orders import OrderList
from analytics.lists.people import PeopleList
from analytics.periods import Window
from analytics.questions.groups import Group
from analytics.questions.retention import RetentionQuestion


def cell_list(
    question: RetentionQuestion,
    window: Window,
    period: int | None = None,
    *,
    are_back: bool = False,
    group: Group | None = None,
) -> PeopleList:
    """Who began on the days or, with a period, those for whom it has begun, or who came back in it."""
    cell = CohortCell.of(question, period, are_back=are_back)
    return PeopleList(window, choice=replace(cell, group=group))


def orders_of_cell(
    question: RetentionQuestion, window: Window, period: int, *, until: bool = False, group: Group | None = None
) -> OrderList:
    """What those who began on the days brought in in a period or, with `until`, up to it."""
    cell = CohortCell.of(question, period)
    return OrderList(cohort=CohortOrders(replace(cell, group=group), window, until=until))
