"""What follows here from changes elsewhere."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models.signals import post_migrate, pre_migrate
from django.dispatch import receiver

from analytics.export.read_views import drop_read_views, have_read_views, make_read_views
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


@receiver(pre_migrate)
def let_go_of_the_tables(sender: AppConfig, using: str, plan: Sequence[Any] = (), **kwargs: Any) -> None:
    """A view would keep a migration from changing the columns that it shows."""
    if sender == apps.get_app_config("analytics") and plan and using == DEFAULT_DB_ALIAS and have_read_views():
        drop_read_views(keep_readers=True)


@receiver(post_migrate)
def make_the_views_again(sender: AppConfig, using: str, plan: Sequence[Any] = (), **kwargs: Any) -> None:
    if sender == apps.get_app_config("analytics") and plan and using == DEFAULT_DB_ALIAS and have_read_views():
        make_read_views()
