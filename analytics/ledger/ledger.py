"""Answers read from the ledger's rows: sums of day counts, and the touches of day packs."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property, partial
from typing import Any, TypeVar

import numpy as np
from django.db.models import Max, Min, Q, QuerySet, Sum
from numpy.typing import NDArray

from analytics.ledger import storage
from analytics.ledger.assignments import Assignments, read_assignments
from analytics.ledger.codecs import FactColumn, joined_columns, no_values
from analytics.ledger.column_names import value_count
from analytics.ledger.columns import UTM, Columns
from analytics.ledger.conditioned import (
    ConditionedCounts,
    acts_of_messages,
    are_on_dimensions,
    counts_by_dimensions,
    places_in,
)
from analytics.ledger.contact_mailboxes import ContactMailboxes
from analytics.ledger.entries import PackKey
from analytics.ledger.kept_people import active_numbers
from analytics.ledger.kept_touches import kept_touches
from analytics.ledger.ledger_people import LedgerPeople, MeantPeople
from analytics.ledger.masks import EventFields, Lookups, Triples
from analytics.ledger.message_touches import acts_inside, soon_reached
from analytics.ledger.pack_queries import pack_kind, packs_of
from analytics.ledger.packs import Rows, Segment, remaining, times_at
from analytics.ledger.people import lookup, person_numbers, root_numbers
from analytics.ledger.recount import event_rows, touches_of_messages
from analytics.ledger.series import (
    Counts,
    DayPart,
    DimensionValue,
    FactsRead,
    Series,
    Touches,
    bits,
    concatenation,
)
from analytics.ledger.value_counter import ValueCounter
from analytics.ledger.valued import ValuedCounts, ValuedFacts
from analytics.mailboxes import mailbox_group
from analytics.metrics import Counted, Dimension
from analytics.models import Contact, DayCount, DayPack, PackKind, UtmTriple
from analytics.models.bulk import in_binary
from analytics.models.ledger import KINDS_OF_MESSAGES, NO_DAY
from analytics.models.people import MESSAGES_LAYOUT
from analytics.models.slices import in_slice
from analytics.periods import Window
from analytics.questions.fields import Field
from analytics.questions.filters import NO_CONDITION, AllOf
from analytics.questions.slices import EVERYTHING, Slice
from analytics.sorting import different_numbers
from workspaces.models import Workspace

_Answer = TypeVar("_Answer")

_KIND_OF = {kind.value: kind for kind in PackKind}
"""Quicker than to ask the class, for thousands of packs."""


class UnknownColumn(LookupError):
    """Columns that are asked for are not kept of all events."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(*names)
        self.names = names


