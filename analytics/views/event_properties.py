"""What events have, in the settings: types of events, their properties, and what people say of these."""

from collections.abc import Sequence
from typing import cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_safe

from analytics.lists.event_properties import EventProperties, property_key
from analytics.models import ColumnChoice
from analytics.models.properties import MAX_DESCRIPTION
from analytics.periods import Window
from analytics.presentation.audience import Audience
from analytics.presentation.lists.event_properties import EventTypeRow, PropertyRow
from analytics.properties import TooManyProperties, change_property
from analytics.views.disclosure import sees_addresses
from analytics.views.page import open_membership
from campaignos.page_parameters import PAGE, one_of, understands
from workspaces.models import Membership, User
from workspaces.roles import RIGHTS, Right, Role
from workspaces.versions import StoredForm, stored_fields
from workspaces.views.page import page_of_all, settings_page

DAYS = {"7": "Last 7 days", "30": "Last 30 days", "90": "Last 90 days", "365": "Last 365 days"}
DAYS_UNLESS_CHOSEN = "30"
SECTION = "properties"
COLUMN_CHOICES = (
    (ColumnChoice.AUTO, "Automatic: the most frequent properties have one, ids and free text do not"),
    (ColumnChoice.ON, "Always: reports are fast with any number of values"),
    (ColumnChoice.OFF, "Never: reports read the events, which takes longer"),
)


@login_required
@require_safe
@understands("event", "q", page=PAGE, days=one_of(DAYS))
def properties_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Types of events or, with one of them in the address, its properties."""
    membership = open_membership(request, slug)
    days = request.GET.get("days", "")
    properties = _event_properties(membership, int(days if days in DAYS else DAYS_UNLESS_CHOSEN))
    text, event_type = request.GET.get("q", "").strip(), request.GET.get("event", "")
    of = properties.type(event_type) if event_type else None
    described = of and properties.of_type(of, text)
    audience = Audience(membership.workspace.zone, sees_addresses(membership))
    all_types = f"{reverse('settings-properties', args=[slug])}?days={properties.window.days}"
    if described:
        rows: Sequence[PropertyRow | EventTypeRow] = [
            PropertyRow(row, audience, reverse("settings-property", args=[slug, row.api_id]))
            for row in described.properties
        ]
    else:
        rows = [
            EventTypeRow(numbers, audience, f"{all_types}&{urlencode({'event': numbers.event_type})}")
            for numbers in properties.types_called(text)
        ]
    return settings_page(
        request,
        membership,
        SECTION,
        window=properties.window,
        days=DAYS,
        chosen_days=days if days in DAYS else DAYS_UNLESS_CHOSEN,
        event_type=event_type if described else "",
        notices=[] if described or not event_type else [_notice(event_type)],
        all_types=all_types,
        of=of,
        described=described,
        text=text,
        pages=page_of_all(rows, request.GET.get("page", "")),
        may_change=Right.WRITE in RIGHTS[Role(membership.role)],
        shown_type=audience.text(event_type),
    )


def _notice(event_type: str) -> str:
    return f"event cannot be {event_type[:100]!r}; allowed: an event that came in on these days. It is left out."


def _event_properties(membership: Membership, days: int) -> EventProperties:
    workspace = membership.workspace
    window = Window.last_days(days, zone=workspace.zone, now=timezone.now())
    return EventProperties(workspace, window, sees_addresses(membership))


class PropertyForm(StoredForm):
    description = forms.CharField(
        required=False,
        max_length=MAX_DESCRIPTION,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What it means, for everyone who builds a filter.",
    )
    column = forms.ChoiceField(
        choices=COLUMN_CHOICES,
        widget=forms.RadioSelect,
        help_text="A change applies to new events at once, and to earlier ones in the background, newest days first. "
        "Figures stay the same.",
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def property_page(request: HttpRequest, slug: str, property_id: str) -> HttpResponse:
    """What is said of a property, to be changed."""
    membership = open_membership(request, slug, Right.WRITE)
    key = property_key(membership.workspace, property_id, timezone.now())
    if key is None:
        raise Http404
    event_type, name = key
    described = _event_properties(membership, int(DAYS_UNLESS_CHOSEN)).property(event_type, name)
    form = PropertyForm(
        request.POST if request.method == "POST" else None,
        stored=stored_fields(described.stated, PropertyForm.base_fields),
    )
    back = f"{reverse('settings-properties', args=[slug])}?{urlencode({'event': event_type})}"
    if form.is_valid() and _is_changed(request, membership, event_type, name, form):
        messages.success(request, f"{name} of {event_type} is saved.")
        return redirect(back)
    return settings_page(
        request,
        membership,
        SECTION,
        template="property",
        status=400 if form.errors else 200,
        heading=name,
        form=form,
        row=PropertyRow(described, Audience(membership.workspace.zone)),
        back=back,
    )


def _is_changed(request: HttpRequest, membership: Membership, event_type: str, name: str, form: PropertyForm) -> bool:
    """Whether it could be kept; otherwise the form says why not."""
    values = form.cleaned_data
    try:
        change_property(
            workspace=membership.workspace,
            event_type=event_type,
            name=name,
            by=cast(User, request.user),
            now=timezone.now(),
            description=values["description"],
            column=ColumnChoice(values["column"]),
        )
    except TooManyProperties as error:
        form.add_error(None, f"Not saved. Allowed: {error}.")
        return False
    return True
