"""What is usual of campaigns of a channel: the medians of the last ones, which one campaign is held against."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from statistics import median

from django.db.models import Subquery
from django.db.models.functions import Coalesce

from analytics.ledger import Source
from analytics.metrics import METRICS, OF_MESSAGES, Dimension, Numbers, mean_units
from analytics.models import Campaign
from analytics.periods import Window
from analytics.questions.credit import CreditRule
from analytics.questions.questions import SETTLED_DAYS, CampaignQuestion
from analytics.questions.slices import EVERYTHING
from analytics.reports.campaign_credit import campaign_credits
from analytics.reports.credit.shares import CONVERSION
from analytics.statistics import FEW, wilson_interval
from campaignos.days import FIRST_DAY

MOST_CAMPAIGNS, LEAST_CAMPAIGNS = 12, 3
"""The last so many of a channel say what is usual; fewer than the latter say nothing."""
DAYS_OF_CREDIT = 91
"""What campaigns brought is told over the last so many: each day that is looked at takes its time."""
RATES = (
    "delivery_rate",
    "campaign_open_rate",
    "campaign_human_open_rate",
    "campaign_click_rate",
    "campaign_human_click_rate",
)
"""Of messages that have been out for SETTLED_DAYS: those of a campaign of today are held against none of their age."""


@dataclass(frozen=True)
class UsualRates:
    """The medians of `campaigns` others, by metric; `settled` are the numbers of the campaign's own messages that are
    as old as theirs. `conversions` are by recipient, `revenue` minor units by recipient; None where nothing tells.
    """

    campaigns: int = 0
    rates: Mapping[str, float] = field(default_factory=dict)
    settled: Numbers = field(default_factory=Numbers)
    conversions: float | None = None
    revenue: float | None = None

    @property
    def is_too_early(self) -> bool:
        """Whether none of the campaign's own messages is as old as those of the others."""
        return not self.settled["delivered"]

    def known_rate(self, metric: str) -> float | None:
        """What is usual, where the campaign's own can be held against it: what people do comes in for days."""
        return None if self.is_too_early and METRICS[metric].rises_with_age else self.rates.get(metric)

    def is_beyond(self, metric: str) -> int:
        """1 where the campaign's own rate is above what is usual by more than chance, -1 below, 0 where it is open."""
        usual, rule = self.rates.get(metric), METRICS[metric]
        assert rule.numerator is not None
        assert rule.denominator is not None
        trials = self.settled[rule.denominator]
        if usual is None or trials < FEW:
            return 0
        low, high = wilson_interval(self.settled[rule.numerator], trials)
        return int(low > usual) - int(high < usual)


NOTHING_USUAL = UsualRates()


def usual_rates(source: Source, question: CampaignQuestion, credit_rule: CreditRule | None = None) -> UsualRates:
    """Of the campaigns that began last on the campaign's own channel, without it; those with few deliveries are passed
    over. With a rule, also what they brought in the last DAYS_OF_CREDIT. Under conditions nothing: what is usual is of
    everybody, and so no measure of some.

    Source: the ledger's counts and touches. Two queries, those of `campaign_credits` besides.
    """
    if question.part.has_conditions:
        return NOTHING_USUAL
    all_campaigns = Campaign.objects.filter(workspace=source.workspace)
    channel = Subquery(all_campaigns.filter(pk=question.campaign_id).values("channel"))
    others = all_campaigns.filter(channel=channel).exclude(pk=question.campaign_id)
    newest_first = others.order_by(Coalesce("started_at", "received_at").desc(), "-id").values_list("pk", flat=True)
    settled = question.today - timedelta(days=SETTLED_DAYS)
    window = Window.between(FIRST_DAY, settled, zone=question.window.zone)
    counts = source.counts(OF_MESSAGES, window=window, by=[Dimension.CAMPAIGN])
    numbers = {pk: counts.numbers(pk) for pk in newest_first}
    last = [pk for pk, found in numbers.items() if found["delivered"] >= FEW][:MOST_CAMPAIGNS]
    usual = UsualRates(len(last), settled=counts.numbers(question.campaign_id))
    if len(last) < LEAST_CAMPAIGNS:
        return usual
    usual = replace(usual, rates={metric: median(numbers[pk].value(metric) for pk in last) for metric in RATES})
    if credit_rule is None:
        return usual
    days_of_credit = Window.last_days(DAYS_OF_CREDIT, zone=window.zone, now=question.now)
    brought = campaign_credits(source, replace(question.on(days_of_credit), part=EVERYTHING), credit_rule)
    found = [each for each in map(brought.of, last) if each.recipients >= FEW]
    if len(found) < LEAST_CAMPAIGNS:
        return usual
    return replace(
        usual,
        conversions=median(each.credit / CONVERSION / each.recipients for each in found),
        revenue=median(mean_units(each.revenue, each.recipients) for each in found),
    )
