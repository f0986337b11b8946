"""Find: pages, settings, and what the workspace has under a name. As a page, and as options while somebody types."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from analytics.lists.finder import Findings, SearchTerms, findings
from analytics.models import Contact
from analytics.views.page import Page, open_page
from campaignos.page_parameters import understands
from workspaces.navigation import Place, pages_of, settings_of

MOST_ON_PAGE = 25
MOST_OPTIONS = 5
"""Of each kind."""


@dataclass(frozen=True)
class Result:
    label: str
    beside: str
    address: str


@dataclass(frozen=True)
class ResultGroup:
    """What was found of one kind; `all_address` leads to a list of more of it, if there may be more."""

    kind: str
    results: Sequence[Result]
    all_address: str = ""


@login_required
@require_safe
@understands("q")
def find_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Without a text, all pages and settings there are."""
    page = open_page(request, slug, "find", "Find")
    wanted = _terms(page)
    is_understood = bool(wanted.words) or not request.GET.get("q", "").strip()
    groups = _groups(page, wanted, MOST_ON_PAGE) if is_understood else []
    return page.response("find.html", groups=groups, wanted=wanted.text, is_understood=is_understood)


@login_required
@require_safe
@understands("q")
def find_options(request: HttpRequest, slug: str) -> HttpResponse:
    """What the field at the top shows below itself: nothing for no text."""
    page = open_page(request, slug, "find", "Find")
    wanted = _terms(page)
    groups = _groups(page, wanted, MOST_OPTIONS) if wanted.words else []
    return render(request, "_find_options.html", {"groups": groups})


def _terms(page: Page) -> SearchTerms:
    return SearchTerms.read(page.request.GET.get("q", ""), sees_addresses=page.audience.sees_addresses)


def _groups(page: Page, wanted: SearchTerms, most: int) -> list[ResultGroup]:
    found = findings(page.workspace, wanted, most=most)
    groups = (
        ResultGroup("Pages", _places(pages_of(page.membership), wanted, most)),
        ResultGroup("Settings", _places(settings_of(page.membership), wanted, most)),
        *_things(page, found, wanted, most),
    )
    return [group for group in groups if group.results]


def _places(places: Iterable[Place], wanted: SearchTerms, most: int) -> list[Result]:
    return [
        Result(place.label, place.part, place.address)
        for place in places
        if not wanted.words or wanted.begins_words_of(f"{place.label} {place.part} {place.words}")
    ][: most if wanted.words else None]


def _things(page: Page, found: Findings, wanted: SearchTerms, most: int) -> Iterable[ResultGroup]:
    def more(name: str, rows: Sequence[object]) -> str:
        return page.address(name, q=wanted.text) if len(rows) >= most else ""

    shown = page.audience.text
    yield ResultGroup(
        "Campaigns",
        [
            Result(shown(each.name), each.get_status_display(), page.address("campaign", campaign=each.api_id))
            for each in found.campaigns
        ],
        more("campaigns", found.campaigns),
    )
    yield ResultGroup(
        "Funnels", [Result(shown(each.name), "", page.address("saved_funnel", str(each.pk))) for each in found.funnels]
    )
    yield ResultGroup(
        "Segments",
        [Result(shown(each.name), "", page.address("contacts", segment=each.api_id)) for each in found.segments],
        more("segments", found.segments),
    )
    yield ResultGroup(
        "A/B tests",
        [Result(shown(each.name), "", page.address("experiments", test=each.api_id)) for each in found.ab_tests],
    )
    yield ResultGroup(
        "Contacts",
        [
            Result(shown(each.label), shown(_beside(each)), page.address("contact", each.api_id))
            for each in found.contacts
        ],
        more("contacts", found.contacts),
    )


def _beside(contact: Contact) -> str:
    """What else it is known by."""
    return next((text for text in (contact.email, contact.external_id) if text and text != contact.label), "")
