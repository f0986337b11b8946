"""Who can be written to, from when until when: contacts who have signed up, have neither unsubscribed nor complained,
and whose mailbox has not refused for good."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property, partial

import numpy as np
from django.db.models import Q
from numpy.typing import NDArray

from analytics.ledger import Series, Source, Touches
from analytics.models import Contact, MessageEvent, MessageEventType, Person
from analytics.periods import Window, microseconds
from analytics.questions.slices import EVERYTHING, Slice
from campaignos.days import FIRST_DAY

_YEARS_BEFORE = 3653
_FOR_EVER = np.iinfo(np.int64).max
"""The instant of what has not happened."""


class LeavingCause(StrEnum):
    """What took somebody off the list: they asked to, their mailbox refused for good, or they called it spam."""

    UNSUBSCRIBED = "unsubscribed"
    HARD_BOUNCED = "hardBounced"
    COMPLAINED = "complained"


_SERIES = {
    LeavingCause.UNSUBSCRIBED: Series.of_status("unsubscribed"),
    LeavingCause.HARD_BOUNCED: Series.of_status("hard_bounced"),
    LeavingCause.COMPLAINED: Series.of_status("complained"),
}


@dataclass(frozen=True)
class Stay:
    """From when to when somebody is on the list, in microseconds since 1970, the end not included; and why it ended."""

    begins: int
    ends: int = _FOR_EVER
    cause: LeavingCause | None = None

    def has(self, at: int) -> bool:
        """Whether they are on it just before an instant."""
        return self.begins < at <= self.ends


@dataclass(frozen=True, eq=False)
class ListMembership:
    """`numbers` and `signed_up` are parallel: the contacts, ascending, and when they signed up.

    `stays` has those of each who has ever left, in order; whoever has none is on the list since they signed up. `days`
    are those on which anything is counted, None where there are none.
    """

    numbers: NDArray[np.int64]
    signed_up: NDArray[np.int64]
    stays: Mapping[int, Sequence[Stay]]
    days: Window | None
    through: datetime | None

    @classmethod
    def of(cls, source: Source, last_day: date, part: Slice = EVERYTHING) -> "ListMembership":
        """Of the contacts whom a part means, as far as is known at the end of a day. Source: the ledger's touches,
        objections of contacts, and reports of subscriptions by their own index. Four queries."""
        return source.answer_once(("list membership", last_day, part), partial(_membership, source, last_day, part))

    def on_list_at(self, at: int) -> NDArray[np.int64]:
        """The numbers, ascending, of those who are on it just before an instant."""
        signed_up = self.numbers[self.signed_up < at]
        gone = [number for number, stays in self.stays.items() if not any(each.has(at) for each in stays)]
        return np.setdiff1d(signed_up, np.array(gone, np.int64), assume_unique=True)

    def sizes_at(self, instants: Sequence[int]) -> list[int]:
        """How many are on it just before each of the instants: who has signed up, but of whoever ever left those whose
        stay has begun and not ended."""
        signed_up, first, begins, ends = (np.searchsorted(times, instants) for times in self._times)
        sizes: list[int] = (signed_up - first + begins - ends).tolist()
        return sizes

    @cached_property
    def _times(self) -> tuple[NDArray[np.int64], ...]:
        """In order: all signups, of whoever ever left the first of their stays, all begins of stays, and all ends."""
        firsts = [stays[0].begins for stays in self.stays.values()]
        stays = [each for stays in self.stays.values() for each in stays]
        times = (self.signed_up, firsts, [each.begins for each in stays], [each.ends for each in stays])
        return tuple(np.sort(np.array(each, np.int64)) for each in times)


def _membership(source: Source, last_day: date, part: Slice) -> ListMembership:
    counted = source.all_days()
    nobody = np.zeros(0, np.int64)
    if counted is None or counted.first_day > last_day:
        return ListMembership(nobody, nobody, {}, None, None)
    window = Window.between(counted.first_day, last_day, zone=counted.zone)
    meant = part.of_people().ending_with(part.until or last_day)
    touches, through = source.touches([Series.SIGNUPS, *_SERIES.values()], window=days_of_acts(window), part=meant)
    found = touches[Series.SIGNUPS]
    order = np.argsort(found.people, kind="stable")
    numbers, signed_up = found.people[order].astype(np.int64), found.at[order]
    ends_at = microseconds(window.ends_at)
    left = [*_acts_of_messages(touches), *_objections(source)]
    stays = _stays(dict(zip(numbers.tolist(), signed_up.tolist(), strict=True)), left, _subscriptions(source), ends_at)
    return ListMembership(numbers, signed_up, stays, window, through)


def days_of_acts(window: Window) -> Window:
    """With what lies before messages were created, by some clock: up to ten years."""
    first = date.fromordinal(max(window.first_day.toordinal() - _YEARS_BEFORE, FIRST_DAY.toordinal()))
    return Window.between(first, window.last_day, zone=window.zone)


_Left = tuple[int, int, LeavingCause]


def _acts_of_messages(acts: Mapping[Series, Touches]) -> Iterator[_Left]:
    for cause, series in _SERIES.items():
        for number, at in zip(acts[series].people.tolist(), acts[series].at.tolist(), strict=True):
            yield number, at, cause


def _objections(source: Source) -> Iterator[_Left]:
    """Of contacts, which keep them longer than messages are kept. One query."""
    objected = Q(unsubscribed_at__isnull=False) | Q(complained_at__isnull=False)
    rows = Contact.objects.current().filter(objected, workspace=source.workspace).order_by()
    for number, unsubscribed, complained in rows.values_list("person_number", "unsubscribed_at", "complained_at"):
        if unsubscribed is not None:
            yield number, microseconds(unsubscribed), LeavingCause.UNSUBSCRIBED
        if complained is not None:
            yield number, microseconds(complained), LeavingCause.COMPLAINED


def _subscriptions(source: Source) -> Iterable[tuple[int, int]]:
    """Who subscribed again, and when. One query, two where somebody did."""
    reports = MessageEvent.objects.filter(
        workspace=source.workspace.pk,
        type=MessageEventType.SUBSCRIBED,
        message__isnull=False,
        message__workspace=source.workspace.pk,
    )
    rows = [*reports.order_by().values_list("message__person_number", "occurred_at")]
    joined = Person.objects.filter(workspace_id=source.workspace.pk, number__in={number for number, _ in rows})
    roots = dict(joined.filter(joined_to__isnull=False).values_list("number", "joined_to")) if rows else {}
    return [(roots.get(number) or number, microseconds(at)) for number, at in rows]


def _stays(
    signed_up: Mapping[int, int], left: Iterable[_Left], subscribed: Iterable[tuple[int, int]], ends_at: int
) -> dict[int, Sequence[Stay]]:
    """Of whoever ever left. What lies before they signed up counts as of then; of one instant, leaving is first."""
    acts: dict[int, set[tuple[int, int, LeavingCause | None]]] = defaultdict(set)
    order = [*LeavingCause]
    for number, at, cause in left:
        if number in signed_up and at < ends_at:
            acts[number].add((max(at, signed_up[number]), order.index(cause), cause))
    for number, at in subscribed:
        if number in acts and at < ends_at:
            acts[number].add((max(at, signed_up[number]), len(order), None))
    in_order = {number: sorted(of_person, key=lambda act: act[:2]) for number, of_person in acts.items()}
    return {number: [*_stays_of(signed_up[number], of_person)] for number, of_person in in_order.items()}


def _stays_of(begins: int, acts: Sequence[tuple[int, int, LeavingCause | None]]) -> Iterator[Stay]:
    """Whose mailbox refuses for good comes back no more."""
    since: int | None = begins
    is_dead = False
    for at, _, cause in acts:
        is_dead = is_dead or cause is LeavingCause.HARD_BOUNCED
        if cause is None:
            since = at if since is None and not is_dead else since
        elif since is not None:
            yield Stay(since, at, cause)
            since = None
    if since is not None:
        yield Stay(since)
