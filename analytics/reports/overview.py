"""How are we doing? Contacts, campaigns, messages and events in a few numbers."""

from dataclasses import dataclass

from django.db.models import Count, Q

from analytics.ledger import Source
from analytics.metrics import Counted, Numbers, counted_for
from analytics.models import Campaign, CampaignStatus
from analytics.questions.questions import Opens, Question
from analytics.questions.slices import Slice
from analytics.reports.campaigns.side_by_side import settled_counts
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
    part: Slice
    meta: Meta

    def has(self, metric: str) -> bool:
        """Whether the metric can be counted of the part: campaigns are no facts of people."""
        if metric in ("campaigns_total", "campaigns_active"):
            return not self.part.has_conditions
        return self.part.has(Counted.CONTACTS) if metric == "contacts_total" else self.part.has_metric(metric)


def overview(source: Source, question: Question) -> OverviewReport:
    """The totals of the question's days. Source: the ledger's counts and the campaigns' table.

    Messages are those created in the window with what became of them since, so opened ≤ sent by nature.
    """
    window, part = question.window, question.part
    in_window = source.counts(counted_for(OF_WINDOW), window=window, part=part)
    ever = source.counts([Counted.CONTACTS], window=None, part=part)
    campaigns = Campaign.objects.filter(workspace=source.workspace).aggregate(
        campaigns_total=Count("pk"), campaigns_active=Count("pk", filter=Q(status=CampaignStatus.ACTIVE))
    )
    numbers = Numbers(in_window.numbers(), contacts_total=ever.of(Counted.CONTACTS), **campaigns)
    if question.settled is not None:
        numbers = numbers.with_settled(settled_counts(source, question).numbers())
    return OverviewReport(
        numbers=numbers.of_people() if question.opens is Opens.HUMAN else numbers,
        part=part,
        meta=meta(source, question, through=newest(in_window.through, ever.through)),
    )
