"""The event explorer: what came in, newest first, down to its JSON; by itself every few seconds, if wanted."""

from dataclasses import replace

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.http import require_safe

from analytics.ledger import Ledger
from analytics.lists import Conversions, EventList
from analytics.lists.conditions import CONDITION_PARAMETERS
from analytics.lists.people import people_rows
from analytics.lists.query import PARTS_OF_DAYS
from analytics.models import Event
from analytics.periods import Window
from analytics.presentation.lists.events import event_lines, fields_sent
from analytics.questions.fields import PROPERTY_PREFIX, field_of
from analytics.questions.filter_texts import SEVERAL_CONDITIONS
from analytics.questions.filters import fields_in
from analytics.views.filter_builder import FIELD
from analytics.views.listing import FilterField, ListPage, open_list
from analytics.views.page import Chip, open_page
from analytics.views.remarks import TABS, remarks_tab, tabs
from analytics.views.room import SUGGESTED_TYPES
from campaignos.ids import uuid_of
from campaignos.page_parameters import FILE, PLACE, one_of, understands

DAYS_OF_TYPES = 91
"""Event types of the last days are suggested."""
CONVERSIONS = {
    Conversions.ANY: "Conversions",
    Conversions.CREDITED: "Conversions with a source",
    Conversions.DIRECT: "Conversions without a source",
}
WITHOUT_FIELD = (*PARTS_OF_DAYS, "person", "attributed", "conversions", "utmMedium", "utmCampaign")
"""Parameters that the form carries along."""


@login_required
@require_safe
@understands(
    *("from", "to", "type", "property", "value", "library", "utmSource"),
    *WITHOUT_FIELD,
    *CONDITION_PARAMETERS,
    FIELD,
    many=SEVERAL_CONDITIONS,
    tab=one_of(("accepted", *TABS)),
    rows=one_of(["only"]),
    after=PLACE,
    format=FILE,
)
def events_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    """With `rows=only`, as the live tail asks, nothing but the newest events."""
    page = open_list(request, slug, "events", "Events")
    tab = request.GET.get("tab", "")
    if tab in TABS:
        return remarks_tab(page, tab)
    events = EventList.read(page.parameters)
    if request.GET.get("rows") == "only":
        newest = events.full_rows(page.workspace, events.find(page.workspace, now=page.now).page().rows)
        return page.response("lists/_events.html", lines=event_lines(newest, page.audience))
    return page.listing(
        events,
        template="lists/events.html",
        lines=lambda rows: event_lines(rows, page.audience),
        unit=("event", "events"),
        fields=_fields(page, events),
        chips=_chips(page, events),
        hidden=[(name, events.query[name]) for name in WITHOUT_FIELD if name in events.query],
        tail=page.same(rows="only"),
        tabs=tabs(page, "accepted"),
    )


@login_required
@require_safe
def event_json(request: HttpRequest, slug: str, event_id: str) -> HttpResponse:
    """All of an event, as it was sent."""
    page = open_page(request, slug, "events", "Event")
    key = uuid_of("evt", event_id)
    event = Event.objects.filter(workspace_id=page.workspace.pk, pk=key).first() if key else None
    if event is None:
        raise Http404
    return HttpResponse(page.audience.json(fields_sent(event)), content_type="application/json")


def _fields(page: ListPage, events: EventList) -> list[FilterField]:
    recent = Window.last_days(DAYS_OF_TYPES, zone=page.workspace.zone, now=page.now)
    return [
        page.field("type", "Event", suggestions=Ledger(page.workspace).event_types(window=recent)[:SUGGESTED_TYPES]),
        *page.dates("From", "to"),
        page.field("utmSource", "Source"),
        *_property_fields(page, events),
        page.field("library", "Library", hint="analytics.js"),
    ]


def _property_fields(page: ListPage, events: EventList) -> list[FilterField]:
    """Empty where the condition is taken: then it is a chip."""
    fields = page.field("property", "Property", hint="product.sku"), page.field("value", "is", hint="anything")
    is_taken = any(
        field_of(f"{PROPERTY_PREFIX}{fields[0].value.strip()}") == field for field in fields_in(events.conditions.meant)
    )
    return [replace(field, value="") if is_taken else field for field in fields]


def _chips(page: ListPage, events: EventList) -> list[Chip]:
    chips = page.hour_chips(events.window)
    if events.conversions is not None:
        chips.append(page.chip(CONVERSIONS[events.conversions], "conversions"))
    if events.attributed is not None:
        chips.append(page.chip("With a source" if events.attributed else "Without a source", "attributed"))
    if events.source is not None and (events.source.medium is not None or events.source.campaign is not None):
        chips.append(page.chip(f"From {events.source.label}", "utmSource", "utmMedium", "utmCampaign"))
    if events.person is not None:
        row = people_rows(page.workspace, [events.person])[0]
        name = page.audience.text(row.contact.label) if row.contact else "an anonymous visitor"
        chips.append(page.chip(f"By {name}", "person"))
    return chips
