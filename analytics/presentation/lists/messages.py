"""Messages below each other, and how far one got in a word."""

from collections.abc import Sequence
from datetime import datetime

from analytics.bounces import BounceClass
from analytics.lists import MessageList, MessageRow
from analytics.metrics import KEY_OF, LIFE_CYCLE, METRICS, STATUSES
from analytics.presentation.audience import Audience
from analytics.presentation.lists.people import ADDRESS_COLUMNS, address_cells, contact_cell
from analytics.presentation.tables import Cell, Column, Kind, Link, Row, Table

BOUNCE_LABELS = {
    BounceClass.ADDRESS: "No such mailbox",
    BounceClass.FULL: "Mailbox full",
    BounceClass.POLICY: "Refused by policy",
    BounceClass.AUTH: "Not authenticated",
    BounceClass.CONTENT: "Content refused",
    BounceClass.DEFERRED: "Not accepted for now",
    BounceClass.UNKNOWN: "Reason not known",
}
DAYS_OF_WEEK = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
STATUS_LABELS = {status.value: METRICS[KEY_OF[status]].label for status in STATUSES}


def messages_table(messages: MessageList, rows: Sequence[MessageRow], audience: Audience) -> Table:
    by = "Created" if messages.by == "created" else f"First {messages.by}"
    columns = (
        Column("at", by, Kind.INSTANT),
        Column("contact", "Contact"),
        *ADDRESS_COLUMNS,
        Column("campaign", "Campaign"),
        Column("channel", "Channel"),
        Column("status", "Status"),
    )
    lines = [_row(row, getattr(row.message, messages.instant), audience) for row in rows]
    return Table(messages.name, "Messages", columns, lines, is_list=True)


def _row(row: MessageRow, at: datetime | None, audience: Audience) -> Row:
    return Row(
        {
            "at": Cell(audience.local(at), link=Link.to("message", row.message.api_id)),
            "contact": contact_cell(row.contact, audience),
            **address_cells(row.contact, audience),
            "campaign": Cell("–" if row.campaign is None else row.campaign),
            "channel": Cell(row.message.get_channel_display()),
            "status": Cell(status_label(row)),
        }
    )


def status_label(row: MessageRow) -> str:
    """The last status of the life cycle that it reached."""
    reached = (status for status in reversed(LIFE_CYCLE) if getattr(row.message, status.field) is not None)
    return STATUS_LABELS[status] if (status := next(reached, None)) else "Queued"
