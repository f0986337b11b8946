"""One contact: who they are, what they did and got, and which numbers they are in."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from analytics.lists import AnyList, ContactList, EventList, MessageList, OrderKind, OrderList
from analytics.lists.contact import ContactNumbers, Moment, Traces
from analytics.periods import Window
from analytics.presentation.audience import Audience
from analytics.presentation.fitting import first_of, texts_in_room
from analytics.presentation.formats import amount_text, count, day
from analytics.presentation.net_money import amounts_text
from analytics.presentation.tables import Link
from analytics.reports.revenue.people_money import PersonMoney

MOST_IDS, MOST_SOURCES, REPORTS_OF_A_MESSAGE = 30, 20, 10
TRAITS_ROOM, EVENTS_ROOM = 15_000, 55_000


def contact_facts(own: Traces, sharing: str, bought: PersonMoney, audience: Audience) -> list[tuple[str, str]]:
    """Label and text. `sharing` names who has the same address."""
    contact = own.contact
    stated = "" if contact.signup_is_stated else " (first seen)"
    facts = [
        ("Email", audience.text(contact.email)),
        ("Possible duplicate", audience.text(sharing)),
        ("Phone", audience.phone(contact.phone)),
        ("ID", audience.text(contact.external_id)),
        ("Signed up", audience.instant(contact.signed_up_at) + stated),
        ("Last order", audience.instant(bought.last_order_at) if bought.last_order_at else ""),
        ("Complained", audience.instant(contact.complained_at) if contact.complained_at else ""),
        ("Unsubscribed", audience.instant(contact.unsubscribed_at) if contact.unsubscribed_at else ""),
    ]
    listed, left_out = first_of(list(_other_ids(own)), MOST_IDS)
    facts += [(label, audience.text(text)) for label, text in listed]
    if left_out:
        facts.append(("And", f"{count(left_out)} more IDs and devices; the export has all"))
    return [(label, text) for label, text in facts if text]


def _other_ids(own: Traces) -> Iterator[tuple[str, str]]:
    known = {own.contact.external_id}
    for merged in own.merged:
        known.add(merged.external_id)
        yield "Former ID", merged.external_id
    for identity in own.identities:
        if identity.value not in known:
            yield identity.get_kind_display(), identity.value


def contact_traits(own: Traces, audience: Audience) -> str:
    return _fitted_json([own.contact.attributes], audience, TRAITS_ROOM)[0]


@dataclass(frozen=True)
class Reason:
    """A number that the contact is in, the rows of theirs that it is made of, and where the report is."""

    label: str
    text: str
    opens: AnyList | None
    report: Link


def contact_reasons(own: Traces, numbers: ContactNumbers, bought: PersonMoney) -> list[Reason]:
    """`bought` is of all days, and told where there is any."""
    window, person, attribution = numbers.window, own.contact.person_number, Link.to("attribution")
    signup = numbers.signed_up_on
    cohort = ContactList(Window.between(signup, signup, zone=window.zone))
    retention = Link.to("retention", **{"from": signup.isoformat(), "to": signup.isoformat()})
    reasons = [
        Reason("Signup cohort", day(signup), cohort, retention),
        _reason("Events", numbers.events, EventList(window, person=person), Link.to("timeseries")),
        Reason("Attributed conversions", str(numbers.conversions), None, attribution),
    ]
    for reached, number in ((None, numbers.messages), ("opened", numbers.opened), ("clicked", numbers.clicked)):
        label = f"Messages {reached}" if reached else "Messages"
        messages = MessageList(window, reached=reached, contact_id=own.contact.pk)
        reasons.append(_reason(label, number, messages, Link.to("overview")))
    listed, left_out = first_of(numbers.sources, MOST_SOURCES)
    for share in listed:
        events = EventList(window, source=share.source, person=person)
        reasons.append(_reason(f"From {share.source.label}", share.events, events, attribution))
    if left_out:
        others = sum(share.events for share in numbers.sources[MOST_SOURCES:])
        reasons.append(Reason(f"From {count(left_out)} other sources", count(others), None, attribution))
    return [*reasons, *_money_reasons(person, bought)]


def _money_reasons(person: int, bought: PersonMoney) -> Iterator[Reason]:
    """Amounts that are not all converted as they are stated."""
    money, ltv = bought.money, Link.to("ltv")
    if not money.orders and not money.by_currency:
        return
    stated = amounts_text(money.by_currency) if money.unconverted else ""
    sales = OrderList(kind=OrderKind.SALE, person=person)
    yield Reason("Net revenue, ever", stated or amount_text(bought.value), OrderList(person=person), ltv)
    yield Reason("Orders, ever", count(money.orders), sales if money.orders else None, ltv)


def _reason(label: str, number: int, opens: AnyList, report: Link) -> Reason:
    return Reason(label, count(number), opens if number else None, report)


@dataclass(frozen=True)
class MomentLine:
    """A moment as the time line shows it: an event with its JSON, or a message of the campaign of that name."""

    at: datetime
    event: Any = None
    json: str = ""
    message: Any = None
    name: str = ""
    link: Link | None = None
    reports: Sequence[Any] = ()
    reports_left_out: int = 0


def moment_lines(moments: Sequence[Moment], campaigns: Mapping[int, str], audience: Audience) -> list[MomentLine]:
    """`campaigns` are names."""
    properties = [moment.event.properties for moment in moments if moment.event is not None]
    texts = iter(_fitted_json(properties, audience, EVENTS_ROOM))
    return [
        MomentLine(moment.at, event=moment.event, json=next(texts))
        if moment.event is not None
        else _message_line(moment, campaigns)
        for moment in moments
    ]


def _message_line(moment: Moment, campaigns: Mapping[int, str]) -> MomentLine:
    assert moment.message is not None
    reports, left_out = first_of(moment.reports, REPORTS_OF_A_MESSAGE)
    return MomentLine(
        moment.at,
        message=moment.message,
        name=campaigns.get(moment.message.campaign_id, ""),
        link=Link.to("message", moment.message.api_id),
        reports=reports,
        reports_left_out=left_out,
    )


def _fitted_json(values: Sequence[Any], audience: Audience, room: int) -> list[str]:
    return texts_in_room([audience.json(value) if value else "" for value in values], room)