@dataclass(frozen=True)
class Ledger:
    """A workspace's ledger: the source that reports read. Who meets conditions is found out once.

    Where it `reads_facts`, it looks at them for what it does not keep; else it raises UnknownColumn.
    """

    workspace: Workspace
    reads_facts: bool = True
    _meant: dict[tuple[AllOf, date], MeantPeople] = field(default_factory=dict, compare=False, repr=False)
    _facts_read: dict[tuple[str, str], set[date]] = field(default_factory=dict, compare=False, repr=False)

    _answers: dict[Hashable, Any] = field(default_factory=dict, compare=False, repr=False)

    def answer_once(self, key: Hashable, answer: Callable[[], _Answer]) -> _Answer:
        """What was answered by that key before, else the answer."""
        if key not in self._answers:
            self._answers[key] = answer()
        found: _Answer = self._answers[key]
        return found

    @property
    def facts_read(self) -> tuple[FactsRead, ...]:
        """What answers so far took from the facts, in place of columns that are not there. No query."""
        return tuple(FactsRead(*key, len(days)) for key, days in sorted(self._facts_read.items()))

    def counts(
        self,
        counted: Collection[Counted],
        *,
        window: Window | None,
        by: Sequence[Dimension] = (),
        part: Slice = EVERYTHING,
    ) -> Counts:
        """How many of a part of the facts, on the local days of the window (None: ever), split by the dimensions.

        One query, two with conversions; under conditions and by hours those of `ConditionedCounts`, and of the people
        who meet them.
        """
        by_hours = Dimension.HOUR in by
        if not by_hours and part.has_conditions and are_on_dimensions(part.where):
            return counts_by_dimensions(self, counted, window=window, by=by, part=part)
        if by_hours or part.has_conditions:
            days = window or self.all_days()
            if days is None:
                return Counts({}, None)
            return ConditionedCounts(self, days, by, part, self._people(part, days)).counts(counted)
        rows = DayCount.objects.filter(in_slice(part), workspace_id=self.workspace.pk, counted__in=counted)
        if window is not None:
            rows = rows.filter(day__range=(window.first_day, window.last_day))
        by_key: dict[tuple[Counted, *tuple[DimensionValue, ...]], int] = {}
        newest: list[datetime] = []
        for row in rows.order_by().values("counted", *by).annotate(total=Sum("n"), newest=Max("through")):
            if row["total"]:
                by_key[Counted(row["counted"]), *[row[name] or None for name in by]] = row["total"]
                newest.append(row["newest"])
        if Counted.CONVERSIONS in counted and part == EVERYTHING:
            for day, total, through in self._conversions(window, by_day=Dimension.DAY in by):
                by_key[Counted.CONVERSIONS, *[day if name is Dimension.DAY else None for name in by]] = total
                newest.append(through)
        return Counts(by_key, max(newest, default=None))

    def assignments(
        self, test_id: int, *, until: date | None = None, part: Slice = EVERYTHING
    ) -> tuple[Assignments, datetime | None]:
        """Of a test, the first assignment of each person whom a part means, and when the newest of all was received.
        One query, and those for people."""
        found, through = read_assignments(self.workspace.pk, self.workspace.zone, test_id)
        if until is None:
            return found, through
        people = self._people(part, Window.between(until, until, zone=self.workspace.zone))
        return (found.only(people.have(found.people)) if people else found), through

    def valued_counts(
        self, counted: Collection[Counted], *, window: Window | None, by: Field, part: Slice = EVERYTHING
    ) -> ValuedCounts:
        """How many of a part of the facts, on the local days of the window (None: ever), by the values of a field that
        each has, or somebody has whose it is. Queries: those of `ValueCounter`."""
        days = window or self.all_days()
        if days is None:
            nothing = dict.fromkeys(counted, ValuedFacts.of_parts([]))
            return ValuedCounts(Window(self.workspace.zone, NO_DAY, 0), [None], nothing)
        return ValueCounter(self, days, by, part, self._people(part, days)).counts(counted)

    def _conversions(self, window: Window | None, *, by_day: bool) -> Iterator[tuple[date | None, int, datetime]]:
        """How many events of the types that convert, on each day that has any or on all, and the newest receipt."""
        rows = self._packs(PackKind.EVENT, window).filter(event_type__in=self.workspace.conversion_types).order_by()
        for row in rows.values("day" if by_day else "workspace_id").annotate(total=Sum("n"), newest=Max("through")):
            if row["total"]:
                yield row.get("day"), row["total"], row["newest"]

    def _packs(self, kind: PackKind, window: Window | None) -> QuerySet[DayPack]:
        rows = DayPack.objects.filter(workspace_id=self.workspace.pk, kind=kind)
        return rows if window is None else rows.filter(day__range=(window.first_day, window.last_day))

    def touches(
        self, series: Collection[Series], *, window: Window, part: Slice = EVERYTHING
    ) -> tuple[Mapping[Series, Touches], datetime | None]:
        """Who did what when inside the window, for each series, and the receive time of the newest fact among them.

        Of the part, the touches of the people whom it means. One query, so that all of it is of one moment; with
        conditions one for UTM triples, one for each day and type of whose events the ledger does not keep what they
        look at, two for each status of messages and those of its conditions, and those for people. Of money the
        columns of segments that this process has read before are kept.
        """
        if part.where.people == NO_CONDITION and (kept := kept_touches(self.workspace, series, window)) is not None:
            return kept
        of_rows = [each for each in series if self._is_of_rows(each)]
        pieces, newest = self._pieces([each for each in series if each not in of_rows], window)
        joins = remaining(pieces.pop(PackKey(PackKind.JOIN, NO_DAY), []))
        table = lookup([(segment.people, segment.values) for segment in joins])
        lookups = Lookups(self._triples(series))
        found, received = {}, list[datetime]()
        for each in series:
            if each in of_rows:
                found[each], of_series = acts_of_messages(self.workspace.pk, each, window, table)
                received += [of_series] if of_series else []
                continue
            segments = [
                (key, segment)
                for key, parts in pieces.items()
                if _is_of(key, each)
                for segment in self._segments(key, parts, each, lookups)
            ]
            if each.is_of_acts:
                segments = _acts(segments, window)
            received += [newest[key] for key, _ in segments]
            found[each] = _touches(segments, window, table, each, lookups)
        if people := self._people(part, window):
            found = {each: people.of_touches(touches) for each, touches in found.items()}
        return found, max(received, default=None)

    def active_people(self, *, window: Window, part: Slice = EVERYTHING) -> NDArray[np.signedinteger]:
        """The numbers of the people whom a part means with any event in the window, ascending. One query, and those for
        people; one more where segments of a day were merged since this process read them."""
        if (active := active_numbers(self.workspace.pk, window)) is None:
            touches, _ = self.touches([Series.EVENTS], window=window, part=part)
            return touches[Series.EVENTS].different_people
        numbers = active.numbers
        if people := self._people(part, window):
            numbers = numbers[people.have(numbers)]
        found = root_numbers(numbers, active.table)
        return different_numbers(found, 1 + int(found.max(initial=-1))) if len(active.table) else found

    def _pieces(
        self, series: Sequence[Series], window: Window, also: Collection[str] = ()
    ) -> tuple[dict[PackKey, list[tuple[int, Segment]]], dict[PackKey, datetime]]:
        """The packs of these and of joins, and when the newest of their touches were received. Those have the columns
        that are looked at, and `also` these. One query."""
        pieces: dict[PackKey, list[tuple[int, Segment]]] = defaultdict(list)
        newest: dict[PackKey, datetime] = {}
        names, rows = packs_of(self.workspace.pk, series, window, also)
        for kind, day, event_type, n, through, data, columns, *parts in rows:
            found = storage.segment(data, columns, dict(zip(names, parts, strict=True)))
            key = PackKey(_KIND_OF[kind], day, event_type)
            pieces[key].append((n, found))
            newest[key] = max(through, newest.get(key, through))
        return pieces, newest

    def _is_of_rows(self, series: Series) -> bool:
        """Whether it is of messages' acts that no pack has, or has without what is asked of them."""
        if not series.is_of_messages:
            return False
        return not self.has_messages(series)

    def has_messages(self, series: Series) -> bool:
        """Whether packs have all of a series of messages, and what conditions look at. One query, once."""
        if series.is_about_mailboxes or series.name not in (Series.OPENS.name, Series.CLICKS.name):
            return self._knows_messages
        return True

    @cached_property
    def _knows_messages(self) -> bool:
        return person_numbers(self.workspace.pk).ledger_layout >= MESSAGES_LAYOUT

    @cached_property
    def _mailboxes(self) -> ContactMailboxes:
        return ContactMailboxes.read(self.workspace.pk)

    def contacts_by_mailbox(self) -> Mapping[str | None, int]:
        """How many contacts there are by their mailbox provider, None for no address; 0 of others. Two queries."""
        if self._knows_messages:
            return self._mailboxes.contacts
        emails = Contact.objects.current().filter(workspace=self.workspace).values_list("email", flat=True)
        return Counter(map(mailbox_group, emails.iterator(chunk_size=10_000)))

    def segments_of_messages(
        self, series: Collection[Series], names: Collection[str], window: Window
    ) -> tuple[Mapping[Series, Sequence[tuple[date, Segment | Rows]]], datetime | None]:
        """Of series of messages which packs have, the touches by day with these columns, in no order; and when the
        newest of their packs was received. One query, and one for each day of which the ledger lacks them."""
        pieces, newest = self._pieces([*series], window, names)
        lookups, found = Lookups({}), {}
        for each in series:
            found[each] = [
                (key.day, segment)
                for key, parts in pieces.items()
                if _is_of(key, each)
                for segment in self._segments(key, parts, each, lookups, names)
            ]
        return found, max((newest[key] for key in pieces if key.kind != PackKind.JOIN), default=None)

    def _people(self, part: Slice, window: Window) -> MeantPeople | None:
        """Those whom a part means, None for everybody."""
        condition, last = part.where.people, part.until or window.last_day
        if condition == NO_CONDITION:
            return None
        if (condition, last) not in self._meant:
            asked = Window.between(last, last, zone=self.workspace.zone)
            self._meant[condition, last] = LedgerPeople(self, asked).meant_people(condition)
        return self._meant[condition, last]

    def all_days(self) -> Window | None:
        """From the first to the last on which anything is counted. One query."""
        rows = DayCount.objects.filter(workspace_id=self.workspace.pk)
        bounds = rows.aggregate(first=Min("day"), last=Max("day"))
        return bounds["first"] and Window.between(bounds["first"], bounds["last"], zone=self.workspace.zone)

    def _segments(
        self,
        key: PackKey,
        pieces: list[tuple[int, Segment]],
        series: Series,
        lookups: Lookups,
        also: Collection[str] = (),
    ) -> Iterator[Segment | Rows]:
        segments = remaining(pieces)
        names = series.column_names.union(also) if also else series.column_names
        lacking = [name for name in names if not all(segment.columns.has(name) for segment in segments)]
        if lacking and series.is_of_messages:
            segments = [touches_of_messages(self.workspace, key.day, key.kind, key.event_type)]
            lacking = []
        for name in lacking:
            self._facts_read.setdefault((key.event_type, name), set()).add(key.day)
        if lacking and not self.reads_facts:
            raise UnknownColumn(lacking)
        if lacking:
            segments = [event_rows(self.workspace, key.day, key.event_type, names)]
        if series.within is not None:
            segments = [soon_reached(segment, series.within) for segment in segments]
        if series.is_about_mailboxes:
            segments = [*map(self._mailboxes.added_to, segments)]
        if series.where == NO_CONDITION:
            yield from segments
            return
        for segment in segments:
            is_meant = EventFields(key.event_type, segment.columns, lookups).mask(series.where)
            yield segment if is_meant.all() else segment.at(is_meant)

    def _triples(self, series: Collection[Series]) -> Triples:
        if not any(UTM in each.column_names for each in series):
            return {}
        rows = UtmTriple.objects.filter(workspace=self.workspace).values_list("pk", "source", "medium", "campaign")
        return {pk: (source, medium, campaign) for pk, source, medium, campaign in rows}

    def has_events(self, types: Collection[str]) -> bool:
        """Whether there is any event of these types. One query."""
        return self._packs(PackKind.EVENT, None).filter(event_type__in=types, n__gt=0).exists()

    def event_types(self, *, window: Window) -> tuple[str, ...]:
        """The types of the events in the window, most frequent first, then by name. One query, once."""
        rows = self._packs(PackKind.EVENT, window)
        totals = rows.order_by().values_list("event_type").annotate(total=Sum("n")).filter(total__gt=0)
        found = self.answer_once(("event types", window), lambda: sorted(totals, key=lambda row: (-row[1], row[0])))
        return tuple(name for name, _ in found)

    def types_in(self, window: Window) -> frozenset[str]:
        """The types of the events in the window, also of those that were taken away. One query."""
        return frozenset(self._packs(PackKind.EVENT, window).order_by().values_list("event_type", flat=True).distinct())

    def column_names(self, *, window: Window) -> tuple[str, ...]:
        """The columns that the window's events have, those of the days and types with most events first. One query."""
        totals: Counter[str] = Counter()
        rows = self._packs(PackKind.EVENT, window).filter(n__gt=0).order_by()
        for n, data in in_binary(rows.values_list("n", "columns")):
            columns = Columns.read(data and bytes(data), n)
            totals.update(dict.fromkeys({*columns.by_name, *(columns.missing or ())}, n))
        return tuple(name for name, _ in sorted(totals.items(), key=lambda item: (-item[1], item[0])))

    def has_values(self, name: str) -> bool | None:
        """Whether any event has a value in a column, the newest days first; None where it is not known of all. One
        query."""
        is_known = True
        rows = self._packs(PackKind.EVENT, None).filter(n__gt=0).order_by("-day")
        columns_of = rows.values_list("n", "columns", storage.column_data(name, Q(kind=PackKind.EVENT)))
        for n, data, part in columns_of.iterator(chunk_size=10):
            columns = Columns.read(bytes(data) if data else None, n, {name: part and bytes(part)})
            if name in columns.by_name and value_count(columns.by_name[name]):
                return True
            is_known = is_known and columns.has(name)
        return False if is_known else None

    def last_days(self, event_types: Collection[str]) -> dict[str, date]:
        """Of each of these types, the last day that has an event of it; without those that no day has. One query."""
        rows = self._packs(PackKind.EVENT, None).filter(event_type__in=event_types).order_by()
        totals = rows.values_list("event_type", "day").annotate(total=Sum("n")).filter(total__gt=0)
        return {event_type: day for event_type, day, _ in sorted(totals, key=lambda row: row[1])}

    def first_day(self) -> date | None:
        """The first day on which anything is counted, None in an empty ledger. One query."""
        first: date | None = DayCount.objects.filter(workspace_id=self.workspace.pk).aggregate(day=Min("day"))["day"]
        return first

    def days_of_campaign(self, campaign_id: int) -> tuple[date, date] | None:
        """The first and the last day on which anything of a campaign is counted, None without such. One query, once."""
        return self.answer_once(("days", campaign_id), lambda: self._days_of_campaign(campaign_id))

    def _days_of_campaign(self, campaign_id: int) -> tuple[date, date] | None:
        rows = DayCount.objects.filter(workspace_id=self.workspace.pk, campaign_id=campaign_id).order_by()
        counted = rows.values("day").annotate(total=Sum("n")).filter(total__gt=0)
        bounds = counted.aggregate(first=Min("day"), last=Max("day"))
        return (bounds["first"], bounds["last"]) if bounds["first"] else None

    def total(self, series: Series, *, window: Window | None) -> int:
        """How many touches a series has on the local days of the window (None: ever). One query."""
        if series == Series.EVENTS:  # of which there are fewer counts than packs
            return self.counts([Counted.EVENTS], window=window).of(Counted.EVENTS)
        rows = self._packs(pack_kind(series), window)
        if series.event_type is not None:
            rows = rows.filter(event_type=series.event_type)
        return rows.aggregate(total=Sum("n"))["total"] or 0


