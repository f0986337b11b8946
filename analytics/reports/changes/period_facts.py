"""The facts behind a metric's counts in one period, each with its day, its value of a field and how much it counts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import PeopleValues, Source, Touches, counted_series, values_of_columns
from analytics.metrics import METRICS, OF_EVENTS, Counted, Numbers
from analytics.orders import MoneyEvents
from analytics.questions.fields import Field, FieldKind, Subject
from analytics.questions.groups import Breakdown
from analytics.questions.questions import Question
from analytics.questions.what_changed import WhatChangedQuestion, is_credited_by
from analytics.reports.revenue.groups import OrderValues
from analytics.reports.revenue.report import MoneyOfDays

_OF_ENROLLMENTS = Field("campaign", Subject.MESSAGES, FieldKind.CAMPAIGN)
_OF_PEOPLE = frozenset({*OF_EVENTS, Counted.CONTACTS})
"""What one person has several of, which hang together."""

FactsOfFields = Mapping[tuple[str, Field | None], "PeriodFacts"]
"""By the key of a count and the field of which they have the values; without one, they have none."""


@dataclass(frozen=True, eq=False)
class PeriodFacts:
    """Parallel arrays: on which day of a window facts lie, 0 the first, how much each counts for, the place of its
    value among the `values` of a field, NO_TOUCH for what is credited to none, and whose it is; `people` is None where
    no fact hangs together with others."""

    days: NDArray[np.int64]
    amounts: NDArray[np.int64]
    places: NDArray[np.int64]
    values: Sequence[str | None]
    people: NDArray[np.int64] | None

    def sums(self, groups: NDArray[np.integer[Any]], size: int) -> NDArray[np.int64]:
        """Of each of so many groups what its facts amount to, given the group of each."""
        found = np.zeros(size, np.int64)
        np.add.at(found, groups, self.amounts)
        return found


def facts_of_period(source: Source, asked: WhatChangedQuestion, fields: Sequence[Field]) -> FactsOfFields:
    """Of each of the metric's counts, with the values of each field and without. One of the source's answers, and one
    for each field of money or of enrollments."""
    if asked.is_of_money:
        return _money(source, asked, fields)
    counted = {key: kind for key in asked.counts if (kind := METRICS[key].counted)}
    if any(kind.value.startswith("enrolments") for kind in counted.values()):
        return _enrollments(source, asked, counted, fields)
    return _facts_of_touches(source, asked, counted, fields)


def counts_of_period(source: Source, asked: WhatChangedQuestion, metrics: Sequence[str]) -> Numbers:
    """Of metrics that are counted, but for enrollments, as old as the question has them. One of the source's
    answers."""
    counted = {key: kind for key in metrics if (kind := METRICS[key].counted)}
    types, part = source.workspace.conversion_types, asked.part
    series = {key: counted_series([kind], part, types, None, asked.within)[kind] for key, kind in counted.items()}
    asked_for = {one for parts in series.values() for one in parts}
    touches, _ = source.touches(asked_for, window=asked.window, part=part)
    return Numbers({key: sum(len(touches[one].numbers) for one in parts) for key, parts in series.items()})


def _facts_of_touches(
    source: Source, asked: WhatChangedQuestion, counted: Mapping[str, Counted], fields: Sequence[Field]
) -> FactsOfFields:
    types = source.workspace.conversion_types
    own = [field if field and field.subject is not Subject.PEOPLE else None for field in (None, *fields)]
    series = {
        (key, by): counted_series([kind], asked.part, types, by, asked.within)[kind]
        for key, kind in counted.items()
        for by in dict.fromkeys(own)
    }
    asked_for = {one for parts in series.values() for one in parts}
    touches, _ = source.touches(asked_for, window=asked.window, part=asked.part)
    found: dict[tuple[str, Field | None], PeriodFacts] = {}
    for key, kind in counted.items():
        for field, by in zip((None, *fields), own, strict=True):
            parts = [touches[one] for one in series[key, by]]
            found[key, field] = _facts(source, parts, field, are_of_people=kind in _OF_PEOPLE)
    return found


def _facts(source: Source, parts: Sequence[Touches], field: Field | None, *, are_of_people: bool) -> PeriodFacts:
    days = _concatenation(part.days for part in parts)
    values, places = _values(source, parts, field, len(days))
    people = _concatenation(part.people for part in parts) if are_of_people else None
    return PeriodFacts(days, np.ones(len(days), np.int64), places, values, people)


def _values(
    source: Source, parts: Sequence[Touches], field: Field | None, size: int
) -> tuple[Sequence[str | None], NDArray[np.int64]]:
    if field is None:
        return [None], np.zeros(size, np.int64)
    if field.subject is Subject.PEOPLE:
        people = PeopleValues.of(source.workspace, field)
        return people.values, _concatenation(people.of_touches(part) for part in parts)
    values, places = values_of_columns([part.values.as_values for part in parts], field.text)
    return values, _concatenation(places)


def _concatenation(parts: Iterable[NDArray[np.integer[Any]]]) -> NDArray[np.int64]:
    return np.concatenate([np.empty(0, np.int64), *parts]).astype(np.int64)


def _enrollments(
    source: Source, asked: WhatChangedQuestion, counted: Mapping[str, Counted], fields: Sequence[Field]
) -> FactsOfFields:
    found: dict[tuple[str, Field | None], PeriodFacts] = {}
    for field in (None, *fields):
        by = field or _OF_ENROLLMENTS
        counts = source.valued_counts([*counted.values()], window=asked.window, by=by, part=asked.part)
        for key, kind in counted.items():
            facts = counts.facts[kind]
            found[key, field] = PeriodFacts(facts.days, facts.numbers, facts.places, counts.values, None)
    return found


def _of_events(events: MoneyEvents, currency: str) -> Mapping[str, NDArray[np.int64]]:
    """By the metric, what each event adds to it; to an amount nothing where no rate converts it."""
    are_own = np.array([name == currency for name in events.currencies], np.bool_)[events.currency_codes]
    units = np.where(are_own, events.counted_units, 0)
    sold = np.maximum(units, 0)
    return {
        "orders": events.are_orders.astype(np.int64),
        "valued_orders": (events.are_orders & events.have_amount & are_own).astype(np.int64),
        "revenue": units,
        "gross_revenue": sold,
        "refunds": sold - units,
    }


def _money(source: Source, asked: WhatChangedQuestion, fields: Sequence[Field]) -> FactsOfFields:
    found: dict[tuple[str, Field | None], PeriodFacts] = {}
    for field in (None, *(field for field in fields if not is_credited_by(field, asked.metric))):
        money = MoneyOfDays.of(source, Question(window=asked.window, now=asked.now, part=asked.part, split=_by(field)))
        events, inside = money.in_own_currency, money.places(asked)
        told = OrderValues.of(money, field) if field else OrderValues([None], np.zeros(len(events), np.int64))
        of_events = _of_events(events, source.workspace.currency)
        for key in asked.counts:
            counting = inside[of_events[key][inside] != 0]
            days = np.searchsorted(asked.window.day_starts, events.at[counting], side="right") - 1
            people = events.people[counting].astype(np.int64)
            found[key, field] = PeriodFacts(days, of_events[key][counting], told.places[counting], told.texts, people)
    return found


def _by(field: Field | None) -> Breakdown | None:
    return Breakdown(field) if field else None
