"""Where did people come from? Sources, media and campaigns, and who came without any."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from analytics import findings
from analytics.lists import AnyList, Conversions, EventList, PeopleList, UtmSource, behind
from analytics.metrics import Numbers, change, known_rate
from analytics.reports.attribution import AttributionParams
from analytics.reports.source_tree import Path, SourceNode, SourceTree, source_tree
from analytics.tables import Chart, ChartKind, Column, Kind, Row, RowsOnDemand, Table, Value
from analytics.tiles import Tile, tile
from analytics.views.page import COMPARE, Page, opened, understands_report

CHARTED_SOURCES = 8
NOT_SAID = "(not said)"
DIRECT = "Direct or not attributed"
ATTRIBUTED: Path = ()
"""The path of all sources together."""
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


@dataclass(frozen=True)
class _Comparison:
    """The sources of the days that changes are of, and of those compared with."""

    now: Mapping[Path, SourceNode]
    before: Mapping[Path, SourceNode]

    @classmethod
    def of(cls, page: Page, tree: SourceTree) -> "_Comparison | None":
        if (windows := page.comparison_windows) is None:
            return None
        now, before = (
            tree if window == page.window else source_tree(page.source, AttributionParams(window), now=page.now)
            for window in windows
        )
        return cls(_nodes(now), _nodes(before))

    def changes(self, *paths: Path) -> dict[str, Value]:
        """Of these taken together."""
        now, before = (Numbers.added(numbers) for numbers in zip(*map(self.numbers, paths), strict=True))
        return {
            "events_change": change("attributed_events", now, before),
            "conversions_change": change("conversions", now, before),
        }

    def numbers(self, path: Path) -> list[Numbers]:
        """Then and before, of a source that may be there in one of them only."""
        found = (nodes.get(path) for nodes in (self.now, self.before))
        return [
            Numbers(attributed_events=node.events, conversions=node.conversions) if node else Numbers()
            for node in found
        ]


def _nodes(tree: SourceTree) -> dict[Path, SourceNode]:
    """By path, with all attributed together and what came without a source."""
    attributed = SourceNode(ATTRIBUTED, 0, tree.attributed_events, tree.attributed_conversions)
    direct = SourceNode((DIRECT,), 0, tree.direct_events, tree.direct_conversions)
    return {node.path: node for node in (*tree.nodes, attributed, direct)}


@login_required
@require_safe
@understands_report()
def attribution_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    page = opened(request, slug, "attribution", "Attribution", {COMPARE})
    tree = source_tree(page.source, AttributionParams(page.window), now=page.now)
    comparison = _Comparison.of(page, tree)
    all_events = tree.attributed_events + tree.direct_events
    table = Table(
        "sources",
        "All sources",
        (*COLUMNS, *(COMPARED_COLUMNS if comparison else ())),
        RowsOnDemand([*_places(tree), None], lambda place: _place_row(page, tree, place, comparison)),
        foot=Row(
            {
                "source": "All",
                "events": all_events,
                "share": known_rate(all_events, all_events),
                "conversions": tree.attributed_conversions + tree.direct_conversions,
                **(comparison.changes(ATTRIBUTED, (DIRECT,)) if comparison else {}),
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
        tiles=_tiles(page, tree, comparison),
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


def _tiles(page: Page, tree: SourceTree, comparison: _Comparison | None) -> list[Tile]:
    numbers = Numbers(attributed_events=tree.attributed_events, conversions=tree.attributed_conversions)
    tiles = [tile(key, numbers, opens=behind(key, page.window)) for key in numbers]
    if comparison is None:
        return tiles
    now, before = comparison.numbers(ATTRIBUTED)
    return [replace(one, change=change(one.metric.key, now, before)) for one in tiles]


@dataclass(frozen=True)
class _Place:
    """A node's row in the tree: how deep it is, and its name with those of what is all there is below it."""

    node: SourceNode
    level: int
    names: tuple[str, ...]
    path: Path


def _places(tree: SourceTree) -> Iterator[_Place]:
    """A node that is all there is below the one above it has no row of its own, but is named in the other's."""
    below: dict[Path, list[SourceNode]] = defaultdict(list)
    for node in tree.nodes:
        below[node.path[:-1]].append(node)
    hidden: set[Path] = set()
    levels: dict[Path, int] = {(): -1}
    for node in tree.nodes:
        if node.path in hidden:
            continue
        level = levels[node.path] = levels[node.path[:-1]] + 1
        only, names = node, [node.path[-1] or NOT_SAID]
        while len(below.get(only.path, ())) == 1:
            only = below[only.path][0]
            hidden.add(only.path)
            levels[only.path] = level
            names.append(only.path[-1])
        yield _Place(node, level, tuple(names), only.path)


def _place_row(page: Page, tree: SourceTree, place: _Place | None, comparison: _Comparison | None) -> Row:
    """A node's row; None is for what came without a source."""
    all_events = tree.attributed_events + tree.direct_events
    path: Path = (DIRECT,)
    if place is None:
        row = _direct_row(page, tree, all_events)
    else:
        path, row = place.node.path, _row(page, place.node, " › ".join(filter(None, place.names)), all_events)
        row = replace(row, level=place.level, path=tuple(name or NOT_SAID for name in place.path))
    return replace(row, values={**row.values, **(comparison.changes(path) if comparison else {})})


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
        "source": DIRECT,
        "events": tree.direct_events,
        "share": known_rate(tree.direct_events, all_events),
        "conversions": tree.direct_conversions,
    }
    opens: dict[str, AnyList | None] = {
        "events": EventList(page.window, attributed=False),
        "conversions": EventList(page.window, conversions=Conversions.DIRECT),
    }
    return Row(values, opens=opens)
