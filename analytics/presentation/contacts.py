"""Contacts below each other."""

from collections.abc import Sequence

from analytics.lists import ContactList, ContactRow
from analytics.presentation.audience import Audience
from analytics.presentation.people import contact_cell
from analytics.presentation.tables import Cell, Column, Kind, Row, Table


def contacts_table(contacts: ContactList, rows: Sequence[ContactRow], audience: Audience) -> Table:
    columns = (
        Column("contact", "Contact"),
        Column("email", "Email"),
        Column("id", "Id"),
        Column("signed_up", "Signed up", Kind.INSTANT),
        Column("last_event", "Last event", Kind.INSTANT),
    )
    return Table(contacts.name, "Contacts", columns, [_row(row, audience) for row in rows], is_list=True)


def _row(row: ContactRow, audience: Audience) -> Row:
    return Row(
        {
            "contact": contact_cell(row.contact, audience),
            "email": Cell(audience.text(row.contact.email)),
            "id": Cell(audience.text(row.contact.external_id)),
            "signed_up": Cell(audience.local(row.contact.signed_up_at)),
            "last_event": Cell(audience.local(row.last_event_at)),
        }
    )
