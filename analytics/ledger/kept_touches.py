"""Touches read from columns which this process keeps: those of events that say something of money, of all days.

Money is asked for of all days, since an event of any of them may tell again of an order. Most of these days are over,
and their segments are the same from one answer to the next.
"""

from collections.abc import Collection, Hashable, Mapping
from datetime import date, datetime
from functools import cached_property, partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import storage
from analytics.ledger.codecs import no_values
from analytics.ledger.columns import UTM, Columns
from analytics.ledger.conditioned import places_in
from analytics.ledger.kept_columns import JoinedColumn, SegmentPlace, column_of_segments, keeps_columns, kept_column
from analytics.ledger.masks import EventFields, Lookups
from analytics.ledger.pack_queries import SegmentId, packs_beside
from analytics.ledger.packs import Segment, remaining
from analytics.ledger.people import lookup
from analytics.ledger.series import Series, Touches
from analytics.models import PackKind
from analytics.periods import Window
from analytics.questions.filters import NO_CONDITION
from workspaces.models import Workspace

_NUMBERS, _TIMES = "numbers", "times"
"""Beside the columns of events, who and when: no column is called so."""


class _NewSegment(NamedTuple):
    day: date
    n: int
    through: datetime
    segment: Segment


def kept_touches(
    workspace: Workspace, series: Collection[Series], window: Window
) -> tuple[Mapping[Series, Touches], datetime | None] | None:
    """As `Ledger.touches`, of everybody. None where other series are asked for than of money without conditions, or
    something was taken away or is not known of an event: then it is to be read otherwise. One query, or none."""
    are_of_one_type_each = len({each.event_type for each in series}) == len(series)
    if not (series and keeps_columns() and are_of_one_type_each and all(map(_is_kept, series))):
        return None
    kept = {each.event_type or "": _KeptSeries(workspace, each, window) for each in series}
    known = {id: of_type for of_type in kept.values() for id in of_type.known_ids}
    names, rows = packs_beside(workspace.pk, [*series], window, known)
    joins: dict[SegmentId, tuple[int, Segment]] = {}
    for kind, day, event_type, n, through, data, columns, *parts, id in rows:
        if id in known:
            known[id].are_there.append(id)
            continue
        segment = storage.segment(data, columns, dict(zip(names, parts, strict=True)))
        if kind == PackKind.JOIN:
            joins[id] = n, segment
        else:
            kept[event_type].new[id] = _NewSegment(day, n, through, segment)
    if not all(of_type.is_whole for of_type in kept.values()):
        return None
    table = lookup([(segment.people, segment.values) for segment in remaining([*joins.values()])])
    found = {of_type.series: of_type.touches(table, frozenset(joins)) for of_type in kept.values()}
    received = [place.through for of_type in kept.values() for place in of_type.segments.values()]
    return found, max(received, default=None)


def _is_kept(series: Series) -> bool:
    is_plain = series.where == NO_CONDITION and not series.marks and UTM not in series.column_names
    return series.money is not None and is_plain


def _of_none(name: str) -> Any:
    match name:
        case "numbers":
            return np.empty(0, np.int32)
        case "times":
            return np.empty(0, np.int64)
    return no_values(0)


class _KeptSeries:
    """A series of events of a type, what is kept of it, and which of its segments an answer has: those that
    `are_there` still, and `new` ones."""

    def __init__(self, workspace: Workspace, series: Series, window: Window) -> None:
        self.series, self._window = series, window
        self.are_there: list[SegmentId] = []
        self.new: dict[SegmentId, _NewSegment] = {}
        self._names = (_NUMBERS, _TIMES, *sorted(series.column_names))
        key = workspace.pk, window.zone.key, series.event_type
        self._keys: Mapping[str, Hashable] = {name: (*key, name) for name in self._names}
        self._known = {name: kept_column(self._keys[name]) for name in self._names}

    @property
    def known_ids(self) -> Collection[SegmentId]:
        """Of segments of which all columns are kept."""
        first, *others = [{} if column is None else column.segments for column in self._known.values()]
        return [id for id in first if all(id in other for other in others)]

    @property
    def is_whole(self) -> bool:
        """Whether nothing was taken away, and the columns of all segments are known."""
        names = self.series.column_names
        return all(each.n > 0 and all(map(each.segment.columns.has, names)) for each in self.new.values())

    @cached_property
    def segments(self) -> Mapping[SegmentId, SegmentPlace]:
        """In the order of their days, and of ids: of the same segments it is the same."""
        times = self._known[_TIMES]
        known = {id: times.segments[id] for id in self.are_there} if times else {}
        found = {id: (each.day, each.n, each.through) for id, each in known.items()}
        found |= {id: (each.day, each.n, each.through) for id, each in self.new.items()}
        places, end = {}, 0
        for id, (day, n, through) in sorted(found.items(), key=lambda item: (item[1][0], item[0])):
            places[id] = SegmentPlace(day, through, slice(end, end + n))
            end += n
        return places

    def touches(self, table: NDArray[np.int32], joins: Hashable) -> Touches:
        columns = {
            name: column_of_segments(
                self._keys[name], self._known[name], self.segments, partial(self._values, name), _of_none(name)
            )
            for name in self._names
        }
        return self._of_columns(columns, table, joins)

    def _values(self, name: str, id: SegmentId) -> Any:
        day, _, _, segment = self.new[id]
        match name:
            case "numbers":
                return segment.people
            case "times":
                return segment.times() + self._window.day_starts[(day - self._window.first_day).days]
        return segment.columns[name]

    def _of_columns(
        self, joined: Mapping[str, JoinedColumn[Any]], table: NDArray[np.int32], joins: Hashable
    ) -> Touches:
        series, numbers, at = self.series, joined[_NUMBERS].values, joined[_TIMES].values
        columns = Columns(len(at), {name: joined[name].values for name in series.column_names})
        fields = EventFields(series.event_type or "", columns, Lookups({}))
        assert series.money is not None
        money, by = series.money, series.by
        return Touches(
            numbers=lambda: numbers,
            table=table,
            days=lambda: places_in(self._window.day_starts, at),
            at=lambda: at,
            utm=lambda: np.zeros(len(at), np.int32),
            values=None if by is None else lambda: fields.column(by),
            money=lambda: money.values([columns]),
            stamps=(joins, *(column.stamp for column in joined.values())),
        )
