"""Which campaigns began when? By what is said of them, not by their messages: some go on sending every day."""

from dataclasses import dataclass
from datetime import date

from analytics.ledger import Source
from analytics.models import Campaign
from analytics.periods import local_day
from analytics.questions.questions import Question


@dataclass(frozen=True)
class CampaignStart:
    day: date
    campaign_id: str
    name: str


def campaign_starts(source: Source, question: Question) -> tuple[CampaignStart, ...]:
    """Campaigns that began on the question's days and not after now, of its part, the first first.

    Source: the campaigns. One query.
    """
    window, part = question.window, question.part
    rows = Campaign.objects.filter(
        workspace=source.workspace,
        started_at__gte=window.starts_at,
        started_at__lt=window.ends_at,
        started_at__lte=question.now,
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
