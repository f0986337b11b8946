"""How did a campaign do? All that its page asks, as one value."""

from collections.abc import Callable
from dataclasses import replace

from analytics.ledger import Ledger, Source
from analytics.presentation.campaigns.report import CampaignAnswer, campaign_presentation, split_of_campaigns
from analytics.presentation.campaigns.side_by_side import credits_of_question
from analytics.presentation.marks import marks_of
from analytics.presentation.presentation import Presentation
from analytics.questions.questions import OF_CAMPAIGNS, CampaignQuestion, TrendsQuestion
from analytics.reports.campaigns.credit import CampaignCredits, days_of_credit, usual_rule
from analytics.reports.campaigns.detail import campaign_detail
from analytics.reports.campaigns.engagement import outcomes_of_part
from analytics.reports.campaigns.one import campaign
from analytics.reports.campaigns.usual import DAYS_OF_CREDIT, RATES, UsualRates, usual_rates
from analytics.reports.experiments.catalogue import campaign_experiments
from analytics.reports.happenings import happenings
from analytics.reports.trends import compared_trends


def campaign_answer(source: Ledger, question: CampaignQuestion) -> CampaignAnswer:
    """Raises Campaign.DoesNotExist where the workspace has no such campaign."""
    report = campaign(source, question)
    credits, usual = _credits_and_usual(source, question)
    return CampaignAnswer(
        report,
        compared_trends(source, _of_trends(question)),
        campaign_detail(source, question),
        campaign_experiments(source, question, question.campaign_id) if report.ab_tests else (),
        outcomes_of_part(source, question),
        usual,
        credits,
    )


def _credits_and_usual(source: Ledger, question: CampaignQuestion) -> tuple[CampaignCredits | None, UsualRates]:
    """What takes more days first: what lies in these is read with them."""
    rule, shown = usual_rule(source, question), [*dict.fromkeys(map(question.shown_metric, RATES))]
    if rule and days_of_credit(question, rule).window.days > DAYS_OF_CREDIT:
        credits = credits_of_question(source, question)
        return credits, usual_rates(source, question, rule, rates=shown)
    usual = usual_rates(source, question, rule, rates=shown)
    return credits_of_question(source, question), usual


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
