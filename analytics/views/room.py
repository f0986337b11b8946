"""The campaigns that a page offers to choose from."""

from analytics.models import Campaign
from workspaces.models import Workspace

CHOOSABLE_CAMPAIGNS = 100
SUGGESTED_TYPES = 100


def choosable_campaigns(workspace: Workspace, chosen: int | None = None) -> list[Campaign]:
    """The newest campaigns, to choose from, by name; a chosen one among them. One or two queries."""
    rows = Campaign.objects.filter(workspace=workspace).only("name", "workspace_id")
    found = list(rows.order_by("-id")[:CHOOSABLE_CAMPAIGNS])
    if chosen is not None and chosen not in {campaign.pk for campaign in found}:
        found += rows.filter(pk=chosen)
    return sorted(found, key=lambda campaign: (campaign.name, campaign.pk))
