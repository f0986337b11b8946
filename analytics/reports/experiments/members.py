"""Who takes part in a test: each person with the first variant that they were given, in the order of coming."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, partial
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Assignments, Series, Source
from analytics.models import ABTest, Variant
from analytics.models.ab_tests import control_of
from analytics.periods import Window, local_day, microseconds
from analytics.questions.fields import Field, field_of
from analytics.questions.filters import AllOf, Is
from analytics.questions.slices import EVERYTHING, Slice
from analytics.reports.meta import newest
from campaignos.days import FIRST_DAY

_DAY = 24 * 60 * 60 * 1_000_000
"""In microseconds."""
_EARLIER = timedelta(days=3653)


@dataclass(frozen=True, eq=False)
class Members:
    """Those of a test, by when they were given their variant, then by their number.

    Parallel arrays: their numbers, instants (microseconds since 1970), the places of their variants among the test's,
    whether they were given another one later, and whether they got nothing. The first `mature` of them were given it so
    long ago that all that counts of them has happened. `through` is when the newest word on any was received.
    """

    test: ABTest
    variants: tuple[Variant, ...]
    people: NDArray[np.int32]
    at: NDArray[np.int64]
    places: NDArray[np.int64]
    of_several: NDArray[np.bool_]
    withheld: NDArray[np.bool_]
    mature: int
    window_days: int
    zone: ZoneInfo
    through: datetime | None

    def __len__(self) -> int:
        return len(self.people)

    @property
    def window(self) -> int:
        """How long after the assignment what they do counts, in microseconds."""
        return self.window_days * _DAY

    @property
    def control(self) -> int:
        """The place of the variant that the others are compared with."""
        return self.variants.index(control_of(self.variants)) if self.variants else 0

    @property
    def came_at_once(self) -> bool:
        """Whether all had come before anything that counts of the first was known: then nobody could stop on seeing
        it."""
        return not len(self) or int(self.at[-1] - self.at[0]) <= self.window

    @cached_property
    def place_of(self) -> NDArray[np.int64]:
        """By person number the place among the members, -1 for others."""
        place_of = np.full(1 + int(self.people.max(initial=-1)), -1, np.int64)
        place_of[self.people] = np.arange(len(self))
        return place_of

    def by_variant(self, meant: NDArray[np.bool_] | slice = slice(None)) -> tuple[int, ...]:
        """How many there are of each variant."""
        return tuple(np.bincount(self.places[meant], minlength=len(self.variants)).tolist())


def sums_by_place(places: NDArray[np.integer], values: NDArray[Any], size: int) -> NDArray[np.float64]:
    """What values add up to at each place below a size, as `np.bincount` has it. Most values of most goals are 0: they
    are found sooner than added."""
    there = np.flatnonzero(values)
    if 2 * len(there) < len(values):
        places, values = places[there], values[there]
    return np.bincount(places, values, minlength=size).astype(np.float64, copy=False)


def members(
    source: Source,
    test: ABTest,
    variants: Sequence[Variant],
    now: datetime,
    window_days: int,
    part: Slice = EVERYTHING,
) -> Members:
    """Of a test's life: of those who were given a variant since it started and before it ended, by assignments or by
    messages that were sent to them; of the people whom a part means. Source: the ledger. One query, of a campaign's
    test three."""
    today = local_day(now, source.workspace.zone)
    part = part.of_people().ending_with(part.until or today)
    found, through = source.assignments(test.pk, until=today, part=part)
    if test.campaign_id is not None:
        sent, received = _messages_sent(source, test, variants, now, part)
        found, through = _first_of(found, sent), newest(through, received)
    place_of = {variant.pk: place for place, variant in enumerate(variants)}
    keys = np.array([*place_of], np.int64)
    is_meant = np.isin(found.variants, keys) & _within(test, found.at, now)
    order = np.flatnonzero(is_meant)
    order = order[_order(found.at[order], found.people[order])]
    at = found.at[order]
    ends = microseconds(now) - window_days * _DAY
    return Members(
        test,
        tuple(variants),
        found.people[order],
        at,
        _places(keys, found.variants[order]),
        found.of_several[order],
        found.withheld[order],
        int(np.searchsorted(at, ends, side="right")),
        window_days,
        source.workspace.zone,
        through,
    )


def _within(test: ABTest, at: NDArray[np.int64], now: datetime) -> NDArray[np.bool_]:
    is_meant = at <= microseconds(now)
    if test.started_at is not None:
        is_meant &= at >= microseconds(test.started_at)
    if test.ended_at is not None:
        is_meant &= at <= microseconds(test.ended_at)
    return is_meant


def _places(keys: NDArray[np.int64], variants: NDArray[np.int32]) -> NDArray[np.int64]:
    order = np.argsort(keys)
    return order[np.searchsorted(keys[order], variants)].astype(np.int64) if len(keys) else variants.astype(np.int64)


def _order(at: NDArray[np.int64], people: NDArray[np.int32]) -> NDArray[np.intp]:
    """By instant, of one instant by number: only the few that share theirs are sorted by both."""
    order = np.argsort(at, kind="stable")
    is_same = at[order[1:]] == at[order[:-1]]
    if not is_same.any():
        return order
    shared = np.zeros(len(order), np.bool_)
    shared[1:] |= is_same
    shared[:-1] |= is_same
    places = np.flatnonzero(shared)
    some = order[places]
    order[places] = some[np.lexsort((people[some], at[some]))]
    return order


def _first_of(assignments: Assignments, sent: Assignments) -> Assignments:
    """Each person's first of both."""
    if not len(assignments):
        return sent
    if not len(sent):
        return assignments
    both = (assignments, sent)
    found = Assignments.first_of_each(
        np.concatenate([each.people for each in both]),
        np.concatenate([each.at for each in both]),
        np.concatenate([2 * each.variants + each.withheld for each in both]).astype(np.int32),
    )
    several = np.concatenate([each.people[each.of_several] for each in both])
    found.of_several[np.isin(found.people, several)] = True
    return found


