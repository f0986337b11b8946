"""Who was active in which days, weeks or months: for each a bit for every person."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Source, Touches
from analytics.periods import OF_WHOLE_DAYS, Bucket, Interval, Window, buckets
from analytics.questions.fields import Field, Subject
from analytics.questions.groups import Group
from analytics.questions.questions import CohortsQuestion
from analytics.reports.cohorts.report import activity_series
from analytics.reports.groups import PeopleByValue
from analytics.reports.reached import NEVER
from analytics.reports.retention.report import until_today

MOST_ACTIVE_PERIODS = 400
"""Of how many days, weeks or months is told at most who was active in them."""
PersonBits: TypeAlias = "NDArray[np.uint8]"
"""A bit for each person number, the first the highest of the first byte."""
_WORD = 8


@dataclass(frozen=True, eq=False)
class PeriodActivity:
    """`active` has those of each period; `first` by person the place of the first ever, below 0 before these, and the
    number of periods where there was none; `by_value` everybody's value of a field, where one is asked for."""

    periods: tuple[Bucket, ...]
    active: NDArray[np.uint8]
    first: NDArray[np.int64]
    through: datetime | None
    by_value: PeopleByValue | None = None

    @classmethod
    def of(
        cls,
        source: Source,
        question: CohortsQuestion,
        periods: tuple[Bucket, ...],
        *,
        since_ever: bool = False,
        by: Field | None = None,
    ) -> "PeriodActivity":
        """Of periods that touch each other; with what was done before them where it is of all days. With everybody's
        value of a field of theirs, or of the first that they did ever. One query, for values of people one more."""
        shown = Window.between(periods[0].first_day, periods[-1].last_day, zone=question.window.zone)
        of_facts = by if by is not None and by.subject is not Subject.PEOPLE else None
        since_ever = since_ever or of_facts is not None
        whole = (source.all_days() or shown).and_until(shown) if since_ever else shown
        whole = Window.between(whole.first_day, shown.last_day, zone=shown.zone)
        series = [replace(each, by=of_facts) for each in activity_series(source, question)]
        part = until_today(question.part, shown.last_day)
        touches, through = source.touches(series, window=whole, part=part)
        activity = Touches.of_parts([touches[each] for each in series])
        size = int(activity.people.max(initial=-1)) + 1
        active = np.zeros((len(periods), -(-size // (8 * _WORD)) * _WORD), np.uint8)
        first = np.full(size, len(periods), np.int64)
        place_of = _places(periods, whole)
        for day, are_active in activity.people_by_day(size):
            place = int(place_of[day])
            first[are_active] = np.minimum(first[are_active], place)
            if place >= 0:
                bits = np.packbits(are_active)
                active[place, : len(bits)] |= bits
        by_value = None if by is None else _values(source, by, activity, size)
        return cls(periods, active, first, through, by_value)

    def only(self, are_meant: NDArray[np.bool_]) -> "PeriodActivity":
        """Of some of the people, given by person."""
        bits = np.zeros(self.active.shape[1], np.uint8)
        packed = np.packbits(are_meant)
        bits[: len(packed)] = packed
        return replace(self, active=self.active & bits, first=np.where(are_meant, self.first, len(self.periods)))

    def of_group(self, group: Group | None) -> "PeriodActivity":
        """Of the people of a group by the field, where one is meant."""
        if group is None or self.by_value is None:
            return self
        have_it = np.array([*map(group.has, self.by_value.values)], np.bool_)
        return self.only(have_it[self.by_value.places])

    def people(self, bits: PersonBits) -> NDArray[np.int32]:
        """Their numbers, ascending."""
        return np.flatnonzero(np.unpackbits(bits, count=len(self.first))).astype(np.int32)

    def began_in(self, place: int) -> PersonBits:
        """Those whose first period it is."""
        bits = np.zeros(self.active.shape[1], np.uint8)
        packed = np.packbits(self.first == place)
        bits[: len(packed)] = packed
        return bits

    def times(self) -> NDArray[np.int64]:
        """By person in how many of the periods."""
        found = np.zeros(len(self.first), np.int64)
        for bits in self.active:
            found += np.unpackbits(bits, count=len(found))
        return found


def _values(source: Source, by: Field, activity: Touches, size: int) -> PeopleByValue:
    """By person their own value, or that of the first that they did."""
    if by.subject is Subject.PEOPLE:
        return PeopleByValue.of_people(source, by, size)
    first = np.full(size, NEVER, np.int64)
    np.minimum.at(first, activity.people, activity.at)
    return PeopleByValue.of_touches(activity, by, first)


def count_of_bits(bits: NDArray[np.uint8]) -> NDArray[np.int64]:
    """How many people each row has."""
    words = np.ascontiguousarray(bits).view(np.uint64)
    found: NDArray[np.int64] = np.bitwise_count(words).sum(axis=-1, dtype=np.int64)
    return found


def trailing(active: NDArray[np.uint8], days: int) -> NDArray[np.uint8]:
    """Those active on each day or on one of so many before it, itself the last of these; of rows that are days."""
    bits, length = active.copy(), 1
    while length < days:
        step = min(length, days - length)
        longer = bits.copy()
        longer[step:] |= bits[:-step]
        bits, length = longer, length + step
    return bits


def _places(periods: Sequence[Bucket], whole: Window) -> NDArray[np.int64]:
    """By day the place of its period, -1 before the first."""
    before = (periods[0].first_day - whole.first_day).days
    lengths = [(period.last_day - period.first_day).days + 1 for period in periods]
    return np.concatenate([np.full(before, -1), np.repeat(np.arange(len(periods)), lengths)])


def whole_periods(window: Window, interval: Interval, before: int = 0) -> tuple[Bucket, ...]:
    """The days, weeks or months in which days of the window lie, each to its end, and so many before them."""
    first, last = window.first_day, window.last_day
    for _ in range(before):
        first = _first_of(first, interval) - timedelta(days=1)
    longer = Window.between(_first_of(first, interval), _last_of(last, interval), zone=window.zone)
    return buckets(longer, interval)


def fitting_activity(question: CohortsQuestion) -> CohortsQuestion:
    """By its interval, or the first longer one of which there are not too many."""
    wanted = question.interval if question.interval in OF_WHOLE_DAYS else Interval.DAY
    longer = OF_WHOLE_DAYS[OF_WHOLE_DAYS.index(wanted) :]
    fitting = (each for each in longer if len(whole_periods(question.window, each)) <= MOST_ACTIVE_PERIODS)
    return replace(question, interval=next(fitting, Interval.MONTH))


def _first_of(day: date, interval: Interval) -> date:
    match interval:
        case Interval.WEEK:
            return day - timedelta(days=day.weekday())
        case Interval.MONTH:
            return day.replace(day=1)
    return day


def _last_of(day: date, interval: Interval) -> date:
    match interval:
        case Interval.WEEK:
            return _first_of(day, interval) + timedelta(days=6)
        case Interval.MONTH:
            return _first_of(day.replace(day=28) + timedelta(days=4), interval) - timedelta(days=1)
    return day
