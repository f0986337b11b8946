"""How are we doing? Key figures, what goes on, and the campaigns and sources that did most."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from analytics.ledger import Source
from analytics.lists import EventList, PeopleList, UtmSource, list_for
from analytics.metrics import METRICS, OF_ORDERS, Change, Unit
from analytics.periods import Window
from analytics.presentation import largest
from analytics.presentation.attention import attention_of
from analytics.presentation.change_texts import difference_text
from analytics.presentation.charts import Chart, ChartKind
from analytics.presentation.credit.attribution import conditions_of_source
from analytics.presentation.groups import NOT_SPLIT, SplitTable, split_table
from analytics.presentation.marks import marks_of
from analytics.presentation.money import money_gaps
from analytics.presentation.presentation import Presentation
from analytics.presentation.tables import Cell, Column, Link, Row, Table, with_changes
from analytics.presentation.tiles import PeopleBehind, Tile, trend_tile, why_link
from analytics.presentation.trend_tables import NO_MARKS, Marks, before, line_or_bar, trend_table
from analytics.questions.questions import OverviewQuestion, Question, TrendsQuestion
from analytics.questions.slices import Slice
from analytics.reports.answers import Answer, compared_answer
from analytics.reports.attention import Concern, concerns
from analytics.reports.attribution.report import (
    AttributionReport,
    SourceTotals,
    compared_attribution,
    converting_people_beside,
)
from analytics.reports.campaigns.side_by_side import CampaignRow, CampaignsReport, campaigns
from analytics.reports.changes.leading import leading_campaign
from analytics.reports.changes.pieces import Piece
from analytics.reports.happenings import happenings
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
MORE = {
    "revenue": "revenue",
    "orders": "revenue",
    "conversion_events": "attribution",
    "campaign_click_rate": "campaign",
    "delivered": "campaign",
    "contacts_new": "retention",
    "sent": "campaign",
    "delivery_rate": "campaign",
    "campaign_open_rate": "campaign",
    "events": "timeseries",
    "messages_total": "campaign",
}
"""The key figures, and the report that tells more of each."""
FIRST = ("revenue", "orders", "campaign_click_rate", "delivered", "contacts_new")
FIRST_WITHOUT_MONEY = ("conversion_events", "events", *FIRST[2:])
"""Those that are asked for first; the others are small."""


@dataclass(frozen=True)
class OverviewAnswer:
    trends: Answer[TrendsReport]
    campaigns: Answer[CampaignsReport]
    sources: Answer[AttributionReport]
    converting_people: int
    concerns: tuple[Concern, ...]
    leading_campaign: Piece | None = None


def show_overview(source: Source, question: Question, drawn: str = "") -> Presentation:
    """`drawn` is the key figure that the chart is of; the first, if it is not among them."""
    drawn = question.drawn if isinstance(question, OverviewQuestion) else drawn
    trends = compared_trends(source, question.with_params(TrendsQuestion))
    of_campaigns = compared_answer(campaigns, source, question)
    answer = OverviewAnswer(
        trends,
        of_campaigns,
        compared_attribution(source, question),
        converting_people_beside(source, question),
        concerns(source, trends, of_campaigns.report, question),
        leading_campaign(source, question) if trends.report.money is not None else None,
    )
    marks = marks_of(happenings(source, question), question)
    metrics = tuple(map(question.shown_metric, METRICS_OF_GROUPS))
    split = split_table(source, question, metrics, answer.trends.report.all.total())
    return overview_presentation(answer, question, marks, split, drawn)


def overview_presentation(
    answer: OverviewAnswer,
    question: Question,
    marks: Marks = NO_MARKS,
    split: SplitTable = NOT_SPLIT,
    drawn: str = "",
) -> Presentation:
    trends, money = answer.trends, answer.trends.report.money
    figures = tuple(key for key in MORE if money is not None or key not in OF_ORDERS)
    first = FIRST if money is not None else FIRST_WITHOUT_MONEY
    drawn = drawn if drawn in figures else first[0]
    return Presentation(
        meta=trends.report.meta,
        tiles=tuple(
            _tile(key, answer, question, key in first, key == drawn) for key in sorted(figures, key=_in(first))
        ),
        charts=(_course(question.shown_metric(drawn), trends, question, marks),),
        tables=(
            *split.tables,
            _top_campaigns(answer.campaigns, question),
            _top_sources(answer.sources, question.window),
        ),
        notices=split.notices,
        attention=tuple(map(attention_of, answer.concerns)),
        numbers=trends.report.all.total(),
        money_gaps=money_gaps(money, question.window, trends.report.currency) if money else (),
    )


def _in(first: Sequence[str]) -> Callable[[str], int]:
    """The order of the key figures: the first ones in theirs, then the others."""
    return lambda key: first.index(key) if key in first else len(first)


def _tile(key: str, answer: OverviewAnswer, question: Question, is_first: bool, is_drawn: bool) -> Tile:
    tile = trend_tile(question.shown_metric(key), answer.trends, question.interval, link=Link(MORE[key]))
    tile = replace(tile, is_small=not is_first, draws=key, is_drawn=is_drawn)
    if key == "revenue" and (leading := answer.leading_campaign):
        amount = difference_text(leading.amount, METRICS[key], answer.trends.report.currency)
        return replace(tile, mostly=f"{leading.name} ({amount})")
    if key != "conversion_events":
        return tile
    opens = list_for("converting_people", question.window)
    return replace(tile, people=PeopleBehind(answer.converting_people, opens))


def _course(metric: str, answer: Answer[TrendsReport], question: Question, marks: Marks) -> Chart:
    """One key figure over the days, as bars where these add up."""
    trend, currency = answer.report.all, answer.report.currency
    label = METRICS[metric].label
    return Chart(
        kind=line_or_bar(question, trend) if METRICS[metric].unit is Unit.SHARE else ChartKind.BAR,
        title=label,
        table=trend_table("course", label, (metric,), answer, question, compare=(metric,), marks=marks),
        columns=(metric,),
        previous=before(metric) if question.compared_window else "",
        finding=largest.peak(trend, metric, question.interval, currency, question.settled_until),
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
    changes = {f"{metric}_change": Cell(change(metric), why=why_link(metric, row.number)) for metric in metrics}
    return {**cells, **changes}


def _top_sources(answer: Answer[AttributionReport], window: Window) -> Table:
    metrics = {"unique_visitors": "Visitors", "attributed_events": "Events"}
    columns = (Column("source", "Source"), *(Column.of(key, label=label) for key, label in metrics.items()))
    rows = tuple(_row_of_source(row, answer, window) for row in answer.report.sources[:TOP_ROWS])
    return Table("top_sources", "Top sources", with_changes(columns, metrics if answer.compared else ()), rows)


def _row_of_source(row: SourceTotals, answer: Answer[AttributionReport], window: Window) -> Row:
    def change(metric: str) -> Cell:
        return Cell(answer.change(metric, lambda report: report.numbers_of(row.path)))

    source = UtmSource(row.source, row.medium or "", row.campaign or "")
    why = why_link("events", conditions=conditions_of_source(*row.path))
    return Row(
        {
            "source": Cell(" / ".join(filter(None, (row.source, row.medium, row.campaign)))),
            "unique_visitors": Cell(row.unique_visitors, PeopleList(window, source)),
            "attributed_events": Cell(row.total_events, EventList(window, source=source)),
            "unique_visitors_change": change("unique_visitors"),
            "attributed_events_change": replace(change("attributed_events"), why=why),
        }
    )
