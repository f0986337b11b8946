"""Where did people come from, level by level? Sources, their media and their campaigns, and who came without any."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Source, Touches
from analytics.metrics import Counted, Numbers
from analytics.models import UtmTriple
from analytics.periods import Window
from analytics.questions.filters import NO_CONDITION
from analytics.questions.parts import SOURCE_FIELDS
from analytics.questions.questions import Question
from analytics.reports.answers import Answer, compared_answer
from analytics.reports.attribution.credits import Credits
from analytics.reports.attribution.report import (
    attributed_and_converted,
    different_people,
    is_source_meant,
    last_touch_credits,
)
from analytics.reports.meta import Meta, meta

Path = tuple[str, ...]
"""The source, with its medium, with its campaign; "" where the link did not say."""
DEPTHS = (1, 2, 3)
DEPTHS_OF_SOURCES = dict(zip(SOURCE_FIELDS, DEPTHS, strict=True))
"""By what a tree of sources can be told down to."""
ATTRIBUTED: Path = ()
"""All sources together."""
DIRECT: Path = ("", "direct")
"""What came without a source, which no source is called."""
ALL: Path = ("", "all")
"""All of both, whatever conditions on sources choose."""


class SourceNode(NamedTuple):
    """`visitors` are different people and do not add up over nodes; events and conversions do."""

    path: Path
    visitors: int
    events: int
    conversions: int


EventsAndConversions = tuple[int, int]
CountsByPath = dict[Path, EventsAndConversions]


def numbers_of(counts: CountsByPath, *paths: Path) -> Numbers:
    """Of these taken together, some of which may not be there."""
    there = (counts[path] for path in paths if path in counts)
    return Numbers.sum_of(Numbers(attributed_events=events, conversions=conversions) for events, conversions in there)


@dataclass(frozen=True)
class SourceTree:
    """`nodes` has each node before those below it, most events first, then by name.

    A conversion is credited to the last attributed event of its person at or before it. What has none is direct.
    Conditions on sources choose nodes, and whether what is direct is counted; `all_events` and `all_conversions` are
    those of every source and of none.
    """

    days: int
    nodes: tuple[SourceNode, ...]
    attributed_events: int
    attributed_conversions: int
    direct_events: int
    direct_conversions: int
    all_events: int
    all_conversions: int
    meta: Meta

    def counts(self) -> CountsByPath:
        """By path; with all attributed ones together, and what is direct."""
        return {
            **{node.path: (node.events, node.conversions) for node in self.nodes},
            ATTRIBUTED: (self.attributed_events, self.attributed_conversions),
            DIRECT: (self.direct_events, self.direct_conversions),
            ALL: (self.all_events, self.all_conversions),
        }


def source_tree(source: Source, question: Question) -> SourceTree:
    """The question's days. Source: the ledger's touches and counts. Three queries."""
    window = question.window
    counted = _SourceCounts.of(source, question)
    return SourceTree(
        days=window.days,
        nodes=tuple(_nodes(counted)),
        attributed_events=counted.attributed_events,
        attributed_conversions=counted.attributed_conversions,
        direct_events=counted.direct[0],
        direct_conversions=counted.direct[1],
        all_events=counted.all[0],
        all_conversions=counted.all[1],
        meta=meta(source, question, through=counted.through),
    )


def source_counts(source: Source, question: Question) -> CountsByPath:
    """As `SourceTree.counts` of these days, without counting people. Three queries."""
    counted = _SourceCounts.of(source, question)
    counts: CountsByPath = {}
    for level in map(counted.level, DEPTHS):
        counts.update(zip(level.paths, zip(level.events, level.conversions, strict=True), strict=True))
    counts[ATTRIBUTED] = counted.attributed_events, counted.attributed_conversions
    counts[DIRECT], counts[ALL] = counted.direct, counted.all
    return counts


def compared_sources(source: Source, question: Question) -> tuple[SourceTree, Answer[CountsByPath]]:
    """Returns the tree, and the counts by path without people, beside those of the days compared with: the sources of
    these are in the tree, too."""
    tree = source_tree(source, question)

    def counts(source: Source, part: Question) -> CountsByPath:
        return tree.counts() if part.window == question.window else source_counts(source, part)

    answer = compared_answer(counts, source, question)
    return replace(tree, nodes=(*_with_others(tree.nodes, answer.compared or {}),)), answer


def conversion_credit(source: Source, window: Window) -> Mapping[tuple[int, int], int]:
    """By person and instant (microseconds) of each credited conversion, the triple it is credited to. One query, and
    one for names where touches of several triples are at one instant.

    Conversions of one person at one instant have the same last touch.
    """
    attributed, converted, _ = attributed_and_converted(source, window)
    credits = last_touch_credits(source, attributed, converted)
    people, at = converted.people[credits.conversions], converted.at[credits.conversions]
    triples = attributed.utm[credits.touches]
    return dict(zip(zip(people.tolist(), at.tolist(), strict=True), triples.tolist(), strict=True))


@dataclass(frozen=True)
class _Level:
    """All paths of one depth, and their events and conversions; `of_events` has the place of each event's path."""

    paths: Sequence[Path]
    events: Sequence[int]
    conversions: Sequence[int]
    of_events: NDArray[np.int64]


