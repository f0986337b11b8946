"""What is counted under conditions or by hours: events, signups and messages by their touches, enrollments by rows,
and so are messages of which the ledger does not have what is asked."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from itertools import chain, compress, islice
from typing import Any

import numpy as np
from django.db.models import Case, F, Max, QuerySet, Value, When
from numpy.typing import NDArray

from analytics.ledger.codecs import FactColumn, column_of
from analytics.ledger.ledger_people import MeantPeople
from analytics.ledger.message_series import FIRST_ACTS, series_of_messages
from analytics.ledger.packs import Rows, Segment
from analytics.ledger.recount import CountedRows, counted_rows, in_window
from analytics.ledger.series import Counts, DimensionValue, Series, Touches, bits
from analytics.ledger.source import Source, SourceOfMessages
from analytics.metrics import Counted, Dimension
from analytics.models import Message
from analytics.models.fact_filters import MessageConditions, column_of_field
from analytics.models.slices import in_slice
from analytics.periods import Window, microseconds
from analytics.questions.fields import Field
from analytics.questions.filters import fields_in, holds
from analytics.questions.parts import Parts
from analytics.questions.slices import Slice

_OF_TOUCHES = frozenset({Counted.EVENTS, Counted.CONVERSIONS, Counted.CONTACTS})
_DIMENSION_OF = {"campaign": Dimension.CAMPAIGN, "channel": Dimension.CHANNEL, "variant": Dimension.VARIANT}
"""Of messages, what their counts are kept by, by the names of the fields."""
_FIELD_OF = {dimension: name for name, dimension in _DIMENSION_OF.items()}
_ROWS_AT_ONCE = 10_000

_Totals = Counter[tuple[Counted, *tuple[DimensionValue, ...]]]


@dataclass(frozen=True)
class ConditionedCounts:
    """Counts of the part of a source's facts that meets conditions, on the days of a window, split by dimensions.

    `people` are those who are meant, None for everybody. By hours instead of days where these are asked for.
    """

    source: SourceOfMessages
    window: Window
    by: Sequence[Dimension]
    part: Slice
    people: MeantPeople | None

    def counts(self, counted: Collection[Counted]) -> Counts:
        """What the part has none of is left out. One of the source's answers, two queries for each kind of row."""
        wanted = frozenset(filter(self.part.has, counted))
        totals: _Totals = Counter()
        of_touches = wanted & self._of_touches
        series = {each: self._series(each) for each in of_touches}
        touches, through = self.source.touches(
            {*chain.from_iterable(series.values())}, window=self.window, part=self.part
        )
        newest = [through]
        for each, parts in series.items():
            totals.update(self._totals_of_touches(each, [touches[one] for one in parts]))
        of_messages = self._series_of_messages(wanted - of_touches)
        newest.append(self._add_messages(totals, of_messages))
        for kind in counted_rows(self.source.workspace.pk):
            if of_kind := wanted.intersection(kind.counted) - of_touches - of_messages.keys():
                newest.append(self._add_rows(totals, kind, of_kind))
        return Counts(totals, max(filter(None, newest), default=None))

    @property
    def _of_touches(self) -> frozenset[Counted]:
        """What touches tell; first opens and clicks, where nothing is asked of their messages."""
        without_time = [dimension for dimension in self.by if dimension not in (Dimension.DAY, Dimension.HOUR)]
        is_of_messages = without_time or self.part.of_people() != self.part
        return _OF_TOUCHES if is_of_messages else _OF_TOUCHES.union(FIRST_ACTS)

    def _series(self, counted: Counted) -> list[Series]:
        where = self.part.where.events
        if counted in FIRST_ACTS:
            return [FIRST_ACTS[counted]]
        if counted is Counted.CONTACTS:
            return [Series.SIGNUPS]
        if counted is Counted.EVENTS:
            return [Series("events", None, where)]
        return [Series.of_type(name, where) for name in dict.fromkeys(self.source.workspace.conversion_types)]

    def _totals_of_touches(self, counted: Counted, parts: Sequence[Touches]) -> _Totals:
        places = [places_in(self._starts, part.at) if self._by_hours else part.days for part in parts]
        totals: _Totals = Counter()
        for place, n in enumerate(np.bincount(np.concatenate(places)).tolist()):
            if n:
                totals[counted, *self._values(place, {})] += n
        return totals

    @property
    def _by_hours(self) -> bool:
        return Dimension.HOUR in self.by

    @property
    def _starts(self) -> NDArray[np.int64]:
        return self.window.hour_starts if self._by_hours else self.window.day_starts

    def _values(self, place: int, of_row: Mapping[Dimension, DimensionValue]) -> Iterator[DimensionValue]:
        """Of the dimensions; None of those that the row has not. `place` is that of the day, or of the hour."""
        for dimension in self.by:
            match dimension:
                case Dimension.DAY:
                    yield self.window.day_list[place]
                case Dimension.HOUR:
                    yield self.window.hours[place].starts_at
                case _:
                    yield of_row.get(dimension) or None

    def _series_of_messages(self, wanted: Collection[Counted]) -> Mapping[Counted, Series]:
        """Of what is wanted, what packs of messages have, with the part of them that is meant."""
        series = series_of_messages(wanted, self.part)
        return {each: of_kind for each, of_kind in series.items() if self.source.has_messages(of_kind)}

    def _add_messages(self, totals: _Totals, series: Mapping[Counted, Series]) -> datetime | None:
        """And returns when the newest of their packs was received."""
        if not series:
            return None
        dimensions = [each for each in _DIMENSION_OF.values() if each in self.by]
        names = [_FIELD_OF[each] for each in dimensions]
        found, newest = self.source.segments_of_messages([*series.values()], names, self.window)
        for each, of_kind in series.items():
            for day, segment in found[of_kind]:
                for (place, *values), n in self._groups(day, segment, names).items():
                    totals[each, *self._values(place, dict(zip(dimensions, values, strict=True)))] += n
        return newest

    def _groups(self, day: date, segment: Segment | Rows, names: Sequence[str]) -> Counter[tuple[Any, ...]]:
        """How many touches of the people who are meant lie at each place in time, by the values of columns."""
        is_meant = slice(None) if self.people is None else self.people.have(segment.people)
        first = (day - self.window.first_day).days
        if self._by_hours:
            places = places_in(self._starts, segment.since_midnight + self.window.day_starts[first])[is_meant]
        else:
            places = np.full(segment.n, first, np.int16)[is_meant]
        columns = [segment.columns[name].as_values for name in names]
        rows = np.column_stack([places, *(column.codes[is_meant] for column in columns)]).astype(np.int64)
        distinct, counts = np.unique(rows, axis=0, return_counts=True)
        return Counter(
            {
                (place, *(_value_of(column.values[code]) for column, code in zip(columns, codes, strict=True))): n
                for (place, *codes), n in zip(distinct.tolist(), counts.tolist(), strict=True)
            }
        )

    def _add_rows(self, totals: _Totals, kind: CountedRows, wanted: Collection[Counted]) -> datetime | None:
        """And returns when the newest of them was received, whoever they are of."""
        rows = in_window(kind.rows.filter(in_slice(self.part)), kind.instant, self.window).order_by()
        if kind.rows.model is Message and self.part.where.messages.conditions:
            rows = MessageConditions(self.source.workspace.pk).matching(rows, self.part.where.messages)
        of_row = "person_number" if kind.rows.model is Message else "contact__person_number"
        person: Any = Value(0) if self.people is None else of_row
        dimensions = [dimension for dimension in kind.dimensions if dimension in self.by]
        are_counted = [Case(When(kind.counted[each], then=1), default=Value(0)) for each in wanted]
        columns = rows.values_list(kind.instant, person, *dimensions, *are_counted)
        remaining = columns.iterator(chunk_size=_ROWS_AT_ONCE)
        groups: Counter[tuple[Any, ...]] = Counter()
        while portion := [*islice(remaining, _ROWS_AT_ONCE)]:
            instants, people, *others = zip(*portion, strict=True)
            meant = self._are_meant(people)
            places, *values = self._times(compress(instants, meant)), *(compress(one, meant) for one in others)
            groups.update(zip(places, *values, strict=True))
        for (place, *values), n in groups.items():
            by_dimension = dict(zip(dimensions, values, strict=False))
            is_counted = values[len(dimensions) :]
            for each in compress(wanted, is_counted):
                totals[each, *self._values(place, by_dimension)] += n
        return _newest(rows)

    def _are_meant(self, people: Sequence[int]) -> Sequence[bool]:
        return [True] * len(people) if self.people is None else self.people.have(np.array(people)).tolist()

    def _times(self, instants: Iterable[datetime]) -> list[int]:
        """On which of the days, or in which of the hours, they lie."""
        places: list[int] = places_in(self._starts, np.fromiter(map(microseconds, instants), np.int64)).tolist()
        return places


