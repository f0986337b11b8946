"""The way to one's workspaces, and the theme."""

import uuid
from typing import cast

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from campaignos.conflicts import FormErrors
from campaignos.currencies import currency_names
from campaignos.page_parameters import PAGE, understands
from campaignos.texts import folded_text, one_line
from workspaces.access import memberships_of, page_membership
from workspaces.cards import cards_of
from workspaces.changes import create_workspace
from workspaces.models import DEFAULT_CURRENCY, User, Workspace, time_zones, validate_currency, validate_time_zone
from workspaces.navigation import NAVIGATION
from workspaces.scope import at_the_door
from workspaces.views.page import PAGE_ROWS, RowsPage, own_address, page_number

THEMES = ("auto", "light", "dark")
THEME_COOKIE = "theme"
A_YEAR = 365 * 24 * 3600


@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The only workspace, or the choice among several."""
    memberships = memberships_of(cast(User, request.user))
    if len(memberships) == 1:
        return redirect("workspace", memberships[0].workspace.slug)
    return redirect("workspaces")


@login_required
@require_safe
def again(request: HttpRequest) -> HttpResponse:
    """Where a log-in leads that came between a form and its sending."""
    return render(request, "again.html")


class CurrencyField(forms.CharField):
    """A currency's code, in either case; a page that has it gives `currency_names` along."""

    widget = forms.TextInput(attrs={"list": "currencies", "autocomplete": "off", "spellcheck": "false"})
    default_validators = [validate_currency]

    def to_python(self, value: object) -> str:
        return str(super().to_python(value)).upper()


class WorkspaceForm(forms.Form):
    form_id = forms.UUIDField(required=False, widget=forms.HiddenInput)
    name = forms.CharField(max_length=200, validators=[one_line])
    time_zone = forms.CharField(
        max_length=64,
        initial="Europe/Berlin",
        validators=[validate_time_zone],
        help_text="Days begin and end in this zone: Europe/Berlin, America/New_York, UTC …",
        widget=forms.TextInput(attrs={"list": "time-zones", "autocomplete": "off"}),
    )
    currency = CurrencyField(initial=DEFAULT_CURRENCY, help_text="A code of ISO 4217: EUR, USD, GBP …")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@understands("q", page=PAGE)
def workspaces(request: HttpRequest) -> HttpResponse:
    """All of the user's workspaces, and a form for a new one. Sent twice, it makes one and leads there both times."""
    user = cast(User, request.user)
    form = WorkspaceForm(request.POST or None, initial={"form_id": uuid.uuid4()})
    if request.method == "POST" and form.is_valid():
        fields = dict(form.cleaned_data)
        with FormErrors(form):
            return redirect("workspace", create_workspace(by=user, **fields).slug)
        with at_the_door():
            workspace = Workspace.objects.of_member(user).filter(form_id=fields["form_id"]).first()
        if workspace is not None:
            return redirect("workspace", workspace.slug)
    memberships, wanted = memberships_of(user), request.GET.get("q", "").strip()
    wanted_memberships = [
        membership for membership in memberships if folded_text(wanted) in folded_text(membership.workspace.name)
    ]
    number = page_number(request.GET.get("page", ""))
    pages = RowsPage(wanted_memberships[(number - 1) * PAGE_ROWS : number * PAGE_ROWS], number, len(wanted_memberships))
    context = {
        "form": form,
        "memberships": pages.rows,
        "listed": list(zip(pages.rows, cards_of([row.workspace for row in pages.rows]), strict=True)),
        "pages": pages,
        "wanted": wanted,
        "is_searched": len(memberships) > PAGE_ROWS,
        "time_zones": time_zones(),
        "currency_names": currency_names(),
    }
    return render(request, "workspaces.html", context, status=400 if form.errors else 200)


@login_required
@require_safe
def workspace(request: HttpRequest, slug: str) -> HttpResponse:
    """The first page that the navigation leads to."""
    membership = page_membership(request, slug)
    places = (entry.address(slug) for _, entries in NAVIGATION for entry in entries if entry.is_for(membership.role))
    query = f"?{request.GET.urlencode()}" if request.GET else ""
    return redirect(next(filter(None, places)) + query)


@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    """Keeps light, dark or the system's choice in a cookie, so that pages come in the right colours at once."""
    response = redirect(own_address(request, request.POST.get("next", "")))
    keep_theme(request, response, request.POST.get("theme", ""))
    return response


def keep_theme(request: HttpRequest, response: HttpResponse, theme: str) -> None:
    if theme in THEMES:
        response.set_cookie(
            THEME_COOKIE, theme, max_age=A_YEAR, secure=request.is_secure(), httponly=True, samesite="Lax"
        )
