"""Building the columns of money by rules that were changed. Until then such events are read from the facts.

A step is a day of a type of event, the newest first, in a transaction of its own.
"""

from collections.abc import Iterator
from datetime import date

from django.db import transaction

from analytics.ledger.columns import ColumnsHead
from analytics.ledger.money_columns import money_columns
from analytics.ledger.rebuild import rebuild_type
from analytics.models import DayPack, PackKind
from analytics.models.bulk import in_binary
from workspaces.models import Workspace


def build_money(workspace: Workspace) -> Iterator[date]:
    """Build what is lacking by the rules of now; each day when it is done. What is there already costs a look at it."""
    for event_type, columns in money_columns(workspace).items():
        packs = DayPack.objects.filter(workspace_id=workspace.pk, kind=PackKind.EVENT, event_type=event_type)
        for day in packs.order_by("-day").values_list("day", flat=True).distinct():
            if _lacks(workspace.pk, event_type, day, columns.names):
                with transaction.atomic():
                    rebuild_type(workspace.pk, day, event_type)
                yield day


def _lacks(workspace_id: int, event_type: str, day: date, names: tuple[str, ...]) -> bool:
    packs = DayPack.objects.filter(workspace_id=workspace_id, kind=PackKind.EVENT, event_type=event_type, day=day)
    heads = (ColumnsHead.read(columns and bytes(columns)) for (columns,) in in_binary(packs.values_list("columns")))
    return any(not head.sizes.keys() >= {*names} for head in heads)
