"""What the columns of events hold: their names, and how many events have each value."""

from collections import Counter
from collections.abc import Iterator
from datetime import date

import numpy as np
from django.db.models import QuerySet

from analytics.ledger.columns import Columns, FactValue
from analytics.ledger.packs import Rows, Segment, remaining
from analytics.ledger.recount import event_rows
from analytics.models import DayPack, PackKind
from analytics.models.bulk import in_binary
from analytics.periods import Window
from workspaces.models import Workspace


def column_names_of_events(workspace: Workspace, window: Window) -> tuple[str, ...]:
    """The columns that the window's events have, those of the types and days with most events first. One query."""
    totals: Counter[str] = Counter()
    for n, data, columns in in_binary(_packs(workspace, window).filter(n__gt=0).values_list("n", "data", "columns")):
        known = Segment(bytes(data), columns and bytes(columns)).columns
        totals.update(dict.fromkeys({*known.by_name, *(known.missing or ())}, n))
    return tuple(name for name, _ in sorted(totals.items(), key=lambda item: (-item[1], item[0])))


def values_of_events(workspace: Workspace, window: Window, name: str) -> Counter[FactValue]:
    """How many of the window's events have each value of a column.

    One query, and one for each day and type of whose events the ledger does not keep it.
    """
    totals: Counter[FactValue] = Counter()
    for columns in _columns(workspace, window, name):
        column = columns[name].as_values
        for value, n in zip(column.values, np.bincount(column.codes, minlength=len(column.values)), strict=True):
            if value is not None and n:
                totals[value] += int(n)
    return totals


def _columns(workspace: Workspace, window: Window, name: str) -> Iterator[Columns]:
    pieces: dict[tuple[date, str], list[tuple[int, Segment]]] = {}
    asked = ("day", "event_type", "n", "data", "columns")
    for day, event_type, n, data, columns in in_binary(_packs(workspace, window).values_list(*asked)):
        segment = Segment(bytes(data), columns and bytes(columns))
        pieces.setdefault((day, event_type), []).append((n, segment))
    for (day, event_type), parts in pieces.items():
        segments: list[Segment | Rows] = [*remaining(parts)]
        if not all(segment.columns.has(name) for segment in segments):
            segments = [event_rows(workspace, day, event_type, [name])]
        yield from (segment.columns for segment in segments)


def _packs(workspace: Workspace, window: Window) -> QuerySet[DayPack]:
    days = (window.first_day, window.last_day)
    return DayPack.objects.filter(workspace_id=workspace.pk, kind=PackKind.EVENT, day__range=days).order_by()
