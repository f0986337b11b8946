"""What campaigns bring: conversions and their money, credited to their messages and the visits from these by a rule."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Series, Source
from analytics.periods import Window, microseconds
from analytics.questions.credit import CreditRule
from analytics.questions.fields import field_of
from analytics.questions.filters import NO_CONDITION
from analytics.questions.questions import LIFE, Question
from analytics.reports.credit.groups import group_credits
from analytics.reports.credit.touches import touched_conversions

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
    `touched_conversions`, and one or two for recipients.
    """
    touched = touched_conversions(source, question, rule)
    money = touched.converted.exchanged
    numbers = np.array([label.campaign_id or _NO_CAMPAIGN for label in touched.labels], np.int64)
    campaigns, group_of_label = np.unique(np.append(numbers, _NO_CAMPAIGN), return_inverse=True)
    [found] = group_credits(
        touched.touchpoints,
        touched.converted.times,
        [rule],
        group_of_label[touched.touchpoints.labels].astype(np.int32),
        len(campaigns),
        money=money,
        until=microseconds(question.window.ends_at),
    ).by_model
    recipients = _recipients(source, question)
    credits = {} if found.credits is None else dict(zip(campaigns.tolist(), found.credits.tolist(), strict=True))
    amounts = {} if found.amounts is None else dict(zip(campaigns.tolist(), found.amounts, strict=True))
    currency = source.workspace.currency

    def credit(campaign_id: int) -> CampaignCredit:
        units = _by_currency(money.currencies, amounts.get(campaign_id))
        return CampaignCredit(
            credit=credits.get(campaign_id, 0),
            revenue=units.pop(currency, 0),
            other_currencies=units,
            recipients=recipients.get(campaign_id, 0),
        )

    return CampaignCredits(
        rule=rule,
        window=question.window,
        by_campaign={each: credit(each) for each in {*campaigns.tolist(), *recipients} - {_NO_CAMPAIGN}},
        currency=currency,
        has_money=currency in {money.currencies[code] for code in np.unique(money.currency_codes).tolist()},
        without_amount=touched.converted.without_amount,
        assumed_currency=touched.converted.assumed_currency,
        through=touched.through,
    )


def _by_currency(currencies: Sequence[str], units: NDArray[np.int64] | None) -> dict[str, int]:
    if units is None:
        return {}
    return {name: number for name, number in zip(currencies, units.tolist(), strict=True) if number}


def _recipients(source: Source, question: Question) -> dict[int, int]:
    """By campaign, to how many people a message created on the question's days was delivered by now."""
    found, _ = source.touches([_DELIVERED], window=question.window, part=question.part.of_people())
    touches = found[_DELIVERED]
    values = touches.values.as_values
    ids = np.array([0 if value is None else int(value) for value in values.values], np.int64)
    codes = values.codes.astype(np.int64)
    size = max(len(ids), 1)
    pairs = np.unique(touches.people.astype(np.int64) * size + codes)
    counts = np.bincount(pairs % size, minlength=len(ids))
    by_campaign: dict[int, int] = {}
    for pk, count in zip(ids.tolist(), counts.tolist(), strict=True):
        by_campaign[pk] = by_campaign.get(pk, 0) + count
    return by_campaign
