"""Campaigns beside each other."""

from collections.abc import Collection, Iterable
from dataclasses import replace

from analytics.ledger import Source
from analytics.lists import list_for
from analytics.metrics import METRICS, Numbers
from analytics.presentation import findings
from analytics.presentation.campaigns.money import (
    CREDIT_METRICS,
    credit_cells,
    credit_changes,
    credit_gaps,
    known_credit_columns,
)
from analytics.presentation.campaigns.report import split_of_campaigns
from analytics.presentation.charts import Chart, ChartKind
from analytics.presentation.groups import NOT_SPLIT, SplitTable, with_why
from analytics.presentation.presentation import Presentation
from analytics.presentation.tables import Cell, Column, Link, Row, Table, with_changes
from analytics.questions.questions import Question
from analytics.reports.answers import Answer, compared_answer
from analytics.reports.campaigns.credit import (
    CampaignCredits,
    campaign_credits,
    compared_campaign_credits,
    days_of_credit,
    usual_rule,
)
from analytics.reports.campaigns.side_by_side import CampaignRow, CampaignsReport, campaigns

CHARTED_CAMPAIGNS = 8
COLUMNS_OF_CAMPAIGNS = (Column("name", "Campaign"), Column("channel", "Channel"), Column("status", "Status"))
METRICS_OF_CAMPAIGNS = (
    "messages_total",
    "delivered",
    "opened",
    "clicked",
    "bounced",
    "campaign_open_rate",
    "campaign_click_rate",
    "hard_bounced",
    "complained",
    "unsubscribed",
    "hard_bounce_rate",
    "complaint_rate",
    "unsubscribe_rate",
)


OF_FILES = ("hard_bounced", "complained", "unsubscribed", "hard_bounce_rate")
"""Columns of harm that the page has no room for: Health tells them."""
GIVES_ROOM = (
    "status",
    "delivered",
    "opened",
    "human_opened",
    "clicked",
    "human_clicked",
    "bounced",
    "unsubscribe_rate",
)
"""Columns that a page has no room for beside what campaigns bring: they are in its file, rates and lists tell them."""


def show_campaigns(source: Source, question: Question) -> Presentation:
    answer = compared_answer(campaigns, source, question)
    whole = Numbers.sum_of(row.numbers for row in answer.report.campaigns)
    split = split_of_campaigns(source, question, whole)
    return campaigns_presentation(answer, question, split, compared_credits(source, question))


def credits_of_question(source: Source, question: Question) -> CampaignCredits | None:
    """What campaigns bring; None where nothing tells of money, or that cannot be told of the question's part."""
    rule = usual_rule(source, question)
    return campaign_credits(source, days_of_credit(question, rule), rule) if rule else None


def compared_credits(source: Source, question: Question) -> Answer[CampaignCredits] | None:
    """The same, with that of the days compared with."""
    rule = usual_rule(source, question)
    return compared_campaign_credits(source, question, rule) if rule else None


def campaigns_presentation(
    answer: Answer[CampaignsReport],
    question: Question,
    split: SplitTable = NOT_SPLIT,
    credits: Answer[CampaignCredits] | None = None,
) -> Presentation:
    """Shows the campaigns that sent something; `split` has the groups of all of them, `credits` what they bring."""
    report, of_credit = answer.report, known_credit_columns(credits.report) if credits else ()
    has_money = credits is not None and credits.report.has_money
    metrics = {question.shown_metric(key): METRICS[key].name for key in METRICS_OF_CAMPAIGNS}
    messages, *others = (Column.of(metric, label=label) for metric, label in metrics.items())
    columns = _with_room(
        (*COLUMNS_OF_CAMPAIGNS, messages, *of_credit, *others),
        (*OF_FILES, *GIVES_ROOM) if has_money else OF_FILES,
    )
    table = Table(
        "campaigns",
        "Campaigns in this period",
        with_changes(columns, () if answer.compared is None else (*metrics, *CREDIT_METRICS)),
        tuple(
            _row(row, answer, metrics, question, credits)
            for row in _rows_of_table(report, credits.report if credits else None)
        ),
        sortable=True,
        sort="-revenue" if has_money else "-messages_total",
    )
    told = findings.busiest_campaign(report), findings.best_campaign(report, credits.report) if credits else ""
    chart = Chart(
        ChartKind.ACROSS,
        "Messages by campaign",
        table,
        ("messages_total", question.shown_metric("opened"), question.shown_metric("clicked")),
        " ".join(filter(None, told)),
        rows=CHARTED_CAMPAIGNS,
        stands_apart=True,
    )
    return Presentation(
        meta=report.meta,
        charts=(chart,),
        tables=split.tables,
        notices=split.notices,
        money_gaps=credit_gaps(credits.report) if credits else (),
    )


def _rows_of_table(report: CampaignsReport, credits: CampaignCredits | None) -> list[CampaignRow]:
    """Those that sent or brought something: most revenue first or, where there is none, most messages."""
    if credits is None:
        return [row for row in report.campaigns if row.numbers["messages_total"]]
    rows = [row for row in report.campaigns if row.numbers["messages_total"] or credits.of(row.number).credit]
    return sorted(rows, key=lambda row: -credits.of(row.number).revenue)


def _with_room(columns: Iterable[Column], left_out: Collection[str]) -> tuple[Column, ...]:
    return tuple(replace(column, of_files=True) if column.key in left_out else column for column in columns)


def _row(
    row: CampaignRow,
    answer: Answer[CampaignsReport],
    metrics: Collection[str],
    question: Question,
    credits: Answer[CampaignCredits] | None,
) -> Row:
    part = replace(question.part, campaign_id=row.number)
    of_campaign = answer.of(lambda report: report.numbers_of(row.number))
    numbers = {
        metric: Cell(row.numbers.known_value(metric), list_for(metric, question.window, part)) for metric in metrics
    }
    changes = {f"{metric}_change": Cell(of_campaign.change(metric, lambda numbers: numbers)) for metric in metrics}
    clicks = question.shown_metric("campaign_click_rate")
    changes = with_why(changes, (clicks, *metrics), {"where": (f"campaign:{row.id}",)})
    of_credit = {**credit_cells(credits.report, row.number), **credit_changes(credits, row.number)} if credits else {}
    texts = {"name": Cell(row.name), "channel": Cell(row.channel), "status": Cell(row.status)}
    return Row(
        {**texts, **numbers, **changes, **of_credit},
        link=Link("campaign", {"campaign": row.id}),
    )
