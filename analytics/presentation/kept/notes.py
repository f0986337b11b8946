"""Notes on days as a table."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from analytics.presentation.audience import Audience
from analytics.presentation.tables import Cell, Column, Kind, Link, Row, Table


@dataclass(frozen=True)
class NoteDescription:
    """`campaign_id` is such as cmp_1; it and the campaign's name are empty for a note of all that goes on."""

    key: int
    day: date
    text: str
    author: str
    campaign_id: str
    campaign: str

    def row(self, audience: Audience, *, can_change: bool) -> Row:
        campaign = Link("campaign", {"campaign": self.campaign_id}) if self.campaign_id else None
        return Row(
            {
                "day": Cell(self.day),
                "note": Cell(audience.text(self.text), link=Link.to("note", str(self.key)) if can_change else None),
                "campaign": Cell(audience.text(self.campaign) or None, link=campaign),
                "author": Cell(self.author or None),
            }
        )


def notes_table(notes: Iterable[NoteDescription], audience: Audience, *, can_change: bool) -> Table:
    """In their order; a text leads to where it can be changed."""
    columns = (
        Column("day", "Day", Kind.DAY),
        Column("note", "Note"),
        Column("campaign", "Campaign"),
        Column("author", "Written by"),
    )
    rows = tuple(note.row(audience, can_change=can_change) for note in notes)
    return Table("notes", "Notes", columns, rows, is_list=True)
