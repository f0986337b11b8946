"""How are we doing? Contacts, campaigns, messages and events in a few numbers."""

from dataclasses import dataclass

from django.db.models import Count, Q

from analytics.ledger import Source
from analytics.metrics import Counted, Numbers, counted_for
from analytics.models import Campaign, CampaignStatus
from analytics.questions.questions import Opens, Question
from analytics.reports.meta import Meta, meta, newest

OF_WINDOW = (
    "contacts_new",
    "events",
    "messages_total",
    "sent",
    "opened",
    "clicked",
    "human_opened",
    "human_clicked",
)


@dataclass(frozen=True)
class OverviewReport:
    numbers: Numbers
    meta: Meta


def overview(source: Source, question: Question) -> OverviewReport:
    """The totals of the question's days. Source: the ledger's counts and the campaigns' table.

    Messages are those created in the window with what became of them since, so opened ≤ sent by nature.
    """
    window = question.window
    in_window = source.counts(counted_for(OF_WINDOW), window=window)
    ever = source.counts([Counted.CONTACTS], window=None)
    campaigns = Campaign.objects.filter(workspace=source.workspace).aggregate(
        campaigns_total=Count("pk"), campaigns_active=Count("pk", filter=Q(status=CampaignStatus.ACTIVE))
    )
    numbers = Numbers(in_window.numbers(), contacts_total=ever.of(Counted.CONTACTS), **campaigns)
    return OverviewReport(
        numbers=numbers.of_people() if question.opens is Opens.HUMAN else numbers,
        meta=meta(source.workspace, question, through=newest(in_window.through, ever.through)),
    )
