"""What conversions are credited to: facts of the metrics of credit, and revenue by the campaigns that brought it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import PeopleValues, Source, distinct_values
from analytics.questions.credit import CreditRule
from analytics.questions.fields import Field, Subject
from analytics.questions.filters import NO_CONDITION, holds
from analytics.questions.questions import Question
from analytics.questions.what_changed import WhatChangedQuestion
from analytics.reports.campaigns.credit import usual_rule
from analytics.reports.changes.period_facts import FactsOfFields, PeriodFacts
from analytics.reports.changes.touch_shares import NO_TOUCH, TouchShares, conversion_shares, revenue_shares
from analytics.reports.credit.conversion_paths import ConversionChoice, meant_conversions
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
    shares = revenue_shares(touched, rule, source.workspace.currency)
    campaign_of = np.array([label.campaign_id or _NO_CAMPAIGN for label in touched.labels] + [_NO_CAMPAIGN], np.int64)
    shares = shares.only(campaign_of[shares.labels] != _NO_CAMPAIGN)
    known, places = np.unique(np.append(campaign_of[shares.labels], _NO_CAMPAIGN), return_inverse=True)
    none, days, people = int(places[-1]), *_days_and_people(touched, shares, question)
    of_none = np.full(len(shares.amounts), none, np.int64)
    assert revenue.people is not None
    return PeriodFacts(
        np.concatenate([revenue.days, days, days]),
        np.concatenate([revenue.amounts, shares.amounts, -shares.amounts]),
        np.concatenate([np.full(len(revenue.days), none, np.int64), places[:-1], of_none]),
        [f"cmp_{pk}" if pk != _NO_CAMPAIGN else None for pk in known.tolist()],
        np.concatenate([revenue.people, people, people]),
    )


def facts_of_credit(source: Source, asked: WhatChangedQuestion, fields: Sequence[Field]) -> FactsOfFields:
    """Of a metric of credit, with the values of each field and without: what each touch that is meant is credited with
    of each conversion, and where they are meant conversions without one. Queries: those of
    `touched_conversions`, and one for each field of people."""
    rule, key = asked.credit_rule(source.workspace.lookback_days), asked.metric
    touched = touched_conversions(source, asked, rule)
    shares = _chosen_shares(touched, _shares(touched, rule, asked, source.workspace.currency), asked)
    if asked.path is not None:
        on_path = meant_conversions(touched, rule, ConversionChoice(path_key=asked.path))
        shares = shares.only(np.isin(shares.conversions, on_path))
    days, people = _days_and_people(touched, shares, asked)
    found: dict[tuple[str, Field | None], PeriodFacts] = {}
    for field in (None, *fields):
        values, places = _values(source, touched, shares, field, people)
        found[key, field] = PeriodFacts(days, shares.amounts, places, values, people)
    return found


def _shares(touched: TouchedConversions, rule: CreditRule, asked: WhatChangedQuestion, currency: str) -> TouchShares:
    if asked.metric == "credit":
        return conversion_shares(touched, rule)
    return revenue_shares(touched, rule, currency)


def _chosen_shares(touched: TouchedConversions, shares: TouchShares, asked: WhatChangedQuestion) -> TouchShares:
    if asked.touches_meant == NO_CONDITION:
        return shares
    are_meant = [holds(asked.touches_meant, label.value) for label in touched.labels]
    return shares.only(np.array([*are_meant, asked.means_untouched], np.bool_)[shares.labels])


def _days_and_people(
    touched: TouchedConversions, shares: TouchShares, question: Question
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    times = touched.converted.times
    days = np.searchsorted(question.window.day_starts, times.at[shares.conversions], side="right") - 1
    return days.astype(np.int64), times.people[shares.conversions].astype(np.int64)


def _values(
    source: Source,
    touched: TouchedConversions,
    shares: TouchShares,
    field: Field | None,
    people: NDArray[np.int64],
) -> tuple[Sequence[str | None], NDArray[np.int64]]:
    """The values of a field of touches, of which what has no touch has none, of conversions or of people."""
    if field is None:
        return [None], np.zeros(len(people), np.int64)
    if field.subject is Subject.PEOPLE:
        of_people = PeopleValues.of(source.workspace, field)
        return of_people.values, of_people.at(people)
    if field.key == "event":
        return touched.converted.types, touched.converted.type_codes[shares.conversions].astype(np.int64)
    told = (label.value(field) for label in touched.labels)
    values, places = distinct_values(None if value is None else field.text(value) for value in told)
    return values, np.append(places, NO_TOUCH)[shares.labels].astype(np.int64)
