"""Do people tire? Emails by how many others their receivers had got in the 30 days before, and what came of them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analytics.channels import Channel
from analytics.ledger import Series, Source, Touches, counted_series
from analytics.metrics import Counted, exact_rate
from analytics.periods import Window, local_day, microseconds
from analytics.questions.parts import Parts
from analytics.questions.questions import Question
from analytics.questions.slices import Slice
from analytics.questions.what_changed import EQUAL_AGE
from analytics.reports.meta import Meta, meta
from analytics.statistics import WithinSlope, share_by_person_interval, within_slope

MOST_FATIGUE_DAYS = 400
"""Of how many days it is told."""
DAYS_BEFORE = 30
FEWEST_COMPARED = 30
"""Of fewer people no slope is told."""
_SECOND = 1_000_000
_SECONDS_OF_DAY = 24 * 60 * 60


class EmailsBefore(StrEnum):
    """How many emails somebody had got in the 30 days before one."""

    NONE = "0"
    ONE = "1"
    FEW = "2-3"
    SEVERAL = "4-7"
    MANY = "8-15"
    MOST = "16+"


_LOWEST = np.array([0, 1, 2, 4, 8, 16])
_OUTCOMES = (Counted.DELIVERED, Counted.HUMAN_CLICKED, Counted.UNSUBSCRIBED)


@dataclass(frozen=True)
class RateOfEmails:
    """Of emails, and the interval in which the true one probably lies, at 95 %: one person's go together."""

    rate: float
    low: float
    high: float


@dataclass(frozen=True)
class TiredPeople:
    """Who got an email after so many others; how many emails that is, in how many of these they clicked themselves, and
    after how many they unsubscribed."""

    before: EmailsBefore
    people: int
    emails: int
    clicked: int
    unsubscribed: int
    click_rate: RateOfEmails | None
    unsubscribe_rate: RateOfEmails | None


@dataclass(frozen=True)
class FatigueReport:
    """`slope` is how much one more email in the 30 days before changes the share of emails in which the same person
    clicks; None where that is told of too few people. `window` has the days of emails that are old enough."""

    days: int
    window: Window
    rows: tuple[TiredPeople, ...]
    slope: WithinSlope | None
    meta: Meta


def fatigue(source: Source, question: Question) -> FatigueReport:
    """Of the emails created on the question's days, at most MOST_FATIGUE_DAYS, that were delivered: those that are at
    least three days old, and what people did within three days.

    A row for each number of emails before, fewest first. What counts before are all emails, whatever the conditions on
    messages. Source: the ledger's touches of messages. Two queries, and those for people.
    """
    emails = _Emails.of(source, question)
    slope = within_slope(emails.places, emails.before, emails.clicked, emails.delivered)
    return FatigueReport(
        days=question.window.days,
        window=emails.window,
        rows=tuple(emails.rows()),
        slope=slope if slope and slope.people >= FEWEST_COMPARED else None,
        meta=meta(source, question, through=emails.through),
    )


def people_by_emails_before(source: Source, question: Question, before: EmailsBefore) -> NDArray[np.int64]:
    """The numbers, ascending, of those who got an email of the question's days after so many others."""
    emails = _Emails.of(source, question)
    return np.unique(emails.people[emails.groups == [*EmailsBefore].index(before)])


