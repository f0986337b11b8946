"""Deletes what a workspace keeps no longer: `python -m tests.analytics.ingest.removal.expirer WORKSPACE NOW`.

Says how many events went with each step, after its commit.
"""

import os
import sys
from datetime import datetime

import django


def main() -> None:
    workspace_id, now = int(sys.argv[1]), datetime.fromisoformat(sys.argv[2])
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "campaignos.settings")
    django.setup()
    from analytics.ingest.removal.expiry import expire
    from workspaces.models import Workspace
    from workspaces.scope import act_for

    act_for(workspace_id)
    for step in expire(Workspace.objects.get(pk=workspace_id), now):
        print(step.events, flush=True)


if __name__ == "__main__":
    main()
