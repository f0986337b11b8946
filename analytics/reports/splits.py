"""Counts broken down by the values of a field, of facts or of the people they are of, or by segments side by side."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from operator import itemgetter
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from analytics.channels import Channel
from analytics.ledger import Source, ValuedCounts
from analytics.metrics import KEY_OF, METRICS, OF_MESSAGES, Counted, Numbers, counted_for
from analytics.models import Campaign, SavedSegment, Variant
from analytics.periods import Interval
from analytics.questions.fields import FieldKind
from analytics.questions.groups import SEGMENT, Breakdown, Group, value_key
from analytics.questions.questions import TREND_METRICS, Question, TrendsQuestion
from analytics.reports.answers import Answer, compared_answer
from analytics.reports.campaigns.side_by_side import settled_counts
from analytics.reports.trends import Trend, trends
from campaignos.ids import number_of
from workspaces.models import Workspace

CONTACTS_EVER = "contacts_total"
"""The one number that is of no days."""

_Asked = TypeVar("_Asked", bound=Question)


@dataclass(frozen=True)
class GroupNumbers:
    """What was counted of a group, which has so many `values` of the field; `trend` where it is told day by day.

    `name` is what the group's value is called; None for no value.
    """

    group: Group
    name: str | None
    values: int
    answer: Answer[Numbers]
    trend: Trend | None = None

    @property
    def numbers(self) -> Numbers:
        return self.answer.report


@dataclass(frozen=True)
class Grouping:
    """Values taken together: each of the `values` by itself, so many `others` as one group, and what `has_none`."""

    split: Breakdown
    values: tuple[str, ...]
    others: int
    has_none: bool

    @classmethod
    def of(
        cls, split: Breakdown, values: Mapping[str, str | None], ranks: Mapping[str, int], names: Mapping[str, str]
    ) -> "Grouping":
        """The values with the highest ranks by themselves, of equal ones the first by name. Values and ranks are by
        the keys of values, where "" is that of none; names by value."""

        def order(key: str) -> tuple[int, str, str]:
            return -ranks.get(key, 0), names.get(values[key] or "", ""), key

        ordered = [value for key in sorted(values, key=order) if (value := values[key]) is not None]
        return cls(split, tuple(ordered[: split.limit]), len(ordered[split.limit :]), None in values.values())

    @property
    def groups(self) -> tuple[tuple[Group, int], ...]:
        """Each with how many values it has."""
        by = self.split.field
        named = ((Group(by, value), 1) for value in self.values)
        rest = [(Group(by, others_than=self.values), self.others)] if self.others else []
        return (*named, *rest, *([(Group(by), 0)] if self.has_none else []))

    def places(self, values: Sequence[str | None]) -> NDArray[np.int64]:
        """For each of the values the place of its group."""
        place_of = {value_key(value): place for place, value in enumerate(self.values)}
        rest = len(self.values)
        places = (None if value is None else place_of.get(value_key(value), rest) for value in values)
        return np.array([rest + bool(self.others) if place is None else place for place in places], np.int64)


def in_group(question: _Asked, group: Group) -> _Asked:
    """The same question about a group alone, whose people are those of the question's last day."""
    return replace(question, part=group.part_of(question.part).ending_with(question.window.last_day), split=None)


def divided_metrics(metrics: Iterable[str], question: Question) -> tuple[str, ...]:
    """Those that the question's split divides, and that can be told of its part."""
    split, part = question.split, question.part
    assert split is not None

    def is_divided(key: str) -> bool:
        counted = {Counted.CONTACTS} if key == CONTACTS_EVER else counted_for([key])
        return bool(counted) and all(split.divides(one) and part.has(one) for one in counted)

    return tuple(filter(is_divided, metrics))


def possible_metrics(question: Question) -> tuple[str, ...]:
    """Those of TREND_METRICS that can be told of the question's part, and of its groups."""
    possible = tuple(filter(question.part.has_metric, TREND_METRICS))
    return divided_metrics(possible, question) if question.split else possible


