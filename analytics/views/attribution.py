"""Where did people come from? Sources, media and campaigns, and who came without any."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from analytics.lists import AnyList, Conversions, EventList, PeopleList, UtmSource, behind
from analytics.metrics import Numbers, known_rate
from analytics.presentation import findings
from analytics.presentation.tables import Chart, ChartKind, Column, Kind, Row, RowsOnDemand, Table, Value
from analytics.presentation.tiles import Tile, tile
from analytics.reports.answers import Answer, compared_answer
from analytics.reports.attribution import AttributionParams
from analytics.reports.source_tree import (
    ATTRIBUTED,
    DIRECT,
    EventsAndConversions,
    Path,
    SourceNode,
    SourceTree,
    source_counts,
    source_tree,
)
from analytics.views.page import COMPARE, Page, opened, understands_report

CHARTED_SOURCES = 8
NOT_SAID = "(not said)"
NOT_ATTRIBUTED = "Direct or not attributed"
COLUMNS = (
    Column("source", "Source › medium › campaign", levels=("Source", "Medium", "Campaign")),
    Column.of("unique_visitors", label="Visitors"),
    Column.of("attributed_events", key="events", label="Events"),
    Column("share", "Of all events", Kind.SHARE),
    Column.of("last_touch_conversions", key="conversions", label="Conversions"),
)


COMPARED_COLUMNS = (
    Column("events_change", "Change of events", Kind.CHANGE),
    Column("conversions_change", "Change of conversions", Kind.CHANGE),
)


Counts = dict[Path, EventsAndConversions]


def _changes(answer: Answer[Counts], *paths: Path) -> dict[str, Value]:
    """Of these taken together, each of which may be there in one of the two only. Empty where nothing is compared."""

    def numbers(counts: Counts) -> Numbers:
        return Numbers.added(_numbers(counts[path]) for path in paths if path in counts)

    if answer.compared is None:
        return {}
    return {
        "events_change": answer.change("attributed_events", numbers),
        "conversions_change": answer.change("conversions", numbers),
    }


def _numbers(counts: EventsAndConversions) -> Numbers:
    events, conversions = counts
    return Numbers(attributed_events=events, conversions=conversions)


@login_required
@require_safe
@understands_report()
def attribution_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    page = opened(request, slug, "attribution", "Attribution", {COMPARE})
    tree = source_tree(page.source, AttributionParams(page.window), now=page.now)
    answer = compared_answer(
        lambda window: (
            tree.counts()
            if window == page.window
            else source_counts(page.source, AttributionParams(window), now=page.now)
        ),
        page.selection,
    )
    all_events = tree.attributed_events + tree.direct_events
    table = Table(
        "sources",
        "All sources",
        (*COLUMNS, *(COMPARED_COLUMNS if answer.compared is not None else ())),
        RowsOnDemand([*_places(tree), None], lambda place: _place_row(page, tree, place, answer)),
        foot=Row(
            {
                "source": "All",
                "events": all_events,
                "share": known_rate(all_events, all_events),
                "conversions": tree.attributed_conversions + tree.direct_conversions,
                **_changes(answer, ATTRIBUTED, DIRECT),
            },
            opens={
                "events": behind("events", page.window),
                "conversions": behind("conversion_events", page.window),
            },
        ),
    )
    sources = [node for node in tree.nodes if len(node.path) == 1]
    top_rows = RowsOnDemand(sources, lambda node: _row(page, node, node.path[0], all_events))
    top = Table("top_sources", "Sources", COLUMNS, top_rows)
    return page.response(
        tree=tree,
        tiles=_tiles(page, answer),
        charts=[
            Chart(
                ChartKind.ACROSS,
                "Where events came from",
                top,
                ("events", "unique_visitors"),
                findings.best_source(tree),
                rows=CHARTED_SOURCES,
            )
        ],
        tables=[table],
        conversions=tree.attributed_conversions + tree.direct_conversions,
        credits={
            "attributed": behind("conversions", page.window),
            "direct": EventList(page.window, conversions=Conversions.DIRECT),
            "all": behind("conversion_events", page.window),
        },
        meta=tree.meta,
    )


def _tiles(page: Page, answer: Answer[Counts]) -> list[Tile]:
    def numbers(counts: Counts) -> Numbers:
        return _numbers(counts[ATTRIBUTED])

    found = numbers(answer.report)
    return [tile(key, found, answer.change(key, numbers), opens=behind(key, page.window)) for key in found]


class _Place(NamedTuple):
    """A node's row in the tree: how deep it is, and its name with those of what is all there is below it."""

    node: SourceNode
    level: int
    names: tuple[str, ...]
    path: Path


def _places(tree: SourceTree) -> Iterator[_Place]:
    """A node that is all there is below the one above it has no row of its own, but is named in the other's."""
    below = Counter(node.path[:-1] for node in tree.nodes)
    levels = [-1, 0, 0, 0]  # of the last row by the length of its path
    nodes = iter(tree.nodes)
    for node in nodes:
        level = levels[len(node.path) - 1] + 1
        only, names = node, [node.path[-1] or NOT_SAID]
        while below[only.path] == 1:
            only = next(nodes)
            names.append(only.path[-1])
        levels[len(node.path) : len(only.path) + 1] = [level] * len(names)
        yield _Place(node, level, tuple(names), only.path)


def _place_row(page: Page, tree: SourceTree, place: _Place | None, answer: Answer[Counts]) -> Row:
    """A node's row; None is for what came without a source."""
    all_events = tree.attributed_events + tree.direct_events
    path = DIRECT
    if place is None:
        row = _direct_row(page, tree, all_events)
    else:
        path, row = place.node.path, _row(page, place.node, " › ".join(filter(None, place.names)), all_events)
        row = replace(row, level=place.level, path=tuple(name or NOT_SAID for name in place.path))
    return replace(row, values={**row.values, **_changes(answer, path)})


def _row(page: Page, node: SourceNode, name: str, all_events: int) -> Row:
    source = UtmSource(*node.path)
    values: dict[str, Value] = {
        "source": name,
        "unique_visitors": node.visitors,
        "events": node.events,
        "share": known_rate(node.events, all_events),
        "conversions": node.conversions,
    }
    opens: dict[str, AnyList | None] = {
        "unique_visitors": PeopleList(page.window, source),
        "events": EventList(page.window, source=source),
        "conversions": EventList(page.window, source=source, conversions=Conversions.CREDITED),
    }
    return Row(values, opens=opens)


def _direct_row(page: Page, tree: SourceTree, all_events: int) -> Row:
    values: dict[str, Value] = {
        "source": NOT_ATTRIBUTED,
        "events": tree.direct_events,
        "share": known_rate(tree.direct_events, all_events),
        "conversions": tree.direct_conversions,
    }
    opens: dict[str, AnyList | None] = {
        "events": EventList(page.window, attributed=False),
        "conversions": EventList(page.window, conversions=Conversions.DIRECT),
    }
    return Row(values, opens=opens)
