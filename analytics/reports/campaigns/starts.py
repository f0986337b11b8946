"""Which campaigns began when, by what is said of them. Messages say less: some campaigns send every day."""

from dataclasses import dataclass
from datetime import date, datetime

from analytics.ledger import Source
from analytics.models import Campaign
from analytics.periods import local_day
from analytics.questions.questions import Question


@dataclass(frozen=True)
class CampaignStart:
    day: date
    at: datetime
    campaign_id: str
    name: str


def campaign_starts(source: Source, question: Question) -> tuple[CampaignStart, ...]:
    """Returns the campaigns of the question's part that began on its days and not after now, earliest first.

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
        CampaignStart(local_day(at, window.zone), at, f"cmp_{pk}", name)
        for at, pk, name in rows.order_by("started_at", "pk").values_list("started_at", "pk", "name")
        if at is not None
    )
