"""All campaigns below each other, with the columns that somebody chose."""

from collections.abc import Iterable

from analytics.lists import MessageList
from analytics.periods import Window
from analytics.presentation.audience import Audience
from analytics.presentation.campaigns.money import credit_cells, credit_columns
from analytics.presentation.tables import Cell, Column, Kind, Link, Row, Table
from analytics.questions.slices import Slice
from analytics.reports.campaigns.credit import CampaignCredits
from analytics.reports.campaigns.side_by_side import CampaignRow

CAMPAIGN_COLUMNS = (
    Column("channel", "Channel"),
    Column("status", "Status"),
    Column("started", "Started", Kind.INSTANT),
    Column.of("messages_total", key="messages"),
    Column.of("sent"),
    Column.of("delivered"),
    Column.of("opened"),
    Column.of("clicked"),
    Column.of("bounced"),
    Column.of("failed"),
    Column.of("hard_bounced"),
    Column.of("soft_bounced"),
    Column.of("complained"),
    Column.of("unsubscribed"),
    Column.of("campaign_open_rate", key="open_rate"),
    Column.of("campaign_human_open_rate", key="human_open_rate"),
    Column.of("campaign_click_rate", key="click_rate"),
    Column.of("campaign_human_click_rate", key="human_click_rate"),
    Column.of("bounce_share", key="bounce_rate"),
    Column.of("hard_bounce_rate"),
    Column.of("complaint_rate"),
    Column.of("unsubscribe_rate"),
)
"""The columns beside a campaign's name; files have its id as well."""


def campaigns_table(
    rows: Iterable[CampaignRow],
    window: Window | None,
    audience: Audience,
    sort: str = "",
    credits: CampaignCredits | None = None,
) -> Table:
    """The table with all columns, sorted by the column of `sort`, equal rows in the order given; without `sort` the
    newest first. What campaigns bring is there with `credits`."""
    columns = [Column("id", "ID"), Column("name", "Campaign"), *CAMPAIGN_COLUMNS]
    in_order = rows if sort else sorted(rows, key=lambda row: -row.number)
    lines = tuple(_row(row, window, audience, credits) for row in in_order)
    columns += credit_columns(credits) if credits else ()
    return Table("campaigns", "Campaigns", tuple(columns), lines, sortable=True, is_list=True).sorted_by(sort)


def _row(row: CampaignRow, window: Window | None, audience: Audience, credits: CampaignCredits | None) -> Row:
    numbers = {column.key: _number(row, column, window) for column in CAMPAIGN_COLUMNS if column.metric}
    texts = {
        "id": Cell(row.id),
        "name": Cell(row.name, link=Link.to("campaign", campaign=row.id)),
        "channel": Cell(row.channel),
        "status": Cell(row.status),
        "started": Cell(audience.local(row.started_at)),
    }
    return Row({**texts, **numbers, **(credit_cells(credits, row.number) if credits else {})}, key=row.id)


def _number(row: CampaignRow, column: Column, window: Window | None) -> Cell:
    value = row.numbers.known_value(column.metric)
    if column.kind is not Kind.COUNT:
        return Cell(value)
    reached = None if column.metric == "messages_total" else column.metric
    return Cell(value, MessageList(window, reached=reached, part=Slice(row.number)))
