"""What the events of a type have: their properties, told from the columns of the ledger where it has them all, and
otherwise from the newest events themselves."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db.models import Max, Min, QuerySet, Sum, TextField
from django.db.models.functions import Cast

from analytics.ledger.columns import Columns, ColumnsHead
from analytics.ledger.packs import Segment, remaining
from analytics.ledger.property_values import PropertyNumbers, PropertyTally
from analytics.ledger.recount import in_window
from analytics.ledger.storage import all_segments
from analytics.models import DayPack, Event, PackKind
from analytics.models.bulk import in_binary
from analytics.models.properties import MAX_PROPERTY_NAME
from analytics.periods import Window, local_day
from analytics.questions.fields import PROPERTY_PREFIX
from analytics.questions.values import values_of_json
from workspaces.models import Workspace

EVENTS_SAMPLED = 5_000
"""How many of the newest events are looked at for what has no column."""
BYTES_SAMPLED = 8_000_000
"""Of their properties as JSON: fewer events are looked at, where they have very much."""
MOST_NAMES = 5_000
"""Properties of a type that are told, those that most events have."""
TOUCHES_AT_ONCE = 1_000_000
"""How many events' columns are in memory together."""
MOST_READINGS_OF_COLUMNS = 3
"""How often segments are read that others merge meanwhile."""
EVENTS_AT_ONCE = 250
"""First; how many more fit is known by their size."""


@dataclass(frozen=True)
class TypeNumbers:
    """A type of event, and on which of the days asked about it came first and last."""

    event_type: str
    events: int
    first_day: date
    last_day: date


@dataclass(frozen=True)
class TypeProperties:
    """The properties of a type's events, most frequent first, then by name. Some names are left out: such as are too
    long, too many, or not on the events that were looked at."""

    events: int
    properties: tuple[PropertyNumbers, ...]
    left_out: int


def types_of_events(workspace: Workspace, window: Window) -> tuple[TypeNumbers, ...]:
    """Those of the window's events, most frequent first, then by name. One query."""
    rows = _packs(workspace.pk, window).values_list("event_type")
    totals = rows.annotate(Sum("n"), Min("day"), Max("day")).filter(n__sum__gt=0)
    return tuple(sorted((TypeNumbers(*row) for row in totals), key=lambda each: (-each.events, each.event_type)))


def type_properties(
    workspace: Workspace, window: Window, event_type: str, also: Collection[str] = ()
) -> TypeProperties:
    """What a type's events of the window have; `also` names that are told whether events have them or not.

    A query for how many events there are, two for each million of them; where a property has no column, two for the
    newest events.
    """
    found = _Ledger()
    for portion in _portions(workspace.pk, window, event_type):
        found.add(workspace.pk, _packs(workspace.pk, portion, event_type))
    sample = _sample(workspace, window, event_type) if found.lacks_columns else _Sample()
    return found.properties(event_type, sample, also)


def property_names(workspace: Workspace, window: Window) -> Iterator[tuple[str, str]]:
    """The types and names of properties that the window's events can have.

    One query, and those for the newest events of types of which the ledger does not have all names.
    """
    known: dict[str, set[str]] = defaultdict(set)
    unlisted = set()
    for event_type, data in in_binary(_packs(workspace.pk, window).values_list("event_type", "columns")):
        head = ColumnsHead.read(data and bytes(data))
        names = _of_properties((*head.sizes, *(head.missing or ())))
        new = {name.removeprefix(PROPERTY_PREFIX) for name in names}
        yield from ((event_type, name) for name in new - known[event_type] if len(name) <= MAX_PROPERTY_NAME)
        known[event_type] |= new
        if head.missing is None:
            unlisted.add(event_type)
    for event_type in unlisted:
        of_events = _sample(workspace, window, event_type).by_name.keys() - known[event_type]
        yield from ((event_type, name) for name in of_events if len(name) <= MAX_PROPERTY_NAME)


def _packs(workspace_id: int, window: Window, event_type: str | None = None) -> QuerySet[DayPack]:
    packs = DayPack.objects.filter(workspace_id=workspace_id, kind=PackKind.EVENT).order_by()
    packs = packs.filter(day__range=(window.first_day, window.last_day))
    return packs if event_type is None else packs.filter(event_type=event_type)


def _portions(workspace_id: int, window: Window, event_type: str) -> Iterator[Window]:
    """The window in parts, none with many more events than are looked at together."""
    days = _packs(workspace_id, window, event_type).values_list("day").annotate(Sum("n")).order_by("day")
    first, events = window.first_day, 0
    for day, n in days:
        events += n
        if events >= TOUCHES_AT_ONCE:
            yield Window.between(first, day, zone=window.zone)
            first, events = day + timedelta(days=1), 0
    if events:
        yield Window.between(first, window.last_day, zone=window.zone)


def _whole_segments(workspace_id: int, packs: QuerySet[DayPack]) -> list[tuple[Segment, date, int]]:
    """With day and sign. Where others merged them between the two queries they are read again, a few times: what did
    not come then counts as missing."""
    for _ in range(MOST_READINGS_OF_COLUMNS):
        found = [*all_segments(workspace_id, packs, ("day", "n"))]
        if not any(segment.columns_without_data for segment, *_ in found):
            break
    return [(segment, day, n) for segment, day, n in found]


