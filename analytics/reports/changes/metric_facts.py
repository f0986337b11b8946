"""The facts behind any metric in one period, from where it has them."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import PeopleValues, Source
from analytics.questions.fields import Field
from analytics.questions.what_changed import OF_DIFFERENT_PEOPLE, WhatChangedQuestion, is_credited_by
from analytics.reports.activity.people import active_people
from analytics.reports.changes.credited_facts import credited_facts, facts_of_credit, rule_of_revenue
from analytics.reports.changes.period_facts import FactsOfFields, PeriodFacts, facts_of_period
from analytics.reports.revenue.report import MoneyOfDays


def facts_of_metric(source: Source, asked: WhatChangedQuestion, fields: Sequence[Field]) -> FactsOfFields:
    """Of each of its counts, with the values of each field and without. Queries: those of `facts_of_period`,
    `facts_of_credit` or `credited_facts`; of people one for who was active, those of `MoneyOfDays`, and one a field."""
    if asked.is_of_credit:
        return facts_of_credit(source, asked, fields)
    if asked.metric in OF_DIFFERENT_PEOPLE:
        return _facts_of_people(source, asked, fields)
    found = facts_of_period(source, asked, fields)
    credited = next((field for field in fields if is_credited_by(field, asked.metric)), None)
    if credited is None:
        return found
    rule = rule_of_revenue(source, asked)
    assert rule is not None
    facts = credited_facts(source, asked, rule, found[asked.metric, None])
    return {**found, (asked.metric, credited): facts}


def _facts_of_people(source: Source, asked: WhatChangedQuestion, fields: Sequence[Field]) -> FactsOfFields:
    """Who ordered, of those who did anything; each once, on no day of the window more than on others."""
    money = MoneyOfDays.of(source, asked)
    events, inside = money.told.events, money.places(asked)
    people = {
        "buyers": np.unique(events.people[inside[events.are_orders[inside]]]).astype(np.int64),
        "active_people": active_people(source, asked.window, asked.part).astype(np.int64),
    }

    def values(field: Field | None) -> Iterator[tuple[str, Sequence[str | None], NDArray[np.int64]]]:
        of_field = PeopleValues.of(source.workspace, field) if field else None
        for key, numbers in people.items():
            if of_field is None:
                yield key, [None], np.zeros(len(numbers), np.int64)
            else:
                yield key, of_field.values, of_field.at(numbers)

    return {
        (key, field): PeriodFacts(np.zeros_like(places), np.ones_like(places), places, texts, None)
        for field in (None, *fields)
        for key, texts, places in values(field)
    }
