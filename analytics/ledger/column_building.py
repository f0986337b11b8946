"""Building a column that was switched on in the segments that there are, and taking away one that was switched off.

A step is a day of a type of event, the newest first, in a transaction of its own. What is not done yet is answered from
the facts, and where a step is broken off, the next one begins there.
"""

from datetime import date

from django.db import transaction
from django.db.models import QuerySet

from analytics.ledger import compaction, locks
from analytics.ledger.column_names import NO_SWITCHES, column_switches
from analytics.ledger.columns import ColumnsHead
from analytics.ledger.rebuild import rebuild_type
from analytics.models import ColumnChoice, DayPack, EventProperty, PackKind
from analytics.models.bulk import in_binary
from analytics.questions.fields import PROPERTY_PREFIX
from workspaces.models import Workspace

BEFORE_ANY_DAY = date.max
"""What a column is built before as long as no day is done."""


def days_with_events(workspace_id: int, event_type: str) -> int:
    """How many days have events of the type. One query."""
    days: int = _packs(workspace_id, event_type).values("day").distinct().count()
    return days


def build_next_day(workspace: Workspace, wanted: EventProperty) -> bool:
    """Bring the next day in line with the switch of a property; whether there was one.

    Whoever changes the switch meanwhile begins anew.
    """
    packs = _packs(workspace.pk, wanted.event_type).filter(day__lt=wanted.building_before)
    day: date | None = packs.order_by("-day").values_list("day", flat=True).first()
    if day is not None:
        _build_day(workspace, wanted, day)
    wanted.building_before = day
    wanted.days_built += day is not None
    unchanged = EventProperty.objects.filter(
        pk=wanted.pk, workspace=workspace, column=wanted.column, column_set_at=wanted.column_set_at
    )
    unchanged.update(building_before=day, days_built=wanted.days_built)
    return day is not None


def _packs(workspace_id: int, event_type: str) -> QuerySet[DayPack]:
    return DayPack.objects.filter(workspace_id=workspace_id, kind=PackKind.EVENT, event_type=event_type).order_by()


@transaction.atomic
def _build_day(workspace: Workspace, wanted: EventProperty, day: date) -> None:
    name = f"{PROPERTY_PREFIX}{wanted.name}"
    packs = _packs(workspace.pk, wanted.event_type).filter(day=day)
    heads = [ColumnsHead.read(columns and bytes(columns)) for (columns,) in in_binary(packs.values_list("columns"))]
    if wanted.column == ColumnChoice.OFF:
        if any(name in head.sizes for head in heads):
            _take_away(workspace.pk, wanted.event_type, day)
    elif not all(head.has(name) for head in heads):
        rebuild_type(workspace.pk, day, wanted.event_type)


def _take_away(workspace_id: int, event_type: str, day: date) -> None:
    """Write the day's segments without what is switched off; others append to it meanwhile."""
    locks.share(workspace_id)
    switches = column_switches(workspace_id).get(event_type, NO_SWITCHES)
    for pack in _packs(workspace_id, event_type).filter(day=day).order_by("pk").select_for_update():
        compaction.choose_columns_again(pack, switches)
