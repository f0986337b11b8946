"""What follows here from changes elsewhere."""

from typing import Any

from django.apps import AppConfig, apps
from django.db import connections
from django.db.models.signals import post_migrate
from django.dispatch import receiver

from analytics.ingest.removal.erasure import erase_workspace
from analytics.ledger import rebuild_all
from analytics.sqlite import write_planner_statistics
from workspaces.changes import time_zone_changed, workspace_deleted
from workspaces.models import Workspace


@receiver(time_zone_changed)
def rebuild_in_the_new_zone(workspace: Workspace, **kwargs: Any) -> None:
    rebuild_all(workspace)


@receiver(workspace_deleted)
def erase_its_data(workspace: Workspace, **kwargs: Any) -> None:
    erase_workspace(workspace)


@receiver(post_migrate)
def tell_the_planner(sender: AppConfig, using: str, **kwargs: Any) -> None:
    if sender == apps.get_app_config("analytics") and connections[using].vendor == "sqlite":
        write_planner_statistics()
