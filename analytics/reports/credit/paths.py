"""The touches before each conversion, in their order."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analytics.questions.credit import CreditRule, TouchKind
from analytics.sorting import instant_keys, order_by_person, order_of_numbers

MOST_ENTRIES = 250_000
"""How many touches of paths are looked at at once: what a processor has at hand."""
SAME_VISIT = 30 * 60_000_000
"""How many microseconds after a click a visit that it led to is the same touch."""


@dataclass(frozen=True, eq=False)
class Touchpoints:
    """Parallel arrays, in any order: whose, when (in microseconds), of which TouchKind, and a number of the label.

    `led_by` is as `led_by_clicks` makes it: a visit that a click led to is no touch of its own while the click is one.
    """

    people: NDArray[np.int32]
    at: NDArray[np.int64]
    kinds: NDArray[np.int8]
    labels: NDArray[np.int32]
    led_by: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.people)


@dataclass(frozen=True, eq=False)
class ConversionTimes:
    """Parallel arrays, in any order: whose, and when. With `since`, what was before that instant does not count."""

    people: NDArray[np.int32]
    at: NDArray[np.int64]
    since: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.people)

    def only(self, places: NDArray[np.intp]) -> "ConversionTimes":
        since = None if self.since is None else self.since[places]
        return ConversionTimes(self.people[places], self.at[places], since)


@dataclass(frozen=True, eq=False)
class Paths:
    """The touches of some conversions, one conversion after the other, each in order of time.

    `conversions` are the places of the conversions, ascending; those of one have their touches from its `starts` on,
    which end with the number of all. `touches` are the places of the touches, `ages` how long before the conversion
    they were, in microseconds. A conversion without a touch is here with none.
    """

    conversions: NDArray[np.intp]
    starts: NDArray[np.int64]
    touches: NDArray[np.intp]
    ages: NDArray[np.int64]

    def before(self, conversion: int) -> "Paths":
        """Those of conversions before a place."""
        n = int(np.searchsorted(self.conversions, conversion))
        starts = self.starts[: n + 1]
        return Paths(self.conversions[:n], starts, self.touches[: starts[-1]], self.ages[: starts[-1]])

    def only(self, are_meant: NDArray[np.bool_]) -> "Paths":
        """With some of the touches alone."""
        lengths = np.bincount(self.path_of_touch[are_meant], minlength=len(self.conversions))
        return Paths(self.conversions, _starts(lengths), self.touches[are_meant], self.ages[are_meant])

    @property
    def lengths(self) -> NDArray[np.int64]:
        return np.diff(self.starts)

    @cached_property
    def path_of_touch(self) -> NDArray[np.intp]:
        """For each touch, the place of its path."""
        return np.repeat(np.arange(len(self.conversions)), self.lengths)

    @cached_property
    def place_in_path(self) -> NDArray[np.int64]:
        """For each touch, how many of its path were before it."""
        return np.arange(len(self.touches)) - np.repeat(self.starts[:-1], self.lengths)


def paths(touchpoints: Touchpoints, converted: ConversionTimes, rule: CreditRule) -> Iterator[Paths]:
    """Yields the paths of all conversions, in parts that memory holds, the conversions in their order.

    A touch counts if it is not longer before the conversion than the rule's lookback of its kind, both ends included.
    Of touches of one label so close together that they are one, the last before the conversion counts. Touches
    at one instant come in the order of their kinds, then of their labels.
    """
    order = _TouchOrder(touchpoints, converted, rule)
    for part in _parts(order.ends - order.firsts):
        yield order.paths(part)


class _TouchOrder:
    """Touches that may count in order of person and time, and between which of them those of each conversion lie."""

    def __init__(self, touchpoints: Touchpoints, converted: ConversionTimes, rule: CreditRule) -> None:
        self.lookbacks, self.collapse = _lookbacks(rule), in_microseconds(rule.collapse)
        earliest = converted.at - self.lookbacks.max()
        if converted.since is not None:
            earliest = np.maximum(earliest, converted.since)
        places = _not_before(earliest, converted.people, touchpoints)
        people, at = touchpoints.people[places], touchpoints.at[places]
        keys, from_keys, until_keys = instant_keys(
            (people, at), (converted.people, earliest), (converted.people, converted.at)
        )
        order = order_by_person(people, at, keys)
        in_order = keys[order]
        _put_in_order_at_one_instant(order, in_order, touchpoints.kinds[places], touchpoints.labels[places])
        self.firsts, self.ends = _between(in_order, from_keys, until_keys)
        self.converted_at = converted.at
        self.places, self.people, self.at = places[order], people[order], at[order]
        self.kinds, self.labels = touchpoints.kinds[self.places], touchpoints.labels[self.places]
        self.led_by = None if touchpoints.led_by is None else touchpoints.led_by[self.places]

    def paths(self, part: slice) -> Paths:
        """Those of some of the conversions."""
        lengths = np.maximum(self.ends[part] - self.firsts[part], 0)
        starts = _starts(lengths)
        path = np.repeat(np.arange(len(lengths)), lengths)
        touches = np.arange(starts[-1]) - np.repeat(starts[:-1] - self.firsts[part], lengths)
        ages = self.converted_at[part][path] - self.at[touches]
        are_counted = self._are_counted(touches, ages)
        return Paths(
            conversions=np.arange(len(self.converted_at))[part],
            starts=_starts(np.bincount(path[are_counted], minlength=len(lengths))),
            touches=self.places[touches[are_counted]],
            ages=ages[are_counted],
        )

    def _are_counted(self, touches: NDArray[np.intp], ages: NDArray[np.int64]) -> NDArray[np.bool_]:
        counted = ages <= self.lookbacks[self.kinds[touches]]
        if self.collapse:
            counted &= self._until_next[touches] > ages
        if self.led_by is not None:
            led_by = self.led_by[touches]
            counted &= (led_by < 0) | (ages + self.at[touches] - led_by > self.lookbacks[TouchKind.CLICKED])
        return counted

    @cached_property
    def _until_next(self) -> NDArray[np.int64]:
        """For each touch, in how long the next of its person and label follows, where that stands for both.

        The two lie in one run of touches of a person of which each follows the one before within as long.
        """
        until = np.full(len(self.at), np.iinfo(np.int64).max)
        is_near = (self.people[1:] == self.people[:-1]) & (np.diff(self.at) <= self.collapse)
        is_in_run = np.zeros(len(self.at), np.bool_)
        is_in_run[1:] = is_near
        run = np.cumsum(~is_in_run)
        is_in_run[:-1] |= is_near
        places = np.flatnonzero(is_in_run)
        keys = run[places] * (1 + int(self.labels.max(initial=0))) + self.labels[places]
        order = order_of_numbers(keys)
        keys, places = keys[order], places[order]
        between = np.diff(self.at[places])
        is_repeat = (keys[1:] == keys[:-1]) & (between <= self.collapse)
        until[places[:-1][is_repeat]] = between[is_repeat]
        return until


def _not_before(earliest: NDArray[np.int64], people: NDArray[np.int32], touchpoints: Touchpoints) -> NDArray[np.intp]:
    """The places of the touches that are not before all of the instants of their person, of whom there is one."""
    first = np.full(_size(touchpoints.people, people), np.iinfo(np.int64).max)
    np.minimum.at(first, people, earliest)
    return np.flatnonzero(touchpoints.at >= first[touchpoints.people])


def _between(
    in_order: NDArray[np.uint64], firsts: NDArray[np.uint64], lasts: NDArray[np.uint64]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """From which place on, and before which, what is from each of the `firsts` to its last lies. They are looked for in
    their order, for so the next one's surroundings are at hand."""
    order = order_of_numbers(lasts)
    starts, ends = np.empty(len(order), np.intp), np.empty(len(order), np.intp)
    starts[order] = np.searchsorted(in_order, firsts[order], side="left")
    ends[order] = np.searchsorted(in_order, lasts[order], side="right")
    return starts, ends