@dataclass
class _Sample:
    """The newest events of a type: all of them, where there are few."""

    events: int = 0
    is_all: bool = True
    by_name: dict[str, PropertyTally] = field(default_factory=lambda: defaultdict(PropertyTally))


def _sample(workspace: Workspace, window: Window, event_type: str) -> _Sample:
    """Two queries, one where there are few: of the second it is known how much events have."""
    events = in_window(Event.objects.filter(workspace_id=workspace.pk, type=event_type), "occurred_at", window)
    rows = events.order_by("-occurred_at", "-pk").values_list("occurred_at", Cast("properties", TextField()))
    sample, read, size = _Sample(), 0, EVENTS_AT_ONCE
    for _ in range(2):
        portion = [*in_binary(rows[sample.events : sample.events + size])]
        for (at, _), values in zip(portion, values_of_json([text for _, text in portion]), strict=True):
            day = local_day(at, workspace.zone)
            for name, value in values.items():
                sample.by_name[name].add_value(value, day)
        sample.events += len(portion)
        read += sum(len(text) for _, text in portion)
        sample.is_all = len(portion) < size
        room = max(0, BYTES_SAMPLED - read) * sample.events // max(read, 1)
        size = min(EVENTS_SAMPLED - sample.events, room)
        if sample.is_all or size <= 0:
            break
    return sample


def _of_properties(names: Iterable[str]) -> Iterator[str]:
    """Of columns, those of properties: others are of campaigns and of money."""
    return (name for name in names if name.startswith(PROPERTY_PREFIX))


@dataclass
class _Ledger:
    """What the ledger has of a type's events, by the names of columns of properties."""

    events: int = 0
    days: set[date] = field(default_factory=set)
    by_name: dict[str, PropertyTally] = field(default_factory=lambda: defaultdict(PropertyTally))
    missing_on: dict[str, set[date]] = field(default_factory=lambda: defaultdict(set))
    unlisted: Counter[date] = field(default_factory=Counter)
    """How many segments there are of which it is not known what they lack."""
    in_unlisted: dict[str, Counter[date]] = field(default_factory=lambda: defaultdict(Counter))
    """In how many of these a name has a column all the same."""

    def add(self, workspace_id: int, packs: QuerySet[DayPack]) -> None:
        pieces: dict[date, list[tuple[int, Segment]]] = defaultdict(list)
        for segment, day, n in _whole_segments(workspace_id, packs):
            pieces[day].append((n, segment))
            sizes = ColumnsHead.read(segment.column_data).sizes
            for name in _of_properties(sizes):
                self.by_name[name].bytes += sizes[name]
        for day, parts in pieces.items():
            for rows in remaining(parts):
                if rows.n:
                    self._add_segment(day, rows.columns)

    def _add_segment(self, day: date, columns: Columns) -> None:
        self.events += columns.n
        self.days.add(day)
        for name in _of_properties(columns.missing or ()):
            self.missing_on[name].add(day)
        if columns.missing is None:
            self.unlisted[day] += 1
        for name in _of_properties(columns.by_name):
            self.by_name[name].add(columns.by_name[name], day)
            if columns.missing is None:
                self.in_unlisted[name][day] += 1

    @property
    def lacks_columns(self) -> bool:
        return bool(self.missing_on or self.unlisted)

    def lacking_days(self, name: str) -> set[date]:
        """The days of which the ledger does not know which events have it."""
        missing, known = self.missing_on.get(name, set()), self.in_unlisted.get(name, Counter())
        return missing | {day for day, n in self.unlisted.items() if known[day] < n}

    def properties(self, event_type: str, sample: _Sample, also: Collection[str]) -> TypeProperties:
        there = {name.removeprefix(PROPERTY_PREFIX) for name in self.by_name}
        rare = {name.removeprefix(PROPERTY_PREFIX) for name in self.missing_on} - there - sample.by_name.keys()
        names = {name for name in there | sample.by_name.keys() if len(name) <= MAX_PROPERTY_NAME}
        told = [self._numbers(event_type, name, sample) for name in names.union(also)]
        told = [each for each in told if each.events or not each.is_exact or each.name in also]
        told.sort(key=lambda each: (-each.share, -each.events, each.name))
        too_long = len(there | sample.by_name.keys()) - len(names)
        is_left_out = 0 if sample.is_all else len(rare.difference(also))
        return TypeProperties(
            self.events, tuple(told[:MOST_NAMES]), is_left_out + too_long + max(0, len(told) - MOST_NAMES)
        )

    def _numbers(self, event_type: str, name: str, sample: _Sample) -> PropertyNumbers:
        lacking = self.lacking_days(f"{PROPERTY_PREFIX}{name}")
        of_columns = self.by_name.get(f"{PROPERTY_PREFIX}{name}", PropertyTally())
        of_sample = sample.by_name.get(name, PropertyTally())
        if not lacking:
            tally, looked_at = of_columns, self.events
        elif sample.is_all:
            tally, looked_at = of_sample, sample.events
        else:
            tally, looked_at = of_sample.with_other(of_columns), sample.events
        return tally.numbers(
            event_type,
            name,
            looked_at=looked_at,
            is_exact=not lacking or sample.is_all,
            column_days=len(self.days - lacking),
            column_since=min((day for day in self.days if not lacking or day > max(lacking)), default=None),
            days=len(self.days),
            bytes=of_columns.bytes,
        )
