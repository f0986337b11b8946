"""People below each other, known or not, and how any list names one of them."""

from collections.abc import Sequence
from typing import Protocol

from analytics.lists import PeopleList, PersonRow
from analytics.presentation.audience import Audience
from analytics.presentation.conditions import NO_NAMES, ConditionNames, field_label, group_name
from analytics.presentation.formats import days, with_capital
from analytics.presentation.steps import quoted_step, steps_sentence
from analytics.presentation.tables import Cell, Column, Kind, Link, Row, Table


class KnownPerson(Protocol):
    """A contact."""

    @property
    def api_id(self) -> str: ...

    @property
    def label(self) -> str: ...


def contact_cell(contact: KnownPerson | None, audience: Audience) -> Cell:
    if contact is None:
        return Cell("–")
    return Cell(audience.text(contact.label), link=Link.to("contact", contact.api_id))


def events_of_person(number: int) -> Link:
    return Link.to("events", person=str(number))


def people_table(people: PeopleList, rows: Sequence[PersonRow], audience: Audience) -> Table:
    columns = (
        Column("person", "Person"),
        Column("devices", "Device ID"),
        Column("last_event", "Last event", Kind.INSTANT),
    )
    return Table(people.name, "People", columns, [_row(row, audience) for row in rows], is_list=True)


def _row(row: PersonRow, audience: Audience) -> Row:
    events = events_of_person(row.number)
    unknown = Cell("Anonymous visitor", link=events)
    return Row(
        {
            "person": contact_cell(row.contact, audience) if row.contact else unknown,
            "devices": Cell(", ".join(row.devices) or "–"),
            "last_event": Cell(audience.local(row.last_event_at), link=events),
        }
    )


def people_labels(people: PeopleList, names: ConditionNames = NO_NAMES) -> list[str]:
    """Labels of a list of people: its days, and what the people did on these."""
    if people.window is None:
        return []
    labels = [days(people.window.first_day, people.window.last_day)]
    if people.source is not None:
        return [*labels, f"Came from {people.source.label}"]
    labels.append(f"Funnel {steps_sentence(people.steps, names)}")
    labels += (
        [f"{with_capital(field_label(people.group.by))}: {group_name(people.group, names)}"] if people.group else []
    )
    reached = quoted_step(people.steps[people.step - 1], names)
    if people.lost_since is None:
        return [*labels, f"Reached {reached}"]
    return [*labels, f"Reached {quoted_step(people.steps[people.lost_since - 1], names)}, but not {reached}"]
