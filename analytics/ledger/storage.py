"""How segments lie in the database: small ones in a row with their columns, of large ones each column in a row too."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import BinaryField, Case, Exists, Expression, OuterRef, Q, QuerySet, Subquery, Value, When

from analytics.ledger.columns import apart, lie_by_themselves
from analytics.ledger.packs import Segment
from analytics.models import DayColumn, DayPack
from analytics.models.bulk import in_binary
from campaignos.fixed_rows import Placeholder

MOST_TOGETHER = 2_000
"""A segment of more touches has its columns apart from it, but for what one transaction has appended (level 0)."""
_COLUMNS_AT_ONCE = 16

_ColumnData = Mapping[str, bytes | None]


def add_packs(packs: Sequence[DayPack]) -> None:
    """Insert packs that were merged or made anew. One statement, and those of the columns of large ones."""
    columns: list[DayColumn] = []
    for pack in packs:
        if pack.columns and pack.level and abs(pack.n) > MOST_TOGETHER:
            pack.columns, parts = apart(bytes(pack.columns))
            columns += [
                DayColumn(workspace_id=pack.workspace_id, segment_id=pack.pk, name=name, data=part)
                for name, part in parts.items()
            ]
    DayPack.objects.bulk_create(packs)
    DayColumn.objects.bulk_create(columns, batch_size=_COLUMNS_AT_ONCE)


def remove_packs(workspace_id: int, packs: Sequence[DayPack]) -> None:
    """Delete packs that nobody else changes meanwhile. Two statements at most."""
    if merged := [pack.pk for pack in packs if pack.level]:
        DayColumn.objects.filter(workspace_id=workspace_id, segment_id__in=merged).delete()
    DayPack.objects.filter(workspace_id=workspace_id, pk__in=[pack.pk for pack in packs]).delete()


def remove_all_packs(workspace_id: int, packs: QuerySet[DayPack]) -> None:
    """Delete all of a query while nobody else writes. Two statements."""
    _columns_of(workspace_id, packs).delete()
    packs.delete()


def lost_columns(workspace_id: int) -> QuerySet[DayColumn]:
    """Columns of packs that are not there, as they are where somebody has deleted packs by hand."""
    packs = DayPack.objects.filter(workspace=OuterRef("workspace"), pk=OuterRef("segment_id"))
    return DayColumn.objects.filter(~Exists(packs), workspace_id=workspace_id)


def segments_of(workspace_id: int, packs: Sequence[DayPack]) -> list[Segment]:
    """The segments with all of their columns; the packs are locked. No query, or one."""
    large = [pack.pk for pack in packs if lie_by_themselves(pack.columns)]
    columns = DayColumn.objects.filter(workspace_id=workspace_id, segment_id__in=large) if large else None
    by_segment = _by_segment(columns)
    return [segment(pack.data, pack.columns, by_segment.get(pack.pk)) for pack in packs]


def all_segments(
    workspace_id: int, packs: QuerySet[DayPack], fields: Sequence[str]
) -> Iterator[tuple[Segment, *tuple[Any, ...]]]:
    """The segments of a query with all of their columns, and these fields, while nobody else writes. Two queries."""
    by_segment = _by_segment(_columns_of(workspace_id, packs))
    rows = packs.order_by().values_list("pk", "data", "columns", *fields)
    for pk, data, columns, *values in in_binary(rows):
        yield segment(data, columns, by_segment.get(pk)), *values


def segment(data: Any, columns: Any, columns_apart: _ColumnData | None = None) -> Segment:
    """From what drivers give, which are bytes or views of some."""
    return Segment(bytes(data), columns and bytes(columns), columns_apart)


def column_data(name: str | Placeholder, packs: Q) -> Expression:
    """As a value of a query of packs: the data of a column that lies by itself, of those packs; null elsewhere.

    So a segment and its columns are read by one statement, before a merge or after it.
    """
    rows = DayColumn.objects.filter(workspace=OuterRef("workspace"), segment_id=OuterRef("pk"), name=name)
    found = Subquery(rows.values("data")[:1])
    return Case(When(packs & Q(level__gt=0), then=found), default=Value(None, BinaryField()))


def _columns_of(workspace_id: int, packs: QuerySet[DayPack]) -> QuerySet[DayColumn]:
    large = packs.filter(level__gt=0).order_by().values("pk")
    return DayColumn.objects.filter(workspace_id=workspace_id, segment_id__in=large)


def _by_segment(columns: QuerySet[DayColumn] | None) -> Mapping[UUID, _ColumnData]:
    by_segment: dict[UUID, dict[str, bytes | None]] = defaultdict(dict)
    rows = in_binary(columns.order_by().values_list("segment_id", "name", "data")) if columns is not None else ()
    for key, name, data in rows:
        by_segment[key][name] = bytes(data)
    return by_segment
