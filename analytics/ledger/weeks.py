"""A number of several workspaces at once, for the page that lists them: nothing else reads more than one workspace."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.db.models import QuerySet, Sum

from analytics.metrics import Counted
from analytics.models import DayCount
from analytics.periods import Window
from workspaces.scope import scope_of_all


def events_by_day(windows: Mapping[int, Window]) -> dict[int, Sequence[int]]:
    """How many events each workspace has on each day of its window, by the workspace's id. One query, none for none.

    A union with a part for each workspace: so each part says which it reads, as a cluster wants it
    (docs/decisions/0002), and has the days of its own time zone. The caller knows who may see the workspaces.
    """
    if not windows:
        return {}
    with scope_of_all("each part of the union names the workspace that it reads"):
        first, *others = (_events(workspace_id, window) for workspace_id, window in windows.items())
        rows = list(first.union(*others, all=True) if others else first)
    found: dict[tuple[int, date], int] = {(row["workspace_id"], row["day"]): row["total"] for row in rows}
    return {
        workspace_id: [found.get((workspace_id, day), 0) for day in window.day_list]
        for workspace_id, window in windows.items()
    }


def _events(workspace_id: int, window: Window) -> QuerySet[DayCount, Any]:
    rows = DayCount.objects.filter(workspace_id=workspace_id, counted=Counted.EVENTS)
    of_days = rows.filter(day__range=(window.first_day, window.last_day))
    return of_days.order_by().values("workspace_id", "day").annotate(total=Sum("n"))
