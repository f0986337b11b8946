"""What campaigns bring: conversions and their money, credited to their messages and the visits from these by a rule."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Series, Source, Touches
from analytics.metrics import Change, Numbers, estimate_change, metric_change
from analytics.periods import Window, microseconds
from analytics.questions.credit import CreditModel, CreditRule
from analytics.questions.fields import field_of
from analytics.questions.filters import NO_CONDITION
from analytics.questions.questions import LIFE, Question
from analytics.reports.answers import Answer
from analytics.reports.credit.groups import group_credits
from analytics.reports.credit.shares import CONVERSION
from analytics.reports.credit.touches import TouchedConversions, touched_conversions
from analytics.reports.revenue.order_numbers import tells_money

_DELIVERED = Series.of_messages("delivered", NO_CONDITION, by=field_of("campaign"))
_NO_CAMPAIGN = 0


@dataclass(frozen=True)
class CampaignCredit:
    """`credit` is in millionths of a conversion, `revenue` in minor units of the workspace's currency, and what no rate
    converts by currency in those of `other_currencies`. `recipients` are people to whom a message was delivered."""

    credit: int = 0
    revenue: int = 0
    other_currencies: Mapping[str, int] = field(default_factory=dict)
    recipients: int = 0


@dataclass(frozen=True)
class CampaignCredits:
    """By the numbers of campaigns, those that have any, of the conversions of a window. `has_money` says whether any of
    these, of a campaign or not, is worth something in `currency`.

    `other_currencies` are minor units of all campaigns that no rate converts; of so many conversions the amount is not
    known, of so many its currency is not stated.
    """

    rule: CreditRule
    window: Window
    by_campaign: Mapping[int, CampaignCredit]
    currency: str
    has_money: bool
    without_amount: int
    assumed_currency: int
    through: datetime | None

    @property
    def other_currencies(self) -> Mapping[str, int]:
        units: dict[str, int] = {}
        for credit in self.by_campaign.values():
            for currency, number in credit.other_currencies.items():
                units[currency] = units.get(currency, 0) + number
        return units

    def of(self, campaign_id: int) -> CampaignCredit:
        return self.by_campaign.get(campaign_id, CampaignCredit())

    def numbers_of(self, campaign_id: int) -> Numbers:
        """With as many whole conversions as it is credited with for orders, which changes of money are over."""
        found = self.of(campaign_id)
        return Numbers(credited_revenue=found.revenue, recipients=found.recipients, orders=found.credit // CONVERSION)


def change_of_campaign(answer: Answer[CampaignCredits], campaign_id: int, metric: str) -> Change | None:
    """How what a campaign brings changed: its `credit`, or an amount of it. None where nothing is compared."""
    complete, compared = answer.complete, answer.compared
    if complete is None or compared is None:
        return None
    if metric == "credit":
        values = (credits.of(campaign_id).credit / CONVERSION for credits in (complete, compared))
        return estimate_change(metric, *values)
    change = metric_change(metric, complete.numbers_of(campaign_id), compared.numbers_of(campaign_id))
    return replace(change, currency=compared.currency)


def usual_rule(source: Source, question: Question) -> CreditRule | None:
    """By the workspace's lookbacks; None where nothing tells of money, or credit cannot be told of the question's
    part."""
    if not question.part.has_metric("credit") or not tells_money(source):
        return None
    return CreditRule.with_lookback_days(source.workspace.lookback_days)


def days_of_credit(question: Question, rule: CreditRule) -> Question:
    """The question about a campaign's whole life with the days after it, until today, on which its touches count."""
    window = question.window
    if question.range != LIFE:
        return question
    last = min(max(question.today, window.last_day), window.last_day + rule.longest_lookback)
    return replace(question, window=Window.between(window.first_day, last, zone=window.zone))


def campaign_credits(source: Source, question: Question, rule: CreditRule) -> CampaignCredits:
    """All campaigns at once: of the conversions of the question's days, whatever campaign it is about, and of the
    messages created on them.

    Where the model says nothing, nobody has any credit. Source: the ledger's touches. Queries: those of
    `touched_conversions`, and one or two for recipients; none for days that lie in others which the source was asked
    for by the same rule, but where the model or conditions look at where days end.
    """
    if _depends_on_end(question, rule):
        return _TouchedByCampaigns.of(source, question, rule).credits(question.window)
    known = source.answer_once(_KnownTouches.key(question, rule), _KnownTouches)
    return known.covering(source, question, rule).credits(question.window)


def _depends_on_end(question: Question, rule: CreditRule) -> bool:
    return rule.model is CreditModel.MARKOV or question.part.depends_on_days


def compared_campaign_credits(source: Source, question: Question, rule: CreditRule) -> Answer[CampaignCredits]:
    """With those of the days that are over and of the days these are compared with: as many queries again for the
    latter. What is credited of a part of the days is found in what was read of all, but for models and conditions
    that look at where they end."""
    found = _TouchedByCampaigns.of(source, question, rule)
    shown, questions = found.credits(question.window), question.compared_questions
    if questions is None:
        return Answer(shown)
    complete, compared = questions
    if complete.window == question.window:
        of_complete = shown
    elif _depends_on_end(question, rule):
        of_complete = campaign_credits(source, complete, rule)
    else:
        of_complete = found.credits(complete.window)
    return Answer(shown, of_complete, campaign_credits(source, compared, rule))


