"""Where did people come from? Sources, media and campaigns, and who came without any."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from analytics import findings
from analytics.lists import AnyList, Conversions, EventList, PeopleList, Source, behind
from analytics.metrics import rate
from analytics.periods import Window
from analytics.reports.attribution import AttributionParams, attribution
from analytics.reports.source_tree import Path, SourceNode, SourceTree, source_tree
from analytics.tables import Chart, ChartKind, Column, Kind, Row, Table, Value
from analytics.tiles import Tile, tile
from analytics.views.page import COMPARE, Page, opened

CHARTED_SOURCES = 8
NOT_SAID = "(not said)"
DIRECT = "Direct or not attributed"
COLUMNS = (
    Column("source", "Source › medium › campaign", levels=("Source", "Medium", "Campaign")),
    Column.of("unique_visitors", label="Visitors"),
    Column.of("attributed_events", key="events", label="Events"),
    Column("share", "Of all events", Kind.SHARE),
    Column.of("last_touch_conversions", key="conversions", label="Conversions"),
)


@login_required
@require_safe
def attribution_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    page = opened(request, slug, "attribution", "Attribution", {COMPARE})
    tree = source_tree(page.workspace, AttributionParams(page.window), now=page.now)
    all_events = tree.attributed_events + tree.direct_events
    table = Table(
        "sources",
        "All sources",
        COLUMNS,
        (*_tree_rows(page, tree, all_events), _direct_row(page, tree, all_events)),
        foot=Row(
            {
                "source": "All",
                "events": all_events,
                "share": rate(all_events, all_events),
                "conversions": tree.attributed_conversions + tree.direct_conversions,
            },
            opens={
                "events": behind("events", page.window),
                "conversions": behind("conversion_events", page.window),
            },
        ),
    )
    top = Table("top_sources", "Sources", COLUMNS, tuple(_top_rows(page, tree, all_events)))
    return page.response(
        tree=tree,
        tiles=_tiles(page, tree),
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


def _tiles(page: Page, tree: SourceTree) -> list[Tile]:
    """Changes are of the days that are over."""
    numbers = {"attributed_events": tree.attributed_events, "conversions": tree.attributed_conversions}
    now_numbers, before = _complete(page)
    return [
        Tile(one.metric, numbers[one.metric.key], one.change, opens=behind(one.metric.key, page.window))
        for one in (tile(key, now_numbers or numbers, before) for key in numbers)
    ]


def _complete(page: Page) -> tuple[dict[str, int] | None, dict[str, int] | None]:
    """The numbers of the days that changes are of, and of those compared with; None where nothing is compared."""
    windows = page.comparison_windows
    return (_numbers(page, windows[0]), _numbers(page, windows[1])) if windows else (None, None)


def _numbers(page: Page, window: Window) -> dict[str, int]:
    report = attribution(page.workspace, AttributionParams(window), now=page.now)
    return {"attributed_events": report.total_attributed_events, "conversions": report.conversions}


def _tree_rows(page: Page, tree: SourceTree, all_events: int) -> Iterator[Row]:
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
        while len(below[only.path]) == 1:
            only = below[only.path][0]
            hidden.add(only.path)
            levels[only.path] = level
            names.append(only.path[-1])
        path = tuple(name or NOT_SAID for name in only.path)
        yield replace(_row(page, node, " › ".join(filter(None, names)), all_events), level=level, path=path)


def _top_rows(page: Page, tree: SourceTree, all_events: int) -> Iterator[Row]:
    return (_row(page, node, node.path[0], all_events) for node in tree.nodes if len(node.path) == 1)


def _row(page: Page, node: SourceNode, name: str, all_events: int) -> Row:
    source = Source(*node.path)
    values: dict[str, Value] = {
        "source": name,
        "unique_visitors": node.visitors,
        "events": node.events,
        "share": rate(node.events, all_events),
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
        "share": rate(tree.direct_events, all_events),
        "conversions": tree.direct_conversions,
    }
    opens: dict[str, AnyList | None] = {
        "events": EventList(page.window, attributed=False),
        "conversions": EventList(page.window, conversions=Conversions.DIRECT),
    }
    return Row(values, opens=opens)
