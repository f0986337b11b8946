"""The query for the packs that answers are read from, written once for all that ask alike.

Who asks alike asks of the same kinds of series, and of them for as many columns: days, types of events and names of
columns are places in the query. The ORM takes longer to write it than a small workspace takes to answer it.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache, reduce
from operator import or_
from typing import Any, NamedTuple

from django.db.models import BinaryField, Case, DateField, Expression, Q, QuerySet, Value, When

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
_FIELDS = ("kind", "day", "event_type", "n", "through", "data")
_SHAPES_KEPT = 500


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


def pack_kind(series: Series) -> PackKind:
    """In which packs a series lies that is not of what messages reach."""
    return _KINDS.get(series.name, PackKind.EVENT)


def packs_of(
    workspace_id: int, series: Sequence[Series], window: Window, also: Collection[str] = ()
) -> tuple[Sequence[str], Iterator[tuple[Any, ...]]]:
    """Of the packs of these series and of joins, in no order: kind, day, type, n, through, data and columns, and then
    what lies by itself of each column. First the names of those: they are looked at, or among `also`. One query."""
    places: dict[str, list[int]] = defaultdict(list)
    for place, each in enumerate(series):
        for name in sorted(each.column_names.union(also)):
            places[name].append(place)
    shapes = [_SeriesShape.of(each) for each in series]
    query = _query(_Shape((*shapes,), (*map(tuple, places.values()),)))
    types = {_type_at(place): each.event_type for place, each in enumerate(series)}
    names = {_name_at(place): name for place, name in enumerate(places)}
    return [*places], query.rows(workspace_id, **types, **names, **_days(window))


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
    return rows.values_list(*_FIELDS, _with_columns(asked), *apart)


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


def _type_at(place: int) -> str:
    return f"type_{place}"


def _name_at(place: int) -> str:
    return f"name_{place}"
