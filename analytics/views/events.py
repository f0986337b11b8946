"""The event explorer: what came in, newest first, down to its JSON; by itself every few seconds, if wanted."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.http import require_safe

from analytics.ledger import Ledger
from analytics.lists import Conversions, EventList
from analytics.lists.people import people_rows, roots_by_number
from analytics.lists.properties import MAX_SEARCHED
from analytics.models import Contact, Event, Identity, IdentityKind, UtmTriple
from analytics.periods import Window
from analytics.views.disclosure import json_shown_to, name_shown_to, shown_to
from analytics.views.listing import Cell, Chip, Field, ListPage, opened
from analytics.views.remarks import TABS, remarks_tab, tabs
from analytics.views.room import SUGGESTED_TYPES, fitted
from campaignos.ids import uuid_of
from campaignos.page_parameters import FILE, PLACE, one_of, understands

DAYS_OF_TYPES = 91
"""Event types of the last days are suggested."""
CONVERSIONS = {
    Conversions.ANY: "Conversions",
    Conversions.CREDITED: "Conversions with a source",
    Conversions.DIRECT: "Conversions without a source",
}
WITHOUT_FIELD = ("person", "attributed", "conversions", "utmMedium", "utmCampaign")
"""Parameters that the form carries along."""


@login_required
@require_safe
@understands(
    *("from", "to", "type", "property", "value", "library", "utmSource"),
    *WITHOUT_FIELD,
    tab=one_of(("accepted", *TABS)),
    rows=one_of(["only"]),
    after=PLACE,
    format=FILE,
)
def events_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    """With `rows=only`, as the live tail asks, nothing but the newest events."""
    page = opened(request, slug, "events", "Events")
    tab = request.GET.get("tab", "")
    if tab in TABS:
        return remarks_tab(page, request, tab)
    one = EventList.read(page.asked)
    if not one.has_known_property(page.workspace):
        page.asked.refuse("property", f"one that one of the newest {MAX_SEARCHED:,} events has")
        one = replace(one, having=None)
    if request.GET.get("rows") == "only":
        rows = one.find(page.workspace, now=page.now).page()
        return page.response("lists/_events.html", lines=_fitted(_told(page, rows.rows)))
    if one.looks_into_json:
        page.notices.append(
            f"Only the newest {MAX_SEARCHED:,} events that match the other filters are searched for this property."
        )
    return page.listing(
        one,
        ["Occurred", "Event", "Who", "Source", "Id", "Properties"],
        lambda rows: _cells(page, rows),
        template="lists/events.html",
        lines=lambda rows: _fitted(_told(page, rows)),
        unit=("event", "events"),
        fields=_fields(page),
        chips=_chips(page, one),
        hidden=[(name, one.query[name]) for name in WITHOUT_FIELD if name in one.query],
        tail=page.same(rows="only"),
        tabs=tabs(page, "accepted"),
    )


@login_required
@require_safe
def event_json(request: HttpRequest, slug: str, event_id: str) -> HttpResponse:
    """All of an event, as it was sent."""
    page = opened(request, slug, "events", "Event")
    key = uuid_of("evt", event_id)
    event = Event.objects.filter(workspace_id=page.workspace.pk, pk=key).first() if key else None
    if event is None:
        raise Http404
    return HttpResponse(json_shown_to(page.membership, _sent(event)), content_type="application/json")


def _fields(page: ListPage) -> list[Field]:
    recent = Window.last_days(DAYS_OF_TYPES, zone=page.workspace.zone, now=page.now)
    return [
        page.field("type", "Event", suggestions=Ledger(page.workspace).event_types(window=recent)[:SUGGESTED_TYPES]),
        *page.dates("From", "to"),
        page.field("utmSource", "Source"),
        page.field("property", "Property", hint="product.sku"),
        page.field("value", "is"),
        page.field("library", "Library", hint="analytics.js"),
    ]


def _chips(page: ListPage, one: EventList) -> list[Chip]:
    chips = []
    if one.conversions is not None:
        chips.append(page.chip(CONVERSIONS[one.conversions], "conversions"))
    if one.attributed is not None:
        chips.append(page.chip("With a source" if one.attributed else "Without a source", "attributed"))
    if one.source is not None and (one.source.medium is not None or one.source.campaign is not None):
        chips.append(page.chip(f"From {one.source.label}", "utmSource", "utmMedium", "utmCampaign"))
    if one.person is not None:
        row = people_rows(page.workspace, [one.person])[0]
        name = name_shown_to(page.membership, row.contact) if row.contact else "an anonymous visitor"
        chips.append(page.chip(f"By {name}", "person"))
    return chips


@dataclass(frozen=True)
class _Told:
    """An event as the explorer shows it; `json` is how it was sent, as far as that is kept."""

    event: Event
    who: Cell
    source: str
    json: str
    is_cut: bool = False


def _told(page: ListPage, events: Sequence[Event]) -> list[_Told]:
    """Four queries."""
    people = roots_by_number(page.workspace, {event.person_number for event in events})
    contacts = {
        contact.person_number: contact
        for contact in Contact.objects.current().filter(workspace=page.workspace, person_number__in=people.values())
    }
    identities = Identity.objects.filter(workspace_id=page.workspace.pk, person_number__in=people)
    devices = dict(identities.filter(kind=IdentityKind.ANONYMOUS).values_list("person_number", "value"))
    triples = UtmTriple.objects.filter(workspace=page.workspace).in_bulk([one.utm_id for one in events if one.utm_id])
    told = []
    for event in events:
        number = people[event.person_number]
        contact = contacts.get(number)
        name = contact.label if contact else devices.get(event.person_number, "Anonymous visitor")
        address = page.address("contact", contact.api_id) if contact else page.address("events", person=str(number))
        source = str(triples[event.utm_id]) if event.utm_id else ""
        who = Cell(shown_to(page.membership, name), address)
        told.append(_Told(event, who, source, json_shown_to(page.membership, _sent(event))))
    return told


def _fitted(told: Sequence[_Told]) -> list[_Told]:
    """With as much JSON as there is room for."""
    texts = fitted([one.json for one in told])
    return [replace(one, json=text, is_cut=text != one.json) for one, text in zip(told, texts, strict=True)]


def _sent(event: Event) -> dict[str, Any]:
    return {
        "messageId": event.message_id,
        "event": event.type,
        "timestamp": event.stated_at or event.occurred_at,
        "receivedAt": event.received_at,
        "properties": event.properties,
        "context": event.context,
    }


def _cells(page: ListPage, events: Sequence[Event]) -> list[list[Cell]]:
    return [
        [
            page.instant(one.event.occurred_at),
            Cell(one.event.type),
            one.who,
            Cell(one.source),
            Cell(shown_to(page.membership, one.event.message_id)),
            Cell(json_shown_to(page.membership, one.event.properties)),
        ]
        for one in _told(page, events)
    ]
