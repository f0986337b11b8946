"""One contact: time line, identity, what they count as; taking their data along, and erasing it."""

from collections.abc import Callable, Iterable, Iterator
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
from analytics.ledger import Ledger
from analytics.lists.contact import Traces, contact_numbers, export, timeline, traces
from analytics.lists.joins import JoinedPerson, joined_people, joins_of
from analytics.models import Campaign, Contact, JoinCause
from analytics.periods import Window
from analytics.presentation.formats import count_of
from analytics.presentation.lists.contact import contact_facts, contact_reasons, contact_traits, moment_lines
from analytics.reports.revenue.people_money import MoneyOfPeople
from analytics.views.page import Page, open_page
from campaignos.ids import number_of
from campaignos.page_parameters import PLACE, understands
from campaignos.texts import ascii_lower, folded_text
from workspaces.audit import record
from workspaces.models import User, Workspace
from workspaces.roles import Right

DAYS_COUNTED = 30
JOINS_SHOWN = 20


@login_required
@require_safe
@understands(after=PLACE)
def contact_page(request: HttpRequest, slug: str, contact_id: str) -> HttpResponse:
    page = open_page(request, slug, "contacts", "Contact")
    contact = contact_of(page.workspace, contact_id)
    page.title = page.audience.text(contact.label)
    own = traces(contact)
    window = Window.last_days(DAYS_COUNTED, zone=page.workspace.zone, now=page.now)
    moments = timeline(own, after=request.GET.get("after", "")[:100])
    bought = MoneyOfPeople.of(Ledger(page.workspace)).people([contact.person_number])[contact.person_number]
    campaign_ids = {moment.message.campaign_id for moment in moments.rows if moment.message is not None}
    campaigns = Campaign.objects.filter(workspace=page.workspace, pk__in=campaign_ids).values_list("pk", "name")
    return page.response(
        "lists/contact.html",
        contact=contact,
        facts=contact_facts(own, _sharing(contact), bought, page.audience),
        attributes=contact_traits(own, page.audience),
        reasons=contact_reasons(own, contact_numbers(page.workspace, own, window), bought),
        joins=_joins(page, own),
        more_joins=len(own.numbers) - 1 > JOINS_SHOWN,
        window=window,
        moments=moment_lines(moments.rows, dict(campaigns), page.audience),
        **page.neighbours(moments.following),
        may_erase=page.may(Right.WRITE),
    )


def contact_of(workspace: Workspace, contact_id: str) -> Contact:
    """One that was merged into another is that other one."""
    number = number_of("ct", contact_id)
    rows = Contact.objects.filter(workspace=workspace, pk=number or 0).select_related("merged_into", "workspace")
    contact = rows.first()
    if contact is None:
        raise Http404
    return contact.known_by


def _joins(page: Page, own: Traces) -> list[dict[str, str]]:
    """What was joined to the contact, the newest first."""
    rows = joins_of(page.workspace, own.numbers).order_by("-received_at", "-gone")[:JOINS_SHOWN]
    slug, contact = page.workspace.slug, own.contact.api_id
    return [
        {
            "what": "Contact" if join.gone else "Device",
            "ids": page.audience.text(", ".join(join.ids)),
            "why": cause_text(join),
            "when": page.audience.instant(join.joined_at) if join.joined_at else "",
            "undo": reverse("contact_part", args=[slug, contact, join.api_id]) if page.may(Right.WRITE) else "",
        }
        for join in joined_people(page.workspace, list(rows))
    ]


def cause_text(join: JoinedPerson) -> str:
    return JoinCause(join.join.cause).label.lower()


def _sharing(contact: Contact) -> str:
    """One query, where an address is known."""
    shared = shared_addresses(contact.workspace_id, {contact.email} if contact.email else set())
    sharing = shared.get(ascii_lower(contact.email))
    return (sharing.told_to(contact.external_id) if sharing else None) or ""


@login_required
@require_safe
def contact_export(request: HttpRequest, slug: str, contact_id: str) -> StreamingHttpResponse:
    page = open_page(request, slug, "contacts", "Contact")
    contact = contact_of(page.workspace, contact_id)
    user = cast(User, request.user)
    record(DataAction.DATA_EXPORTED, by=user, workspace=page.workspace, target=contact.api_id)
    written = _json_parts(export(traces(contact)), page.audience.json)
    response = StreamingHttpResponse(written, content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="{page.workspace.slug}-{contact.api_id}.json"'
    return response


def _json_parts(parts: Iterable[tuple[str, Any]], show: Callable[[Any], str]) -> Iterator[str]:
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
    return typed == contact.external_id or (bool(contact.email) and folded_text(typed) == folded_text(contact.email))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def contact_erasure(request: HttpRequest, slug: str, contact_id: str) -> HttpResponse:
    """What would go and what stays; with the contact's email or id typed, it goes."""
    page = open_page(request, slug, "contacts", "Delete contact", Right.WRITE)
    contact = contact_of(page.workspace, contact_id)
    typed = request.POST.get("confirm", "").strip()
    if request.method == "POST" and typed and _names(contact, typed):
        try:
            erase_contact(page.workspace, contact, by=cast(User, request.user))
        except Contact.DoesNotExist:
            raise Http404 from None
        messages.success(request, "The contact was deleted. All reports are as if it had never existed.")
        return redirect("contacts", slug)
    own, with_reports = traces(contact), ", with all that was reported of them"
    return page.response(
        "lists/erase.html",
        status=400 if request.method == "POST" else 200,
        contact=contact,
        refused=request.method == "POST",
        going=[
            count_of(number, one, many)
            for number, one, many in (
                (own.events().count(), "event", "events"),
                (own.messages().count(), f"message{with_reports}", f"messages{with_reports}"),
                (own.enrollments().count(), "enrollment", "enrollments"),
                (len(own.identities), "ID or device", "IDs and devices"),
                (len(own.merged), "contact that was merged into this one", "contacts that were merged into this one"),
            )
            if number
        ],
    )
