"""Messages of the past brought up to changed rules: who opened and clicked, what a status implies.

The ledger follows exactly.
"""

import uuid
from collections.abc import Iterator, Sequence
from copy import copy
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from analytics.ingest.messages.engagement import HUMAN_INSTANTS, classify, label
from analytics.ingest.messages.statuses import (
    HARM_INSTANTS,
    IMPLIED_INSTANTS,
    harm_reports,
    locked_messages,
    note_harm,
    settle,
)
from analytics.ingest.rows import update_rows
from analytics.ledger import Entries
from analytics.models import Message, MessageEvent
from analytics.models.facts import ENGAGEMENTS
from workspaces.models import Workspace

MESSAGES_AT_ONCE = 1000
_FIRST_ID = uuid.UUID(int=0)


def opened_messages(workspace: Workspace) -> int:
    """How many messages there are to classify. One query."""
    return _opened_or_unsettled(workspace).count()


def reclassify(workspace: Workspace) -> Iterator[int]:
    """Classify all opens and clicks of a workspace; yields how many messages each transaction was about.

    Safe while others write, and at any time: what is labelled rightly stays as it is.
    """
    after = _FIRST_ID
    while batch := list(
        _opened_or_unsettled(workspace).filter(pk__gt=after).values_list("pk", "received_at")[:MESSAGES_AT_ONCE]
    ):
        ids = [pk for pk, _ in batch]
        _reclassify_messages(workspace, ids, received_at=max(received_at for _, received_at in batch))
        yield len(ids)
        after = ids[-1]
    _reclassify_waiting(workspace)


def _opened_or_unsettled(workspace: Workspace) -> QuerySet[Message]:
    """The messages that were opened. Also those that did harm, or were delivered or bounced without having been sent,
    as former releases wrote them."""
    unsettled = Q(sent_at=None) & (Q(delivered_at__isnull=False) | Q(bounced_at__isnull=False))
    did_harm = Exists(harm_reports(workspace.pk).filter(message=OuterRef("pk")))
    rows = Message.objects.filter(Q(opened_at__isnull=False) | unsettled | did_harm, workspace_id=workspace.pk)
    return rows.order_by("pk")


@transaction.atomic
def _reclassify_messages(workspace: Workspace, ids: Sequence[uuid.UUID], *, received_at: datetime) -> None:
    """No fact is newer by this, so the ledger's rows are as new as the messages."""
    entries = Entries.begin(workspace, received_at=received_at)
    messages = locked_messages(workspace.pk, ids)
    before = {pk: copy(message) for pk, message in messages.items()}
    changed = {message.pk: message for message in messages.values() if settle(message)}
    changed |= {message.pk: message for message in note_harm(workspace.pk, messages)}
    changed |= {message.pk: message for message in classify(workspace.pk, messages.values())}
    update_rows(list(changed.values()), [*IMPLIED_INSTANTS, "bounced_at", *HUMAN_INSTANTS, *HARM_INSTANTS])
    for pk, message in changed.items():
        entries.change_message(before[pk], message)
    entries.write()


def _reclassify_waiting(workspace: Workspace) -> None:
    """Reports on messages that are not known are labelled by what they say alone."""
    after = _FIRST_ID
    waiting = MessageEvent.objects.filter(workspace_id=workspace.pk, message__isnull=True, type__in=ENGAGEMENTS)
    while ids := list(waiting.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:MESSAGES_AT_ONCE]):
        with transaction.atomic():
            reports = waiting.filter(pk__in=ids).select_for_update().order_by("pk")
            relabelled = [report for report in reports if label([report], delivered_at=None)]
            update_rows(relabelled, ["actor", "actor_rule"])
        after = ids[-1]
