"""What requests with an `Idempotency-Key` were answered: for how long it is kept, and what of it is erased."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from workspaces.models import KeptAnswer, Workspace
from workspaces.scope import scope_of_all

KEPT = timedelta(hours=24)
ANSWERS_READ = 500
ERASED = HTTPStatus.GONE.value
"""The status of an answer that named somebody who has been erased since."""


def change_answers(workspace: Workspace, changed: Callable[[Mapping[int, Any]], Mapping[int, Any]]) -> None:
    """Change kept answers of a workspace that name somebody who is erased, in the transaction that does so.

    Of some bodies by their keys, `changed` answers those that become others, with None for what is erased: the key goes
    on guarding its request. Two statements for each ANSWERS_READ, and one for each that changes.
    """
    answers = KeptAnswer.objects.filter(workspace=workspace).exclude(status=ERASED).order_by("pk")
    last = 0
    while bodies := dict(answers.filter(pk__gt=last).values_list("pk", "body")[:ANSWERS_READ]):
        last = max(bodies)
        new = changed(bodies)
        erased = [key for key, body in new.items() if body is None]
        KeptAnswer.objects.filter(workspace=workspace, pk__in=erased).update(status=ERASED, body={}, headers={})
        for key, body in new.items():
            if body is not None:
                KeptAnswer.objects.filter(workspace=workspace, pk=key).update(body=body)


def expire_answers(now: datetime) -> int:
    """Forget the answers whose 24 hours are over; how many. One query."""
    with scope_of_all("they go by their age alone"):
        return KeptAnswer.objects.filter(created_at__lte=now - KEPT).delete()[0]
