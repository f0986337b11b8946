"""Who had any event on which day, as this process keeps it: a bit for each person number, a day at a time.

Rates are of people who were active. To find them anew is to read who did each event of the days, ten times as much as
most of these rates are about.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import storage
from analytics.ledger.kept_columns import KEPT, keeps_columns
from analytics.ledger.pack_queries import SegmentId, packs_beside
from analytics.ledger.packs import Segment, remaining
from analytics.ledger.people import lookup
from analytics.ledger.series import Series
from analytics.models import PackKind
from analytics.periods import Window

_BITS = NDArray[np.uint8]
_BYTES_AN_ID = 150


class ActiveNumbers(NamedTuple):
    """The numbers that the events of some days carry, ascending, and whom numbers lead to, as `lookup` has it."""

    numbers: NDArray[np.int32]
    table: NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class _PeopleOfDay:
    """By number, eight in a byte, who has a touch in some segments."""

    ids: frozenset[SegmentId]
    bits: _BITS


@dataclass(frozen=True)
class _Day:
    """Which segments of a day that are kept are there, and the others, with their sign."""

    are_there: set[SegmentId] = field(default_factory=set)
    new: dict[SegmentId, tuple[int, Segment]] = field(default_factory=dict)


class _Reading(NamedTuple):
    days: Mapping[date, _Day]
    table: NDArray[np.int32]


def active_numbers(workspace_id: int, window: Window) -> ActiveNumbers | None:
    """Of everybody with an event in the window. None where events were taken away: then they are to be read otherwise.
    One query, or none; one more where segments of a day were merged since."""
    if not keeps_columns():
        return None
    known: dict[date, _PeopleOfDay] = {}
    for day in window.day_list:
        if people := KEPT.get(_key(workspace_id, day)):
            known[day] = people
    while merged := _merged_days(known, reading := _read(workspace_id, window, known)):
        for day in merged:
            del known[day]
    if any(n < 0 for day in reading.days.values() for n, _ in day.new.values()):
        return None
    bits = [_bits_of_day(workspace_id, day, known.get(day), found) for day, found in reading.days.items()]
    return ActiveNumbers(np.flatnonzero(np.unpackbits(_union(bits))).astype(np.int32), reading.table)


def _key(workspace_id: int, day: date) -> tuple[int, str, date]:
    return workspace_id, "people", day


def _read(workspace_id: int, window: Window, known: Mapping[date, _PeopleOfDay]) -> _Reading:
    day_of = {id: day for day, people in known.items() for id in people.ids}
    days: dict[date, _Day] = defaultdict(_Day)
    joins: list[tuple[int, Segment]] = []
    for kind, day, _, n, _, data, _, id in packs_beside(workspace_id, [Series.EVENTS], window, day_of)[1]:
        if id in day_of:
            days[day_of[id]].are_there.add(id)
        elif kind == PackKind.JOIN:
            joins.append((n, storage.segment(data, None)))
        else:
            days[day].new[id] = n, storage.segment(data, None)
    return _Reading(days, lookup([(segment.people, segment.values) for segment in remaining(joins)]))


def _merged_days(known: Mapping[date, _PeopleOfDay], reading: _Reading) -> list[date]:
    """Days of which some segments that are kept are no more: who is in the others cannot be told apart."""
    return [
        day for day, people in known.items() if day not in reading.days or people.ids != reading.days[day].are_there
    ]


def _bits_of_day(workspace_id: int, day: date, known: _PeopleOfDay | None, found: _Day) -> _BITS:
    """The bits of a day, which are kept, unless its touches are so few that they take less."""
    if known is not None and not found.new:
        return known.bits
    added = _bits([segment.people for _, segment in found.new.values()])
    bits = _union([known.bits, added] if known else [added])
    if known or bits.nbytes < 4 * sum(segment.n for _, segment in found.new.values()):
        people = _PeopleOfDay(frozenset(found.are_there.union(found.new)), bits)
        KEPT.put(_key(workspace_id, day), people, bits.nbytes + _BYTES_AN_ID * len(people.ids))
    return bits


def _bits(parts: Sequence[NDArray[np.int32]]) -> _BITS:
    marks = np.zeros(1 + max((int(part.max(initial=-1)) for part in parts), default=-1), np.bool_)
    for part in parts:
        marks[part] = True
    return np.packbits(marks)


def _union(parts: Sequence[_BITS]) -> _BITS:
    union = np.zeros(max(map(len, parts), default=0), np.uint8)
    for part in parts:
        union[: len(part)] |= part
    return union
