"""What is usual of campaigns of a channel: the medians of the last ones, which one campaign is held against."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from statistics import median

import numpy as np
from django.db.models import Subquery
from django.db.models.functions import Coalesce

from analytics.ledger import Counts, Series, Source
from analytics.metrics import ACTS_OF_PEOPLE, KEY_OF, METRICS, OF_MESSAGES, Counted, Dimension, Numbers, mean_units
from analytics.models import Campaign
from analytics.periods import Window, local_day
from analytics.questions.credit import CreditRule
from analytics.questions.fields import field_of
from analytics.questions.filters import NO_CONDITION
from analytics.questions.questions import CampaignQuestion
from analytics.questions.slices import EVERYTHING, Slice
from analytics.questions.what_changed import EQUAL_AGE
from analytics.reports.campaigns.credit import campaign_credits
from analytics.reports.credit.shares import CONVERSION
from analytics.statistics import FEW, wilson_interval
from campaignos.days import FIRST_DAY

MOST_CAMPAIGNS, LEAST_CAMPAIGNS = 12, 3
"""The last so many of a channel say what is usual; fewer than the latter say nothing."""
DAYS_OF_USUAL = (91, 366)
"""What is usual is of messages of the last so many settled days; of more where too few campaigns sent on these."""
DAYS_OF_CREDIT = 91
"""What campaigns brought is told over the last so many: each day that is looked at takes its time."""
RATES = (
    "delivery_rate",
    "campaign_open_rate",
    "campaign_human_open_rate",
    "campaign_click_rate",
    "campaign_human_click_rate",
)


@dataclass(frozen=True)
class UsualRates:
    """The medians of `campaigns` others, by metric; `settled` are the numbers of the campaign's own messages at the
    same age: opens and clicks of all are those within EQUAL_AGE of creation, of messages that are as old.
    `conversions` are by recipient, `revenue` minor units by recipient; None where nothing tells.
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

    def own_rate(self, metric: str) -> float | None:
        """The campaign's own at the age of what is usual; None where that is no other than its rate as it stands."""
        if not METRICS[metric].rises_with_age or self.known_rate(metric) is None:
            return None
        return self.settled.value(metric)

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


def usual_rates(
    source: Source,
    question: CampaignQuestion,
    credit_rule: CreditRule | None = None,
    *,
    rates: Sequence[str] = RATES,
) -> UsualRates:
    """Of the campaigns that began last on the campaign's own channel, without it; those with few deliveries are passed
    over. Of these rates; with a rule, also what they brought in the last DAYS_OF_CREDIT. Under conditions nothing: what
    is usual is of everybody, and so no measure of some.

    Source: the ledger's counts and touches. Two queries and those of touches, and of `campaign_credits` besides; more
    where campaigns are rare, or the campaign's own messages are old.
    """
    if question.part.has_conditions:
        return NOTHING_USUAL
    last_day = local_day(question.now - EQUAL_AGE, question.window.zone) - timedelta(days=1)
    settled, last = _last_campaigns(source, question, last_day)
    if len(last) < LEAST_CAMPAIGNS:
        return UsualRates(len(last))
    number = question.campaign_id
    if settled.counts.numbers(number)["delivered"]:
        numbers = _at_equal_age(source, settled, [*last, number], rates)
    else:
        numbers = _at_equal_age(source, settled, last, rates) | _of_old_campaign(source, question, last_day, rates)
    usual = UsualRates(len(last), settled=numbers.get(number, Numbers()))
    usual = replace(usual, rates={metric: median(numbers[pk].value(metric) for pk in last) for metric in rates})
    return usual if credit_rule is None else _with_credit(usual, source, question, credit_rule, last)


@dataclass(frozen=True)
class _SettledDays:
    """Days on which all messages are old enough, with what is counted of these by campaign."""

    window: Window
    counts: Counts

    @classmethod
    def until(cls, source: Source, last_day: date, days: int) -> "_SettledDays":
        """One query."""
        first_day = max(FIRST_DAY, last_day - timedelta(days=days - 1))
        window = Window.between(first_day, last_day, zone=source.workspace.zone)
        return cls(window, source.counts(OF_MESSAGES, window=window, by=[Dimension.CAMPAIGN]))


