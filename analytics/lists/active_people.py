"""Of people those who were active on the days of a list: at all, in so many periods, or in a state of a lifecycle."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Source
from analytics.lists.group_parameters import group_query, read_group
from analytics.lists.query import ListParameters, Query, query_of
from analytics.periods import OF_WHOLE_DAYS, Interval, Window
from analytics.questions.fields import Subject
from analytics.questions.groups import Group, breakdown_field
from analytics.questions.questions import ACTIVITIES, EVENT_METRIC_PREFIX, REVENUE, CohortsQuestion
from analytics.questions.slices import Slice
from analytics.reports.activity.lifecycle import LifecycleState, people_in_state
from analytics.reports.activity.stickiness import people_active
from analytics.reports.cohorts.report import subject_of_activity

ACTIVE_METRICS = tuple(activity for activity in ACTIVITIES if activity != REVENUE)
METRIC_ALLOWED = f"{', '.join(ACTIVE_METRICS)} or {EVENT_METRIC_PREFIX}<event type>"
ACTIVE_PARAMETERS = ("activity", "activePeriods", "activePeriodsFrom", "state")
ACTIVE_BY = "a field of people, such as contact.plan, or of what makes them active, such as utm.source"


@dataclass(frozen=True)
class ActivePeople:
    """By the metric. With `times` those in so many days, weeks or months, or in more; with a state those who are in it
    in the last of these in which days of the list lie; with a group those whose value is in it, or that of the first
    that they ever did."""

    metric: str
    unit: Interval = Interval.DAY
    times: int | None = None
    state: LifecycleState | None = None
    group: Group | None = None
    or_more: bool = False

    @classmethod
    def read(cls, parameters: ListParameters) -> "ActivePeople | None":
        metric = parameters.text("activity")
        if metric is None:
            parameters.refuse_without("activity", *ACTIVE_PARAMETERS[1:])
            return None
        if metric not in ACTIVE_METRICS and not metric.startswith(EVENT_METRIC_PREFIX):
            parameters.refuse("activity", METRIC_ALLOWED)
            return None
        unit, state = parameters.choice("unit", OF_WHOLE_DAYS), parameters.choice("state", [*LifecycleState])
        times, at_least = parameters.number("activePeriods"), parameters.number("activePeriodsFrom")
        if times is not None and at_least is not None:
            parameters.refuse("activePeriodsFrom", "one without activePeriods")
            at_least = None
        if state and (times, at_least) != (None, None):
            parameters.refuse("activePeriods" if at_least is None else "activePeriodsFrom", "one without state")
            times = at_least = None
        group = read_group(parameters, ACTIVE_BY, lambda key: breakdown_field(key, subject_of_activity(metric)))
        of_state = LifecycleState(state) if state else None
        number = times if at_least is None else at_least
        return cls(metric, Interval(unit or Interval.DAY), number, of_state, group, at_least is not None)

    @property
    def query(self) -> Query:
        of_unit = None if self.times is None and self.state is None else self.unit
        how_often = {"activePeriodsFrom" if self.or_more else "activePeriods": self.times}
        asked = query_of(activity=self.metric, unit=of_unit, **how_often, state=self.state)
        return {**asked, **group_query(self.group)}

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """What conditions can be about: people, and what makes them active."""
        return Subject.PEOPLE, subject_of_activity(self.metric)

    def people(self, source: Source, window: Window, part: Slice, now: datetime) -> NDArray[np.int32]:
        question = CohortsQuestion(window=window, now=now, part=part, metric=self.metric, interval=self.unit)
        if self.state is not None:
            return people_in_state(source, question, self.state, self.group)
        return people_active(source, question, self.times, self.group, or_more=self.or_more)
