"""Which campaigns began when? By what is said of them, not by their messages: some go on sending every day."""

from dataclasses import dataclass
from datetime import date, datetime

from analytics.models import Campaign
from analytics.periods import Window, local_day
from analytics.questions.slices import EVERYTHING, Slice
from workspaces.models import Workspace


@dataclass(frozen=True)
class CampaignStart:
    day: date
    campaign_id: str
    name: str


def campaign_starts(
    workspace: Workspace, window: Window, *, now: datetime, part: Slice = EVERYTHING
) -> tuple[CampaignStart, ...]:
    """Campaigns that began on the window's days and not after now, of a part, the first first.

    Source: the campaigns. One query.
    """
    rows = Campaign.objects.filter(
        workspace=workspace, started_at__gte=window.starts_at, started_at__lt=window.ends_at, started_at__lte=now
    )
    if part.campaign_id is not None:
        rows = rows.filter(pk=part.campaign_id)
    if part.channel is not None:
        rows = rows.filter(channel=part.channel)
    return tuple(
        CampaignStart(local_day(at, window.zone), f"cmp_{pk}", name)
        for at, pk, name in rows.order_by("started_at", "pk").values_list("started_at", "pk", "name")
        if at is not None
    )
