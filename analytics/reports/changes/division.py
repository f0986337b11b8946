"""A change divided: by the values of a field, by whether people are in a segment, by time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Source, distinct_values
from analytics.metrics import METRICS, Metric, Numbers, Unit
from analytics.periods import Window
from analytics.questions.fields import Field
from analytics.questions.groups import SEGMENT, Breakdown, Group
from analytics.questions.what_changed import WhatChangedQuestion
from analytics.reports.changes.metric_facts import facts_of_metric
from analytics.reports.changes.period_facts import FactsOfFields, PeriodFacts
from analytics.reports.changes.pieces import (
    BothPeriods,
    DaysBy,
    DividedChange,
    PeriodSizes,
    Piece,
    divided_change,
    pieces_of,
)
from analytics.reports.changes.spread import NO_SPREAD, spreads_of
from analytics.reports.changes.touch_shares import NO_TOUCH
from analytics.reports.splits import Grouping, group_label, in_group, key_of_value, value_names
from analytics.statistics import Spread, mix_and_rate

MOST_PARTS = 10
"""Of a field told one by one: those that add most to the change."""
_RUNS = (1, 7, 28)
"""How many days are taken together, where there are not too many of them."""
_LEAST_DAYS_BY_WEEKDAY = 14
_FINE = 2**40
"""By how small a part of the whole amounts are put in order."""

BothFacts = tuple[FactsOfFields, FactsOfFields]
"""Of the days asked about, and of those that they are compared with."""
_GroupsOf = Callable[[int, PeriodFacts], NDArray[np.integer[Any]]]
"""Given a period, 0 for the days asked about, and facts of it, the group of each."""


@dataclass(frozen=True)
class ComparedPeriods:
    """What is asked of the days that are over, on both sides as old, and of those that they are compared with."""

    now: WhatChangedQuestion
    before: WhatChangedQuestion

    @property
    def both(self) -> tuple[WhatChangedQuestion, WhatChangedQuestion]:
        return self.now, self.before

    @property
    def sizes(self) -> PeriodSizes:
        return PeriodSizes(self.now.window.days, self.before.window.days)


@dataclass(frozen=True, eq=False)
class ChangeDivider:
    """Divides how a metric changed between the periods. It reads their facts once, with the values of the `fields`."""

    source: Source
    periods: ComparedPeriods
    fields: tuple[Field, ...]

    @property
    def metric(self) -> Metric:
        return METRICS[self.periods.now.metric]

    @cached_property
    def whole(self) -> BothPeriods:
        return self._whole_of(self._facts)

    @cached_property
    def _facts(self) -> BothFacts:
        now, before = (facts_of_metric(self.source, asked, self.fields) for asked in self.periods.both)
        return now, before

    def by_field(self, field: Field, split: Breakdown | None = None) -> DividedChange:
        """By the values of one of the fields: so many as the split says by themselves, the others together."""
        meant = split or Breakdown(field, limit=MOST_PARTS)
        facts, texts = _with_shared_values(self._facts, self.metric.parts, field)
        none = len(texts)

        def value_places(_: int, of_period: PeriodFacts) -> NDArray[np.int64]:
            return np.where(of_period.places == NO_TOUCH, none, of_period.places)

        *of_values, unattributed = _parts(self.metric, facts, field, value_places, none + 1)
        ranks = {key_of_value(text): rank for text, rank in zip(texts, _ranks(self.metric, of_values), strict=True)}
        there = {key: text for text in texts if ranks[key := key_of_value(text)] >= 0}
        grouping = Grouping.of(meant, there, ranks, {})
        groups, names = grouping.groups, value_names(self.source.workspace, meant, grouping.values)
        places = np.append(grouping.places(texts), len(groups))

        def group_places(period: int, of_period: PeriodFacts) -> NDArray[np.int64]:
            return places[value_places(period, of_period)]

        has_unattributed = _is_there(self.metric, unattributed)
        parts = _parts(self.metric, facts, field, group_places, len(groups) + 1, with_people=True)
        found = self._pieces(parts if has_unattributed else parts[:-1])
        pieces = [
            replace(piece, group=group, name=group_label(group, names), values=number)
            for piece, (group, number) in zip(found, groups, strict=False)
        ]
        pieces += [replace(piece, is_unattributed=True) for piece in found[len(groups) :]]
        return self._change_by(meant, pieces)

    def by_segment(self, key: int) -> DividedChange:
        """By whether people are in a segment. Queries: those of its people and facts, of each period."""
        split = Breakdown(segments=(key,))
        [api_id] = split.segment_ids
        inside, outside = Group(SEGMENT, api_id), Group(SEGMENT, others_than=(api_id,))
        now, before = (facts_of_metric(self.source, in_group(asked, inside), ()) for asked in self.periods.both)
        part = self._whole_of((now, before))
        names = value_names(self.source.workspace, split, [api_id])
        pieces = [
            replace(piece, group=group, name=names.get(api_id, api_id))
            for piece, group in zip(self._pieces([part, self.whole.without(part)]), (inside, outside), strict=False)
        ]
        return self._change_by(split, pieces)

    def by_time(self) -> DividedChange:
        """By the days of the periods, weeks of longer ones: so many days from the first on, beside as many."""
        now, before = (asked.window for asked in self.periods.both)
        runs = [*zip(*(_runs(window, self.periods.sizes) for window in (now, before)), strict=True)]
        first_days = now.first_day, before.first_day
        starts = [[(run[period].first_day - first_days[period]).days for run in runs] for period in (0, 1)]

        def places(period: int, facts: PeriodFacts) -> NDArray[np.int64]:
            return np.searchsorted(starts[period], facts.days, side="right") - 1

        parts = _parts(self.metric, self._facts, None, places, len(runs), with_people=True)
        pieces = zip(self._pieces(parts), runs, strict=False)
        return self._change_by(None, [replace(piece, windows=(run[0], run[1])) for piece, run in pieces])

    def by_weekday(self) -> DividedChange | None:
        """By weekday, Monday first: what there is on all of a period's Mondays beside all of the other's. None where
        one has fewer than two of each, which are days that stand by themselves."""
        windows = [asked.window for asked in self.periods.both]
        if min(window.days for window in windows) < _LEAST_DAYS_BY_WEEKDAY:
            return None
        first = [window.first_day.weekday() for window in windows]
        parts = _parts(
            self.metric, self._facts, None, lambda period, facts: (facts.days + first[period]) % 7, 7, with_people=True
        )
        days = [np.bincount([day.weekday() for day in window.day_list], minlength=7).tolist() for window in windows]
        if self.metric.is_ratio:
            pieces = self._pieces(parts)
        else:
            sizes = [PeriodSizes(*both) for both in zip(*days, strict=True)]
            each = zip(parts, sizes, strict=True)
            pieces = tuple(pieces_of(self.metric, [part], self.whole, size)[0] for part, size in each)
        named = [replace(piece, weekday=number) for number, piece in enumerate(pieces, start=1)]
        return replace(self._change_by(None, named), days=DaysBy.WEEKDAY)

    def _whole_of(self, facts: BothFacts) -> BothPeriods:
        [whole] = _parts(self.metric, facts, None, lambda _, of_period: np.zeros_like(of_period.days), 1, True)
        return whole

    def _pieces(self, parts: Sequence[BothPeriods]) -> tuple[Piece, ...]:
        return pieces_of(self.metric, parts, self.whole, self.periods.sizes)

    def _change_by(self, split: Breakdown | None, pieces: Sequence[Piece]) -> DividedChange:
        return divided_change(self.metric, self.whole, split, pieces, self.periods.sizes)


def _runs(window: Window, sizes: PeriodSizes) -> list[Window]:
    """Its days one by one or, of many, so many together; the last has those that are left over."""
    days = min(sizes.days, sizes.days_before)
    length = next((length for length in _RUNS if days <= length * MOST_PARTS), -(-days // MOST_PARTS))
    firsts = [window.first_day + timedelta(days=length * number) for number in range(max(1, days // length))]
    lasts = [*(first - timedelta(days=1) for first in firsts[1:]), window.last_day]
    return [Window.between(first, last, zone=window.zone) for first, last in zip(firsts, lasts, strict=True)]


def _parts(
    metric: Metric,
    facts: BothFacts,
    field: Field | None,
    groups_of: _GroupsOf,
    size: int,
    with_people: bool = False,
) -> list[BothPeriods]:
    """What each of so many groups has in both periods; `with_people` also how it is spread over them."""
    sums: list[Mapping[str, list[int]]] = []
    spreads: list[Sequence[Spread]] = []
    for period, of_fields in enumerate(facts):
        of_keys = {key: of_fields[key, field] for key in metric.parts}
        groups = {key: groups_of(period, of_key) for key, of_key in of_keys.items()}
        sums.append({key: of_key.sums(groups[key], size).tolist() for key, of_key in of_keys.items()})
        grouped = [(of_keys[key], groups[key]) for key in metric.parts]
        spreads.append(spreads_of(grouped, size) if with_people and metric.unit is not Unit.SHARE else NO_SPREAD * size)

    def numbers(period: int, place: int) -> Numbers:
        return Numbers({key: n[place] for key, n in sums[period].items()})

    return [
        BothPeriods(numbers(0, place), numbers(1, place), both) for place, both in enumerate(zip(*spreads, strict=True))
    ]


def _with_shared_values(facts: BothFacts, keys: Sequence[str], field: Field) -> tuple[BothFacts, Sequence[str | None]]:
    """The facts with places among the different values that there are in both periods, and these."""
    own = {(period, key): facts[period][key, field] for period in (0, 1) for key in keys}
    texts, places = distinct_values(text for of_period in own.values() for text in of_period.values)
    shared: tuple[dict[tuple[str, Field | None], PeriodFacts], ...] = ({}, {})
    start = 0
    for (period, key), of_period in own.items():
        end = start + len(of_period.values)
        shared_places = np.append(places[start:end], NO_TOUCH)[of_period.places]
        shared[period][key, field] = replace(of_period, places=shared_places, values=texts)
        start = end
    return (shared[0], shared[1]), texts


def _ranks(metric: Metric, parts: Sequence[BothPeriods]) -> list[int]:
    """By how much each adds to the change, the more the higher; -1 for what has nothing."""
    if metric.is_ratio:
        split = mix_and_rate([part.share(metric) for part in parts])
        amounts = [int(abs(both.total) * _FINE) for both in split] or [part.base(metric) for part in parts]
    else:
        amounts = [abs(part.numbers[metric.key] - part.before[metric.key]) for part in parts]
    return [amount if _is_there(metric, part) else -1 for amount, part in zip(amounts, parts, strict=True)]


def _is_there(metric: Metric, part: BothPeriods) -> bool:
    return any(part.numbers[key] or part.before[key] for key in metric.parts)
