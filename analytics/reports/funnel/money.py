"""How much did those bring in who completed a funnel? What its last step comes to, where that says what it is worth."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Source
from analytics.ledger.money_columns import money_columns
from analytics.metrics import Numbers
from analytics.orders import MoneyEvents
from analytics.questions.groups import SEGMENT, Group, value_key
from analytics.questions.questions import FunnelQuestion
from analytics.questions.steps import EventStep
from analytics.reports.funnel.steps import by_split, people_by_own_value, people_by_value, steps_reached
from analytics.reports.reached import NEVER, StepsReached
from analytics.reports.revenue.exchange import converted_events
from analytics.reports.revenue.member_money import NO_NET_MONEY, NetMoney, net_money
from analytics.reports.revenue.told_money import ToldMoney, told_money
from analytics.reports.splits import in_group


def earning_step(source: Source, question: FunnelQuestion) -> EventStep | None:
    """The last step, under the question's conditions where it is the first as well; None where it says nothing of
    money."""
    last = (question.entry, *question.counted_steps[1:])[-1]
    is_of_money = isinstance(last, EventStep) and last.event_type in money_columns(source.workspace)
    return last if isinstance(last, EventStep) and is_of_money else None


def funnel_money(source: Source, question: FunnelQuestion) -> NetMoney | None:
    """What the people who completed the funnel brought in from then on, on its days, by events of its last step.

    None where that step says nothing of money. Source: the ledger's touches. Three queries, one more for rates.
    """
    step = earning_step(source, question)
    if step is None:
        return None
    found = _completed_money(source, by_split(question), step)
    [money] = found.by_group(np.zeros(len(found.events), np.int64), 1)
    return money


def funnel_money_of_groups(
    source: Source, question: FunnelQuestion, groups: Sequence[Group]
) -> tuple[NetMoney | None, ...]:
    """Of each of the groups of the question's split, which tell people apart, or of segments."""
    step, split = earning_step(source, question), question.split
    if step is None or split is None:
        return (None,) * len(groups)
    if split.segments:
        return tuple(
            funnel_money(source, in_group(question, group)) if group.by == SEGMENT else NO_NET_MONEY for group in groups
        )
    found = _completed_money(source, by_split(question), step)
    return tuple(found.by_group(found.places_in(groups), len(groups)))


def _completed_money(source: Source, question: FunnelQuestion, step: EventStep) -> "CompletedMoney":
    """Found once of a source: the funnel and its groups both ask for it."""
    return source.answer_once(("completed money", question, step), lambda: CompletedMoney.of(source, question, step))


@dataclass(frozen=True, eq=False)
class CompletedMoney:
    """Events of a funnel's last step by people who completed it, from then on; of people taken together by the
    question's `by`, where they are."""

    source: Source
    question: FunnelQuestion
    events: MoneyEvents
    people_places: NDArray[np.integer]
    values: Sequence[str | None]

    @classmethod
    def of(cls, source: Source, question: FunnelQuestion, step: EventStep) -> "CompletedMoney":
        reached, _, _ = steps_reached(source, question)
        told = told_money(source, step.where)
        events = told.events.only(_are_of_completed(told, question, step, reached, reached.at[-1]))
        if question.by is None:
            return cls(source, question, events, np.zeros(0, np.int64), ())
        by_value = people_by_own_value(source, question)
        return cls(source, question, events, by_value.places, by_value.values)

    def places_in(self, groups: Sequence[Group]) -> NDArray[np.int64]:
        """Of each event the place of its person's group."""
        of_value = {value_key(group.value): place for place, group in enumerate(groups) if group.value is not None}
        rest = next((place for place, group in enumerate(groups) if group.is_rest), 0)
        none = next((place for place, group in enumerate(groups) if group.has(None)), 0)

        def place_of(value: str | None) -> int:
            return none if value is None else of_value.get(value_key(value), rest)

        places = np.array([*map(place_of, self.values)], np.int64)
        found: NDArray[np.int64] = places[self.people_places[self.events.people]]
        return found

    def by_group(self, groups: NDArray[np.int64], count: int) -> list[NetMoney]:
        converted = converted_events(self.source, self.events)
        return net_money(self.events, converted, groups, count, self.source.workspace.currency)


def are_of_completed(
    source: Source, question: FunnelQuestion, told: ToldMoney, step: EventStep, group: Group | None
) -> NDArray[np.bool_]:
    """Which of all that is told of money, under the step's conditions, are of those who completed the funnel, and are
    in the group, where one is meant."""
    by = None if group is None else group.by
    reached, entry, _ = steps_reached(source, replace(question, by=by))
    completed = reached.at[-1]
    if group is not None:
        people = people_by_value(source, group.by, reached, entry).have(np.flatnonzero(completed != NEVER), group)
        completed = np.where(np.isin(np.arange(len(completed)), people), completed, NEVER)
    return _are_of_completed(told, question, step, reached, completed)


def _are_of_completed(
    told: ToldMoney, question: FunnelQuestion, step: EventStep, reached: StepsReached, completed: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """From the instant on at which they completed it until their window ends, without one until the days end."""
    are_of_type = np.array([name == step.event_type for name in told.types], np.bool_)[told.type_codes]
    size = max(len(completed), 1 + int(told.events.people.max(initial=-1)))
    since = _of_all(completed, size)[told.events.people]
    are_meant: NDArray[np.bool_] = told.are_meant & are_of_type & (told.events.at >= since)
    if question.rules.microseconds is None:
        return are_meant & told.inside(question.window)
    entered = _of_all(reached.entered, size)[told.events.people]
    return are_meant & (told.events.at - question.rules.microseconds <= entered)


def _of_all(instants: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """For so many people, NEVER for those beyond the end."""
    found = np.full(size, NEVER, np.int64)
    found[: len(instants)] = instants
    return found


def funnel_money_numbers(money: NetMoney | None) -> Numbers:
    """By the metrics of a funnel's money and of orders."""
    money = money or NO_NET_MONEY
    return Numbers(funnel_revenue=money.converted, orders=money.orders)
