"""How are we doing? Key figures, what goes on, and the campaigns and sources that did most."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from analytics.ledger import Source
from analytics.lists import EventList, PeopleList, UtmSource, list_for
from analytics.metrics import OF_ORDERS, Change
from analytics.periods import Window
from analytics.presentation import findings, largest
from analytics.presentation.charts import Chart, ChartKind
from analytics.presentation.groups import NOT_SPLIT, SplitTable, split_table
from analytics.presentation.marks import campaign_marks
from analytics.presentation.money import money_gaps
from analytics.presentation.presentation import Presentation
from analytics.presentation.tables import Cell, Column, Link, Row, Table, with_changes
from analytics.presentation.tiles import PeopleBehind, Tile, trend_tile
from analytics.presentation.trend_tables import NO_MARKS, Marks, before, line_or_bar, trend_table
from analytics.questions.questions import Opens, Question, TrendsQuestion
from analytics.questions.slices import Slice
from analytics.reports.answers import Answer, compared_answer
from analytics.reports.attribution import (
    AttributionReport,
    SourceTotals,
    compared_attribution,
    converting_people_beside,
)
from analytics.reports.campaign_starts import campaign_starts
from analytics.reports.campaigns import CampaignRow, CampaignsReport, campaigns
from analytics.reports.trends import TrendsReport, compared_trends

TOP_ROWS = 5
METRICS_OF_GROUPS = (
    "events",
    "conversion_events",
    "messages_total",
    "campaign_open_rate",
    "campaign_click_rate",
    "contacts_new",
)
TILES = {
    "sent": Link("campaign"),
    "delivery_rate": Link("campaign"),
    "campaign_open_rate": Link("campaign"),
    "campaign_click_rate": Link("campaign"),
    "conversion_events": Link("attribution"),
    "revenue": Link("revenue"),
    "contacts_new": Link("retention"),
    "events": Link("timeseries"),
    "messages_total": Link("campaign"),
}
"""The key figures, those of the first row before the others, and where more is told of each."""


@dataclass(frozen=True)
class OverviewAnswer:
    trends: Answer[TrendsReport]
    campaigns: Answer[CampaignsReport]
    sources: Answer[AttributionReport]
    converting_people: int


def show_overview(source: Source, question: Question) -> Presentation:
    answer = OverviewAnswer(
        compared_trends(source, question.with_params(TrendsQuestion)),
        compared_answer(campaigns, source, question),
        compared_attribution(source, question),
        converting_people_beside(source, question),
    )
    marks = campaign_marks(campaign_starts(source, question), question)
    metrics = tuple(map(question.shown_metric, METRICS_OF_GROUPS))
    split = split_table(source, question, metrics, answer.trends.report.all.total())
    return overview_presentation(answer, question, marks, split)


def overview_presentation(
    answer: OverviewAnswer, question: Question, marks: Marks = NO_MARKS, split: SplitTable = NOT_SPLIT
) -> Presentation:
    trends, money = answer.trends, answer.trends.report.money
    return Presentation(
        meta=trends.report.meta,
        tiles=tuple(_tiles(answer, question)),
        charts=_charts(trends, question, marks),
        tables=(
            *split.tables,
            _top_campaigns(answer.campaigns, question),
            _top_sources(answer.sources, question.window),
        ),
        notices=split.notices,
        attention=findings.attention(trends, answer.campaigns.report, question),
        numbers=trends.report.all.total(),
        money_gaps=money_gaps(money, question.window, trends.report.currency) if money else (),
    )


def _tiles(answer: OverviewAnswer, question: Question) -> Iterator[Tile]:
    for key, link in TILES.items():
        if key in OF_ORDERS and answer.trends.report.money is None:
            continue
        tile = trend_tile(question.shown_metric(key), answer.trends, question.interval, link=link)
        if key == "conversion_events":
            opens = list_for("converting_people", question.window)
            tile = replace(tile, people=PeopleBehind(answer.converting_people, opens))
        yield tile


def _charts(answer: Answer[TrendsReport], question: Question, marks: Marks) -> tuple[Chart, Chart]:
    messages, activity = ("messages_total", "opens", "clicks"), ("events", "contacts_new", "conversion_events")
    trend, bots = answer.report.all, "" if question.opens is Opens.ALL else " (bots included)"
    of_messages = trend_table("messages", "Messages", messages, answer, question, compare=messages[:1], marks=marks)
    of_activity = trend_table("activity", "Events", activity, answer, question, compare=activity[:1])
    return (
        Chart(
            kind=line_or_bar(question, trend),
            title=f"Messages, opens and clicks{bots}",
            table=of_messages,
            columns=messages,
            previous=before(messages[0]) if question.compared_window else "",
            finding=largest.peak(trend, messages[0], question.interval),
        ),
        Chart(
            kind=ChartKind.BAR,
            title="Events",
            table=of_activity,
            columns=activity[:1],
            previous=before(activity[0]) if question.compared_window else "",
            finding=largest.peak(trend, activity[0], question.interval),
        ),
    )


def _top_campaigns(answer: Answer[CampaignsReport], question: Question) -> Table:
    rates = {question.shown_metric(f"campaign_{act}_rate"): f"{act.title()} rate" for act in ("open", "click")}
    metrics = ("messages_total", *rates)
    columns = (
        Column("name", "Campaign"),
        Column.of("messages_total"),
        *(Column.of(key, label=label) for key, label in rates.items()),
    )
    rows = tuple(
        Row(
            {"name": Cell(row.name), **_cells_of_campaign(row, answer, metrics, question)},
            link=Link("campaign", {"campaign": row.id}),
        )
        for row in answer.report.campaigns[:TOP_ROWS]
        if row.numbers["messages_total"]
    )
    return Table("top_campaigns", "Top campaigns", with_changes(columns, metrics if answer.compared else ()), rows)


def _cells_of_campaign(
    row: CampaignRow, answer: Answer[CampaignsReport], metrics: Sequence[str], question: Question
) -> dict[str, Cell]:
    def change(metric: str) -> Change | None:
        return answer.change(metric, lambda report: report.numbers_of(row.number))

    messages = list_for("messages_total", question.window, Slice(row.number))
    opens = {"messages_total": messages}
    cells = {metric: Cell(row.numbers.known_value(metric), opens.get(metric)) for metric in metrics}
    return {**cells, **{f"{metric}_change": Cell(change(metric)) for metric in metrics}}


def _top_sources(answer: Answer[AttributionReport], window: Window) -> Table:
    metrics = {"unique_visitors": "Visitors", "attributed_events": "Events"}
    columns = (Column("source", "Source"), *(Column.of(key, label=label) for key, label in metrics.items()))
    rows = tuple(_row_of_source(row, answer, window) for row in answer.report.sources[:TOP_ROWS])
    return Table("top_sources", "Top sources", with_changes(columns, metrics if answer.compared else ()), rows)


def _row_of_source(row: SourceTotals, answer: Answer[AttributionReport], window: Window) -> Row:
    def change(metric: str) -> Cell:
        return Cell(answer.change(metric, lambda report: report.numbers_of(row.path)))

    source = UtmSource(row.source, row.medium or "", row.campaign or "")
    return Row(
        {
            "source": Cell(" / ".join(filter(None, (row.source, row.medium, row.campaign)))),
            "unique_visitors": Cell(row.unique_visitors, PeopleList(window, source)),
            "attributed_events": Cell(row.total_events, EventList(window, source=source)),
            "unique_visitors_change": change("unique_visitors"),
            "attributed_events_change": change("attributed_events"),
        }
    )
