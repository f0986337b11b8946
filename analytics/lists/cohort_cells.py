"""Of people who began with something on the days of a list, all, or those who came back in a period since."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Source
from analytics.lists.group_parameters import group_query, read_group
from analytics.lists.query import ListParameters, Query, query_of
from analytics.periods import OF_WHOLE_DAYS, Interval, Window
from analytics.questions.condition_values import ConditionError, ConditionValues
from analytics.questions.fields import Subject
from analytics.questions.groups import Group, breakdown_field
from analytics.questions.questions import ACTIVITIES, EVENT_METRIC_PREFIX
from analytics.questions.retention import (
    MOST_PERIODS,
    STARTS_ALLOWED,
    CohortClock,
    CohortStart,
    RetentionQuestion,
    ReturnMode,
    read_start,
)
from analytics.questions.slices import Slice
from analytics.questions.step_texts import StepReader
from analytics.reports.cohorts.report import subject_of_activity
from analytics.reports.retention.groups import cohort_people

CELL_PARAMETERS = ("start", "unit", "clock", "mode", "inPeriod")
STARTED_BY = "a field of people or of what they began with, such as contact.plan or utm.source"


@dataclass(frozen=True)
class CohortCell:
    """With a period, counted from 0, those for whom it has begun and, with a metric, who came back in it by that."""

    start: CohortStart
    unit: Interval = Interval.WEEK
    clock: CohortClock = CohortClock.DAYS
    mode: ReturnMode = ReturnMode.ON
    period: int | None = None
    metric: str | None = None
    group: Group | None = None

    @classmethod
    def of(cls, question: RetentionQuestion, period: int | None = None, *, are_back: bool = False) -> "CohortCell":
        if period is None:
            return cls(question.start)
        metric = question.metric if are_back else None
        return cls(question.start, question.unit, question.clock, question.mode, period, metric)

    @classmethod
    def read(cls, parameters: ListParameters) -> "CohortCell | None":
        start = _read_start(parameters)
        if start is None:
            parameters.refuse_without("start", *CELL_PARAMETERS[2:])
            return None
        unit, clock, mode = (
            parameters.choice(name, [*allowed])
            for name, allowed in (("unit", OF_WHOLE_DAYS), ("clock", CohortClock), ("mode", ReturnMode))
        )
        period = parameters.number("inPeriod")
        if period is not None and period >= MOST_PERIODS:
            parameters.refuse("inPeriod", f"a number below {MOST_PERIODS}")
            period = None
        group = read_group(parameters, STARTED_BY, lambda key: breakdown_field(key, _subject(start)))
        return cls(
            start,
            Interval(unit or Interval.WEEK),
            CohortClock(clock or CohortClock.DAYS),
            ReturnMode(mode or ReturnMode.ON),
            period,
            None if period is None else _read_metric(parameters),
            group,
        )

    @property
    def query(self) -> Query:
        began = {**query_of(start=self.start.text), **group_query(self.group)}
        if self.period is None:
            return began
        of_period = query_of(unit=self.unit, clock=self.clock, mode=self.mode, inPeriod=self.period, metric=self.metric)
        return {**began, **of_period}

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """What conditions can be about: people, and what makes them come back."""
        return (Subject.PEOPLE,) if self.metric is None else (Subject.PEOPLE, subject_of_activity(self.metric))

    def question(self, window: Window, part: Slice, now: datetime) -> RetentionQuestion:
        """About those who began on the days, whose last period is the cell's."""
        return RetentionQuestion(
            window=window,
            now=now,
            part=part,
            metric=self.metric or ACTIVITIES[0],
            unit=self.unit,
            start=self.start,
            mode=self.mode,
            clock=self.clock,
            horizon=1 + (self.period or 0),
        )

    def people(self, source: Source, window: Window, part: Slice, now: datetime) -> NDArray[np.int32]:
        question = self.question(window, part, now)
        return cohort_people(source, question, self.period, self.group, are_back=self.metric is not None)


def _subject(start: CohortStart) -> Subject:
    return start.act.subject if start.act else Subject.PEOPLE


def _read_start(parameters: ListParameters) -> CohortStart | None:
    text = parameters.text("start")
    if text is None:
        return None
    try:
        start = read_start(text, StepReader(ConditionValues(parameters.zone, parameters.sees_addresses)))
    except ConditionError as error:
        parameters.refuse("start", str(error))
        return None
    if start is None:
        parameters.refuse("start", STARTS_ALLOWED)
    return start


def _read_metric(parameters: ListParameters) -> str | None:
    metric = parameters.text("metric")
    if metric is None or metric in ACTIVITIES or metric.startswith(EVENT_METRIC_PREFIX):
        return metric
    parameters.refuse("metric", f"{', '.join(ACTIVITIES)} or {EVENT_METRIC_PREFIX}<event type>")
    return None