@dataclass(frozen=True)
class _SourceCounts:
    """What happened in some days; `paths` has the path of each triple whose row is meant."""

    attributed: Touches
    credits: Credits
    direct: EventsAndConversions
    all: EventsAndConversions
    paths: Mapping[int, Path]
    through: datetime | None

    @classmethod
    def of(cls, source: Source, question: Question) -> "_SourceCounts":
        window, part = question.window, question.part
        attributed, converted, through = attributed_and_converted(source, window, part)
        credits = last_touch_credits(source, attributed, converted)
        events = source.counts({Counted.EVENTS}, window=window, part=part.of_people()).of(Counted.EVENTS)
        everything = events, len(converted.people)
        direct = events - len(attributed.people), len(converted.people) - len(credits.conversions)
        sources, ids = part.where.sources, np.flatnonzero(np.bincount(attributed.utm))
        if sources == NO_CONDITION:
            return cls(attributed, credits, direct, everything, _paths(source, ids), through)
        paths = {pk: path for pk, path in _paths(source, ids).items() if is_source_meant(sources, path)}
        is_meant = np.isin(attributed.utm, [*paths])
        return cls(
            attributed.only(is_meant),
            credits.of_touches(is_meant),
            direct if is_source_meant(sources, ("", "", "")) else (0, 0),
            everything,
            paths,
            through,
        )

    @property
    def attributed_events(self) -> int:
        return len(self.attributed.people)

    @property
    def attributed_conversions(self) -> int:
        return len(self.credits.conversions)

    def level(self, depth: int) -> _Level:
        numbers: dict[Path, int] = {}
        of_triples = [numbers.setdefault(path[:depth], len(numbers)) for path in self.paths.values()]
        number_of = np.zeros(max(self.paths, default=0) + 1, np.int64)
        number_of[list(self.paths)] = of_triples
        of_events = number_of[self.attributed.utm]
        events = np.bincount(of_events, minlength=len(numbers)).tolist()
        conversions = self.credits.by_group(of_events, len(numbers)).astype(np.int64).tolist()
        return _Level([*numbers], events, conversions, of_events)


def _paths(source: Source, utm_ids: NDArray[np.intp]) -> dict[int, Path]:
    """Of these triples. One query, none without triples."""
    if not len(utm_ids):
        return {}
    rows = UtmTriple.objects.filter(workspace=source.workspace, pk__among=utm_ids.tolist())
    return {pk: (*path,) for pk, *path in rows.values_list("pk", "source", "medium", "campaign")}


def _nodes(counted: _SourceCounts) -> Iterator[SourceNode]:
    found: list[SourceNode] = []
    for depth in DEPTHS:
        level = counted.level(depth)
        visitors = different_people(counted.attributed.people, level.of_events, np.arange(len(level.paths)))
        found += map(SourceNode, level.paths, visitors, level.events, level.conversions)
    yield from _in_order(found)


def _with_others(nodes: Sequence[SourceNode], compared: CountsByPath) -> Iterator[SourceNode]:
    """The nodes, with those that only the days compared with have."""
    there = {node.path for node in nodes}
    others = [path for path in compared if path not in there and path not in (ATTRIBUTED, DIRECT, ALL)]
    yield from _in_order([*nodes, *(SourceNode(path, 0, 0, 0) for path in others)]) if others else nodes


def _in_order(nodes: Iterable[SourceNode]) -> Iterator[SourceNode]:
    """Each before those below it, which have most events first, then by name."""
    below: dict[Path, list[SourceNode]] = defaultdict(list)
    for node in sorted(nodes, key=_most_events_first):
        below[node.path[:-1]].append(node)
    for source in below[ATTRIBUTED]:
        yield source
        for medium in below[source.path]:
            yield medium
            yield from below[medium.path]


def _most_events_first(node: SourceNode) -> tuple[int, str]:
    return -node.events, node.path[-1]
