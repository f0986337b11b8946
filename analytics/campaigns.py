"""Changes to campaigns that people make by hand."""

from collections.abc import Collection, Mapping
from itertools import groupby

from django.db import transaction

from analytics.models import Campaign, CampaignStatus
from analytics.models.stamps import stamp
from workspaces import undo
from workspaces.models import User, Workspace
from workspaces.roles import Right


@transaction.atomic
def archive_campaigns(*, workspace: Workspace, campaign_ids: Collection[int]) -> dict[int, str]:
    """Set campaigns of the workspace to ARCHIVED. No number changes by it. Two queries.

    Returns, by the ids of those that were not archived yet, the status that they had.
    """
    rows = Campaign.objects.filter(workspace=workspace, pk__in=campaign_ids).exclude(status=CampaignStatus.ARCHIVED)
    before = dict(rows.select_for_update().order_by("pk").values_list("pk", "status"))
    of_these = Campaign.objects.filter(workspace=workspace, pk__in=before)
    of_these.update(status=CampaignStatus.ARCHIVED, written_at=stamp())
    return before


@transaction.atomic
def restore_campaigns(*, workspace: Workspace, by: User, statuses: Mapping[str, str]) -> str:
    """Takes archiving back, where nobody has given the campaign another status since. A query for each status."""
    restored = 0
    for status, pks in groupby(sorted(statuses, key=statuses.__getitem__), statuses.__getitem__):
        rows = Campaign.objects.filter(workspace=workspace, pk__in=map(int, pks), status=CampaignStatus.ARCHIVED)
        restored += rows.update(status=status, written_at=stamp())
    return f"Restored {restored} campaign{'' if restored == 1 else 's'}."


undo.register("campaigns", Right.WRITE, restore_campaigns)
