"""Where people came from: the tree of sources, media and campaigns, and what came without any."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from analytics.ledger import Source
from analytics.lists import Conversions, EventList, PeopleList, UtmSource, list_for
from analytics.lists.events import conversions_of_all_sources, events_of_all_sources
from analytics.metrics import Numbers, known_rate
from analytics.periods import Window
from analytics.presentation import largest
from analytics.presentation.charts import Chart, ChartKind
from analytics.presentation.groups import NOT_SPLIT, WITH_SOURCE, WITHOUT_SOURCE, SplitTable, table_of_groups
from analytics.presentation.presentation import Presentation
from analytics.presentation.tables import Cell, Column, Kind, Link, Row, RowsOnDemand, Table, with_changes
from analytics.presentation.tiles import tile, why_link
from analytics.questions.fields import Field, FieldKind, Subject
from analytics.questions.filters import Is, IsSet, Not
from analytics.questions.parts import SOURCE_FIELDS
from analytics.questions.questions import Question
from analytics.questions.slices import Slice
from analytics.questions.where import where_text
from analytics.reports.answers import Answer
from analytics.reports.attribution.groups import attributed_metrics, attribution_groups
from analytics.reports.attribution.report import is_source_meant
from analytics.reports.attribution.source_tree import (
    ALL,
    ATTRIBUTED,
    DEPTHS_OF_SOURCES,
    DIRECT,
    CountsByPath,
    Path,
    SourceNode,
    SourceTree,
    compared_sources,
    numbers_of,
)

CHARTED_SOURCES = 8
NOT_SAID = "(not set)"
NOT_ATTRIBUTED = "Direct / unknown"
COLUMNS_OF_SOURCES = (
    Column("source", "Source › medium › campaign", levels=("Source", "Medium", "Campaign")),
    Column.of("unique_visitors", label="Visitors"),
    Column.of("attributed_events", key="events", label="Events"),
    Column("share", "Share of events", Kind.SHARE),
    Column.of("last_touch_conversions", key="conversions", label="Conversions"),
)
COMPARED_COLUMNS = ("events", "conversions")


def show_attribution(source: Source, question: Question) -> Presentation:
    tree, changes = compared_sources(source, question)
    return attribution_presentation(tree, changes, question, split_of_sources(source, question, tree))


def split_of_sources(source: Source, question: Question, tree: SourceTree) -> SplitTable:
    """What the groups of the question's split have; none for one by sources, which the tree itself tells."""
    split = question.split
    if split is None or split.field.key in DEPTHS_OF_SOURCES:
        return NOT_SPLIT
    groups, divided = attribution_groups(source, question), attributed_metrics(question)
    whole = Numbers(conversions=tree.attributed_conversions, attributed_events=tree.attributed_events)
    return table_of_groups(groups, ("conversions", "attributed_events"), divided, whole, question)


def attribution_presentation(
    tree: SourceTree, changes: Answer[CountsByPath], question: Question, split: SplitTable = NOT_SPLIT
) -> Presentation:
    """As deep as the question's split by sources says, if it has one; `split` has the groups of another one."""
    if question.split and (depth := DEPTHS_OF_SOURCES.get(question.split.field.key)):
        tree = replace(tree, nodes=tuple(node for node in tree.nodes if len(node.path) <= depth))
    rows = _Rows(tree, changes, question.window, question.part)
    sources = [node for node in tree.nodes if len(node.path) == 1]
    top = Table(
        "top_sources", "Sources", COLUMNS_OF_SOURCES, RowsOnDemand(sources, lambda node: rows.of(node, node.path[0]))
    )
    chart = Chart(
        ChartKind.ACROSS,
        "Where events came from",
        top,
        ("events", "unique_visitors"),
        largest.best_source(tree),
        rows=CHARTED_SOURCES,
    )

    def numbers(counts: CountsByPath) -> Numbers:
        return numbers_of(counts, ATTRIBUTED)

    attributed = numbers(changes.report)
    return Presentation(
        meta=tree.meta,
        tiles=tuple(
            replace(
                tile(key, attributed, changes.change(key, numbers), opens=list_for(key, question.window)),
                why=why_link("events", conditions=(WITH_SOURCE,)) if key == "attributed_events" else None,
            )
            for key in attributed
        ),
        charts=(chart,),
        tables=(
            *split.tables,
            Table(
                "sources",
                "All sources",
                with_changes(COLUMNS_OF_SOURCES, () if changes.compared is None else COMPARED_COLUMNS),
                RowsOnDemand([*_places(tree), *([None] if rows.has_direct else [])], rows.at),
                foot=rows.foot(),
                sortable=True,
            ),
        ),
        notices=split.notices,
    )


