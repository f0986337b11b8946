"""Whom conditions on people mean, answered by the ledger: a truth for each person number, in the order of numbers.

What the ledger does not have is read from the facts (`PeopleConditions`), with the same result.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache, reduce
from typing import Any, Protocol

import numpy as np
from django.db.models import Q, QuerySet
from numpy.typing import NDArray

from analytics.ledger import storage
from analytics.ledger.contacts import SIGNED_UP_AT, newest_places
from analytics.ledger.packs import Segment, remaining
from analytics.ledger.people import lookup, person_numbers, root_numbers
from analytics.ledger.series import Series, Touches, concatenation
from analytics.ledger.source import Source
from analytics.models import DayPack, PackKind, PersonNumbers
from analytics.models.fixed_queries import WORKSPACE, FixedQuery
from analytics.models.people import CONTACTS_LAYOUT
from analytics.models.people_filters import PeopleConditions
from analytics.models.segments import segment_conditions
from analytics.periods import Window, instant_of, microseconds
from analytics.questions.fields import Field, FieldKind, field_of
from analytics.questions.filters import (
    AllOf,
    AnyOf,
    Compares,
    Did,
    EventAct,
    FieldCondition,
    Filter,
    InSegment,
    Is,
    MessageAct,
    Not,
    all_of,
    fields_in,
)
from analytics.questions.segments import with_segments
from analytics.questions.values import Day
from campaignos.fixed_rows import Placeholder

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class MeantPeople:
    """People who meet conditions: whether they do, by each number that facts of theirs carry."""

    are_meant: Mask

    def have(self, numbers: NDArray[np.integer[Any]]) -> Mask:
        """For each of the numbers, whether it is of one of them."""
        found = np.zeros(len(numbers), np.bool_)
        is_there = numbers < len(self.are_meant)
        found[is_there] = self.are_meant[numbers[is_there]]
        return found

    def of_touches(self, touches: Touches) -> Touches:
        """Theirs."""
        return touches.only(touches.of_each(self.are_meant, otherwise=False))

    @cached_property
    def numbers(self) -> NDArray[np.int64]:
        """The numbers that facts of theirs carry, ascending."""
        return np.flatnonzero(self.are_meant)


@dataclass(frozen=True, eq=False)
class _ContactPart:
    """A segment of contacts, and which of its rows are the last of somebody who is no part of another contact."""

    segment: Segment
    is_current: Mask


@dataclass(frozen=True, eq=False)
class _Snapshot:
    """What the ledger has of people, read at one moment: parts of contacts with the columns named, and whom numbers
    lead to."""

    names: frozenset[str]
    parts: Sequence[_ContactPart]
    leads: NDArray[np.int32]

    @classmethod
    def read(cls, workspace_id: int, names: frozenset[str]) -> "_Snapshot":
        """One query."""
        values = {f"name_{place}": name for place, name in enumerate(sorted(names))}
        joins: list[tuple[int, Segment]] = []
        contacts: list[tuple[int, Segment]] = []
        for kind, n, data, columns, *data_apart in _packs(len(names)).rows(workspace_id, **values):
            found = storage.segment(data, columns, dict(zip(sorted(names), data_apart, strict=True)))
            (joins if kind == PackKind.JOIN else contacts).append((n, found))
        parts = [
            _ContactPart(part, is_last & (part.values == 0))
            for (sign, part), is_last in zip(contacts, newest_places(contacts), strict=True)
            if sign > 0
        ]
        return cls(names, parts, lookup([(each.people, each.values) for each in remaining(joins)]))


@lru_cache(100)
def _packs(names: int) -> FixedQuery:
    """Of people's joins and contacts, with what lies by itself of so many columns, which are places in the query."""
    of_contacts = Q(kind=PackKind.CONTACT)

    def rows() -> QuerySet[DayPack, tuple[Any, ...]]:
        apart = [storage.column_data(Placeholder(f"name_{place}"), of_contacts) for place in range(names)]
        kinds = (PackKind.JOIN, PackKind.CONTACT)
        packs = DayPack.objects.filter(workspace_id=WORKSPACE, kind__in=kinds).order_by()
        return packs.values_list("kind", "n", "data", "columns", *apart)

    return FixedQuery(rows)