_VARIANT = field_of("variant")
_CAMPAIGN = field_of("campaign")


def of_campaign(campaign_id: int) -> AllOf:
    """The condition on messages that they are a campaign's."""
    assert isinstance(_CAMPAIGN, Field)
    return AllOf((Is(_CAMPAIGN, (f"cmp_{campaign_id}",)),))


def life(source: Source, test: ABTest, now: datetime) -> Window | None:
    """The local days from a test's start to its end, or until today; None before it starts, and where nothing is
    counted. One query where it says no start: then from long before anything is counted, for a message may be reported
    on before it was made."""
    zone = source.workspace.zone
    if test.started_at is not None:
        first = local_day(test.started_at, zone)
    elif whole := source.all_days():
        first = max(FIRST_DAY, whole.first_day - _EARLIER)
    else:
        return None
    last = local_day(min(test.ended_at or now, now), zone)
    return None if last < first else Window.between(first, last, zone=zone)


def _messages_sent(
    source: Source, test: ABTest, variants: Sequence[Variant], now: datetime, part: Slice
) -> tuple[Assignments, datetime | None]:
    """Who was sent messages of which variant, and when first. Read once for tests of one campaign of one life."""
    window = life(source, test, now)
    assert test.campaign_id is not None
    if window is None or not variants:
        return _NOBODY, None
    series = Series.of_status("sent", of_campaign(test.campaign_id), by=_VARIANT)
    read = partial(source.touches, [series], window=window, part=part)
    touches, through = source.answer_once(("touches", series, window, part), read)
    found = touches[series]
    column = found.values.as_values
    keys = np.array([0 if value is None else int(value) for value in column.values], np.int32)[column.codes]
    meant = np.isin(keys, [variant.pk for variant in variants])
    return Assignments.first_of_each(found.people[meant], found.at[meant], 2 * keys[meant]), through


_NOTHING = np.zeros(0, np.int32)
_NOBODY = Assignments.first_of_each(_NOTHING, _NOTHING.astype(np.int64), _NOTHING)
