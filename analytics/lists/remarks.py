"""What ingest remarked in the last days: rejected, duplicate, or taken with a warning."""

from dataclasses import dataclass

from django.db.models import Sum

from analytics.lists.rows import Results, RowResults
from analytics.models import IngestRemark, RemarkKind
from workspaces.models import Workspace


@dataclass(frozen=True)
class RemarkList:
    kind: RemarkKind

    def find(self, workspace: Workspace) -> Results[IngestRemark]:
        """Newest first."""
        return RowResults(IngestRemark.objects.filter(workspace_id=workspace.pk, kind=self.kind), "received_at")


def items_remarked(workspace: Workspace) -> dict[str, int]:
    """How many items were remarked upon, by kind; kinds without any are left out. One query."""
    rows = IngestRemark.objects.filter(workspace_id=workspace.pk).order_by().values_list("kind")
    return dict(rows.annotate(items=Sum("count")))
