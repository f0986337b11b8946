"""Where did people come from? Sources, media and campaigns, and who came without any."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from analytics import findings
from analytics.lists import AnyList, Conversions, EventList, PeopleList, UtmSource, behind
from analytics.metrics import Numbers, known_rate
from analytics.reports.answers import Answer, compared_answer
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


Nodes = Mapping[Path, SourceNode]


def _changes(answer: Answer[Nodes], *paths: Path) -> dict[str, Value]:
    """Of these taken together, each of which may be there in one of the two only. Empty where nothing is compared."""

    def numbers(nodes: Nodes) -> Numbers:
        return Numbers.added(_numbers(nodes[path]) for path in paths if path in nodes)

    if answer.compared is None:
        return {}
    return {
        "events_change": answer.change("attributed_events", numbers),
        "conversions_change": answer.change("conversions", numbers),
    }


def _numbers(node: SourceNode) -> Numbers:
    return Numbers(attributed_events=node.events, conversions=node.conversions)


def _nodes(tree: SourceTree) -> Nodes:
    """By path, with all attributed together and what came without a source."""
    attributed = SourceNode(ATTRIBUTED, 0, tree.attributed_events, tree.attributed_conversions)
    direct = SourceNode((DIRECT,), 0, tree.direct_events, tree.direct_conversions)
    return {node.path: node for node in (*tree.nodes, attributed, direct)}


@login_required
@require_safe
@understands_report()
def attribution_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    page = opened(request, slug, "attribution", "Attribution", {COMPARE})
    trees = compared_answer(
        lambda window: source_tree(page.source, AttributionParams(window), now=page.now), page.selection
    )
    tree, answer = trees.report, trees.of(_nodes)
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
                **_changes(answer, ATTRIBUTED, (DIRECT,)),
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


def _tiles(page: Page, answer: Answer[Nodes]) -> list[Tile]:
    def numbers(nodes: Nodes) -> Numbers:
        return _numbers(nodes[ATTRIBUTED])

    found = numbers(answer.report)
    return [tile(key, found, answer.change(key, numbers), opens=behind(key, page.window)) for key in found]


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


def _place_row(page: Page, tree: SourceTree, place: _Place | None, answer: Answer[Nodes]) -> Row:
    """A node's row; None is for what came without a source."""
    all_events = tree.attributed_events + tree.direct_events
    path: Path = (DIRECT,)
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
