"""Demo data in a workspace of one's own: the made-up shop's last weeks, marked by their ids and taken away again."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import transaction

from analytics import ingest
from analytics.demo import DemoData, DemoItem
from analytics.ingest.removal.erasure import erase_prefixed
from analytics.models import Campaign
from workspaces.models import Workspace

PREFIX = "demo:"
"""All ids of demo data begin with it."""
SAMPLE_DAYS = 30
ITEMS_AT_ONCE = 1000

_IDS = ("messageId", "userId", "anonymousId", "externalId", "campaign", "contact", "message")


def has_sample(workspace: Workspace) -> bool:
    """One query."""
    return Campaign.objects.filter(workspace=workspace, external_id__startswith=PREFIX).exists()


@transaction.atomic
def load_sample(*, workspace: Workspace, now: datetime) -> None:
    """All of it or nothing, and once. Takes a few seconds."""
    Workspace.objects.select_for_update().get(pk=workspace.pk)  # whoever asks for it at once waits, and finds it here
    if has_sample(workspace):
        return
    data = DemoData(now, workspace.zone, days=SAMPLE_DAYS)
    for take, items in (
        (ingest.take_campaigns, data.campaigns),
        (ingest.take_contacts, data.contacts),
        (ingest.take_enrollments, data.enrollments),
        (ingest.take_messages, data.messages),
        (ingest.take_message_events, data.message_events),
        (ingest.take_calls, data.calls),
    ):
        for start in range(0, len(items), ITEMS_AT_ONCE):
            batch = list(_marked_items(items[start : start + ITEMS_AT_ONCE], now))
            take(workspace, batch, received_at=now)


def remove_sample(*, workspace: Workspace) -> None:
    """Afterwards all numbers are as if it had never been loaded."""
    erase_prefixed(workspace, PREFIX)


def _marked_items(items: list[DemoItem], now: datetime) -> Iterator[dict[str, Any]]:
    for item in items:
        marked = {name: f"{PREFIX}{value}" if name in _IDS else value for name, value in item.items()}
        if "messageId" in item:  # loaded again, calls must not be taken for those of the first time
            marked["messageId"] = f"{PREFIX}{now:%Y%m%d%H%M%S}:{item['messageId']}"
        if "externalId" in item and "name" in item:
            marked["name"] = f"{item['name']} (demo)"
        yield marked
