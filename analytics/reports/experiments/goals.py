"""What people of a test did within its window, and what it came to: the values that variants are compared by."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Series, Source, Touches
from analytics.models import ABTest, ABTestGoal
from analytics.orders import MoneyEvents
from analytics.periods import Window, instant_of, local_day
from analytics.questions.filters import NO_CONDITION
from analytics.reports.experiments.members import Members, of_campaign
from analytics.reports.revenue.exchange import converted_events
from analytics.reports.revenue.told_money import told_money

BEFORE_DAYS = 30
"""What people did in so many days before their assignment says what was to be expected of them (CUPED)."""
_BEFORE = BEFORE_DAYS * 24 * 60 * 60 * 1_000_000


class Measure(StrEnum):
    """Whether people did something at all, how often, or what it was worth."""

    SHARE = "share"
    COUNT = "count"
    MONEY = "money"


@dataclass(frozen=True)
class Goal:
    """What a test is decided by, or what must not get worse: as ABTestGoal has it, or harm that messages do."""

    key: str
    event_type: str = ""
    measure: Measure = Measure.SHARE
    is_harm: bool = False

    @property
    def text(self) -> str:
        """As addresses have it: `event:signup`."""
        return f"{self.key}:{self.event_type}" if self.event_type else self.key


COUNT = "count"
"""How many events of a type each has, where `event` says whether there is one."""
_STATUS_OF = {
    "click": "human_clicked",
    "open": "human_opened",
    "unsubscribe": "unsubscribed",
    "complaint": "complained",
    "hardBounce": "hard_bounced",
    "delivered": "delivered",
}
PLAIN_GOALS = {
    "click": Goal("click"),
    "open": Goal("open"),
    "conversion": Goal("conversion"),
    "revenue": Goal("revenue", measure=Measure.MONEY),
}
GUARDRAILS = tuple(Goal(key, is_harm=True) for key in ("unsubscribe", "complaint", "hardBounce"))
DELIVERED = Goal("delivered")
_GOALS = {**PLAIN_GOALS, **{goal.key: goal for goal in (*GUARDRAILS, DELIVERED)}}


def read_goal(text: str) -> Goal | None:
    """None where there is no such goal; harm and delivery may be asked of people, too."""
    if found := _GOALS.get(text):
        return found
    key, _, event_type = text.partition(":")
    if key not in (ABTestGoal.EVENT.value, COUNT) or not event_type:
        return None
    return Goal(key, event_type, Measure.COUNT if key == COUNT else Measure.SHARE)


def goal_of(test: ABTest) -> Goal:
    """The one that the test was made for."""
    return PLAIN_GOALS.get(test.goal) or Goal(test.goal, test.goal_event)


@dataclass(frozen=True, eq=False)
class Values:
    """For each member what they did or brought in, within the window after their assignment; `before` the same in the
    days before it, where that is asked for.

    Money is in minor units of the workspace's currency; `unconverted` says of how many amounts of mature members no
    rate says what they are worth, which count as nothing.
    """

    values: NDArray[np.float64]
    before: NDArray[np.float64] | None = None
    unconverted: int = 0
    through: datetime | None = None


def values_of(source: Source, members: Members, goals: Sequence[Goal], now: datetime) -> dict[Goal, Values]:
    """Source: the ledger's touches. One query for all that is no money, and those of what is told of money."""
    if not len(members):
        return {goal: Values(np.zeros(0), np.zeros(0)) for goal in goals}
    series_of = {goal: _series(source, members.test, goal) for goal in goals if goal.measure is not Measure.MONEY}
    asked = [*dict.fromkeys(each for series in series_of.values() for each in series)]
    touches, through = source.touches(asked, window=_days(source, members, now)) if asked else ({}, None)
    return {
        goal: _money(source, members)
        if goal.measure is Measure.MONEY
        else _values(goal, members, [touches[each] for each in series_of[goal]], through)
        for goal in goals
    }


