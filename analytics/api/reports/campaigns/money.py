"""What campaigns bring, over the API: conversions credited to them by a rule, and what these are worth."""

from analytics.api.reports.credit.parameters import credit_rule
from analytics.api.reports.credit.serializers import in_conversions, rule_body
from analytics.api.reports.rows import ReportRows
from analytics.api.reports.view import Body, ReportView
from analytics.metrics import Numbers
from analytics.questions.credit import PARAMETERS, CreditRule
from analytics.questions.questions import Question
from analytics.reports.answers import Answer
from analytics.reports.campaigns.credit import (
    CampaignCredit,
    CampaignCredits,
    change_of_campaign,
    compared_campaign_credits,
)
from campaignos.currencies import exponent

_CHANGING = {
    "conversions": "credit",
    "converted": "credited_revenue",
    "revenuePerRecipient": "revenue_per_recipient",
}


class CampaignMoneyView(ReportView):
    """A report on campaigns that tells what they bring where a rule of credit is asked for."""

    @property
    def asks_credit(self) -> bool:
        return bool({*PARAMETERS} & {*self.request.query_params})

    @property
    def asks_more(self) -> bool:
        return self.asks_credit or super().asks_more

    def credits(self, question: Question) -> Answer[CampaignCredits] | None:
        """None where that cannot be told of the question's part. Raises ParameterError."""
        default = CreditRule.with_lookback_days(self.source.workspace.lookback_days)
        rule = credit_rule(self.request.query_params, default)
        return compared_campaign_credits(self.source, question, rule) if question.part.has_metric("credit") else None

    def campaign_credit(self, credits: CampaignCredits, campaign_id: int, question: Question) -> Body:
        body = _numbers(credits.of(campaign_id), credits.currency)
        if self.tells_rows:
            ReportRows(self.addresses, question).credit_of_campaign(body, credits, campaign_id)
        return body


def changes_of_credit(answer: Answer[CampaignCredits], campaign_id: int) -> Body:
    """How what a campaign brings changed, by the names of its numbers."""
    changes = {name: change_of_campaign(answer, campaign_id, metric) for name, metric in _CHANGING.items()}
    return {name: change and change.amount for name, change in changes.items()}


def rule_of_credits(credits: CampaignCredits) -> Body:
    return {
        "model": credits.rule.model_text,
        **rule_body(credits.rule),
        "currency": credits.currency,
        "exponent": exponent(credits.currency),
        "withoutAmount": credits.without_amount,
        "currencyAssumed": credits.assumed_currency,
    }


def _numbers(credit: CampaignCredit, currency: str) -> Body:
    numbers = Numbers(credited_revenue=credit.revenue, recipients=credit.recipients)
    return {
        "conversions": in_conversions(credit.credit),
        "converted": credit.revenue,
        "unconverted": {**credit.other_currencies},
        "recipients": credit.recipients,
        "revenuePerRecipient": numbers.known_value("revenue_per_recipient"),
    }
