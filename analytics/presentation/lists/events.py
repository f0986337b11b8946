"""Events below each other, down to their JSON."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from analytics.lists import EventList, EventRow
from analytics.presentation.audience import Audience
from analytics.presentation.fitting import texts_in_room
from analytics.presentation.lists.people import ADDRESS_COLUMNS, address_cells, contact_cell, events_of_person
from analytics.presentation.tables import Cell, Column, Kind, Row, Table


def events_table(events: EventList, rows: Sequence[EventRow], audience: Audience) -> Table:
    columns = (
        Column("at", "Occurred", Kind.INSTANT),
        Column("event", "Event"),
        Column("who", "Who"),
        *ADDRESS_COLUMNS,
        Column("source", "Source"),
        Column("id", "ID"),
        Column("properties", "Properties"),
    )
    return Table(events.name, "Events", columns, [_row(row, audience) for row in rows], is_list=True)


def _row(row: EventRow, audience: Audience) -> Row:
    return Row(
        {
            "at": Cell(audience.local(row.event.occurred_at)),
            "event": Cell(row.event.type),
            "who": who_cell(row, audience),
            **address_cells(row.contact, audience),
            "source": Cell(row.source),
            "id": Cell(audience.text(row.event.message_id)),
            "properties": Cell(audience.json(row.event.properties)),
        }
    )


def who_cell(row: EventRow, audience: Audience) -> Cell:
    if row.contact is not None:
        return contact_cell(row.contact, audience)
    return Cell(audience.text(row.device or "Anonymous visitor"), link=events_of_person(row.person))


@dataclass(frozen=True)
class EventLine:
    """An event as the explorer shows it; `json` is how it was sent, as far as that is kept."""

    event: Any
    who: Cell
    source: str
    json: str
    is_cut: bool = False


def event_lines(rows: Sequence[EventRow], audience: Audience) -> list[EventLine]:
    """The events with as much of their JSON as a page has room for."""
    lines = [
        EventLine(row.event, who_cell(row, audience), row.source, audience.json(fields_sent(row.event))) for row in rows
    ]
    texts = texts_in_room([line.json for line in lines])
    return [replace(line, json=text, is_cut=text != line.json) for line, text in zip(lines, texts, strict=True)]


def fields_sent(event: Any) -> dict[str, Any]:
    """All of an event, as it was sent."""
    return {
        "messageId": event.message_id,
        "event": event.type,
        "timestamp": event.stated_at or event.occurred_at,
        "receivedAt": event.received_at,
        "properties": event.properties,
        "context": event.context,
    }
