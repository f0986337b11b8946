"""Telling those who keep copies which rows are gone."""

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta

from analytics.models import Removal, RemovedFrom
from analytics.models.bulk import insert_columns
from analytics.models.stamps import stamp

REMOVALS_KEPT_FOR = timedelta(days=90)
_OF_OLD_FACTS = (RemovedFrom.EVENTS, RemovedFrom.MESSAGES, RemovedFrom.MESSAGE_EVENTS)
_PREFIXES = {
    RemovedFrom.CONTACTS: "ct",
    RemovedFrom.CAMPAIGNS: "cmp",
    RemovedFrom.ENROLLMENTS: "enr",
    RemovedFrom.MESSAGES: "msg",
    RemovedFrom.MESSAGE_EVENTS: "mev",
    RemovedFrom.EVENTS: "evt",
}


def note_removals(workspace_id: int, resource: RemovedFrom, keys: Collection[uuid.UUID | int]) -> None:
    """That these rows are deleted, in the transaction that does so. One statement."""
    prefix = _PREFIXES[resource]
    rows = [f"{prefix}_{key.hex if isinstance(key, uuid.UUID) else key}" for key in keys]
    columns = {"id": [uuid.uuid4().hex for _ in rows], "row": rows}
    insert_columns(Removal, columns, workspace_id=workspace_id, resource=resource.value)


def note_expiry(workspace_id: int, before: datetime) -> None:
    """That events that occurred, and messages that were created, before then are deleted, with all reports on them."""
    Removal.objects.bulk_create(
        Removal(workspace_id=workspace_id, resource=resource, before=before, written_at=stamp())
        for resource in _OF_OLD_FACTS
    )


def expire_removals(workspace_id: int, now: datetime) -> int:
    """Delete those that were told for long enough; answers how many."""
    old = Removal.objects.filter(workspace_id=workspace_id, written_at__lt=now - REMOVALS_KEPT_FOR)
    return old.delete()[0]
