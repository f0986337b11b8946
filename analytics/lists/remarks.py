"""What ingest remarked in the last days: rejected, duplicate, or taken with a warning."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max, Sum

from analytics.lists.rows import Results, RowResults
from analytics.models import IngestRemark, RemarkKind
from workspaces.models import Workspace


@dataclass(frozen=True)
class RemarkList:
    kind: RemarkKind

    def find(self, workspace: Workspace) -> Results[IngestRemark]:
        """Newest first."""
        return RowResults(IngestRemark.objects.filter(workspace_id=workspace.pk, kind=self.kind), "received_at")


@dataclass(frozen=True)
class Refusals:
    """Items that were refused for one reason, of those that came one way: how many, and when last."""

    code: str
    source: str
    items: int
    last_at: datetime


def refusals(workspace: Workspace, *, most: int) -> list[Refusals]:
    """By reason and way, of the days that remarks are kept, most items first. One query."""
    rows = IngestRemark.objects.filter(workspace_id=workspace.pk, kind=RemarkKind.REJECTED).order_by()
    groups = rows.values("code", "source").annotate(items=Sum("count"), last_at=Max("received_at"))
    return [Refusals(**group) for group in groups.order_by("-items", "code", "source")[:most]]


def items_refused_by_key(workspace: Workspace, *, since: datetime) -> dict[int, int]:
    """How many items, or whole requests, that were sent with a key were refused from an instant on, by the key's
    number; keys without any are left out. One query."""
    refused = IngestRemark.objects.filter(
        workspace_id=workspace.pk, kind=RemarkKind.REJECTED, received_at__gte=since, key_id__isnull=False
    )
    return dict(refused.order_by().values_list("key_id").annotate(items=Sum("count")))


def items_remarked(workspace: Workspace) -> dict[str, int]:
    """How many items were remarked upon, by kind; kinds without any are left out. One query."""
    rows = IngestRemark.objects.filter(workspace_id=workspace.pk).order_by().values_list("kind")
    return dict(rows.annotate(items=Sum("count")))