def _put_in_order_at_one_instant(
    order: NDArray[np.intp], keys: NDArray[np.uint64], kinds: NDArray[np.int8], labels: NDArray[np.int32]
) -> None:
    """Changes an order of touches, of which these are the keys in order, where keys are equal."""
    are_same = keys[1:] == keys[:-1]
    are_tied = np.zeros(len(keys), np.bool_)
    are_tied[1:] |= are_same
    are_tied[:-1] |= are_same
    tied = order[are_tied]
    order[are_tied] = tied[np.lexsort((labels[tied], kinds[tied], keys[are_tied]))]


def in_microseconds(length: timedelta) -> int:
    return length // timedelta(microseconds=1)


def _lookbacks(rule: CreditRule) -> NDArray[np.int64]:
    """By TouchKind, in microseconds; -1 where it counts never."""
    lookbacks = np.full(len(TouchKind), -1, np.int64)
    for kind, lookback in rule.lookbacks:
        lookbacks[kind] = in_microseconds(lookback)
    return lookbacks


def led_by_clicks(
    people: NDArray[np.int32], at: NDArray[np.int64], kinds: NDArray[np.int8], trails: NDArray[np.int32]
) -> NDArray[np.int64]:
    """For each touch, where it is a visit that a click led to, when that click was; otherwise -1.

    The last click of the same person and trail, at most SAME_VISIT before the visit, led to it. A negative trail leads
    nowhere.
    """
    led_by = np.full(len(people), -1, np.int64)
    clicks = np.flatnonzero((kinds == TouchKind.CLICKED) & (trails >= 0))
    visits = np.flatnonzero((kinds == TouchKind.VISIT) & (trails >= 0))
    size = 1 + int(trails.max(initial=0))
    whose = people.astype(np.int64) * size + trails
    dense = np.unique(whose[np.concatenate([clicks, visits])], return_inverse=True)[1].astype(np.int32)
    clicked, visited = instant_keys((dense[: len(clicks)], at[clicks]), (dense[len(clicks) :], at[visits]))
    order = order_of_numbers(clicked)
    last = np.searchsorted(clicked[order], visited, side="right") - 1
    is_there = last >= 0
    visits, click = visits[is_there], clicks[order[last[is_there]]]
    is_led = (whose[click] == whose[visits]) & (at[visits] - at[click] <= SAME_VISIT)
    led_by[visits[is_led]] = at[click[is_led]]
    return led_by


def _parts(lengths: NDArray[np.intp]) -> Iterator[slice]:
    """Of conversions with so many touches each, parts with at most MOST_ENTRIES, or of one conversion."""
    ends = np.cumsum(np.maximum(lengths, 0))
    start = 0
    while start < len(lengths):
        before = int(ends[start - 1]) if start else 0
        end = max(start + 1, int(np.searchsorted(ends, before + MOST_ENTRIES, side="right")))
        yield slice(start, end)
        start = end


def _starts(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])


def _size(*people: NDArray[np.int32]) -> int:
    return 1 + max(int(each.max(initial=-1)) for each in people)
