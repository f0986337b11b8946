"""Revenue broken down: by the values of a field of events or of people, or by segments side by side."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import PeopleValues, values_of_columns
from analytics.orders import MoneyTotals
from analytics.questions.fields import Field, Subject
from analytics.questions.groups import Breakdown, Group
from analytics.questions.questions import Question
from analytics.questions.values import text_of
from analytics.reports.answers import Answer
from analytics.reports.revenue.report import MoneyOfDays
from analytics.reports.splits import Grouping, group_label, in_group, key_of_value, value_names

_ORDERS_AT_MOST = 2**40


@dataclass(frozen=True)
class RevenueGroup:
    """What a group that has so many `values` of the field amounts to; `name` is what its value is called, None for no
    value."""

    group: Group
    name: str | None
    values: int
    answer: Answer[MoneyTotals]


def revenue_groups(money: MoneyOfDays, question: Question) -> tuple[RevenueGroup, ...]:
    """The groups of the question's split, those with the largest net first, then the rest, and last what has no value.
    None where it has no split.

    One query for a field of people, for segments those of their people.
    """
    split = question.split
    if split is None:
        return ()
    if split.segments:
        return tuple(_of_segments(money, question, split))
    values = OrderValues.of(money, split.field)
    places = [money.places(each) for each in (question, *(question.compared_questions or ()))]
    grouping = values.grouping(money, places, split)
    groups = grouping.places(values.texts)[values.places]
    totals = [money.totals(of_days, groups[of_days], len(grouping.groups)) for of_days in places]
    return tuple(
        RevenueGroup(group, group_label(group, {}), number, Answer(*of_group))
        for (group, number), *of_group in zip(grouping.groups, *totals, strict=True)
    )


def _of_segments(money: MoneyOfDays, question: Question, split: Breakdown) -> Iterator[RevenueGroup]:
    names = value_names(money.source.workspace, split, split.segment_ids)
    for group in split.segment_groups:
        asked = in_group(question, group)
        totals = map(money.total, (asked, *(asked.compared_questions or ())))
        yield RevenueGroup(group, group_label(group, names), 1, Answer(*totals))


@dataclass(frozen=True, eq=False)
class OrderValues:
    """The different values of a field, and the place of that of each event that says something of money."""

    texts: Sequence[str | None]
    places: NDArray[np.int64]

    @classmethod
    def of(cls, money: MoneyOfDays, field: Field) -> "OrderValues":
        """One query for a field of people."""
        if field.subject is Subject.PEOPLE:
            people = PeopleValues.of(money.source.workspace, field)
            return cls(people.values, people.at(money.told.events.people))
        columns = [column.as_values for column in money.told.values]
        values, places = values_of_columns(columns, text_of)
        return cls(values, np.concatenate([np.empty(0, np.int64), *places]))

    def grouping(self, money: MoneyOfDays, places: Sequence[NDArray[np.intp]], split: Breakdown) -> Grouping:
        """Of the values that are there on any of the days; those come first that are worth most on the first ones."""
        there = np.flatnonzero(np.bincount(self.places[np.concatenate(places)])).tolist()
        values = {key_of_value(text): text for text in (self.texts[place] for place in there)}
        return Grouping.of(split, values, self._ranks(money, places[0]), {})

    def _ranks(self, money: MoneyOfDays, places: NDArray[np.intp]) -> Mapping[str, int]:
        """By net in the workspace's currency, and of equal ones by orders."""
        nets, orders = money.nets(places, self.places[places], len(self.texts))
        ranks = (net * _ORDERS_AT_MOST + n for net, n in zip(nets.tolist(), orders.tolist(), strict=True))
        return dict(zip(map(key_of_value, self.texts), ranks, strict=True))
