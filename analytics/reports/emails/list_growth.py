"""Does the list grow? Who came, came back and left in each period, so that opening and closing differ by just these."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Source
from analytics.periods import Bucket, Interval, Window, buckets, microseconds
from analytics.questions.questions import Question
from analytics.questions.slices import Slice
from analytics.reports.emails.list_membership import LeavingCause, ListMembership, Stay
from analytics.reports.meta import Meta, meta


class ListFlow(StrEnum):
    """On the list when a period begins; signed up, back, or gone in it; on the list when it ends."""

    OPENING = "opening"
    NEW = "new"
    RESUBSCRIBED = "resubscribed"
    UNSUBSCRIBED = "unsubscribed"
    HARD_BOUNCED = "hardBounced"
    COMPLAINED = "complained"
    CLOSING = "closing"


GAINS = (ListFlow.NEW, ListFlow.RESUBSCRIBED)
LOSSES = (ListFlow.UNSUBSCRIBED, ListFlow.HARD_BOUNCED, ListFlow.COMPLAINED)
_OF_CAUSE = {cause: ListFlow(cause.value) for cause in LeavingCause}


@dataclass(frozen=True)
class ListPeriod:
    """Each person counts once in a period: opening + new + resubscribed - unsubscribed - hard_bounced - complained =
    closing. Complete once it is over."""

    bucket: Bucket
    opening: int
    new: int
    resubscribed: int
    unsubscribed: int
    hard_bounced: int
    complained: int
    closing: int
    is_complete: bool

    def count(self, flow: ListFlow) -> int:
        """How many people it has of a flow."""
        return {
            ListFlow.OPENING: self.opening,
            ListFlow.NEW: self.new,
            ListFlow.RESUBSCRIBED: self.resubscribed,
            ListFlow.UNSUBSCRIBED: self.unsubscribed,
            ListFlow.HARD_BOUNCED: self.hard_bounced,
            ListFlow.COMPLAINED: self.complained,
            ListFlow.CLOSING: self.closing,
        }[flow]

    @property
    def net(self) -> int:
        return self.closing - self.opening


@dataclass(frozen=True)
class ListGrowthReport:
    """`total` is all days as one period, in which who left and came back counts as both."""

    days: int
    interval: Interval
    total: ListPeriod
    periods: tuple[ListPeriod, ...]
    meta: Meta


def list_growth(source: Source, question: Question) -> ListGrowthReport:
    """A row for each day, week or month of the question, oldest first. Contacts that were erased, or are known to be
    part of another one, are in none of the numbers.

    Source: see `ListMembership`.
    """
    membership = ListMembership.of(source, question.window.last_day, question.part)
    interval = Interval.DAY if question.interval is Interval.HOUR else question.interval
    whole = Bucket(question.window.first_day, question.window.last_day)
    (total,) = _periods(membership, [whole], question)
    return ListGrowthReport(
        days=question.window.days,
        interval=interval,
        total=total,
        periods=tuple(_periods(membership, buckets(question.window, interval), question)),
        meta=meta(source, question, through=membership.through),
    )


def people_in_flow(source: Source, window: Window, part: Slice, flow: ListFlow) -> NDArray[np.int64]:
    """The numbers, ascending, of those of a flow in the window as one period."""
    membership = ListMembership.of(source, window.last_day, part)
    begins, ends = microseconds(window.starts_at), microseconds(window.ends_at)
    if flow in (ListFlow.OPENING, ListFlow.CLOSING):
        return membership.on_list_at(begins if flow is ListFlow.OPENING else ends)
    if flow is ListFlow.NEW:
        return membership.numbers[(membership.signed_up >= begins) & (membership.signed_up < ends)]
    found = [number for number, stays in membership.stays.items() if flow in _flows_of(stays, begins, ends)]
    return np.sort(np.array(found, np.int64))


def _periods(membership: ListMembership, periods: Sequence[Bucket], question: Question) -> Iterator[ListPeriod]:
    """Of periods that touch each other."""
    zone = question.window.zone
    windows = [period.window(zone) for period in periods]
    edges = [microseconds(windows[0].starts_at), *(microseconds(window.ends_at) for window in windows)]
    sizes, flows = membership.sizes_at(edges), _counts(membership, edges)
    came = np.diff(np.searchsorted(np.sort(membership.signed_up), edges)).tolist()
    for place, period in enumerate(periods):
        yield ListPeriod(
            period,
            sizes[place],
            came[place],
            flows[place, ListFlow.RESUBSCRIBED],
            flows[place, ListFlow.UNSUBSCRIBED],
            flows[place, ListFlow.HARD_BOUNCED],
            flows[place, ListFlow.COMPLAINED],
            sizes[place + 1],
            is_complete=period.last_day < question.today,
        )


def _counts(membership: ListMembership, edges: Sequence[int]) -> Counter[tuple[int, ListFlow]]:
    """By the place of the period between two edges how many came back, and how many left why."""
    found: Counter[tuple[int, ListFlow]] = Counter()
    for stays in membership.stays.values():
        instants = [each.ends for each in stays] + [each.begins for each in stays[1:]]
        places = {bisect_right(edges, at) - 1 for at in instants if edges[0] <= at < edges[-1]}
        for place in places:
            found.update((place, flow) for flow in _flows_of(stays, edges[place], edges[place + 1]))
    return found


def _flows_of(stays: Sequence[Stay], begins: int, ends: int) -> list[ListFlow]:
    """Whether somebody came back between two instants, and whether they left and why the last time: each at most once,
    so that being there before and after differ by just these, and by having signed up."""
    causes = [each.cause for each in stays if begins <= each.ends < ends]
    was_there, is_there = (any(each.has(at) for each in stays) for at in (begins, ends))
    is_new = begins <= stays[0].begins < ends
    leaves = bool(causes) and (was_there or is_new or not is_there)
    came_back = is_there - was_there - is_new + leaves
    cause = causes[-1] if leaves else None
    return [*([ListFlow.RESUBSCRIBED] if came_back else []), *([_OF_CAUSE[cause]] if cause else [])]