class _SourceOfActs(Source, Protocol):
    def all_days(self) -> Window | None:
        """From the first to the last day on which anything is counted."""

    def types_in(self, window: Window) -> Collection[str]:
        """The types of events that there may be in it."""


@dataclass(frozen=True)
class LedgerPeople:
    """Conditions on the people of a source's workspace, where the days asked about are `asked`: what has to lie within
    so many days ends with them. What was read is kept, and so is of one moment.
    """

    source: _SourceOfActs
    asked: Window
    _read: list[_Snapshot] = field(default_factory=list, compare=False, repr=False)

    def people(self, condition: Filter) -> NDArray[np.int64]:
        """The numbers by which those are known who meet a condition, ascending. See `_mask`."""
        return np.flatnonzero(self._mask(condition))

    def meant_people(self, condition: Filter) -> MeantPeople:
        """The same with the numbers of those who were joined to them."""
        return MeantPeople(self._mask(condition)[self._roots])

    def _mask(self, condition: Filter) -> Mask:
        """As `_mask_of`, of conditions whose columns are read together."""
        self._snapshot(frozenset(field.key for field in fields_in(condition) if _has_column(field)))
        return self._mask_of(condition)

    def _mask_of(self, condition: Filter) -> Mask:
        """By number, whether it is that of somebody who meets a condition. Two queries, and those of the source for
        each act in it, of the facts for what the ledger does not have, and of segments.

        Raises SegmentError for a segment that is not there.
        """
        match condition:
            case AllOf(conditions):
                return reduce(np.logical_and, map(self._mask_of, conditions), self._everybody)
            case AnyOf(conditions):
                return reduce(np.logical_or, map(self._mask_of, conditions), np.zeros(self._size, np.bool_))
            case Not(inner):
                return self._everybody & ~self._mask_of(inner)
            case Did():
                return self._who_did(condition)
            case InSegment(segment_id):
                return self._in_segment(segment_id)
        return self._with_field(condition)

    def _in_segment(self, segment_id: int) -> Mask:
        if segment_id not in self._by_segment:
            conditions = segment_conditions(self._workspace_id, [segment_id], self.asked.zone)
            self._by_segment[segment_id] = self._mask(with_segments(InSegment(segment_id), conditions))
        return self._by_segment[segment_id]

    @cached_property
    def _by_segment(self) -> dict[int, Mask]:
        return {}

    @property
    def _workspace_id(self) -> int:
        return self.source.workspace.pk

    @cached_property
    def _facts(self) -> PeopleConditions:
        return PeopleConditions(self._workspace_id, self.asked)

    @cached_property
    def _numbers(self) -> PersonNumbers:
        return person_numbers(self._workspace_id)

    @cached_property
    def _first(self) -> "_Snapshot":
        return self._snapshot(frozenset())

    def _snapshot(self, names: frozenset[str]) -> "_Snapshot":
        """With these columns, and those that the first conditions look at; read once, or again for further ones."""
        if self._read and names <= self._read[-1].names:
            return self._read[-1]
        wanted = names.union(*(snapshot.names for snapshot in self._read))
        self._read.append(_Snapshot.read(self._workspace_id, wanted))
        return self._read[-1]

    @property
    def _size(self) -> int:
        return len(self._everybody)

    @cached_property
    def _roots(self) -> NDArray[np.int32]:
        return root_numbers(np.arange(self._size, dtype=np.int32), self._first.leads)

    @cached_property
    def _everybody(self) -> Mask:
        """Who is known by a number of their own. Everybody who ever was has a number: people keep theirs."""
        table = self._first.leads
        everybody = np.ones(max(self._numbers.next_number, len(table)), np.bool_)
        everybody[: len(table)] = table == np.arange(len(table))
        return everybody

    def _having(self, numbers: NDArray[Any]) -> Mask:
        """The mask of the people who have these numbers."""
        found = np.zeros(self._size, np.bool_)
        found[self._roots[numbers[numbers < self._size]]] = True
        return found

    def _with_field(self, condition: FieldCondition) -> Mask:
        if self._numbers.ledger_layout >= CONTACTS_LAYOUT:
            try:
                return self._of_contacts(condition)
            except LookupError:
                pass
        found = self._facts.with_field(condition)
        return self._having(np.fromiter(found, np.int64, len(found)))

    def _of_contacts(self, condition: FieldCondition) -> Mask:
        """Raises LookupError where the ledger does not have the field of all contacts."""
        if condition.field.kind is FieldKind.FLAG:
            parts = self._snapshot(frozenset()).parts
            known = self._having_any(parts, [part.is_current for part in parts])
            by_answer = {True: known, False: self._everybody & ~known}
            masks = [mask for answer, mask in by_answer.items() if condition.matches(answer)]
            return reduce(np.logical_or, masks, np.zeros(self._size, np.bool_))
        name = condition.field.key
        if not _has_column(condition.field):
            raise LookupError(name)
        parts = self._snapshot(frozenset({name})).parts
        columns = [part.segment.columns[name] for part in parts]
        if condition.field.path is None:
            matching = [_instants_matching(condition, column.keys[0].astype(np.int64)) for column in columns]
        else:
            matching = [column.matching(condition.matches) for column in columns]
        return self._having_any(
            parts, [part.is_current & is_match for part, is_match in zip(parts, matching, strict=True)]
        )

    def _having_any(self, parts: Sequence[_ContactPart], masks: Sequence[Mask]) -> Mask:
        """The people of the rows where the masks of the parts are true."""
        found = np.zeros(self._size, np.bool_)
        for part, is_meant in zip(parts, masks, strict=True):
            found |= self._having(part.segment.people[is_meant])
        return found

    def _who_did(self, did: Did) -> Mask:
        times = self._times(did)
        meets = np.array([*map(did.is_met, range(int(times.max(initial=0)) + 1))], np.bool_)
        return self._everybody & meets[times]

    def _times(self, did: Did) -> NDArray[np.int64]:
        """By number, how often its person did it."""
        if isinstance(did.act, EventAct):
            people = self._people_of_events(did, did.act)
            return np.bincount(people[people < self._size], minlength=self._size)
        people = self._people_of_messages(did, did.act)
        return np.bincount(people[people < self._size], minlength=self._size)

    def _people_of_events(self, did: Did, act: EventAct) -> NDArray[np.int32]:
        """Of each event that is meant."""
        if (window := did.window(self.asked) or self.source.all_days()) is None:
            return np.empty(0, np.int32)
        types = filter(act.matches, self.source.types_in(window))
        touches, _ = self.source.touches([Series.of_type(name, did.where) for name in types], window=window)
        return concatenation([each.people for each in touches.values()], np.int32)

    def _people_of_messages(self, did: Did, act: MessageAct) -> NDArray[np.int32]:
        """Of each message that is meant."""
        within = did.window(self.asked)
        if (window := within or self.source.all_days()) is None:
            return np.empty(0, np.int32)
        campaign = field_of("campaign")
        assert campaign is not None
        of_campaign = [] if act.campaign_id is None else [Is(campaign, (f"cmp_{act.campaign_id}",))]
        where = all_of(did.where, *of_campaign)
        if within is None:  # what is reached may lie beyond the days on which anything is counted, creation does not
            series = Series.of_messages(act.status or "", where)
        else:
            series = Series.of_status(act.status or "created", where)
        touches, _ = self.source.touches([series], window=window)
        return touches[series].people


def _has_column(field: Field) -> bool:
    """Whether contacts have a column of it, which is called as the field is: attributes, and the instant of signup."""
    return field.kind is FieldKind.SCALAR or field.key == SIGNED_UP_AT


def _instants_matching(condition: FieldCondition, instants: NDArray[np.int64]) -> Mask:
    """Which of the instants, in microseconds since 1970, meet a condition that only looks at days."""
    stated: Sequence[Any] = condition.values if isinstance(condition, Is) else ()
    stated = [condition.bound] if isinstance(condition, Compares) else stated
    days = [day for day in stated if isinstance(day, Day)]
    bounds = sorted({microseconds(at) for day in days for at in (day.starts_at, day.ends_at)})
    between = [(bounds or [1])[0] - 1, *bounds]
    is_match = np.array([condition.matches(instant_of(at)) for at in between], np.bool_)
    matching: Mask = is_match[np.searchsorted(np.array(bounds, np.int64), instants, side="right")]
    return matching
