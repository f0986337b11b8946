"""People below each other, known or not, and how any list names one of them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from analytics.lists import ContactList, OrderKind, OrderList, PeopleList, PersonRow
from analytics.lists.active_people import ActivePeople
from analytics.lists.acts import Act
from analytics.lists.cohort_cells import CohortCell
from analytics.lists.contacts import can_be_sorted_by
from analytics.lists.listed_people import ListedPeople
from analytics.lists.people_columns import MONEY_COLUMNS, OF_CONTACTS, OF_PEOPLE
from analytics.lists.rfm_people import RfmPeople
from analytics.metrics import METRICS
from analytics.presentation.activity.activities import activity_text
from analytics.presentation.audience import Audience
from analytics.presentation.conditions import NO_NAMES, ConditionNames, field_label, group_name
from analytics.presentation.emails.fatigue_labels import EMAILS_BEFORE_LABELS
from analytics.presentation.formats import count_of, days, in_period, with_capital
from analytics.presentation.funnel.rules import entrants_phrases, rules_phrases
from analytics.presentation.net_money import amounts_text
from analytics.presentation.revenue.rfm_labels import rfm_labels
from analytics.presentation.steps import quoted_step, steps_sentence
from analytics.presentation.tables import Cell, Column, Kind, Link, Row, Table, Value
from analytics.questions.fields import CONTACT_PREFIX, field_of
from analytics.questions.groups import Group
from analytics.questions.ltv import LtvStart
from analytics.questions.retention import CohortClock, CohortStart, ReturnMode
from analytics.questions.values import text_of, value_at
from analytics.reports.activity.lifecycle import LifecycleState
from analytics.reports.emails.fatigue import EmailsBefore
from analytics.reports.emails.list_engagement import LastAct
from analytics.reports.emails.list_growth import LOSSES, ListFlow
from analytics.reports.experiments.holdouts import HoldoutState
from analytics.reports.experiments.report import MemberState
from analytics.reports.revenue.people_money import PersonMoney


class KnownPerson(Protocol):
    """A contact."""

    @property
    def api_id(self) -> str: ...

    @property
    def label(self) -> str: ...

    @property
    def email(self) -> str: ...

    @property
    def external_id(self) -> str: ...


ADDRESS_COLUMNS = (
    Column("email", "Contact's email", of_files=True),
    Column("contact_id", "Contact's ID", of_files=True),
)
"""What files of lists have of a contact, so that they can be written to."""


def address_cells(contact: KnownPerson | None, audience: Audience) -> dict[str, Cell]:
    if contact is None:
        return {}
    return {"email": Cell(audience.text(contact.email)), "contact_id": Cell(audience.text(contact.external_id))}


def contact_cell(contact: KnownPerson | None, audience: Audience) -> Cell:
    if contact is None:
        return Cell("–")
    return Cell(audience.text(contact.label), link=Link.to("contact", contact.api_id))


def events_of_person(number: int) -> Link:
    return Link.to("events", person=str(number))


ACTS = {Act.ORDER: "Ordered", Act.CONVERSION: "Converted", Act.EVENT: "With an event"}
_LABELS = {
    "contact": "Contact",
    "email": "Email",
    "id": "ID",
    "devices": "Device ID",
    "signedUp": "Signed up",
    "lastEvent": "Last event",
    "events": "Events",
    "messages": "Messages",
    "opened": METRICS["human_opened"].label,
    "clicked": METRICS["human_clicked"].label,
    "value": "Net revenue",
    "orders": "Orders",
    "lastOrder": "Last order",
}
_KINDS = {
    **dict.fromkeys(("signedUp", "lastEvent", "lastOrder"), Kind.INSTANT),
    **dict.fromkeys(("events", "messages", "opened", "clicked", "orders"), Kind.COUNT),
    "value": Kind.MONEY,
}


def people_column(name: str, currency: str = "") -> Column:
    """A column of a list of people, by its name in addresses; amounts are in the currency."""
    field = field_of(name)
    label = _LABELS.get(name) or (with_capital(field_label(field)) if field else name)
    kind = _KINDS.get(name, Kind.TEXT)
    return Column(name, label, kind, sorts=can_be_sorted_by(name), currency=currency if kind is Kind.MONEY else "")


def people_table(
    people: PeopleList | ContactList,
    rows: Sequence[PersonRow],
    audience: Audience,
    columns: Sequence[str] = (),
    sort: str = "",
    currency: str = "",
) -> Table:
    """With the columns, or those that are shown unless others are asked for. The first leads to whom a row is of."""
    is_of_contacts = isinstance(people, ContactList)
    names = columns or (OF_CONTACTS if is_of_contacts else OF_PEOPLE)
    return Table(
        people.name,
        "Contacts" if is_of_contacts else "People",
        tuple(people_column(name, currency) for name in names),
        [_row(row, audience, names) for row in rows],
        sortable=is_of_contacts,
        sort=sort,
        is_list=True,
    )


def _row(row: PersonRow, audience: Audience, columns: Sequence[str]) -> Row:
    events = events_of_person(row.number)
    who = Link.to("contact", row.contact.api_id) if row.contact else events
    cells = {name: Cell(_value(row, name, audience)) for name in columns}
    if row.last_event_at:
        cells |= {name: replace(cells[name], link=events) for name in ("lastEvent", "events") if name in cells}
    if row.bought is not None:
        cells |= {name: _money_cell(row.number, row.bought, name, audience) for name in MONEY_COLUMNS if name in cells}
    return Row({**cells, columns[0]: replace(cells[columns[0]], link=who)})


def _money_cell(number: int, bought: PersonMoney, name: str, audience: Audience) -> Cell:
    """Amounts that are not all converted as they are stated."""
    match name:
        case "orders":
            return Cell(bought.money.orders, OrderList(kind=OrderKind.SALE, person=number))
        case "lastOrder":
            return Cell(audience.local(bought.last_order_at))
    stated = amounts_text(bought.money.by_currency) if bought.money.unconverted else ""
    return Cell(stated or bought.value, OrderList(person=number))


def _value(row: PersonRow, name: str, audience: Audience) -> Value:
    match name:
        case "devices":
            return ", ".join(row.devices)
        case "lastEvent":
            return audience.local(row.last_event_at)
        case "events" | "messages" | "opened" | "clicked":
            number: int = getattr(row, name)
            return number
        case "value" | "orders" | "lastOrder":
            return None
    if row.contact is None:
        return "Anonymous visitor" if name == "contact" else ""
    match name:
        case "contact":
            return audience.text(row.contact.label)
        case "email":
            return audience.text(row.contact.email)
        case "id":
            return audience.text(row.contact.external_id)
        case "signedUp":
            return audience.local(row.contact.signed_up_at)
    return _attribute(row.contact.attributes, name.removeprefix(CONTACT_PREFIX), audience)


def _attribute(attributes: Mapping[str, Any], path: str, audience: Audience) -> str:
    """A list or an object, which is no value of conditions, as JSON."""
    value = value_at(attributes, path)
    if value is None and (whole := attributes.get(path)) is not None:
        return " ".join(audience.json(whole).split())
    return "" if value is None else audience.text(text_of(value))


def group_text(group: Group, names: ConditionNames = NO_NAMES) -> str:
    """Source: newsletter"""
    return f"{with_capital(field_label(group.by))}: {group_name(group, names)}"


STATES = {
    MemberState.ASSIGNED: "In the test",
    MemberState.MATURE: "In the test, window over",
    MemberState.YOUNG: "In the test, window not over",
    MemberState.SEVERAL: "Given two variants of the test",
    MemberState.WITHHELD: "In the test, given nothing",
    MemberState.REACHED: "In the test, reached its goal",
    MemberState.CUT: "In the test, money cut off",
    HoldoutState.CONVERTED: "In the holdout, converted since",
    HoldoutState.SENT_ANYWAY: "Held out, but sent a message",
}
BEGINNINGS = {LtvStart.SIGNUP: "Signed up", LtvStart.FIRST_ORDER: "Ordered for the first time"}


def cell_labels(cell: CohortCell, names: ConditionNames = NO_NAMES) -> list[str]:
    """What people began with and, with a period, when they came back."""
    labels = [start_label(cell.start, names), *([group_text(cell.group, names)] if cell.group else [])]
    if cell.period is None:
        return labels
    if cell.metric is None:
        return [*labels, f"{with_capital(cell.unit)} {cell.period} has begun"]
    later = " or later" if cell.mode is ReturnMode.ON_OR_AFTER else ""
    return [
        *labels,
        f"{with_capital(activity_text(cell.metric))} {in_period(cell.unit, cell.period)}{later}",
        CLOCKS[cell.clock],
    ]


LIFECYCLE_LABELS = {
    LifecycleState.NEW: "New",
    LifecycleState.RETURNING: "Returning",
    LifecycleState.RESURRECTING: "Resurrecting",
    LifecycleState.DORMANT: "Dormant",
}


def active_labels(active: ActivePeople, names: ConditionNames = NO_NAMES) -> list[str]:
    """What made people active, in how many periods or in which state that puts them, and in which group."""
    labels = [
        f"Active by: {activity_text(active.metric)}",
        *([group_text(active.group, names)] if active.group else []),
    ]
    if active.state is not None:
        return [*labels, f"{LIFECYCLE_LABELS[active.state]} by {active.unit}"]
    if active.times is None:
        return labels
    more = " or more" if active.or_more else ""
    return [*labels, f"In {count_of(active.times, active.unit, f'{active.unit}s')}{more}"]


FLOW_LABELS = {
    ListFlow.OPENING: "At the start",
    ListFlow.NEW: "New",
    ListFlow.RESUBSCRIBED: "Resubscribed",
    ListFlow.UNSUBSCRIBED: "Unsubscribed",
    ListFlow.HARD_BOUNCED: "Hard bounced",
    ListFlow.COMPLAINED: "Complained",
    ListFlow.CLOSING: "At the end",
}
LAST_ACT_LABELS = {
    LastAct.MONTH: "0 to 30 days ago",
    LastAct.QUARTER: "31 to 90 days ago",
    LastAct.HALF: "91 to 180 days ago",
    LastAct.YEAR: "181 to 365 days ago",
    LastAct.LONGER: "More than a year ago",
    LastAct.NEVER: "Never",
}
LISTED: Mapping[ListFlow | LastAct | EmailsBefore, str] = {
    **{flow: f"Left the list: {FLOW_LABELS[flow].lower()}" for flow in LOSSES},
    ListFlow.NEW: "New on the list",
    ListFlow.RESUBSCRIBED: "Back on the list",
    ListFlow.OPENING: "On the list when the days begin",
    ListFlow.CLOSING: "On the list when the days end",
    **{each: f"On the list, last read: {label.lower()}" for each, label in LAST_ACT_LABELS.items()},
    **{
        each: f"Got an email, and before it in 30 days: {label.lower()}" for each, label in EMAILS_BEFORE_LABELS.items()
    },
}


CLOCKS = {
    CohortClock.DAYS: "Whole days since the start",
    CohortClock.CALENDAR: "Calendar periods",
    CohortClock.ROLLING: "Hours since the start",
}


def start_label(start: CohortStart, names: ConditionNames = NO_NAMES) -> str:
    if start.act is None:
        return BEGINNINGS[LtvStart.SIGNUP]
    return f"{'First ever' if start.is_first else 'Started with'}: {quoted_step(start.act, names)}"


def people_labels(people: PeopleList, names: ConditionNames = NO_NAMES) -> list[str]:
    """Labels of a list of people: its days, and what the people did on these."""
    if people.test is not None:
        of_days = [days(people.window.first_day, people.window.last_day)] if people.window else []
        return [*of_days, STATES[people.test.state], *([f"Goal: {people.test.goal}"] if people.test.goal else [])]
    if people.window is None:
        return []
    labels = [days(people.window.first_day, people.window.last_day)]
    if people.source is not None:
        return [*labels, f"Came from {people.source.label}"]
    of_group = [group_text(people.group, names)] if people.group else []
    if people.cohort is not None:
        return [*labels, BEGINNINGS[people.cohort], *of_group]
    if people.did is not None:
        return [*labels, ACTS[people.did]]
    if isinstance(people.choice, CohortCell):
        return [*labels, *cell_labels(people.choice, names)]
    if isinstance(people.choice, ListedPeople):
        return [*labels, LISTED[people.choice.kind]]
    if isinstance(people.choice, RfmPeople):
        return [*labels, *rfm_labels(people.choice.choice)]
    if people.choice is not None:
        return [*labels, *active_labels(people.choice, names)]
    labels += [f"Funnel {steps_sentence(people.steps, names)}", *rules_phrases(people.rules, names), *of_group]
    labels += entrants_phrases(people.entrants)
    reached = quoted_step(people.steps[people.step - 1], names)
    if people.lost_since is None:
        return [*labels, f"Reached {reached}"]
    return [*labels, f"Reached {quoted_step(people.steps[people.lost_since - 1], names)}, but not {reached}"]