class _Place(NamedTuple):
    """A node's row in the tree: how deep it is, and its name with those of the only nodes below it."""

    node: SourceNode
    level: int
    names: tuple[str, ...]
    path: Path


def _places(tree: SourceTree) -> Iterator[_Place]:
    """A node that is all there is below its parent has no row of its own: its parent's row names it."""
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


def conditions_of_source(*path: str) -> tuple[str, ...]:
    """That events came by a source, or by a medium or campaign of it, as addresses have it."""
    return tuple(map(_is_so, SOURCE_FIELDS, path))


def _is_so(key: str, name: str) -> str:
    """The condition that a source, medium or campaign is called so; with an empty name that there is none."""
    field = Field(key, Subject.EVENTS, FieldKind.TEXT)
    return where_text(Is(field, (name,)) if name else Not(IsSet(field))) or ""


@dataclass(frozen=True)
class _Rows:
    tree: SourceTree
    answer: Answer[CountsByPath]
    window: Window
    part: Slice

    @property
    def has_direct(self) -> bool:
        """Whether what came without a source is asked for."""
        return is_source_meant(self.part.where.sources, ("", "", ""))

    def at(self, place: _Place | None) -> Row:
        """A node's row; None is for what came without a source."""
        if place is None:
            return self.direct()
        row = self.of(place.node, " › ".join(filter(None, place.names)))
        why = why_link("events", conditions=conditions_of_source(*place.node.path))
        path = tuple(name or NOT_SAID for name in place.path)
        return replace(row, cells={**row.cells, **self.changes(place.node.path, why)}, level=place.level, path=path)

    def of(self, node: SourceNode, name: str) -> Row:
        source = UtmSource(*node.path)
        credited = EventList(self.window, source=source, conversions=Conversions.CREDITED)
        return Row(
            {
                "source": Cell(name),
                "unique_visitors": Cell(node.visitors, PeopleList(self.window, source)),
                "events": Cell(node.events, EventList(self.window, source=source)),
                "share": Cell(known_rate(node.events, self.tree.all_events)),
                "conversions": Cell(node.conversions, credited),
            },
            link=Link("attribution", {"where": conditions_of_source(*node.path)}),
        )

    def direct(self) -> Row:
        tree, credited = self.tree, EventList(self.window, conversions=Conversions.DIRECT)
        return Row(
            {
                "source": Cell(NOT_ATTRIBUTED),
                "events": Cell(tree.direct_events, EventList(self.window, attributed=False)),
                "share": Cell(known_rate(tree.direct_events, self.tree.all_events)),
                "conversions": Cell(tree.direct_conversions, credited),
                **self.changes(DIRECT, why_link("events", conditions=(WITHOUT_SOURCE,))),
            }
        )

    def foot(self) -> Row:
        conversions = self.tree.all_conversions
        return Row(
            {
                "source": Cell("All"),
                "events": Cell(self.tree.all_events, events_of_all_sources(self.window, self.part)),
                "share": Cell(known_rate(self.tree.all_events, self.tree.all_events)),
                "conversions": Cell(conversions, conversions_of_all_sources(self.window, self.part)),
                **self._changes_of_all(),
            }
        )

    def _changes_of_all(self) -> dict[str, Cell]:
        """Conversions of all sources are events that there are; those of one are credited to it by visits before them,
        which What changed does not divide."""
        if self.part.where.sources.conditions:
            return self.changes(ALL)
        cells = self.changes(ALL, why_link("events"))
        whys = {"conversions_change": why_link("conversion_events")}
        return {key: replace(cell, why=whys.get(key, cell.why)) for key, cell in cells.items()}

    def changes(self, path: Path, why: Link | None = None) -> dict[str, Cell]:
        """Of what may be there in one of the two only; `why` leads to what the events' is made of. Empty where nothing
        is compared."""

        def numbers(counts: CountsByPath) -> Numbers:
            return numbers_of(counts, path)

        if self.answer.compared is None:
            return {}
        return {
            "events_change": Cell(self.answer.change("attributed_events", numbers), why=why),
            "conversions_change": Cell(self.answer.change("conversions", numbers)),
        }
