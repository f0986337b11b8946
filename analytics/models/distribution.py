"""What lets a table be spread over the nodes of a Citus cluster by its workspace (docs/decisions/0002)."""

from typing import Any

from django.db import models

from workspaces.models import Workspace
from workspaces.scope import ScopedManager


class DistributedModel(models.Model):
    """A table that grows without bound: its ids come from the application, and no foreign key leaves it.

    The links to workspaces, contacts and campaigns are kept without database constraints, for these tables stay on
    the coordinator; and deleting there deletes nothing here: erasure is a function of `analytics.ingest`.
    """

    workspace = models.ForeignKey(Workspace, models.DO_NOTHING, db_constraint=False, related_name="+", db_index=False)

    objects = ScopedManager[Any]()

    class Meta:
        abstract = True
