"""When a campaign was sent, and how many messages that were, over its whole life."""

from dataclasses import dataclass
from datetime import date

from analytics.ledger import Source
from analytics.metrics import Counted, Dimension
from analytics.questions.slices import Slice


@dataclass(frozen=True)
class CampaignSends:
    """The first and the last local day on which messages were created that have been sent by now, and how many."""

    first_day: date
    last_day: date
    messages: int


def campaign_sends(source: Source, campaign_id: int) -> CampaignSends | None:
    """None while nothing of it is sent. Source: the ledger's counts. One query."""
    counts = source.counts([Counted.SENT], window=None, by=[Dimension.DAY], part=Slice(campaign_id))
    days = [day for day in counts.values(0) if isinstance(day, date)]
    return CampaignSends(min(days), max(days), counts.summed_over(0).of(Counted.SENT)) if days else None