def _series(source: Source, test: ABTest, goal: Goal) -> tuple[Series, ...]:
    if status := _STATUS_OF.get(goal.key):
        return (Series.of_status(status, NO_CONDITION if test.campaign_id is None else of_campaign(test.campaign_id)),)
    types = [goal.event_type] if goal.event_type else dict.fromkeys(source.workspace.conversion_types)
    return tuple(map(Series.of_type, types))


def _days(source: Source, members: Members, now: datetime) -> Window:
    """Those on which anything that counts can have happened."""
    zone = source.workspace.zone
    first = instant_of(int(members.at[0])) - timedelta(days=BEFORE_DAYS)
    last = min(now, instant_of(int(members.at[-1])) + timedelta(days=members.window_days))
    return Window.between(local_day(first, zone), local_day(last, zone), zone=zone)


@dataclass(frozen=True, eq=False)
class _Acts:
    """What members did: the place of each one's member, and how long after their assignment it was."""

    places: NDArray[np.int64]
    since: NDArray[np.int64]

    @classmethod
    def of(cls, members: Members, people: NDArray[np.int32], at: NDArray[np.int64]) -> "tuple[_Acts, NDArray[np.intp]]":
        """Those of all acts that are of members, and where they stand among all."""
        place_of = members.place_of
        theirs = np.flatnonzero(people < len(place_of))
        theirs = theirs[place_of[people[theirs]] >= 0]
        places = place_of[people[theirs]]
        return cls(places, at[theirs] - members.at[places]), theirs

    def sums(self, members: Members, weights: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
        """By member, of what lies within the window, both ends included."""
        return self._sums(members, self.are_within(members), weights)

    def are_within(self, members: Members) -> NDArray[np.bool_]:
        """The window after their assignment, both ends included."""
        return (self.since >= 0) & (self.since <= members.window)

    def sums_before(self, members: Members, weights: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
        return self._sums(members, (self.since < 0) & (self.since >= -_BEFORE), weights)

    def _sums(
        self, members: Members, meant: NDArray[np.bool_], weights: NDArray[np.float64] | None
    ) -> NDArray[np.float64]:
        chosen = None if weights is None else weights[meant]
        return np.bincount(self.places[meant], chosen, minlength=len(members)).astype(np.float64)


def _values(goal: Goal, members: Members, parts: Sequence[Touches], through: datetime | None) -> Values:
    acts = [_Acts.of(members, touches.people, touches.at)[0] for touches in parts]
    counts: NDArray[np.float64] = sum((each.sums(members) for each in acts), np.zeros(len(members)))
    if goal.measure is Measure.SHARE:
        return Values((counts > 0).astype(np.float64), through=through)
    before = sum((each.sums_before(members) for each in acts), np.zeros(len(members)))
    return Values(counts, before, through=through)


def are_of_mature(members: Members, events: MoneyEvents) -> NDArray[np.bool_]:
    """Which events are those of mature members, within their windows."""
    acts, theirs = _Acts.of(members, events.people, events.at)
    found = np.zeros(len(events), np.bool_)
    found[theirs[acts.are_within(members) & (acts.places < members.mature)]] = True
    return found


def _money(source: Source, members: Members) -> Values:
    """Net: what was sold less what was given back, each by its own instant."""
    told, currency = told_money(source), source.workspace.currency
    events = converted_events(source, told.events)
    counted = np.flatnonzero(events.are_counted_amounts)
    acts, theirs = _Acts.of(members, events.people[counted], events.at[counted])
    places = counted[theirs]
    own = np.array([name == currency for name in events.currencies], np.bool_)[events.currency_codes[places]]
    units = np.where(own, events.units[places], 0).astype(np.float64)
    return Values(
        acts.sums(members, units),
        acts.sums_before(members, units),
        int(acts.sums(members, (~own).astype(np.float64))[: members.mature].sum()),
        told.through,
    )
