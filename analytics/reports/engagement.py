"""What became of one campaign's messages: how soon they were opened and clicked, which links, and why they bounced."""

from dataclasses import dataclass

from analytics.ledger import Source
from analytics.questions.questions import CampaignQuestion
from analytics.reports.campaign import CampaignName, campaign
from analytics.reports.campaign_detail import HourCount, LinkCount, ReasonCount, campaign_detail
from analytics.reports.meta import Meta


@dataclass(frozen=True)
class EngagementReport:
    days: int
    campaign: CampaignName
    hours: tuple[HourCount, ...]
    links: tuple[LinkCount, ...]
    bounce_reasons: tuple[ReasonCount, ...]
    meta: Meta


def engagement(source: Source, question: CampaignQuestion) -> EngagementReport:
    """Of the messages created in the question's days. Source: the facts, by the campaign's index. Raises
    Campaign.DoesNotExist for an id that is not the workspace's. Six queries."""
    report, detail = campaign(source, question), campaign_detail(source, question)
    return EngagementReport(
        report.days, report.campaign, detail.hours, detail.links, detail.bounce_reasons, report.meta
    )
