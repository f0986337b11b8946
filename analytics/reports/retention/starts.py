"""Who began a cohort, and when."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Series, Source, Touches, distinct_values
from analytics.periods import Bucket, Window
from analytics.questions.fields import Field, Subject
from analytics.questions.retention import CohortStart, RetentionQuestion
from analytics.questions.steps import EventStep


@dataclass(frozen=True, eq=False)
class Starts:
    """Parallel arrays: a person began on a day of the window, 0 the first, at an instant, in the cohort at a place.

    `value_places` are those of their values of a field among `values`, where they are asked for by one of what they
    began with.
    """

    people: NDArray[np.int32]
    days: NDArray[np.int64]
    at: NDArray[np.int64]
    cohorts: NDArray[np.int64]
    values: Sequence[str | None] = (None,)
    value_places: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.people)

    def only(self, places: NDArray[np.bool_] | NDArray[np.intp]) -> "Starts":
        of_values = None if self.value_places is None else self.value_places[places]
        return replace(
            self,
            people=self.people[places],
            days=self.days[places],
            at=self.at[places],
            cohorts=self.cohorts[places],
            value_places=of_values,
        )


def start_series(start: CohortStart, by: Field | None = None) -> Series:
    """With its values of a field of what it is of."""
    if start.act is None:
        return Series.SIGNUPS
    by = None if by is None or by.subject is Subject.PEOPLE else by
    if isinstance(start.act, EventStep):
        return Series.of_type(start.act.event_type, start.act.condition, by)
    return Series.of_status(start.act.status, start.act.condition, by)


def starts_in(
    source: Source, question: RetentionQuestion, cohorts: Sequence[Bucket], series: Series, touches: Touches
) -> tuple[Starts, datetime | None]:
    """Those in the buckets of the question's days, given the touches of the series since the first of these days.

    Somebody begins in each cohort in which they did what it is of, with the first time in it; with the first ever, or a
    signup, in one. Of the first ever, one query more: of all days.
    """
    window = question.window
    if question.start.is_first:
        return _first_ever(source, question, cohorts, series)
    cohort_of = _cohort_of_day(cohorts, window)
    meant = np.flatnonzero(touches.days < window.days)
    found = touches.only(meant)
    days = found.days.astype(np.int64)
    starts = Starts(found.people, days, found.at, cohort_of[days], *_values(found, series.by))
    return (starts if question.start.act is None else _first_of_each(starts)), None


def _first_ever(
    source: Source, question: RetentionQuestion, cohorts: Sequence[Bucket], series: Series
) -> tuple[Starts, datetime | None]:
    window = question.window
    whole = (source.all_days() or window).and_until(window)
    whole = Window.between(whole.first_day, window.last_day, zone=window.zone)
    touches, through = source.touches([series], window=whole, part=question.part)
    found = touches[series]
    days = found.days.astype(np.int64) - (window.first_day - whole.first_day).days
    nowhere = np.zeros(len(days), np.int64)
    first = _first_of_each(Starts(found.people, days, found.at, nowhere, *_values(found, series.by)))
    first = first.only(first.days >= 0)
    return replace(first, cohorts=_cohort_of_day(cohorts, window)[first.days]), through


def _first_of_each(starts: Starts) -> Starts:
    """Of each person in each cohort; of several at one instant the one with the first value in order."""
    if not len(starts):
        return starts
    keys = starts.people * np.int64(int(starts.cohorts.max()) + 1) + starts.cohorts
    ranks = () if starts.value_places is None else (_in_order(starts.value_places, len(starts.values)),)
    order = np.lexsort((*ranks, starts.at))
    _, firsts = np.unique(keys[order], return_index=True)
    return starts.only(order[firsts])


def _in_order(places: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """No value, which is the first, after all others."""
    return np.where(places == 0, count, places)


def _values(touches: Touches, by: Field | None) -> tuple[Sequence[str | None], NDArray[np.int64] | None]:
    """The different values, None and then in order, and for each touch the place of its own."""
    if by is None:
        return (None,), None
    column = touches.values.as_values
    values, places = distinct_values(None if value is None else by.text(value) for value in column.values)
    return values, places[column.codes].astype(np.int64)


def _cohort_of_day(cohorts: Sequence[Bucket], window: Window) -> NDArray[np.int64]:
    lengths = [(bucket.last_day - bucket.first_day).days + 1 for bucket in cohorts]
    return np.repeat(np.arange(len(cohorts)), lengths)
