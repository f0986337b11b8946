"""How did a campaign do? What became of its messages, how soon, on which links, and its A/B tests."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from analytics.channels import Channel
from analytics.ledger import Source
from analytics.lists import AnyList, ClickList, MessageList, list_for
from analytics.metrics import KEY_OF, LADDER, METRICS, Numbers, known_rate
from analytics.presentation import findings, largest
from analytics.presentation.campaigns.ladder import beside_usual, ladder_chart, outcomes_table, verdict
from analytics.presentation.campaigns.money import credit_gaps, credit_tiles
from analytics.presentation.charts import Chart, ChartKind
from analytics.presentation.experiments.report import variants_chart
from analytics.presentation.groups import NOT_SPLIT, SplitTable, split_table
from analytics.presentation.presentation import Presentation
from analytics.presentation.tables import Cell, Column, Kind, Row, Table
from analytics.presentation.tiles import trend_tile
from analytics.presentation.trend_tables import NO_MARKS, Marks, before, line_or_bar, trend_table
from analytics.questions.questions import Opens, Question
from analytics.questions.slices import Slice
from analytics.reports.answers import Answer
from analytics.reports.campaigns.credit import CampaignCredits
from analytics.reports.campaigns.detail import CampaignDetail
from analytics.reports.campaigns.one import OF_DELIVERED, CampaignReport
from analytics.reports.campaigns.outcomes import HowFar, OutcomeGroup
from analytics.reports.campaigns.usual import NOTHING_USUAL, UsualRates
from analytics.reports.experiments.catalogue import CampaignExperiment
from analytics.reports.trends import TrendsReport

MOST_TESTS = 3
"""On a campaign's page: its newest."""
CAMPAIGN_TILES = (
    "messages_total",
    "delivered",
    "campaign_open_rate",
    "campaign_click_rate",
    "bounce_share",
    "enrollments_total",
)
METRICS_OF_CAMPAIGN_GROUPS = (
    "messages_total",
    "delivered",
    "campaign_open_rate",
    "campaign_click_rate",
    "bounce_share",
    "enrollments_total",
)
OVER_TIME = ("sent", "opens", "clicks")
NOT_KNOWN = "(not set)"


@dataclass(frozen=True)
class CampaignAnswer:
    """`tests` and `outcomes` are over the campaign's whole life; there are none of the latter under conditions on
    messages. `credits` are None where nothing tells of money."""

    report: CampaignReport
    trends: Answer[TrendsReport]
    detail: CampaignDetail
    tests: tuple[CampaignExperiment, ...]
    outcomes: Mapping[HowFar, OutcomeGroup]
    usual: UsualRates = NOTHING_USUAL
    credits: CampaignCredits | None = None


def campaign_presentation(
    answer: CampaignAnswer,
    question: Question,
    part: Slice,
    *,
    masked: Callable[[str], str] = str,
    split: SplitTable = NOT_SPLIT,
    marks: Marks = NO_MARKS,
) -> Presentation:
    """`part` is the campaign's; `masked` hides addresses in texts from those who may not see them; `split` has its
    groups; `marks` are of its days."""
    trends, credits = answer.trends, answer.credits
    shown = _Campaign(answer, question, part, masked)
    of_trends = (trend_tile(question.shown_metric(key), trends, question.interval, part=part) for key in CAMPAIGN_TILES)
    return Presentation(
        meta=answer.report.meta,
        tiles=tuple(
            beside_usual(each, answer.usual)
            for each in (*of_trends, *(credit_tiles(credits, part.campaign_id or 0) if credits else ()))
        ),
        charts=(
            shown.ladder(),
            shown.over_time(marks),
            shown.since_sent(),
            *(variants_chart(each) for test in answer.tests[-MOST_TESTS:] for each in test.reports),
        ),
        tables=(
            *split.tables,
            shown.statuses(),
            outcomes_table(answer.outcomes),
            shown.channels(),
            shown.links(),
            shown.reasons(),
        ),
        notices=split.notices,
        numbers=trends.report.all.total(),
        money_gaps=credit_gaps(credits) if credits else (),
    )


def split_of_campaigns(source: Source, question: Question, whole: Numbers) -> SplitTable:
    """The groups of the messages and enrollments that the question is about, of one campaign or of all."""
    return split_table(source, question, tuple(map(question.shown_metric, METRICS_OF_CAMPAIGN_GROUPS)), whole)


