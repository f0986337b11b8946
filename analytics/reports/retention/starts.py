"""Who began a cohort, and when."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import DayPlaces, Series, Source, Touches, values_of_columns
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
    """Those in the buckets of the question's days, in order of days, given the touches of the series since the first of
    these days.

    Somebody begins in each cohort in which they did what it is of, with the first time in it; with the first ever, or a
    signup, in one. Of the first ever, one query more: of all days.
    """
    window, cohort_of = question.window, _cohort_of_day(cohorts, question.window)
    if question.start.is_first:
        return _first_ever(source, question, cohort_of, series)
    if question.start.act is not None:
        return _first_of_each(touches, cohort_of, series.by), None
    meant = np.flatnonzero(touches.days < window.days)
    found = touches.only(meant[np.argsort(touches.days[meant], kind="stable")])
    days = found.days.astype(np.int64)
    return Starts(found.people, days, found.at, cohort_of[days]), None


def _first_ever(
    source: Source, question: RetentionQuestion, cohort_of: NDArray[np.int64], series: Series
) -> tuple[Starts, datetime | None]:
    window = question.window
    whole = (source.all_days() or window).and_until(window)
    whole = Window.between(whole.first_day, window.last_day, zone=window.zone)
    touches, through = source.touches([series], window=whole, part=question.part)
    first = _first_of_each(touches[series], np.zeros(whole.days, np.int64), series.by)
    days = first.days - (window.first_day - whole.first_day).days
    meant = np.flatnonzero(days >= 0)
    return replace(first.only(meant), days=days[meant], cohorts=cohort_of[days[meant]]), through


def _first_of_each(touches: Touches, cohort_of: NDArray[np.int64], by: Field | None) -> Starts:
    """The first of each person in each cohort, given the cohort of each day, and of days beyond these none; of several
    at one instant the one with the first value in order. In order of days."""
    values, value_places = _values(touches, by)
    ranks = None if value_places is None else _in_order(value_places, len(values))
    firsts = _Firsts(touches, ranks)
    found, days = [np.empty(0, np.intp)], [np.empty(0, np.int64)]
    for day, places in touches.places_by_day.items():
        if day < len(cohort_of):
            found.append(firsts.of_day(places, int(cohort_of[day])))
            days.append(np.full(len(found[-1]), day))
    first, on = np.concatenate(found), np.concatenate(days)
    own = None if value_places is None else value_places[first]
    return Starts(touches.people[first], on, touches.at[first], cohort_of[on], values, own)


class _Firsts:
    """Goes through days in order, and knows who began in the cohort already."""

    def __init__(self, touches: Touches, ranks: NDArray[np.int64] | None) -> None:
        self.touches, self.ranks = touches, ranks
        size = 1 + int(touches.people.max(initial=-1))
        self.cohort, self.is_new = -1, np.ones(size, np.bool_)
        self.first_at, self.chosen = np.full(size, np.iinfo(np.int64).max), np.zeros(size, np.intp)

    def of_day(self, places: DayPlaces, cohort: int) -> NDArray[np.intp]:
        """The places of the touches with which people begin in the cohort on the day."""
        if cohort != self.cohort:
            self.cohort, self.is_new[:] = cohort, True
        people = places.of(self.touches.people)
        fresh = np.flatnonzero(self.is_new[people])
        people, at = people[fresh], places.of(self.touches.at)[fresh]
        np.minimum.at(self.first_at, people, at)
        earliest = np.flatnonzero(self.first_at[people] == at)
        self.first_at[people], self.is_new[people] = np.iinfo(np.int64).max, False
        return self._one_of_each(people[earliest], places.numbers[fresh[earliest]])

    def _one_of_each(self, people: NDArray[np.int32], places: NDArray[np.intp]) -> NDArray[np.intp]:
        """Of each person's places the last, where those with the first value are put last."""
        if self.ranks is not None:
            order = np.argsort(-self.ranks[places], kind="stable")
            people, places = people[order], places[order]
        self.chosen[people] = places
        chosen: NDArray[np.intp] = places[self.chosen[people] == places]
        return chosen


def _in_order(places: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """No value, which is the first, after all others."""
    return np.where(places == 0, count, places)


def _values(touches: Touches, by: Field | None) -> tuple[Sequence[str | None], NDArray[np.int64] | None]:
    """The different values, None and then in order, and for each touch the place of its own."""
    if by is None:
        return (None,), None
    values, [places] = values_of_columns([touches.values.as_values], by.text)
    return values, places


def _cohort_of_day(cohorts: Sequence[Bucket], window: Window) -> NDArray[np.int64]:
    lengths = [(bucket.last_day - bucket.first_day).days + 1 for bucket in cohorts]
    return np.repeat(np.arange(len(cohorts)), lengths)
