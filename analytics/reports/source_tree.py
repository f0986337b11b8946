"""Where did people come from, level by level? Sources, their media and their campaigns, and who came without any."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from analytics.ledger import Source, Touches
from analytics.metrics import Counted
from analytics.models import UtmTriple
from analytics.periods import Window
from analytics.reports.attribution import AttributionParams, attributed_and_converted, different_people
from analytics.reports.credits import Credits
from analytics.reports.meta import Meta, meta

Path = tuple[str, ...]
"""The source, with its medium, with its campaign; "" where the link did not say."""


@dataclass(frozen=True)
class SourceNode:
    """`visitors` are different people and do not add up over nodes; events and conversions do."""

    path: Path
    visitors: int
    events: int
    conversions: int


@dataclass(frozen=True)
class SourceTree:
    """`nodes` has each node before those below it, most events first, then by name.

    A conversion is credited to the last attributed event of its person at or before it. What has none is direct.
    """

    days: int
    nodes: tuple[SourceNode, ...]
    attributed_events: int
    attributed_conversions: int
    direct_events: int
    direct_conversions: int
    meta: Meta


def source_tree(source: Source, params: AttributionParams, *, now: datetime) -> SourceTree:
    """The params' days. Source: the ledger's touches and counts. Three queries."""
    window = Window.of(params.days, zone=source.workspace.zone, now=now)
    attributed, converted, through = attributed_and_converted(source, window)
    credits = Credits.of_last_touch(attributed, converted)
    events = source.counts({Counted.EVENTS}, window=window).of(Counted.EVENTS)
    rows = UtmTriple.objects.filter(
        workspace=source.workspace, pk__in=np.flatnonzero(np.bincount(attributed.utm)).tolist()
    )
    paths = {pk: (*path,) for pk, *path in rows.values_list("pk", "source", "medium", "campaign")}
    return SourceTree(
        days=window.days,
        nodes=tuple(_nodes(attributed, credits, paths)),
        attributed_events=len(attributed.people),
        attributed_conversions=len(credits.conversions),
        direct_events=events - len(attributed.people),
        direct_conversions=len(converted.people) - len(credits.conversions),
        meta=meta(source.workspace, window, now=now, through=through),
    )


def conversion_credit(source: Source, window: Window, *, now: datetime) -> Mapping[tuple[int, int], int]:
    """By person and instant (microseconds) of each credited conversion, the triple it is credited to. One query.

    Conversions of one person at one instant have the same last touch.
    """
    attributed, converted, _ = attributed_and_converted(source, window)
    credits = Credits.of_last_touch(attributed, converted)
    people, at = converted.people[credits.conversions], converted.at[credits.conversions]
    triples = attributed.utm[credits.touches]
    return dict(zip(zip(people.tolist(), at.tolist(), strict=True), triples.tolist(), strict=True))


def _nodes(attributed: Touches, credits: Credits, paths: Mapping[int, Path]) -> Iterator[SourceNode]:
    nodes = {node.path: node for depth in (1, 2, 3) for node in _level(attributed, credits, paths, depth)}
    yield from sorted(nodes.values(), key=lambda node: _place(node, nodes))


def _level(attributed: Touches, credits: Credits, paths: Mapping[int, Path], depth: int) -> Iterator[SourceNode]:
    """All nodes of one depth."""
    numbers = {path: number for number, path in enumerate(dict.fromkeys(path[:depth] for path in paths.values()))}
    number_of = np.zeros(max(paths, default=0) + 1, np.int64)
    for pk, path in paths.items():
        number_of[pk] = numbers[path[:depth]]
    of_events = number_of[attributed.utm]
    events = np.bincount(of_events, minlength=len(numbers)).tolist()
    conversions = credits.by_group(of_events, len(numbers)).astype(np.int64).tolist()
    visitors = different_people(attributed.people, of_events, np.arange(len(numbers)))
    for (path, number), people in zip(numbers.items(), visitors, strict=True):
        yield SourceNode(path, people, events[number], conversions[number])


def _place(node: SourceNode, nodes: Mapping[Path, SourceNode]) -> list[tuple[int, str]]:
    """What brings every node behind the one above it, and its siblings into their order."""
    path = node.path
    return [(-nodes[path[:depth]].events, path[depth - 1]) for depth in range(1, len(path) + 1)]
