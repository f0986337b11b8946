"""Of orders, those that people who completed a funnel told of by its last step, from then on."""

from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Ledger
from analytics.lists.conditions import RowConditions
from analytics.lists.group_parameters import group_query, read_group
from analytics.lists.people import GROUPED_BY, read_funnel_rules, read_funnel_steps
from analytics.lists.query import ListParameters, Query
from analytics.lists.steps import FUNNEL_STEP, rules_query, steps_query
from analytics.periods import Window
from analytics.questions.funnel_rules import PLAIN, RULE_PARAMETERS, FunnelRules
from analytics.questions.groups import Group, breakdown_field
from analytics.questions.questions import FunnelQuestion
from analytics.questions.steps import EventStep, Step
from analytics.reports.funnel.money import are_of_completed, earning_step
from analytics.reports.revenue.told_money import ToldMoney

WAYS_OF_FUNNELS = ("steps", FUNNEL_STEP)
FUNNEL_PARAMETERS = (*WAYS_OF_FUNNELS, *RULE_PARAMETERS)


@dataclass(frozen=True)
class FunnelOrders:
    """`steps` are those of the funnel, saying themselves whose opens and clicks count; with `group`, of those in it."""

    steps: tuple[Step, ...]
    group: Group | None = None
    rules: FunnelRules = PLAIN

    @classmethod
    def read(cls, parameters: ListParameters) -> "FunnelOrders | None":
        steps = read_funnel_steps(parameters)
        if not steps:
            return None
        facts = steps[0].subject
        group = read_group(parameters, GROUPED_BY[facts], lambda key: breakdown_field(key, facts))
        return cls(steps, group, read_funnel_rules(parameters, steps))

    @property
    def query(self) -> Query:
        return {**steps_query(self.steps), **rules_query(self.rules), **group_query(self.group)}

    def question(self, conditions: RowConditions, window: Window, now: datetime) -> FunnelQuestion:
        return FunnelQuestion(window=window, now=now, steps=self.steps, part=conditions.part, rules=self.rules)

    def step(self, source: Ledger, question: FunnelQuestion) -> EventStep | None:
        return earning_step(source, question)

    def are_meant(
        self, source: Ledger, question: FunnelQuestion, told: ToldMoney, step: EventStep | None
    ) -> NDArray[np.bool_]:
        """Which of all that is told of money, under the step's conditions; none where the step says nothing of it."""
        if step is None:
            return np.zeros(len(told.events), np.bool_)
        return are_of_completed(source, question, told, step, self.group)


def with_events(conditions: RowConditions, step: EventStep | None) -> RowConditions:
    """The conditions, on events those of the step in place of those on what the funnel is entered by."""
    return conditions if step is None else replace(conditions, parts=replace(conditions.parts, events=step.where))
