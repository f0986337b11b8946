"""Where did people come from? Visitors and events by UTM source, medium and campaign, and conversions after them."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Series, Source, Touches
from analytics.metrics import Numbers
from analytics.models import UtmTriple
from analytics.periods import Window
from analytics.questions.fields import Field
from analytics.questions.filters import NO_CONDITION, AllOf, holds
from analytics.questions.parts import SOURCE_FIELDS
from analytics.questions.questions import Question
from analytics.questions.slices import EVERYTHING, Slice
from analytics.reports.activity.people import converting_people
from analytics.reports.answers import Answer
from analytics.reports.attribution.credits import Credits, are_credited
from analytics.reports.meta import Meta, meta

_PEOPLE_A_GROUP = 100


@dataclass(frozen=True)
class SourceTotals:
    source: str
    medium: str | None
    campaign: str | None
    unique_visitors: int
    total_events: int

    @property
    def path(self) -> tuple[str, str, str]:
        return self.source, self.medium or "", self.campaign or ""


@dataclass(frozen=True)
class AttributionReport:
    days: int
    sources: tuple[SourceTotals, ...]
    total_attributed_events: int
    conversions: int
    meta: Meta

    def numbers_of(self, path: tuple[str, ...]) -> Numbers:
        """Those of a source with its medium and campaign, each "" where the link did not say; none where it brought
        nobody."""
        return self._numbers.get(path, Numbers())

    @cached_property
    def _numbers(self) -> dict[tuple[str, ...], Numbers]:
        return {
            row.path: Numbers(unique_visitors=row.unique_visitors, attributed_events=row.total_events)
            for row in self.sources
        }


def attribution(source: Source, question: Question) -> AttributionReport:
    """A row for each UTM triple of the question's days, most events first, then by name.

    Visitors are people over the whole window, so their numbers do not add up over rows. A conversion counts if its
    person has an attributed event in the window at or before it. Conditions on sources choose rows, and the
    conversions credited to the last touch of these; others on events are those on conversions. Source: the ledger's
    touches.
    """
    return _report(source, question, *attributed_and_converted(source, question.window, question.part))


def compared_attribution(source: Source, question: Question) -> Answer[AttributionReport]:
    """With that of the days that are over, which is found in what was read of all unless conditions look at where days
    end, and of the days these are compared with."""
    attributed, converted, through = attributed_and_converted(source, question.window, question.part)
    shown, questions = _report(source, question, attributed, converted, through), question.compared_questions
    if questions is None:
        return Answer(shown)
    complete, compared = questions
    if complete.window == question.window:
        of_complete = shown
    elif question.part.depends_on_days:
        of_complete = attribution(source, complete)
    else:
        first = (complete.window.first_day - question.window.first_day).days

        def of_days(touches: Touches) -> Touches:
            return touches.only((touches.days >= first) & (touches.days < first + complete.window.days))

        of_complete = _report(source, complete, of_days(attributed), of_days(converted), through)
    return Answer(shown, of_complete, attribution(source, compared))


def _report(
    source: Source, question: Question, attributed: Touches, converted: Touches, through: datetime | None
) -> AttributionReport:
    window, where = question.window, question.part.where
    sources = sorted(_sources(source, attributed, where.sources), key=_most_events_first)
    return AttributionReport(
        days=window.days,
        sources=tuple(sources),
        total_attributed_events=sum(row.total_events for row in sources),
        conversions=len(credited_places(source, attributed, converted, where.sources)),
        meta=meta(source, question, through=through),
    )


def credited_places(source: Source, attributed: Touches, converted: Touches, sources: AllOf) -> NDArray[np.intp]:
    """The places of the conversions that are credited to a touch of sources that meet the condition."""
    if sources == NO_CONDITION:
        return np.flatnonzero(are_credited(attributed, converted))
    credits = last_touch_credits(source, attributed, converted)
    credited = attributed.utm[credits.touches]
    return credits.conversions[np.isin(credited, [*triples_that_meet(source, np.unique(credited), sources)])]


def last_touch_credits(source: Source, attributed: Touches, converted: Touches) -> Credits:
    """Of touches at one instant the last by name counts, as by every rule of credit. A query where there are such."""

    def by_name(ids: NDArray[np.intp]) -> NDArray[np.integer]:
        names = {pk: (row.source, row.medium, row.campaign) for pk, row in triples_that_meet(source, ids).items()}
        ranks = {pk: rank for rank, pk in enumerate(sorted(ids.tolist(), key=lambda pk: (names.get(pk, ()), pk)))}
        return np.array([ranks[pk] for pk in ids.tolist()])

    return Credits.of_last_touch(attributed, converted, by_name)


def meant_touches(source: Source, attributed: Touches, sources: AllOf) -> Touches:
    """Of the touches those of sources that meet the condition."""
    if sources == NO_CONDITION:
        return attributed
    return attributed.only(np.isin(attributed.utm, [*triples_that_meet(source, np.unique(attributed.utm), sources)]))


def triples_that_meet(source: Source, ids: NDArray[np.integer], sources: AllOf = NO_CONDITION) -> dict[int, UtmTriple]:
    """Of these triples, those that meet a condition on sources, by their id. One query, once of a source."""

    def triples_of_ids() -> list[UtmTriple]:
        return [*UtmTriple.objects.filter(workspace=source.workspace, pk__among=ids.tolist())]

    triples = source.answer_once(("triples", *ids.tolist()), triples_of_ids)
    return {
        triple.pk: triple
        for triple in triples
        if is_source_meant(sources, (triple.source, triple.medium, triple.campaign))
    }


def is_source_meant(sources: AllOf, path: Sequence[str]) -> bool:
    """Whether a source, medium and campaign meet a condition on them; an empty one is no value."""
    return all(holds(each, lambda field: path[SOURCE_FIELDS.index(field.key)] or None) for each in sources.conditions)


def visitors(source: Source, window: Window, utm_ids: Collection[int]) -> NDArray[np.int32]:
    """The numbers, ascending, of the people with an event of one of the UTM triples in the window. One query."""
    touches, _ = source.touches([Series.ATTRIBUTED], window=window)
    attributed = touches[Series.ATTRIBUTED]
    return np.unique(attributed.people[np.isin(attributed.utm, list(utm_ids))])


def attributed_and_converted(
    source: Source, window: Window, part: Slice = EVERYTHING, by: Field | None = None
) -> tuple[Touches, Touches, datetime | None]:
    """The touches of attributed events, those of conversion events with their values of a field, and when the newest
    was received. One query, once of a source."""
    key = ("attributed and converted", window, part, by)
    return source.answer_once(key, lambda: _attributed_and_converted(source, window, part, by))


def _attributed_and_converted(
    source: Source, window: Window, part: Slice, by: Field | None
) -> tuple[Touches, Touches, datetime | None]:
    types = dict.fromkeys(source.workspace.conversion_types)
    conversion_series = [Series.of_type(event_type, part.where.conversions, by) for event_type in types]
    touches, through = source.touches([Series.ATTRIBUTED, *conversion_series], window=window, part=part)
    return touches[Series.ATTRIBUTED], Touches.of_parts([touches[series] for series in conversion_series]), through


def converting_people_beside(source: Source, question: Question) -> int:
    """How many `converting_people` there are, beside a report on attribution: by its read, where that is of all
    sources."""
    window, part = question.window, question.part
    if part.where.sources != NO_CONDITION:
        return len(converting_people(source, window, part))
    _, converted, _ = attributed_and_converted(source, window, part)
    return len(np.unique(converted.people))


def _sources(source: Source, attributed: Touches, sources: AllOf) -> Iterator[SourceTotals]:
    events = np.bincount(attributed.utm)
    ids = np.flatnonzero(events)
    visitors = dict(zip(ids.tolist(), different_people(attributed.people, attributed.utm, ids), strict=True))
    for triple in triples_that_meet(source, ids, sources).values():
        yield SourceTotals(
            source=triple.source,
            medium=triple.medium or None,
            campaign=triple.campaign or None,
            unique_visitors=visitors[triple.pk],
            total_events=int(events[triple.pk]),
        )


def different_people(people: NDArray[np.int32], group: NDArray[np.integer], ids: NDArray[np.intp]) -> Iterator[int]:
    """The number of different people in each group; `group` has one of the `ids`, which ascend, for each of `people`.

    The people are sorted by group, as narrow numbers, for which NumPy compares nothing. Then each person of a group
    writes its place into an array at its own number. Of those with the same number the last to write finds its place
    there: so as many find it as there are different people. A group's turn takes as long as sorting a hundred people;
    so many small groups are sorted together with their people instead.
    """
    if len(group) < _PEOPLE_A_GROUP * len(ids):
        yield from _different_people_of_many(people, group, ids)
        return
    places = np.arange(len(group), dtype=np.int32)
    dense = np.zeros(len(ids) and int(ids[-1]) + 1, np.min_scalar_type(len(ids)))
    dense[ids] = np.arange(len(ids))
    order = np.argsort(dense[group], kind="stable")
    people = people[order]
    last_place = np.empty(1 + int(people.max(initial=-1)), np.int32)
    ends = np.cumsum(np.bincount(group)[ids])
    for end, start in zip(ends.tolist(), [0, *ends.tolist()], strict=False):
        last_place[people[start:end]] = places[start:end]
        yield int(np.count_nonzero(last_place[people[start:end]] == places[start:end]))


def _different_people_of_many(
    people: NDArray[np.int32], group: NDArray[np.integer], ids: NDArray[np.intp]
) -> list[int]:
    size = 1 + int(people.max(initial=-1))
    keys = np.sort(group.astype(np.int64) * size + people)
    groups = keys[np.flatnonzero(np.diff(keys, prepend=-1))] // size
    return [*map(int, np.bincount(groups, minlength=int(ids[-1]) + 1)[ids])]


def _most_events_first(row: SourceTotals) -> tuple[int, str, str, str]:
    return -row.total_events, row.source, row.medium or "", row.campaign or ""
