"""Which campaigns do how well? All campaigns beside each other."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from analytics.channels import Channel
from analytics.ledger import Source
from analytics.metrics import OF_MESSAGES, Dimension, Numbers
from analytics.models import Campaign
from analytics.periods import Days, Window
from analytics.questions.slices import EVERYTHING, Slice
from analytics.reports.meta import Meta, meta
from campaignos.texts import CodePoints


@dataclass(frozen=True)
class CampaignsParams:
    """Without days, messages of all time count."""

    days: Days | None = 30
    part: Slice = EVERYTHING


@dataclass(frozen=True)
class CampaignRow:
    """`started_at` is None for a campaign that has not begun."""

    id: str
    number: int
    name: str
    channel: str
    status: str
    started_at: datetime | None
    numbers: Numbers


@dataclass(frozen=True)
class CampaignsReport:
    """`meta` is None for all time."""

    campaigns: tuple[CampaignRow, ...]
    meta: Meta | None


def campaigns(
    source: Source, params: CampaignsParams, *, now: datetime, among: QuerySet[Campaign] | None = None
) -> CampaignsReport:
    """A row for each campaign, or for each of some, with its messages created in the params' days.

    Most messages first, then by name. Each row's numbers are those of the campaign's own report. With a channel, only
    messages on it count, and only campaigns that are for it or have some are listed. Source: the ledger's counts and
    the campaigns' table. Two queries.
    """
    workspace = source.workspace
    window = None if params.days is None else Window.of(params.days, zone=workspace.zone, now=now)
    found = source.counts(OF_MESSAGES, window=window, by=[Dimension.CAMPAIGN], part=params.part)
    chosen = Campaign.objects.filter(workspace=workspace) if among is None else among
    rows = [
        CampaignRow(
            id=campaign.api_id,
            number=campaign.pk,
            name=campaign.name,
            channel=campaign.get_channel_display(),
            status=campaign.get_status_display(),
            started_at=campaign.started_at,
            numbers=found.numbers(campaign.pk),
        )
        for campaign in chosen.order_by(CodePoints("name"), "id")
    ]
    if params.part.channel is not None:
        label = Channel(params.part.channel).label
        rows = [row for row in rows if row.numbers["messages_total"] or row.channel == label]
    return CampaignsReport(
        campaigns=tuple(sorted(rows, key=lambda row: -row.numbers["messages_total"])),
        meta=None if window is None else meta(workspace, window, now=now, through=found.through),
    )
