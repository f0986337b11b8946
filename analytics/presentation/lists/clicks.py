"""Clicks below each other."""

from collections.abc import Sequence

from analytics.lists import ClickList, ClickRow
from analytics.presentation.audience import Audience
from analytics.presentation.lists.people import ADDRESS_COLUMNS, address_cells, contact_cell
from analytics.presentation.tables import Cell, Column, Kind, Link, Row, Table


def clicks_table(clicks: ClickList, rows: Sequence[ClickRow], audience: Audience) -> Table:
    columns = (
        Column("at", "Clicked", Kind.INSTANT),
        Column("contact", "Contact"),
        *ADDRESS_COLUMNS,
        Column("campaign", "Campaign"),
        Column("link", "Link"),
        Column("by", "By"),
    )
    return Table(clicks.name, "Clicks", columns, [_row(row, audience) for row in rows], is_list=True)


def _row(row: ClickRow, audience: Audience) -> Row:
    click, sent = row.click, row.of_message
    return Row(
        {
            "at": Cell(audience.local(click.occurred_at), link=Link.to("message", sent.message.api_id)),
            "contact": contact_cell(sent.contact, audience),
            **address_cells(sent.contact, audience),
            "campaign": Cell("–" if sent.campaign is None else sent.campaign),
            "link": Cell(audience.text(click.url) or "(not set)"),
            "by": Cell(click.get_actor_display() or "–"),
        }
    )