@dataclass(frozen=True, eq=False)
class _Emails:
    """Those of a window, as parallel arrays: a row for each person and second in which they got any. `before` is how
    many they had got in the 30 days before."""

    window: Window
    people: NDArray[np.int64]
    before: NDArray[np.int64]
    delivered: NDArray[np.int64]
    clicked: NDArray[np.int64]
    unsubscribed: NDArray[np.int64]
    through: datetime | None

    @classmethod
    def of(cls, source: Source, question: Question) -> "_Emails":
        window, none = _old_enough(question), np.zeros(0, np.int64)
        if not window.days:
            return cls(window, none, none, none, none, none, None)
        emails = replace(question.part, channel=Channel.EMAIL.value)
        told = [_series(each, emails) for each in _OUTCOMES]
        received = _series(Counted.DELIVERED, replace(emails, where=Parts(people=emails.where.people)))
        clock = _Clock.of(window)
        touches, through = source.touches({*told, received}, window=clock.window, part=emails)
        keys, delivered = np.unique(clock.keys(touches[told[0]]), return_counts=True)
        are_inside = clock.seconds_of(keys) >= clock.seconds_before
        keys, delivered = keys[are_inside], delivered[are_inside].astype(np.int64)
        clicked, unsubscribed = (_numbers_at(keys, np.sort(clock.keys(touches[each]))) for each in told[1:])
        before = clock.numbers_before(keys, np.sort(clock.keys(touches[received])))
        return cls(window, clock.people_of(keys), before, delivered, clicked, unsubscribed, through)

    @cached_property
    def groups(self) -> NDArray[np.int64]:
        """The place of each in EmailsBefore."""
        return np.searchsorted(_LOWEST, self.before, side="right").astype(np.int64) - 1

    @cached_property
    def places(self) -> NDArray[np.int64]:
        """Which of the different people each row is of."""
        return np.unique(self.people, return_inverse=True)[1].astype(np.int64)

    def rows(self) -> Iterator[TiredPeople]:
        for place, before in enumerate(EmailsBefore):
            are_in = self.groups == place
            people, places = np.unique(self.people[are_in], return_inverse=True)
            of_each = [
                np.bincount(places, outcome[are_in], len(people)).astype(np.int64)
                for outcome in (self.delivered, self.clicked, self.unsubscribed)
            ]
            delivered, clicked, unsubscribed = (int(each.sum()) for each in of_each)
            rates = [_rate(hits, of_each[0]) for hits in of_each[1:]]
            yield TiredPeople(before, len(people), delivered, clicked, unsubscribed, *rates)


@dataclass(frozen=True)
class _Clock:
    """Numbers the seconds of a window and of the 30 days before it, and so what somebody got in one of them: by a
    key that is higher the later it is, of each person."""

    window: Window
    starts_at: int
    seconds: int
    seconds_before: int

    @classmethod
    def of(cls, window: Window) -> "_Clock":
        """With a day more, for clocks that are set forward."""
        first = window.first_day - timedelta(days=DAYS_BEFORE + 1)
        whole = Window.between(first, window.last_day, zone=window.zone)
        start, end, begins = (microseconds(at) for at in (whole.starts_at, whole.ends_at, window.starts_at))
        return cls(whole, start, (end - start) // _SECOND, (begins - start) // _SECOND)

    def keys(self, touches: Touches) -> NDArray[np.int64]:
        return touches.people.astype(np.int64) * self.seconds + (touches.at - self.starts_at) // _SECOND

    def people_of(self, keys: NDArray[np.int64]) -> NDArray[np.int64]:
        return keys // self.seconds

    def seconds_of(self, keys: NDArray[np.int64]) -> NDArray[np.int64]:
        return keys % self.seconds

    def numbers_before(self, keys: NDArray[np.int64], received: NDArray[np.int64]) -> NDArray[np.int64]:
        """How many each had received in the 30 days before, given the keys of all that were, ascending."""
        firsts = keys - np.minimum(self.seconds_of(keys), DAYS_BEFORE * _SECONDS_OF_DAY)
        return (np.searchsorted(received, keys) - np.searchsorted(received, firsts)).astype(np.int64)


def _series(counted: Counted, part: Slice) -> Series:
    [series] = counted_series([counted], part, (), None, EQUAL_AGE)[counted]
    return series


def _numbers_at(keys: NDArray[np.int64], found: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many of those that are found, ascending, there are at each key."""
    return (np.searchsorted(found, keys, side="right") - np.searchsorted(found, keys)).astype(np.int64)


def _old_enough(question: Question) -> Window:
    """Those of its days of which all is known that people did within three days."""
    window = question.window
    last = local_day(question.now - EQUAL_AGE, window.zone) - timedelta(days=1)
    if window.last_day <= last:
        return window
    return Window(window.zone, window.first_day, max(0, (last - window.first_day).days + 1))


def _rate(hits: NDArray[np.int64], of_each: NDArray[np.int64]) -> RateOfEmails | None:
    share = exact_rate(int(hits.sum()), int(of_each.sum()))
    return None if share is None else RateOfEmails(share, *share_by_person_interval(hits, of_each))
