"""Joining a contact with another one, and parting them again: each says first what will happen."""

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from analytics.ingest.edits import people_held
from analytics.ingest.people.joins import NoSuchJoin, join_contacts, undo_join
from analytics.ingest.references import contacts_by_external_id
from analytics.lists.contact import traces
from analytics.lists.joins import JoinedPerson, joined_people, joins_of
from analytics.models import Contact
from analytics.presentation.audience import Audience
from analytics.presentation.formats import count_of
from analytics.views.contact import cause_text, contact_of
from analytics.views.page import Page, open_page
from campaignos.ids import number_of
from campaignos.page_parameters import understands
from workspaces.models import User
from workspaces.roles import Right


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@understands("joined")
def join_page(request: HttpRequest, slug: str, contact_id: str) -> HttpResponse:
    """Asks for the other contact, then says what will happen; then it does."""
    page = open_page(request, slug, "contacts", "Join another contact", Right.WRITE)
    kept = contact_of(page.workspace, contact_id)
    given = request.GET.get("joined", "").strip()[:255]
    gone = contacts_by_external_id(page.workspace.pk, [given]).get(given) if given else None
    if gone is None or gone == kept:
        problem = "" if not given else _problem(given, is_itself=gone is not None)
        return page.response(
            "lists/join.html", status=404 if problem else 200, given=given, problem=problem, **_back(page, kept)
        )
    if request.method == "POST":
        with people_held(page.workspace):
            now_known = contacts_by_external_id(page.workspace.pk, [kept.external_id, gone.external_id])
            kept, gone = now_known[kept.external_id], now_known[gone.external_id]
            if kept != gone:  # nobody else was faster
                join_contacts(page.workspace, gone=gone, kept=kept, by=cast(User, request.user), now=page.now)
        messages.success(request, "The two are one contact now. You can undo it here.")
        return redirect("contact", slug, kept.api_id)
    heading = f"Join {page.audience.text(gone.label)} with {page.audience.text(kept.label)}"
    return _confirmation(page, kept, heading, list(_of_joining(kept, gone, page.audience)), "Join")


def _problem(given: str, *, is_itself: bool) -> str:
    return f"{given} is this very contact." if is_itself else f"There is no contact with the ID {given}."


def _of_joining(kept: Contact, gone: Contact, audience: Audience) -> list[str]:
    own, leaving, staying = traces(gone), audience.text(gone.label), audience.text(kept.label)
    rows = [
        count_of(own.events().count(), "event", "events"),
        count_of(own.messages().count(), "message", "messages"),
        count_of(own.enrollments().count(), "enrollment", "enrollments"),
    ]
    return [
        f"{leaving} becomes part of {staying}: all reports count one contact less, for all days.",
        f"{', '.join(rows)} of {leaving} then count for {staying}.",
        f"{staying} takes over the traits that it does not have itself.",
        "You can undo it later: each then gets back what is its own.",
    ]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def part_page(request: HttpRequest, slug: str, contact_id: str, join_id: str) -> HttpResponse:
    """Says what undoing a join does; then it does."""
    page = open_page(request, slug, "contacts", "Undo a join", Right.WRITE)
    contact = contact_of(page.workspace, contact_id)
    joined = _join(contact, join_id)
    if request.method == "POST":
        try:
            with people_held(page.workspace):
                parted = undo_join(page.workspace, gone=joined.join.gone, by=cast(User, request.user), now=page.now)
        except NoSuchJoin:
            raise Http404 from None
        messages.success(request, "The two are counted separately again.")
        return redirect("contact", slug, (parted or contact).api_id)
    heading = f"Undo joining {page.audience.text(', '.join(joined.ids))}"
    return _confirmation(page, contact, heading, list(_of_parting(contact, joined, page.audience)), "Undo")


def _join(contact: Contact, join_id: str) -> JoinedPerson:
    number = number_of("join", join_id)
    rows = joins_of(contact.workspace, traces(contact).numbers)
    joined = joined_people(contact.workspace, list(rows.filter(gone=number))) if number is not None else []
    if not joined:
        raise Http404
    return joined[0]


def _of_parting(contact: Contact, joined: JoinedPerson, audience: Audience) -> list[str]:
    ids, name = audience.text(", ".join(joined.ids)), audience.text(contact.label)
    what = f"The contact {ids}" if joined.gone else f"The device {ids}"
    when = f", {audience.instant(joined.joined_at)}" if joined.joined_at else ""
    is_again = "becomes a contact of its own again" if joined.gone else "becomes an anonymous visitor again"
    return [
        f"{what} was joined to {name} ({cause_text(joined)}{when}).",
        f"It {is_again}, with all activity under its IDs, and with whoever was joined to it before.",
        "Each contact shows its own traits again. All reports are recalculated, for all days.",
        f"Messages and enrollments that came in for {name} stay there.",
        "Later calls that name both do not join them again. You can, here or by the API.",
    ]


def _confirmation(page: Page, contact: Contact, heading: str, consequences: list[str], button: str) -> HttpResponse:
    return page.response(
        "lists/confirm.html", heading=heading, consequences=consequences, button=button, **_back(page, contact)
    )


def _back(page: Page, contact: Contact) -> dict[str, Any]:
    return {
        "back": reverse("contact", args=[page.workspace.slug, contact.api_id]),
        "back_label": page.audience.text(contact.label),
    }
