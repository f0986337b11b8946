"""Are there more people, or others? Who is new in a period, who goes on, who comes back, and who has stopped."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Source
from analytics.periods import Bucket, Interval
from analytics.questions.fields import Field
from analytics.questions.groups import Group
from analytics.questions.questions import CohortsQuestion
from analytics.reports.activity.periods import PeriodActivity, PersonBits, count_of_bits, whole_periods
from analytics.reports.meta import Meta, meta


class LifecycleState(StrEnum):
    """Active for the first time ever, again after the period before, again after a pause; or active in the period
    before, and not in this one."""

    NEW = "new"
    RETURNING = "returning"
    RESURRECTING = "resurrecting"
    DORMANT = "dormant"


@dataclass(frozen=True)
class LifecyclePeriod:
    """How many people are in each state; complete once it is over."""

    bucket: Bucket
    new: int
    returning: int
    resurrecting: int
    dormant: int
    is_complete: bool

    @property
    def active(self) -> int:
        return self.new + self.returning + self.resurrecting

    def count(self, state: LifecycleState) -> int:
        number: int = getattr(self, state.value)
        return number


@dataclass(frozen=True)
class LifecycleReport:
    days: int
    metric: str
    interval: Interval
    periods: tuple[LifecyclePeriod, ...]
    meta: Meta


def lifecycle(source: Source, question: CohortsQuestion) -> LifecycleReport:
    """A row for each day, week or month in which days of the question lie, each whole, oldest first.

    Active is who did what the question's metric says. First ever is of all days, not of the question's alone. Source:
    the ledger's touches, in one query.
    """
    return lifecycle_of(source, question, periods_of_lifecycle(source, question))


def lifecycle_of(source: Source, question: CohortsQuestion, activity: PeriodActivity) -> LifecycleReport:
    """Of the activity of some people, in the question's periods and the one before these."""
    return LifecycleReport(
        days=question.window.days,
        metric=question.metric,
        interval=question.interval,
        periods=tuple(_period(activity, place, question) for place in range(1, len(activity.periods))),
        meta=meta(source, question, through=activity.through),
    )


def periods_of_lifecycle(source: Source, question: CohortsQuestion, by: Field | None = None) -> PeriodActivity:
    """Of the question's periods and the one before these; with everybody's value of a field."""
    periods = whole_periods(question.window, question.interval, before=1)
    return PeriodActivity.of(source, question, periods, since_ever=True, by=by)


def _period(activity: PeriodActivity, place: int, question: CohortsQuestion) -> LifecyclePeriod:
    bucket = activity.periods[place]
    counts = {state.value: int(count_of_bits(_in_state(activity, place, state))) for state in LifecycleState}
    return LifecyclePeriod(bucket, **counts, is_complete=bucket.last_day < question.today)


def _in_state(activity: PeriodActivity, place: int, state: LifecycleState) -> PersonBits:
    active, before = activity.active[place], activity.active[place - 1]
    new = activity.began_in(place)
    of_state: dict[LifecycleState, PersonBits] = {
        LifecycleState.NEW: new,
        LifecycleState.RETURNING: active & before,
        LifecycleState.RESURRECTING: active & ~before & ~new,
        LifecycleState.DORMANT: before & ~active,
    }
    return of_state[state]


def people_in_state(
    source: Source, question: CohortsQuestion, state: LifecycleState, group: Group | None = None
) -> NDArray[np.int32]:
    """The numbers, ascending, of those in a state in the last period of the question's days; of a group, where one is
    meant."""
    activity = periods_of_lifecycle(source, question, group.by if group else None).of_group(group)
    return activity.people(_in_state(activity, len(activity.periods) - 1, state))
