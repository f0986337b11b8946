"""Which campaigns are there, and what became of their messages?"""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from analytics.ledger import Source
from analytics.metrics import OF_MESSAGES, Dimension, Numbers
from analytics.models import Campaign
from analytics.periods import Window


@dataclass(frozen=True)
class CampaignLine:
    """`started_at` is None for a campaign that has not begun."""

    id: str
    number: int
    name: str
    channel: str
    status: str
    started_at: datetime | None
    numbers: Numbers


def campaign_list(source: Source, rows: QuerySet[Campaign], window: Window | None) -> tuple[CampaignLine, ...]:
    """Each of the rows with its messages created in the window (None: ever), newest campaign first.

    Source: the ledger's counts. Two queries.
    """
    found = source.counts(OF_MESSAGES, window=window, by=[Dimension.CAMPAIGN])

    return tuple(
        CampaignLine(
            id=one.api_id,
            number=one.pk,
            name=one.name,
            channel=one.get_channel_display(),
            status=one.get_status_display(),
            started_at=one.started_at,
            numbers=found.numbers(one.pk),
        )
        for one in rows.order_by("-id")
    )