@dataclass(frozen=True, eq=False)
class _TouchedByCampaigns:
    """The conversions of a question's days, the touches before them, and by campaign who was delivered to on them."""

    source: Source
    question: Question
    rule: CreditRule
    touched: TouchedConversions
    deliveries: Touches

    @classmethod
    def of(cls, source: Source, question: Question, rule: CreditRule) -> "_TouchedByCampaigns":
        touched = touched_conversions(source, question, rule)
        found, _ = source.touches([_DELIVERED], window=question.window, part=question.part.of_people())
        return cls(source, question, rule, touched, found[_DELIVERED])

    def credits(self, window: Window) -> CampaignCredits:
        """Of a window that lies in the question's."""
        places, converted = self._places(window), self.touched.converted
        money = converted.exchanged.only(places)
        numbers = np.array([label.campaign_id or _NO_CAMPAIGN for label in self.touched.labels], np.int64)
        campaigns, group_of_label = np.unique(np.append(numbers, _NO_CAMPAIGN), return_inverse=True)
        [found] = group_credits(
            self.touched.touchpoints,
            converted.times.only(places),
            [self.rule],
            group_of_label[self.touched.touchpoints.labels].astype(np.int32),
            len(campaigns),
            money=money,
            until=microseconds(window.ends_at),
        ).by_model
        recipients = self._recipients(window)
        credits = {} if found.credits is None else dict(zip(campaigns.tolist(), found.credits.tolist(), strict=True))
        amounts = {} if found.amounts is None else dict(zip(campaigns.tolist(), found.amounts, strict=True))
        currency = self.source.workspace.currency

        def credit(campaign_id: int) -> CampaignCredit:
            units = _by_currency(money.currencies, amounts.get(campaign_id))
            return CampaignCredit(
                credit=credits.get(campaign_id, 0),
                revenue=units.pop(currency, 0),
                other_currencies=units,
                recipients=recipients.get(campaign_id, 0),
            )

        of_campaigns = {each: credit(each) for each in {*campaigns.tolist(), *recipients} - {_NO_CAMPAIGN}}
        return CampaignCredits(
            rule=self.rule,
            window=window,
            by_campaign={each: brought for each, brought in of_campaigns.items() if brought != CampaignCredit()},
            currency=currency,
            has_money=currency in {money.currencies[code] for code in np.unique(money.currency_codes).tolist()},
            without_amount=int(np.count_nonzero(converted.are_without_amount[places])),
            assumed_currency=int(np.count_nonzero(converted.are_of_assumed_currency[places])),
            through=self.touched.through,
        )

    def covers(self, window: Window) -> bool:
        own = self.question.window
        return own.first_day <= window.first_day and window.last_day <= own.last_day

    def _places(self, window: Window) -> NDArray[np.intp]:
        at = self.touched.converted.times.at
        return np.flatnonzero((at >= microseconds(window.starts_at)) & (at < microseconds(window.ends_at)))

    def _recipients(self, window: Window) -> dict[int, int]:
        """By campaign, to how many people a message created on the window's days was delivered by now."""
        first = (window.first_day - self.question.window.first_day).days
        days, values = self.deliveries.days, self.deliveries.values.as_values
        are_in = (days >= first) & (days < first + window.days)
        ids = np.array([0 if value is None else int(value) for value in values.values], np.int64)
        codes = values.codes[are_in].astype(np.int64)
        size = max(len(ids), 1)
        pairs = np.unique(self.deliveries.people[are_in].astype(np.int64) * size + codes)
        counts = np.bincount(pairs % size, minlength=len(ids))
        by_campaign: dict[int, int] = {}
        for pk, count in zip(ids.tolist(), counts.tolist(), strict=True):
            by_campaign[pk] = by_campaign.get(pk, 0) + count
        return {pk: number for pk, number in by_campaign.items() if number}


@dataclass(frozen=True, eq=False)
class _KnownTouches:
    """What was read by one rule, of one part, for whatever days."""

    read: list[_TouchedByCampaigns] = field(default_factory=list)

    @staticmethod
    def key(question: Question, rule: CreditRule) -> Hashable:
        return "touched by campaigns", rule, question.part.of_people(), question.part.where.conversions

    def covering(self, source: Source, question: Question, rule: CreditRule) -> _TouchedByCampaigns:
        """What was read of days that cover the question's, else of its own."""
        found = next((each for each in self.read if each.covers(question.window)), None)
        if found is None:
            found = _TouchedByCampaigns.of(source, question, rule)
            self.read.append(found)
        return found


def _by_currency(currencies: Sequence[str], units: NDArray[np.int64] | None) -> dict[str, int]:
    if units is None:
        return {}
    return {name: number for name, number in zip(currencies, units.tolist(), strict=True) if number}