def group_numbers(
    source: Source, question: Question, metrics: Sequence[str], *, by_day: bool = False
) -> tuple[GroupNumbers, ...]:
    """The metrics, which the question's split divides, of each of its groups.

    Groups with most of the first metric come first, of a rate with most of its denominator; then the others as one,
    and last those without a value. Segments are in the order in which they are asked for. Source: the ledger's counts.
    """
    assert question.split is not None
    if question.split.segments:
        return tuple(_segment_numbers(source, question, metrics, by_day=by_day))
    answer = compared_answer(partial(_value_counts, metrics=metrics), source, question)
    totals = answer.of(lambda valued: tuple(each.totals for each in valued))
    groups = grouped_totals(source.workspace, question.split, totals, METRICS[metrics[0]].denominator or metrics[0])
    if not by_day:
        return groups
    named = [group.group for group in groups]
    if question.interval is Interval.HOUR:
        of_groups = _trends_of_parts(source, question, metrics, named)
    else:
        of_groups = _trends(answer.report[0], named, question.split)
    return tuple(replace(group, trend=trend) for group, trend in zip(groups, of_groups, strict=True))


@dataclass(frozen=True, eq=False)
class ValueTotals:
    """By the keys of metrics, and by the places of the values, of which None is none, what they have of it; where it
    says so, on settled days."""

    values: Sequence[str | None]
    by_metric: Mapping[str, NDArray[np.int64]]
    are_settled: bool = False

    def there(self) -> Iterator[tuple[str, str | None]]:
        """The values that have any, by their keys; "" is that of none."""
        sums = sum(self.by_metric.values(), np.zeros(len(self.values), np.int64))
        for place in np.flatnonzero(sums).tolist():
            yield key_of_value(self.values[place]), self.values[place]

    def ranks(self, metric: str) -> dict[str, int]:
        totals = self.by_metric.get(metric)
        return {} if totals is None else dict(zip(map(key_of_value, self.values), totals.tolist(), strict=True))


def key_of_value(value: str | None) -> str:
    """By which values are told apart; empty for none, which an empty text is not."""
    return "" if value is None else f"={value_key(value)}"


def grouped_totals(
    workspace: Workspace, split: Breakdown, answer: Answer[tuple[ValueTotals, ...]], metric: str
) -> tuple[GroupNumbers, ...]:
    """What the values have, taken together in groups: those with most of the metric by themselves."""
    grouping = _grouping(workspace, split, answer, metric)
    names = value_names(workspace, split, grouping.values)
    numbers = answer.of(lambda totals: _numbers(totals, grouping))
    return tuple(
        GroupNumbers(group, group_label(group, names), values, numbers.of(itemgetter(place)))
        for place, (group, values) in enumerate(grouping.groups)
    )


def _grouping(workspace: Workspace, split: Breakdown, answer: Answer[tuple[ValueTotals, ...]], metric: str) -> Grouping:
    """Also values that only the days compared with have are there."""
    values: dict[str, str | None] = {}
    for totals in (*answer.report, *(answer.complete or ()), *(answer.compared or ())):
        for key, value in totals.there():
            values.setdefault(key, value)
    ranks = {key: n for totals in answer.report for key, n in totals.ranks(metric).items()}
    by_name = split.field.kind in (FieldKind.CAMPAIGN, FieldKind.VARIANT)
    names = value_names(workspace, split, [value for value in values.values() if value]) if by_name else {}
    return Grouping.of(split, values, ranks, names)


def _numbers(every: Sequence[ValueTotals], grouping: Grouping) -> list[Numbers]:
    numbers = _sums([totals for totals in every if not totals.are_settled], grouping)
    settled = [totals for totals in every if totals.are_settled]
    if not settled:
        return numbers
    return [of_group.with_settled(old) for of_group, old in zip(numbers, _sums(settled, grouping), strict=True)]


def _sums(every: Sequence[ValueTotals], grouping: Grouping) -> list[Numbers]:
    size = len(grouping.groups)
    by_key = {
        key: np.bincount(grouping.places(totals.values), of_values, size)[:size].astype(np.int64).tolist()
        for totals in every
        for key, of_values in totals.by_metric.items()
    }
    return [Numbers({key: numbers[place] for key, numbers in by_key.items()}) for place in range(size)]


@dataclass(frozen=True, eq=False)
class _ValueCounts:
    """Counts by value, and by what is counted the keys of metrics."""

    counts: ValuedCounts
    keys: Mapping[Counted, str]
    are_settled: bool = False

    @cached_property
    def totals(self) -> ValueTotals:
        by_metric = {key: self.counts.totals(counted) for counted, key in self.keys.items()}
        return ValueTotals(self.counts.values, by_metric, self.are_settled)