def _value_of(value: Any) -> DimensionValue:
    return int(value) if isinstance(value, Decimal) else value


def are_on_dimensions(where: Parts) -> bool:
    """Whether conditions are on nothing but what messages are counted by."""
    is_of_messages = where == Parts(messages=where.messages)
    return is_of_messages and all(field.key in _DIMENSION_OF for field in fields_in(where.messages))


def counts_by_dimensions(
    source: Source, counted: Collection[Counted], *, window: Window | None, by: Sequence[Dimension], part: Slice
) -> Counts:
    """Counts of messages under conditions on their dimensions: what of all that was counted meets them. One query."""
    dimensions = [*by, *(each for each in _DIMENSION_OF.values() if each not in by)]
    place_of = {key: 1 + dimensions.index(dimension) for key, dimension in _DIMENSION_OF.items()}
    wanted = [*filter(part.has, counted)]
    found = source.counts(wanted, window=window, by=dimensions, part=part.without_conditions)
    meant = {key: n for key, n in found.by_key.items() if holds(part.where.messages, partial(_value, key, place_of))}
    return Counts(meant, found.through).summed_over(*range(len(by), len(dimensions)))


def _value(key: Sequence[DimensionValue], place_of: Mapping[str, int], field: Field) -> Any:
    return key[place_of[field.key]]


