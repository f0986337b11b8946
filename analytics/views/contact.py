"""One contact: time line, identity, what they count as; taking their data along, and erasing it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from analytics.audited import DataAction
from analytics.ingest.people.shared_addresses import shared_addresses
from analytics.ingest.removal.erasure import erase_contact
from analytics.lists import AnyList, ContactList, EventList, MessageList
from analytics.lists.contact import Moment, Traces, contact_numbers, export, timeline, traces
from analytics.lists.joins import JoinedPerson, joined_people, joins_of
from analytics.models import Campaign, Contact, JoinCause
from analytics.periods import Window
from analytics.presentation.formats import count, count_of, day
from analytics.views.disclosure import json_shown_to, name_shown_to, phone_shown_to, shown_to
from analytics.views.listing import Cell, ListPage, opened
from analytics.views.room import first_of, fitted
from campaignos.ids import number_of
from campaignos.page_parameters import PLACE, understands
from campaignos.texts import ascii_lower, folded
from workspaces.audit import record
from workspaces.models import User
from workspaces.roles import Right

DAYS_COUNTED = 30
JOINS_SHOWN = 20
MOST_IDS, MOST_SOURCES, MOST_REPORTS = 30, 20, 10
TRAITS_ROOM, EVENTS_ROOM = 15_000, 55_000


@login_required
@require_safe
@understands(after=PLACE)
def contact_page(request: HttpRequest, slug: str, contact_id: str) -> HttpResponse:
    page = opened(request, slug, "contacts", "Contact")
    contact = contact_of(page, contact_id)
    page.title = name_shown_to(page.membership, contact)
    of = traces(contact)
    window = Window.last_days(DAYS_COUNTED, zone=page.workspace.zone, now=page.now)
    moments = timeline(of, after=request.GET.get("after", "")[:100])
    return page.response(
        "lists/contact.html",
        contact=contact,
        facts=_facts(page, of),
        attributes=_json(page, [contact.attributes], TRAITS_ROOM)[0],
        reasons=_reasons(page, of, window),
        joins=_joins(page, of),
        more_joins=len(of.numbers) - 1 > JOINS_SHOWN,
        window=window,
        moments=_told(page, moments.rows),
        next_page=page.same(after=moments.following) if moments.following else "",
        first_page=page.same() if "after" in request.GET else "",
        may_erase=page.may(Right.WRITE),
    )


def contact_of(page: ListPage, contact_id: str) -> Contact:
    """One that was merged into another is that other one."""
    number = number_of("ct", contact_id)
    rows = Contact.objects.filter(workspace=page.workspace, pk=number or 0).select_related("merged_into", "workspace")
    contact = rows.first()
    if contact is None:
        raise Http404
    return contact.known_by


def _joins(page: ListPage, of: Traces) -> list[dict[str, str]]:
    """What was joined to the contact, the newest first."""
    rows = joins_of(page.workspace, of.numbers).order_by("-received_at", "-gone")[:JOINS_SHOWN]
    slug, contact = page.workspace.slug, of.contact.api_id
    return [
        {
            "what": "Contact" if found.gone else "Device",
            "ids": shown_to(page.membership, ", ".join(found.ids)),
            "why": cause_text(found),
            "when": page.instant_text(found.joined_at) if found.joined_at else "",
            "undo": reverse("contact_part", args=[slug, contact, found.api_id]) if page.may(Right.WRITE) else "",
        }
        for found in joined_people(page.workspace, list(rows))
    ]


def cause_text(found: JoinedPerson) -> str:
    return JoinCause(found.join.cause).label.lower()


def _facts(page: ListPage, of: Traces) -> list[tuple[str, str]]:
    contact, member = of.contact, page.membership
    stated = "" if contact.signup_is_stated else " (first seen)"
    facts = [
        ("Email", shown_to(member, contact.email)),
        ("Possible duplicate", shown_to(member, _sharing(contact))),
        ("Phone", phone_shown_to(member, contact.phone)),
        ("ID", shown_to(member, contact.external_id)),
        ("Signed up", page.instant_text(contact.signed_up_at) + stated),
        ("Complained", page.instant_text(contact.complained_at) if contact.complained_at else ""),
        ("Unsubscribed", page.instant_text(contact.unsubscribed_at) if contact.unsubscribed_at else ""),
    ]
    known = {contact.external_id, *(one.external_id for one in of.merged)}
    others = [("Former ID", str(one.external_id)) for one in of.merged]
    others += [(one.get_kind_display(), one.value) for one in of.identities if one.value not in known]
    listed, left_out = first_of(others, MOST_IDS)
    facts += [(label, shown_to(member, text)) for label, text in listed]
    if left_out:
        facts.append(("And", f"{count(left_out)} more IDs and devices; the export has all"))
    return [(label, text) for label, text in facts if text]


def _sharing(contact: Contact) -> str:
    """One query, where an address is known."""
    shared = shared_addresses(contact.workspace_id, {contact.email} if contact.email else set())
    sharing = shared.get(ascii_lower(contact.email))
    return (sharing.told_to(contact.external_id) if sharing else None) or ""


def _reasons(page: ListPage, of: Traces, window: Window) -> list[tuple[str, Cell, str]]:
    """The numbers the contact is in: what it is, the rows of theirs, and where the report is."""
    found = contact_numbers(page.workspace, of, window)
    contact = of.contact.pk
    signup = found.signed_up_on.isoformat()
    cohort = ContactList(Window.between(found.signed_up_on, found.signed_up_on, zone=page.workspace.zone))
    reasons = [
        (
            "Signup cohort",
            Cell(day(found.signed_up_on), page.list_address(cohort)),
            page.address("retention", **{"from": signup, "to": signup}),
        ),
        (
            "Events",
            _number(page, found.events, EventList(window, person=of.contact.person_number)),
            page.address("timeseries"),
        ),
        ("Conversions counted", Cell(str(found.conversions)), page.address("attribution")),
    ]
    for reached, number in ((None, found.messages), ("opened", found.opened), ("clicked", found.clicked)):
        label = f"Messages {reached}" if reached else "Messages"
        one = MessageList(window, reached=reached, contact_id=contact)
        reasons.append((label, _number(page, number, one), page.address("overview")))
    listed, left_out = first_of(found.sources, MOST_SOURCES)
    for share in listed:
        events = EventList(window, source=share.source, person=of.contact.person_number)
        reasons.append((f"From {share.source.label}", _number(page, share.events, events), page.address("attribution")))
    if left_out:
        others = sum(share.events for share in found.sources[MOST_SOURCES:])
        reasons.append((f"From {count(left_out)} other sources", Cell(count(others)), page.address("attribution")))
    return reasons


def _number(page: ListPage, number: int, one: AnyList) -> Cell:
    return Cell(count(number), page.list_address(one) if number else "")


def _told(page: ListPage, moments: tuple[Moment, ...]) -> list[dict[str, object]]:
    """As the template wants them. One query for the campaigns' names."""
    messages_ = [one.message for one in moments if one.message is not None]
    campaigns = Campaign.objects.filter(workspace=page.workspace, pk__in={one.campaign_id for one in messages_})
    names = dict(campaigns.values_list("pk", "name"))
    texts = iter(_json(page, [one.event.properties for one in moments if one.event is not None], EVENTS_ROOM))
    told: list[dict[str, object]] = []
    for one in moments:
        if one.event is not None:
            told.append({"at": one.at, "event": one.event, "json": next(texts)})
        elif one.message is not None:
            name = names.get(one.message.campaign_id, "")
            address = page.address("message", one.message.api_id)
            told.append(
                {
                    "at": one.at,
                    "message": one.message,
                    "name": name,
                    "address": address,
                    "reports": one.reports[:MOST_REPORTS],
                    "reports_left_out": len(one.reports[MOST_REPORTS:]),
                }
            )
    return told


