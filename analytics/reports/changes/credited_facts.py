"""Revenue by the campaigns that it is credited to, as facts that add up to all of it."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Source
from analytics.questions.credit import CreditRule
from analytics.questions.filters import NO_CONDITION
from analytics.questions.questions import Question
from analytics.reports.campaign_credit import usual_rule
from analytics.reports.changes.period_facts import PeriodFacts
from analytics.reports.credit.models import weights_of
from analytics.reports.credit.paths import paths
from analytics.reports.credit.shares import PaidPaths, credits_of
from analytics.reports.credit.touches import TouchedConversions, touched_conversions

_NO_CAMPAIGN = 0


def rule_of_revenue(source: Source, question: Question) -> CreditRule | None:
    """By what campaigns are credited with revenue. None where nothing tells of money, and under conditions on events:
    those of revenue choose which events count, those of credit which conversions."""
    return usual_rule(source, question) if question.part.where.events == NO_CONDITION else None


def credited_facts(source: Source, question: Question, rule: CreditRule, revenue: PeriodFacts) -> PeriodFacts:
    """The facts of all revenue of the question's days, of no campaign; and what a rule credits campaigns with, once as
    theirs and once, with the opposite sign, as of none. So that of none is left what no campaign is credited with, and
    what was given back for other orders than those of these days. Queries: those of `touched_conversions`."""
    touched = touched_conversions(source, question, rule)
    parts = [*_parts(touched, rule, source.workspace.currency)]
    conversions, campaigns, units = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    known, places = np.unique(np.append(campaigns, _NO_CAMPAIGN), return_inverse=True)
    none, times = int(places[-1]), touched.converted.times
    of_none = np.full(len(units), none, np.int64)
    days = np.searchsorted(question.window.day_starts, times.at[conversions], side="right") - 1
    people = times.people[conversions].astype(np.int64)
    assert revenue.people is not None
    return PeriodFacts(
        np.concatenate([revenue.days, days, days]),
        np.concatenate([revenue.amounts, units, -units]),
        np.concatenate([np.full(len(revenue.days), none, np.int64), places[:-1], of_none]),
        [f"cmp_{pk}" if pk != _NO_CAMPAIGN else None for pk in known.tolist()],
        np.concatenate([revenue.people, people, people]),
    )


def _parts(
    touched: TouchedConversions, rule: CreditRule, currency: str
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]]:
    """The places of conversions, the campaigns that are credited, and with how many minor units of the currency."""
    none = np.zeros(0, np.int64)
    yield none, none, none
    money, touchpoints = touched.converted.exchanged, touched.touchpoints
    are_own = np.array([name == currency for name in money.currencies], np.bool_)
    campaign_of = np.array([label.campaign_id or _NO_CAMPAIGN for label in touched.labels], np.int64)
    for part in paths(touchpoints, touched.converted.times, rule):
        paid = PaidPaths.of(part, money)
        credits = credits_of(part, weights_of(rule)(part, touchpoints.labels[part.touches]))
        amounts = paid.amounts(credits)
        campaigns = campaign_of[touchpoints.labels[part.touches[paid.touches]]]
        are_meant = np.flatnonzero(are_own[paid.codes_of_touches] & (campaigns != _NO_CAMPAIGN) & (amounts != 0))
        conversions = part.conversions[part.path_of_touch[paid.touches[are_meant]]]
        yield conversions, campaigns[are_meant], amounts[are_meant]