def acts_of_messages(
    workspace_id: int, series: Series, window: Window, table: NDArray[np.int32]
) -> tuple[Touches, datetime | None]:
    """What the series is of: messages' first reaching its status; and when the newest message was received.

    Two queries, and those of its conditions and its field. `table` is as `lookup` makes it.
    """
    conditions, instant = MessageConditions(workspace_id), f"{series.status}_at"
    messages = in_window(Message.objects.filter(workspace_id=workspace_id), instant, window)
    if series.name == Series.MESSAGES.name and series.event_type:
        messages = messages.filter(**{f"{series.event_type}_at__isnull": False})
        if series.within is not None:
            messages = messages.filter(**{f"{series.event_type}_at__lte": F("created_at") + series.within})
    rows = conditions.matching(messages, series.where).order_by()
    are_met = [Case(When(conditions.rows(mark), then=1), default=Value(0)) for mark in series.marks]
    told = "person_number" if series.by is None else column_of_field(series.by)
    found = [*rows.values_list("person_number", instant, told, *are_met)]
    people, instants, stated, *met = [*zip(*found, strict=True)] or [()] * (3 + len(are_met))
    at = np.array([*map(microseconds, instants)], np.int64)
    touches = Touches(
        numbers=lambda: np.array(people, np.int32),
        table=table,
        days=lambda: places_in(window.day_starts, at),
        at=lambda: at,
        utm=lambda: np.zeros(len(at), np.int32),
        values=None if series.by is None else partial(_column, conditions, series.by, stated),
        marks=(lambda: bits([np.array(mark, np.bool_) for mark in met], len(at))) if met else None,
    )
    return touches, _newest(rows)


def _column(conditions: MessageConditions, field: Field, stated: Sequence[Any]) -> FactColumn:
    return column_of(conditions.values_of(field, stated))


def _newest(rows: QuerySet[Any]) -> datetime | None:
    newest: datetime | None = rows.aggregate(newest=Max("received_at"))["newest"]
    return newest


def places_in(starts: NDArray[np.int64], at: NDArray[np.int64]) -> NDArray[np.int16]:
    """In which of the times that begin at the starts the instants lie, 0 the first."""
    return (np.searchsorted(starts, at, side="right") - 1).astype(np.int16)
