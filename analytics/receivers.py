"""What follows here from changes to workspaces."""

from typing import Any

from django.dispatch import receiver

from analytics.ledger import rebuild_all
from workspaces.changes import time_zone_changed
from workspaces.models import Workspace


@receiver(time_zone_changed)
def rebuild_in_the_new_zone(workspace: Workspace, **kwargs: Any) -> None:
    rebuild_all(workspace)
