"""Of people those who were active on the days of a list: at all, in so many periods, or in a state of a lifecycle."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Source
from analytics.lists.query import ListParameters, Query, query_of
from analytics.periods import OF_WHOLE_DAYS, Interval, Window
from analytics.questions.fields import Subject
from analytics.questions.questions import ACTIVITIES, EVENT_METRIC_PREFIX, REVENUE, CohortsQuestion
from analytics.questions.slices import Slice
from analytics.reports.cohorts import subject_of_activity
from analytics.reports.lifecycle import LifecycleState, people_in_state
from analytics.reports.stickiness import people_active

ACTIVE_METRICS = tuple(activity for activity in ACTIVITIES if activity != REVENUE)
METRIC_ALLOWED = f"{', '.join(ACTIVE_METRICS)} or {EVENT_METRIC_PREFIX}<event type>"
ACTIVE_PARAMETERS = ("activity", "activePeriods", "state")


@dataclass(frozen=True)
class ActivePeople:
    """By the metric. With `times` those in so many days, weeks or months; with a state those who are in it in the last
    of these in which days of the list lie."""

    metric: str
    unit: Interval = Interval.DAY
    times: int | None = None
    state: LifecycleState | None = None

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
        times = parameters.number("activePeriods")
        if state and times is not None:
            parameters.refuse("activePeriods", "one without state")
            times = None
        return cls(metric, Interval(unit or Interval.DAY), times, LifecycleState(state) if state else None)

    @property
    def query(self) -> Query:
        of_unit = None if self.times is None and self.state is None else self.unit
        return query_of(activity=self.metric, unit=of_unit, activePeriods=self.times, state=self.state)

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """What conditions can be about: people, and what makes them active."""
        return Subject.PEOPLE, subject_of_activity(self.metric)

    def people(self, source: Source, window: Window, part: Slice, now: datetime) -> NDArray[np.int32]:
        question = CohortsQuestion(window=window, now=now, part=part, metric=self.metric, interval=self.unit)
        if self.state is not None:
            return people_in_state(source, question, self.state)
        return people_active(source, question, self.times)
