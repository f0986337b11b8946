"""Who on the list still reads? By how long ago each last opened or clicked themselves, and how many emails since."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Series, Source
from analytics.metrics import rate
from analytics.periods import Window, microseconds, start_of_day
from analytics.questions.questions import Question
from analytics.questions.slices import Slice
from analytics.reports.emails.list_membership import ListMembership, days_of_acts
from analytics.reports.meta import Meta, meta


class LastAct(StrEnum):
    """How many days before the last one somebody opened or clicked, both ends included."""

    MONTH = "0-30"
    QUARTER = "31-90"
    HALF = "91-180"
    YEAR = "181-365"
    LONGER = "366+"
    NEVER = "never"


_MOST_DAYS = {LastAct.MONTH: 30, LastAct.QUARTER: 90, LastAct.HALF: 180, LastAct.YEAR: 365}
_HUMAN_ACTS = (Series.of_status("human_opened"), Series.of_status("human_clicked"))
_DELIVERIES = Series.of_status("delivered")


@dataclass(frozen=True)
class EngagedPeople:
    """People on the list whose last act was so long ago, and how many messages they got since then, all together."""

    last_act: LastAct
    people: int
    messages_since: int

    @property
    def mean_messages(self) -> float:
        """How many each of them got, to one decimal; 0.0 of nobody."""
        return rate(self.messages_since, self.people, 1)


@dataclass(frozen=True)
class ListEngagementReport:
    days: int
    people: int
    rows: tuple[EngagedPeople, ...]
    meta: Meta


def list_engagement(source: Source, question: Question) -> ListEngagementReport:
    """Of the people who are on the list at the end of the question's last day; the other days say nothing here.

    A row for each time that may have passed, shortest first. Acts are those by people, of all days on which anything is
    counted. Source: the ledger's touches, and see `ListMembership`.
    """
    readers = _Readers.of(source, question.window, question.part)
    rows = [
        EngagedPeople(
            each, int(np.count_nonzero(readers.places == place)), int(readers.since[readers.places == place].sum())
        )
        for place, each in enumerate(LastAct)
    ]
    return ListEngagementReport(
        days=question.window.days,
        people=len(readers.numbers),
        rows=tuple(rows),
        meta=meta(source, question, through=readers.membership.through),
    )


def people_by_last_act(source: Source, window: Window, part: Slice, last_act: LastAct) -> NDArray[np.int64]:
    """The numbers, ascending, of those on the list at the end of the window whose last act was so long before."""
    readers = _Readers.of(source, window, part)
    numbers: NDArray[np.int64] = readers.numbers[readers.places == [*LastAct].index(last_act)]
    return numbers


@dataclass(frozen=True, eq=False)
class _Readers:
    """Parallel arrays of the people on the list: their numbers, ascending, the place of the time since their last act,
    and how many messages were delivered to them since."""

    membership: ListMembership
    numbers: NDArray[np.int64]
    places: NDArray[np.int64]
    since: NDArray[np.int64]

    @classmethod
    def of(cls, source: Source, window: Window, part: Slice) -> "_Readers":
        membership = ListMembership.of(source, window.last_day, part)
        numbers = membership.on_list_at(microseconds(window.ends_at))
        if membership.days is None or not len(numbers):
            nothing = np.zeros(0, np.int64)
            return cls(membership, nothing, nothing, nothing)
        touches, _ = source.touches([*_HUMAN_ACTS, _DELIVERIES], window=days_of_acts(membership.days))
        size = 1 + int(numbers[-1])
        last = np.full(size, np.iinfo(np.int64).min, np.int64)
        for series in _HUMAN_ACTS:
            people, at = touches[series].people, touches[series].at
            known = people < size
            np.maximum.at(last, people[known], at[known])
        people, at = touches[_DELIVERIES].people, touches[_DELIVERIES].at
        known = people < size
        people, at = people[known], at[known]
        since = np.bincount(people[at > last[people]], minlength=size)
        return cls(membership, numbers, _places(last[numbers], window), since[numbers])


def _places(last: NDArray[np.int64], window: Window) -> NDArray[np.int64]:
    """Of instants of last acts."""
    firsts = [
        microseconds(start_of_day(window.last_day - timedelta(days=days), window.zone)) for days in _MOST_DAYS.values()
    ]
    ago = np.searchsorted(-np.array(firsts, np.int64), -last, side="left")
    return np.where(last == np.iinfo(np.int64).min, [*LastAct].index(LastAct.NEVER), ago).astype(np.int64)
