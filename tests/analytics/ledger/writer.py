"""A process that writes and compacts until it is killed: `python -m tests.analytics.ledger.writer WORKSPACE NAME`.

Says the number of each batch after its commit. Batches are of BATCH events on a few days, some by two identities that
turn out to be one person. What is merged has its columns in rows of their own.
"""

import os
import random
import sys
from datetime import timedelta

import django

BATCH = 10


def calls(name, number, now):
    chance = random.Random(f"{name} {number}")
    for place in range(BATCH):
        person = chance.randrange(40)
        yield {
            "type": "track",
            "event": "seen",
            "messageId": f"{name}-{number}-{place}",
            "anonymousId": f"d{person}",
            **({"userId": f"u{person % 20}"} if place % 3 == 0 else {}),
            "timestamp": (now - timedelta(hours=chance.randrange(60))).isoformat(),
            "properties": {"place": place},
            "context": {"campaign": {"source": f"s{place % 4}"}},
        }


def main():
    workspace_id, name = int(sys.argv[1]), sys.argv[2]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "campaignos.settings")
    django.setup()
    from django.utils import timezone

    from analytics.ingest import take_calls
    from analytics.ledger import storage
    from analytics.ledger.compaction import merge_crowded, merge_fully
    from workspaces.models import Workspace
    from workspaces.scope import act_for

    workspace = Workspace.objects.get(pk=workspace_id)
    act_for(workspace.pk)
    storage.MOST_TOGETHER = 0
    number = 0
    while True:
        now = timezone.now()
        outcome = take_calls(workspace, list(calls(name, number, now)), received_at=now)
        assert (outcome.accepted, outcome.rejected) == (BATCH, [])
        print(number, flush=True)
        number += 1
        if number % 5 == 0:
            merge_crowded(workspace.pk)
        if number % 12 == 0:
            merge_fully(workspace.pk)


if __name__ == "__main__":
    main()