def _value_counts(source: Source, question: Question, *, metrics: Sequence[str]) -> tuple[_ValueCounts, ...]:
    assert question.split is not None
    count = partial(source.valued_counts, by=question.split.field, part=question.part)
    counted = counted_for(metrics)
    found = [_ValueCounts(count(counted, window=question.window), {each: KEY_OF[each] for each in counted})]
    if question.settled is not None:
        of_messages = {each: KEY_OF[each] for each in counted if each in OF_MESSAGES} if question.settled.days else {}
        counts = count(of_messages, window=question.settled) if of_messages else found[0].counts
        found.append(_ValueCounts(counts, of_messages, are_settled=True))
    if CONTACTS_EVER in metrics:
        found.append(_ValueCounts(count([Counted.CONTACTS], window=None), {Counted.CONTACTS: CONTACTS_EVER}))
    return tuple(found)


def grouping_places(breakdown: Breakdown, groups: Sequence[Group], values: Sequence[str | None]) -> NDArray[np.int64]:
    """For each of the values the place of its group."""
    named = tuple(group.value for group in groups if group.value is not None)
    return Grouping(breakdown, named, any(group.is_rest for group in groups), has_none=True).places(values)


def _trends(valued: _ValueCounts, groups: Sequence[Group], split: Breakdown) -> list[Trend]:
    size, counts = len(groups), valued.counts
    places = grouping_places(split, groups, counts.values)
    by_key = {key: counts.by_day(counted, places, size).tolist() for counted, key in valued.keys.items()}
    days = range(counts.window.days)

    def numbers(place: int, day: int) -> Numbers:
        return Numbers({key: n for key, rows in by_key.items() if (n := rows[place][day])})

    return [Trend(counts.window, tuple(numbers(place, day) for day in days)) for place in range(size)]


def _segment_numbers(
    source: Source, question: Question, metrics: Sequence[str], *, by_day: bool
) -> Iterator[GroupNumbers]:
    assert question.split is not None
    groups = question.split.segment_groups
    names = value_names(source.workspace, question.split, question.split.segment_ids)
    numbers = partial(_numbers_of_part, metrics=metrics)
    of_groups = _trends_of_parts(source, question, metrics, groups) if by_day else [None] * len(groups)
    for group, trend in zip(groups, of_groups, strict=True):
        answer = compared_answer(numbers, source, in_group(question, group))
        yield GroupNumbers(group, group_label(group, names), 1, answer, trend)


def _trends_of_parts(
    source: Source, question: Question, metrics: Sequence[str], groups: Sequence[Group]
) -> Sequence[Trend | None]:
    """Each by a question of its own; all up to the last hour of which anything of one is known."""

    def trend(group: Group) -> Trend:
        asked = in_group(question, group).with_params(TrendsQuestion, metrics=tuple(metrics))
        return trends(source, asked).all

    found = [trend(group) for group in groups]
    hours = max((len(each.hours) for each in found), default=0)
    return [replace(each, hours=(*each.hours, *[Numbers()] * (hours - len(each.hours)))) for each in found]


def _numbers_of_part(source: Source, question: Question, *, metrics: Sequence[str]) -> Numbers:
    counted = counted_for(metrics)
    numbers = source.counts(counted, window=question.window, part=question.part).numbers()
    if question.settled is not None:
        numbers = numbers.with_settled(settled_counts(source, question, counted=counted).numbers())
    if CONTACTS_EVER not in metrics:
        return numbers
    ever = source.counts([Counted.CONTACTS], window=None, part=question.part).of(Counted.CONTACTS)
    return Numbers(numbers, **{CONTACTS_EVER: ever})


def group_label(group: Group, names: Mapping[str, str]) -> str | None:
    """What a group is called by its value; None for those without one."""
    return group.value if group.value is None else names.get(group.value, group.value)


def value_names(workspace: Workspace, split: Breakdown, values: Collection[str]) -> dict[str, str]:
    """What values are called that are keys, by value. One query."""
    rows: Any = None
    match split.field:
        case field if field == SEGMENT:
            prefix, rows = "seg", SavedSegment.objects
        case field if field.kind is FieldKind.CAMPAIGN:
            prefix, rows = "cmp", Campaign.objects
        case field if field.kind is FieldKind.VARIANT:
            prefix, rows = "", Variant.objects
        case field if field.kind is FieldKind.CHANNEL:
            return {value: str(Channel(value).label) for value in values}
        case _:
            return {}
    keys = {int(value) if not prefix else number_of(prefix, value): value for value in values}
    found = rows.filter(workspace=workspace, pk__among=list(keys)).values_list("pk", "name")
    return {keys[key]: name for key, name in found}