@dataclass(frozen=True)
class _Campaign:
    answer: CampaignAnswer
    question: Question
    part: Slice
    masked: Callable[[str], str]

    def ladder(self) -> Chart:
        answer, question = self.answer, self.question
        rates = question.shown_metric("campaign_open_rate"), question.shown_metric("campaign_click_rate")
        progress = findings.delivered_and_opened(answer.report, *rates)
        comparison = verdict(answer.usual, question, answer.report.campaign.channel)
        finding = f"{progress} {comparison}".strip()
        return ladder_chart(answer.report.numbers, answer.credits, answer.usual, question, self.part, finding)

    def statuses(self) -> Table:
        """How far the messages got, with the share of those delivered, as the tiles have it."""
        report, window = self.answer.report, self.question.window
        numbers, delivered = report.numbers, report.numbers["delivered"]
        columns = (
            Column("status", "Status"),
            Column("messages", "Messages", Kind.COUNT),
            Column("share", "Share of delivered", Kind.SHARE),
        )
        rows = []
        for status, counted in LADDER.items():
            metric = self.question.shown_metric(KEY_OF[counted])
            number, is_share = numbers[metric], status in OF_DELIVERED
            cells = {
                "status": Cell(METRICS[metric].name if is_share else status.capitalize()),
                "messages": Cell(number, list_for(metric, window, self.part)),
                "share": Cell(known_rate(number, delivered) if is_share else None),
            }
            if number:
                rows.append(Row(cells))
        return Table("statuses", "Delivery and engagement", columns, tuple(rows))

    def over_time(self, marks: Marks) -> Chart:
        trends, question = self.answer.trends, self.question
        table = trend_table(
            "over_time", "Over time", OVER_TIME, trends, question, compare=OVER_TIME, part=self.part, marks=marks
        )
        return Chart(
            line_or_bar(question, trends.report.all),
            "Sent, opens and clicks" if question.opens is Opens.ALL else "Sent, opens and clicks (bots included)",
            table,
            OVER_TIME,
            largest.peak(trends.report.all, "sent", question.interval),
            previous=before(OVER_TIME[0]) if question.compared_window else "",
        )

    def since_sent(self) -> Chart:
        detail, question = self.answer.detail, self.question
        opened, clicked = question.shown_metric("opened"), question.shown_metric("clicked")
        columns = (
            Column("hours", "Hours since sent"),
            Column("opened", "Opens (cumulative)", Kind.COUNT),
            Column("clicked", "Clicks (cumulative)", Kind.COUNT),
        )
        rows = tuple(
            Row(
                {
                    "hours": Cell(f"{hour.hours} h"),
                    "opened": Cell(hour.opened, self.messages(reached=opened, within_hours=hour.hours)),
                    "clicked": Cell(hour.clicked, self.messages(reached=clicked, within_hours=hour.hours)),
                }
            )
            for hour in detail.hours
        )
        whose = " (bots excluded)" if question.opens is Opens.HUMAN else ""
        table = Table("since_sent", f"Opens and clicks since sent{whose}", columns, rows)
        title = f"Opens and clicks in the hours since sent{whose}"
        return Chart(ChartKind.LINE, title, table, ("opened", "clicked"), findings.since_sent(detail))

    def messages(self, **more: Any) -> MessageList:
        return MessageList(self.question.window, part=self.part, **more)

    def channels(self) -> Table:
        rows = []
        for row in self.answer.report.channel_breakdown:
            part = replace(self.part, channel=row.channel)
            opens = list_for("messages_total", self.question.window, part)
            rows.append(Row({"channel": Cell(str(Channel(row.channel).label)), "messages": Cell(row.count, opens)}))
        columns = (Column("channel", "Channel"), Column.of("messages_total", key="messages"))
        return Table("channels", "Channels", columns, tuple(rows))

    def links(self) -> Table:
        columns = (
            Column("url", "Link"),
            Column.of("clicked", key="messages", label="Unique clicks"),
            Column("clicks", "Total clicks", Kind.COUNT),
        )
        rows = []
        for link in self.answer.detail.links:
            clicks = ClickList(self.question.window, self.part, link.url)
            cells = {
                "url": Cell(self.masked(link.url) or NOT_KNOWN),
                "messages": Cell(link.messages, self.if_seen(link.url, self.messages(link=link.url))),
                "clicks": Cell(link.clicks, self.if_seen(link.url, clicks)),
            }
            rows.append(Row(cells))
        return Table("links", "Top links", columns, tuple(rows), sortable=True)

    def reasons(self) -> Table:
        rows = []
        for row in self.answer.detail.bounce_reasons:
            opens = self.if_seen(row.reason, self.messages(reason=row.reason))
            rows.append(
                Row({"reason": Cell(self.masked(row.reason) or NOT_KNOWN), "messages": Cell(row.messages, opens)})
            )
        columns = (Column("reason", "Reason"), Column.of("bounced", key="messages"))
        return Table("bounce_reasons", "Bounce reasons", columns, tuple(rows))

    def if_seen(self, text: str, opens: AnyList) -> AnyList | None:
        """A list whose address has the text in it: none for somebody who sees it masked."""
        return opens if self.masked(text) == text else None
