"""What became of one campaign's messages: how soon they were opened and clicked, which links, and why they bounced."""

from collections.abc import Mapping
from dataclasses import dataclass

from analytics.ledger import Ledger
from analytics.questions.filters import NO_CONDITION
from analytics.questions.questions import CampaignQuestion
from analytics.reports.campaigns.credit import usual_rule
from analytics.reports.campaigns.detail import HourCount, LinkCount, ReasonCount, campaign_detail
from analytics.reports.campaigns.one import CampaignName, campaign
from analytics.reports.campaigns.outcomes import HowFar, OutcomeGroup, campaign_outcomes
from analytics.reports.campaigns.sends import CampaignSends, campaign_sends
from analytics.reports.campaigns.usual import UsualRates, usual_rates
from analytics.reports.meta import Meta


@dataclass(frozen=True)
class EngagementReport:
    days: int
    campaign: CampaignName
    sends: CampaignSends | None
    hours: tuple[HourCount, ...]
    links: tuple[LinkCount, ...]
    bounce_reasons: tuple[ReasonCount, ...]
    usual: UsualRates
    outcomes: Mapping[HowFar, OutcomeGroup]
    meta: Meta


def engagement(source: Ledger, question: CampaignQuestion) -> EngagementReport:
    """Of the messages created in the question's days; what is usual, and people by how far they got, of all days.

    Source: the facts, by the campaign's index, and the ledger. Raises Campaign.DoesNotExist for an id that is not the
    workspace's. Seven queries, and those of `usual_rates` and `outcomes_of_part`.
    """
    report, detail = campaign(source, question), campaign_detail(source, question)
    return EngagementReport(
        report.days,
        report.campaign,
        None if question.part.has_conditions else campaign_sends(source, question.campaign_id),
        detail.hours,
        detail.links,
        detail.bounce_reasons,
        usual_rates(source, question, usual_rule(source, question)),
        outcomes_of_part(source, question),
        report.meta,
    )


def outcomes_of_part(source: Ledger, question: CampaignQuestion) -> Mapping[HowFar, OutcomeGroup]:
    """None under conditions on messages, which say nothing of people."""
    return campaign_outcomes(source, question) if question.part.where.messages == NO_CONDITION else {}
