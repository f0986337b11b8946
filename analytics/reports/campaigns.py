"""Which campaigns do how well? All campaigns beside each other."""

from dataclasses import dataclass
from datetime import datetime

from analytics.ledger import Source
from analytics.metrics import OF_MESSAGES, Dimension, Numbers
from analytics.models import Campaign, Channel
from analytics.periods import Days, Window
from analytics.questions.slices import EVERYTHING, Slice
from analytics.reports.meta import Meta, meta
from campaignos.texts import CodePoints


@dataclass(frozen=True)
class CampaignsParams:
    days: Days = 30
    part: Slice = EVERYTHING


@dataclass(frozen=True)
class CampaignRow:
    id: str
    number: int
    name: str
    channel: str
    status: str
    numbers: Numbers


@dataclass(frozen=True)
class CampaignsReport:
    days: int
    campaigns: tuple[CampaignRow, ...]
    meta: Meta


def campaigns(source: Source, params: CampaignsParams, *, now: datetime) -> CampaignsReport:
    """A row for each campaign, with its messages created in the params' days.

    Most messages first, then by name. Each row's numbers are those of the campaign's own report. With a channel, only
    messages on it count, and only campaigns that are for it or have some are listed. Source: the ledger's counts and
    the campaigns' table. Two queries.
    """
    window = Window.of(params.days, zone=source.workspace.zone, now=now)
    found = source.counts(OF_MESSAGES, window=window, by=[Dimension.CAMPAIGN], part=params.part)
    rows = [
        CampaignRow(
            id=one.api_id,
            number=one.pk,
            name=one.name,
            channel=one.get_channel_display(),
            status=one.get_status_display(),
            numbers=found.numbers(one.pk),
        )
        for one in Campaign.objects.filter(workspace=source.workspace).order_by(CodePoints("name"), "id")
    ]
    if params.part.channel is not None:
        label = Channel(params.part.channel).label
        rows = [row for row in rows if row.numbers["messages_total"] or row.channel == label]
    return CampaignsReport(
        days=window.days,
        campaigns=tuple(sorted(rows, key=lambda row: -row.numbers["messages_total"])),
        meta=meta(source.workspace, window, now=now, through=found.through),
    )
