"""Which campaigns do how well? All campaigns beside each other."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from analytics.channels import Channel
from analytics.ledger import Counts, Source
from analytics.metrics import OF_MESSAGES, Counted, Dimension, Numbers
from analytics.models import Campaign
from analytics.periods import Window
from analytics.questions.questions import Opens, Question
from analytics.questions.slices import EVERYTHING, Slice
from analytics.reports.meta import Meta, meta
from campaignos.texts import CodePoints


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
    campaigns: tuple[CampaignRow, ...]
    meta: Meta

    def numbers_of(self, number: int) -> Numbers:
        """Those of a campaign; none where it is not listed."""
        return self._numbers.get(number, Numbers())

    @cached_property
    def _numbers(self) -> dict[int, Numbers]:
        return {row.number: row.numbers for row in self.campaigns}


def campaigns(source: Source, question: Question) -> CampaignsReport:
    """A row for each campaign, with its messages created in the question's days.

    Most messages first, then by name. Each row's numbers are those of the campaign's own report. With a channel, only
    messages on it count, and only campaigns that are for it or have some are listed. Source: the ledger's counts and
    the campaigns' table. Two queries, the latter once of a source.
    """
    by_name = Campaign.objects.filter(workspace=source.workspace).order_by(CodePoints("name"), "id")
    chosen = source.answer_once("campaigns by name", lambda: [*by_name])
    rows, through = campaign_rows(source, chosen, question.window, question.part)
    if question.settled is not None:
        settled = settled_counts(source, question, by=[Dimension.CAMPAIGN])
        rows = [replace(row, numbers=row.numbers.with_settled(settled.numbers(row.number))) for row in rows]
    if question.part.channel is not None:
        label = Channel(question.part.channel).label
        rows = [row for row in rows if row.numbers["messages_total"] or row.channel == label]
    if question.opens is Opens.HUMAN:
        rows = [replace(row, numbers=row.numbers.of_people()) for row in rows]
    return CampaignsReport(
        campaigns=tuple(sorted(rows, key=lambda row: -row.numbers["messages_total"])),
        meta=meta(source, question, through=through),
    )


def settled_counts(
    source: Source, question: Question, by: Sequence[Dimension] = (), counted: Collection[Counted] = OF_MESSAGES
) -> Counts:
    """Of messages on the question's settled days, by which their rates are compared. One query."""
    if not question.settled or not question.settled.days:
        return Counts({}, None)
    return source.counts(counted, window=question.settled, by=by, part=question.part)


def campaign_rows(
    source: Source, campaigns: Iterable[Campaign], window: Window | None, part: Slice = EVERYTHING
) -> tuple[list[CampaignRow], datetime | None]:
    """Returns the campaigns in their order, each with its messages created in the window (None: ever).

    Also returns when the newest fact among those counted was received. Two queries.
    """
    counts = source.counts(OF_MESSAGES, window=window, by=[Dimension.CAMPAIGN], part=part)
    rows = [
        CampaignRow(
            id=campaign.api_id,
            number=campaign.pk,
            name=campaign.name,
            channel=campaign.get_channel_display(),
            status=campaign.get_status_display(),
            started_at=campaign.started_at,
            numbers=counts.numbers(campaign.pk),
        )
        for campaign in campaigns
    ]
    return rows, counts.through