def _is_of(key: PackKey, series: Series) -> bool:
    is_of_kind = key.kind in KINDS_OF_MESSAGES if series.is_of_acts else key.kind == pack_kind(series)
    is_of_type = series.event_type in (None, key.event_type) and key.event_type not in series.without
    return is_of_kind and is_of_type


def _acts(segments: Sequence[tuple[PackKey, Segment | Rows]], window: Window) -> list[tuple[PackKey, Segment | Rows]]:
    """Those inside the window, with times since its first day began."""
    inside = ((key, acts_inside(key.kind, key.day, segment, window)) for key, segment in segments if segment.n)
    return [(key, acts) for key, acts in inside if acts.n]


def _touches(
    of_keys: list[tuple[PackKey, Segment | Rows]],
    window: Window,
    table: NDArray[np.int32],
    series: Series,
    lookups: Lookups,
) -> Touches:
    days = [0 if series.is_of_acts else (key.day - window.first_day).days for key, _ in of_keys]
    segments = [segment for _, segment in of_keys]

    def by_segments() -> NDArray[np.int16]:
        return np.repeat(np.array(days, np.int16), [segment.n for segment in segments])

    def parts_by_day() -> Mapping[int, Sequence[DayPart]]:
        of_days: dict[int, list[Segment | Rows]] = defaultdict(list)
        for day, segment in zip(days, segments, strict=True):
            of_days[day].append(segment)
        return {
            day: [DayPart(partial(_numbers, of_days[day]), partial(_instants, of_days[day], window.day_starts[day]))]
            for day in sorted(of_days)
        }

    def values() -> FactColumn:
        assert series.by is not None
        columns = [EventFields(key.event_type, segment.columns, lookups).column(series.by) for key, segment in of_keys]
        return joined_columns(columns) if columns else no_values(0)

    def marks() -> NDArray[np.uint16]:
        fields = [EventFields(key.event_type, segment.columns, lookups) for key, segment in of_keys]
        met = [bits([each.mask(mark) for mark in series.marks], each.columns.n) for each in fields]
        return concatenation(met, np.uint16)

    touches = Touches(
        numbers=lambda: _numbers(segments),
        table=table,
        days=(lambda: places_in(window.day_starts, touches.at)) if series.is_of_acts else by_segments,
        at=lambda: concatenation(
            [segment.since_midnight + window.day_starts[day] for day, segment in zip(days, segments, strict=True)],
            np.int64,
        ),
        utm=lambda: concatenation([segment.values for segment in segments], np.int32),
        values=None if series.by is None else values,
        marks=marks if series.marks else None,
        money=None if series.money is None else partial(series.money.values, [segment.columns for segment in segments]),
        parts_by_day=None if series.is_of_acts else parts_by_day,
    )
    return touches


def _numbers(segments: Sequence[Segment | Rows]) -> NDArray[np.int32]:
    return concatenation([segment.people for segment in segments], np.int32)


def _instants(segments: Sequence[Segment | Rows], begin: int, places: NDArray[np.intp]) -> NDArray[np.int64]:
    return times_at(segments, places) + begin
