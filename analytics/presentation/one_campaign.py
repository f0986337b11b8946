"""How did a campaign do? All that its page asks, as one value."""

from collections.abc import Callable
from dataclasses import replace

from analytics.ledger import Ledger, Source
from analytics.presentation.campaign import CampaignAnswer, campaign_presentation, split_of_campaigns
from analytics.presentation.campaigns import credits_of_question
from analytics.presentation.marks import marks_of
from analytics.presentation.presentation import Presentation
from analytics.questions.questions import OF_CAMPAIGNS, CampaignQuestion, TrendsQuestion
from analytics.reports.campaign import campaign
from analytics.reports.campaign_credit import usual_rule
from analytics.reports.campaign_detail import campaign_detail
from analytics.reports.campaign_usual import usual_rates
from analytics.reports.engagement import outcomes_of_part
from analytics.reports.experiments.catalogue import campaign_experiments
from analytics.reports.happenings import happenings
from analytics.reports.trends import compared_trends


def campaign_answer(source: Ledger, question: CampaignQuestion) -> CampaignAnswer:
    """Raises Campaign.DoesNotExist where the workspace has no such campaign."""
    report = campaign(source, question)
    usual = usual_rates(source, question, usual_rule(source, question))  # before what lies in the days that it reads
    return CampaignAnswer(
        report,
        compared_trends(source, _of_trends(question)),
        campaign_detail(source, question),
        campaign_experiments(source, question, question.campaign_id) if report.ab_tests else (),
        outcomes_of_part(source, question),
        usual,
        credits_of_question(source, question),
    )


def show_campaign(
    source: Source, question: CampaignQuestion, answer: CampaignAnswer, masked: Callable[[str], str] = str
) -> Presentation:
    """`masked` hides addresses in texts from those who may not see them."""
    whole, of_trends = answer.trends.report.all.total(), _of_trends(question)
    return campaign_presentation(
        answer,
        question,
        question.part_of_campaign,
        masked=masked,
        split=split_of_campaigns(source, of_trends, whole),
        marks=marks_of(happenings(source, of_trends), of_trends),
    )


def _of_trends(question: CampaignQuestion) -> TrendsQuestion:
    of_campaign = replace(question, part=question.part_of_campaign)
    return of_campaign.with_params(TrendsQuestion, metrics=tuple(OF_CAMPAIGNS))