def _json(page: ListPage, values: Sequence[Any], room: int) -> list[str]:
    return fitted([json_shown_to(page.membership, value) if value else "" for value in values], room)


@login_required
@require_safe
def contact_export(request: HttpRequest, slug: str, contact_id: str) -> StreamingHttpResponse:
    page = opened(request, slug, "contacts", "Contact")
    contact = contact_of(page, contact_id)
    user = cast(User, request.user)
    record(DataAction.DATA_EXPORTED, by=user, workspace=page.workspace, target=contact.api_id)
    written = _written(export(traces(contact)), lambda value: json_shown_to(page.membership, value))
    response = StreamingHttpResponse(written, content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="{page.workspace.slug}-{contact.api_id}.json"'
    return response


def _written(parts: Iterable[tuple[str, Any]], show: Callable[[Any], str]) -> Iterator[str]:
    """A JSON object of the parts; an iterator is a list, of which one item at a time is written."""
    before = "{"
    for name, value in parts:
        yield f'{before}\n"{name}": '
        before = ","
        if not isinstance(value, Iterator):
            yield show(value)
            continue
        yield "["
        for place, item in enumerate(value):
            yield f"{',' if place else ''}\n{show(item)}"
        yield "]"
    yield "\n}\n"


def _names(contact: Contact, typed: str) -> bool:
    return typed == contact.external_id or (bool(contact.email) and folded(typed) == folded(contact.email))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def contact_erasure(request: HttpRequest, slug: str, contact_id: str) -> HttpResponse:
    """What would go and what stays; with the contact's email or id typed, it goes."""
    page = opened(request, slug, "contacts", "Delete contact", Right.WRITE)
    contact = contact_of(page, contact_id)
    typed = request.POST.get("confirm", "").strip()
    if request.method == "POST" and typed and _names(contact, typed):
        try:
            erase_contact(page.workspace, contact, by=cast(User, request.user))
        except Contact.DoesNotExist:
            raise Http404 from None
        messages.success(request, "The contact was deleted. All reports are as if it had never existed.")
        return redirect("contacts", slug)
    of, with_reports = traces(contact), ", with all that was reported of them"
    return page.response(
        "lists/erase.html",
        status=400 if request.method == "POST" else 200,
        contact=contact,
        refused=request.method == "POST",
        going=[
            count_of(number, one, many)
            for number, one, many in (
                (of.events().count(), "event", "events"),
                (of.messages().count(), f"message{with_reports}", f"messages{with_reports}"),
                (of.enrolments().count(), "enrolment", "enrolments"),
                (len(of.identities), "ID or device", "IDs and devices"),
                (len(of.merged), "contact that was merged into this one", "contacts that were merged into this one"),
            )
            if number
        ],
    )