def _last_campaigns(source: Source, question: CampaignQuestion, last_day: date) -> tuple[_SettledDays, list[int]]:
    """The numbers of the others on the campaign's channel that began last, of those with deliveries enough on the days
    that end with the last one, and these days. Two queries, or three."""
    all_campaigns = Campaign.objects.filter(workspace=source.workspace)
    channel = Subquery(all_campaigns.filter(pk=question.campaign_id).values("channel"))
    others = all_campaigns.filter(channel=channel).exclude(pk=question.campaign_id)
    newest_first = others.order_by(Coalesce("started_at", "received_at").desc(), "-id").values_list("pk", flat=True)
    for days in DAYS_OF_USUAL:
        settled = _SettledDays.until(source, last_day, days)
        last = [pk for pk in newest_first if settled.counts.numbers(pk)["delivered"] >= FEW][:MOST_CAMPAIGNS]
        if len(last) >= LEAST_CAMPAIGNS or len(newest_first) < LEAST_CAMPAIGNS:
            break
    return settled, last


def _of_old_campaign(
    source: Source, question: CampaignQuestion, last_day: date, rates: Sequence[str]
) -> dict[int, Numbers]:
    """Of a campaign that sent nothing for long, as many days as are usual that end with its last one; none where all of
    its messages are too young. One query, and those of `_SettledDays` and `_at_equal_age`."""
    ever = Window.between(FIRST_DAY, last_day, zone=source.workspace.zone)
    part = Slice(question.campaign_id)
    counts = source.counts([Counted.DELIVERED], window=ever, by=[Dimension.DAY], part=part)
    days = [day for key in counts.by_key if isinstance(day := key[-1], date)]
    if not days:
        return {}
    settled = _SettledDays.until(source, max(days), DAYS_OF_USUAL[0])
    return _at_equal_age(source, settled, [question.campaign_id], rates)


def _at_equal_age(
    source: Source, settled: _SettledDays, campaigns: Collection[int], rates: Sequence[str]
) -> dict[int, Numbers]:
    """By the numbers of campaigns, counts of their messages; opens and clicks within EQUAL_AGE of creation. Queries:
    those of touches."""
    counted = [METRICS[METRICS[key].parts[0]].counted for key in rates]
    series = {
        KEY_OF[act]: Series.of_messages(act.value, NO_CONDITION, field_of("campaign"), EQUAL_AGE)
        for act in counted
        if act in ACTS_OF_PEOPLE
    }
    touches, _ = source.touches(series.values(), window=settled.window)
    acts: dict[int, dict[str, int]] = {pk: dict.fromkeys(series, 0) for pk in campaigns}
    for key, of_act in series.items():
        values = touches[of_act].values.as_values
        for pk, count in zip(values.values, np.bincount(values.codes, minlength=len(values.values)), strict=True):
            if count and pk in acts:
                acts[int(pk)][key] = int(count)
    return {pk: Numbers({**settled.counts.numbers(pk), **found}) for pk, found in acts.items()}


def _with_credit(
    usual: UsualRates, source: Source, question: CampaignQuestion, rule: CreditRule, campaigns: Collection[int]
) -> UsualRates:
    days = Window.last_days(DAYS_OF_CREDIT, zone=question.window.zone, now=question.now)
    brought = campaign_credits(source, replace(question.on(days), part=EVERYTHING), rule)
    found = [each for each in map(brought.of, campaigns) if each.recipients >= FEW]
    if len(found) < LEAST_CAMPAIGNS:
        return usual
    return replace(
        usual,
        conversions=median(each.credit / CONVERSION / each.recipients for each in found),
        revenue=median(mean_units(each.revenue, each.recipients) for each in found),
    )
