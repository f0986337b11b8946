"""The query for the packs that answers are read from, written once for all that ask alike.

Who asks alike asks of the same kinds of series, and of them for as many columns: days, types of events and names of
columns are places in the query. The ORM takes longer to write it than a small workspace takes to answer it.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache, reduce
from operator import or_
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import (
    BinaryField,
    Case,
    CharField,
    DateField,
    Expression,
    ExpressionWrapper,
    F,
    Q,
    QuerySet,
    Value,
    When,
)

from analytics.ledger import storage
from analytics.ledger.message_touches import NEAR_DAYS
from analytics.ledger.series import Series
from analytics.models import DayPack, PackKind
from analytics.models.fixed_queries import WORKSPACE, FixedQuery
from analytics.models.ledger import KINDS_OF_MESSAGES
from analytics.periods import Window
from campaignos.fixed_rows import Placeholder

_KINDS = {
    Series.ATTRIBUTED.name: PackKind.ATTRIBUTED,
    Series.SIGNUPS.name: PackKind.SIGNUP,
    Series.OPENS.name: PackKind.OPEN,
    Series.CLICKS.name: PackKind.CLICK,
    Series.MESSAGES.name: PackKind.MESSAGE,
}
_FIRST, _LAST, _EARLIEST = (Placeholder(name, DateField()) for name in ("first", "last", "earliest"))
_KNOWN = Placeholder("known")
_FIELDS = ("kind", "day", "event_type", "n", "through")
_INSTANTS = ("day", "through")
_SHAPES_KEPT = 500

SegmentId = UUID | str
"""As the database's driver has it, which is what comparing them needs."""


class _SeriesShape(NamedTuple):
    kind: PackKind | None
    """None for what messages reach."""
    has_type: bool

    @classmethod
    def of(cls, series: Series) -> "_SeriesShape":
        return cls(None if series.is_of_acts else pack_kind(series), series.event_type is not None)


class _Shape(NamedTuple):
    """What of a question is written into the query; for each column, which of the series look at it, by place."""

    series: tuple[_SeriesShape, ...]
    columns: tuple[tuple[int, ...], ...]
    some_are_known: bool = False


def pack_kind(series: Series) -> PackKind:
    """In which packs a series lies that is not of what messages reach."""
    return _KINDS.get(series.name, PackKind.EVENT)


def packs_of(
    workspace_id: int, series: Sequence[Series], window: Window, also: Collection[str] = ()
) -> tuple[Sequence[str], Iterator[tuple[Any, ...]]]:
    """Of the packs of these series and of joins, in no order: kind, day, type, n, through, data and columns, and then
    what lies by itself of each column. First the names of those: they are looked at, or among `also`. One query."""
    places = _places_of_columns(series, also)
    return [*places], _rows_of(workspace_id, series, window, places, {})


def packs_beside(
    workspace_id: int, series: Sequence[Series], window: Window, known: Collection[SegmentId]
) -> tuple[Sequence[str], Iterator[tuple[Any, ...]]]:
    """As `packs_of`, and last the id of each pack: all there is of those that are known already. One query."""
    places = _places_of_columns(series)
    rows = _rows_of(workspace_id, series, window, places, {_KNOWN.name: [*map(str, known)]})
    return [*places], map(_with_instants, rows)


def _places_of_columns(series: Sequence[Series], also: Collection[str] = ()) -> Mapping[str, Sequence[int]]:
    places: dict[str, list[int]] = defaultdict(list)
    for place, each in enumerate(series):
        for name in sorted(each.column_names.union(also)):
            places[name].append(place)
    return places


def _rows_of(
    workspace_id: int,
    series: Sequence[Series],
    window: Window,
    places: Mapping[str, Sequence[int]],
    known: Mapping[str, Sequence[str]],
) -> Iterator[tuple[Any, ...]]:
    shapes = [_SeriesShape.of(each) for each in series]
    query = _query(_Shape((*shapes,), (*map(tuple, places.values()),), some_are_known=bool(known)))
    types = {_type_at(place): each.event_type for place, each in enumerate(series)}
    names = {_name_at(place): name for place, name in enumerate(places)}
    return query.rows(workspace_id, **types, **names, **known, **_days(window))


def _days(window: Window) -> Mapping[str, date]:
    earliest = date.fromordinal(max(window.first_day.toordinal() - NEAR_DAYS, 1))
    return {_FIRST.name: window.first_day, _LAST.name: window.last_day, _EARLIEST.name: earliest}


@lru_cache(_SHAPES_KEPT)
def _query(shape: _Shape) -> FixedQuery:
    return FixedQuery(lambda: _rows(shape))


def _rows(shape: _Shape) -> QuerySet[DayPack, tuple[Any, ...]]:
    wanted = reduce(or_, _at_places(shape, _on_days), Q(kind=PackKind.JOIN))
    of_kinds = _at_places(shape, _of_kind)
    asked = [reduce(or_, [of_kinds[place] for place in places]) for places in shape.columns]
    apart = [storage.column_data(Placeholder(_name_at(place)), packs) for place, packs in enumerate(asked)]
    rows = DayPack.objects.filter(wanted, workspace_id=WORKSPACE).order_by()
    if not shape.some_are_known:
        return rows.values_list(*_FIELDS, "data", _with_columns(asked), *apart)
    fields = [_unless_known(F(name), CharField() if name in _INSTANTS else None) for name in (*_FIELDS, "data")]
    parts = [_unless_known(each) for each in (_with_columns(asked), *apart)]
    return rows.values_list(*fields, *parts, ExpressionWrapper(F("id"), CharField()))


def _at_places(shape: _Shape, packs: Callable[[PackKind | None], Q]) -> list[Q]:
    return [
        packs(each.kind) & Q(event_type=Placeholder(_type_at(place))) if each.has_type else packs(each.kind)
        for place, each in enumerate(shape.series)
    ]


def _on_days(kind: PackKind | None) -> Q:
    """What messages reached in the window lies in the packs of those created in it and shortly before, and among the
    late acts."""
    if kind is None:
        return Q(kind=PackKind.MESSAGE, day__range=(_EARLIEST, _LAST)) | Q(kind=PackKind.LATE_ACT)
    return Q(kind=kind, day__range=(_FIRST, _LAST))


def _of_kind(kind: PackKind | None) -> Q:
    return Q(kind__in=KINDS_OF_MESSAGES) if kind is None else Q(kind=kind)


def _with_columns(asked: Sequence[Q]) -> Expression:
    """What packs of which columns are asked for have of them; of others it is not fetched."""
    if not asked:
        return Value(None, BinaryField())
    return Case(When(reduce(or_, asked), then="columns"), default=None)


def _unless_known(value: Any, field: "CharField[Any, Any] | None" = None) -> Expression:
    return Case(When(id__among=_KNOWN, then=None), default=value, output_field=field)


def _with_instants(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """SQLite converts columns, but no expressions."""
    kind, day, event_type, n, through, *others = row
    if isinstance(day, str):
        day, through = date.fromisoformat(day), datetime.fromisoformat(through).replace(tzinfo=UTC)
    return kind, day, event_type, n, through, *others


def _type_at(place: int) -> str:
    return f"type_{place}"


def _name_at(place: int) -> str:
    return f"name_{place}"
