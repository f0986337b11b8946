"""What needs somebody's attention: what is over its limit, and not by chance."""

from dataclasses import dataclass
from datetime import timedelta

from analytics.ledger import Source
from analytics.metrics import Numbers, rate
from analytics.periods import local_day
from analytics.questions.questions import Question, TrendsQuestion
from analytics.reports.answers import Answer
from analytics.reports.campaigns import CampaignRow, CampaignsReport, campaigns
from analytics.reports.meta import Meta
from analytics.reports.trends import TrendsReport, compared_trends
from analytics.statistics import difference_interval, wilson_interval

HIGH_BOUNCE_RATE = 0.02
GREAT_FALL = 0.25
SETTLED_DAYS = 3
"""Messages that are younger have not had all their clicks, those that they would be compared with have."""


@dataclass(frozen=True)
class HighBounces:
    """A campaign of whose messages sent too many came back."""

    campaign: CampaignRow

    @property
    def messages_sent(self) -> int:
        return self.campaign.numbers["sent"]

    @property
    def messages_bounced(self) -> int:
        return self.campaign.numbers["bounced"]

    @property
    def share(self) -> float:
        return rate(self.messages_bounced, self.messages_sent)


@dataclass(frozen=True)
class FallenClicks:
    """The click rate of delivered messages, which fell far below what it was `before`."""

    share: float
    before: float


Concern = HighBounces | FallenClicks


@dataclass(frozen=True)
class AttentionReport:
    concerns: tuple[Concern, ...]
    meta: Meta


def attention_report(source: Source, question: Question) -> AttentionReport:
    """Of the question's days, and of what they are compared with. Source: the ledger's counts. Three queries."""
    trend = compared_trends(source, question.with_params(TrendsQuestion, metrics=("campaign_click_rate",)))
    return AttentionReport(concerns(trend, campaigns(source, question), question), trend.report.meta)


def concerns(answer: Answer[TrendsReport], report: CampaignsReport, question: Question) -> tuple[Concern, ...]:
    """A click rate that fell by a quarter, and campaigns that bounce, the worst first.

    That is where the whole interval of 95 % is over the limit. Clicks are those of messages old enough to have them.
    """
    bouncing = sorted(report.campaigns, key=_least_bounces, reverse=True)
    found: list[Concern] = [HighBounces(row) for row in bouncing if _least_bounces(row) > HIGH_BOUNCE_RATE]
    fall = None
    if answer.complete and answer.compared:
        settled = local_day(question.now, question.window.zone) - timedelta(days=SETTLED_DAYS)
        days = [day for day in question.window.day_list if day <= settled]
        fall = _fallen_clicks(answer.complete.all.on(days).total(), answer.compared.all.total())
    return (*([fall] if fall else []), *found)


def _least_bounces(row: CampaignRow) -> float:
    """The lower end of the interval of the share of the campaign's messages sent that came back."""
    return wilson_interval(row.numbers["bounced"], row.numbers["sent"])[0] if row.numbers["sent"] else 0.0


def _fallen_clicks(numbers: Numbers, before: Numbers) -> FallenClicks | None:
    """None where the click rate did not fall so far."""
    delivered, delivered_before = numbers["delivered"], before["delivered"]
    clicked, clicked_before = numbers["clicked"], before["clicked"]
    least, _ = difference_interval(clicked_before, delivered_before, clicked, delivered)
    share, share_before = rate(clicked, delivered), rate(clicked_before, delivered_before)
    return FallenClicks(share, share_before) if least > GREAT_FALL * share_before else None
