"""Dropping what came by a key for web pages: what would go is shown, and goes once the key's beginning is typed."""

from datetime import datetime
from typing import cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from analytics.ingest.removal.key_drops import DroppedRows, SentByKey, drop_for_a_while
from analytics.presentation.formats import count_of
from campaignos.page_parameters import understands
from workspaces.access import page_membership
from workspaces.models import User
from workspaces.roles import Right
from workspaces.views.page import settings_page


class DropForm(forms.Form):
    since = forms.DateTimeField(
        label="Since",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text="When the first of it was received, in the workspace's time zone.",
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@understands("since")
def drop_page(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    membership = page_membership(request, slug, Right.MANAGE)
    key = get_object_or_404(membership.workspace.keys, pk=pk, allows_browsers=True)
    posted, now = request.method == "POST", timezone.now()
    data = request.POST if posted else request.GET if "since" in request.GET else None
    with timezone.override(membership.workspace.zone):
        form = DropForm(data)
        since = form.cleaned_data["since"] if form.is_bound and form.is_valid() else None
        sent = SentByKey(membership.workspace, key, since, now) if since else None
        is_confirmed = posted and request.POST.get("confirm", "").strip() == key.prefix
        if sent and is_confirmed:
            dropped, is_done = drop_for_a_while(sent, by=cast(User, request.user))
            messages.success(request, _message(dropped, is_done))
            return redirect("settings-keys", slug) if is_done else redirect(_again(request, since))
    return settings_page(
        request,
        membership,
        "keys",
        template="drop",
        status=400 if form.errors or posted else 200,
        form=form,
        key=key,
        since=since,
        going=_words(sent.count()) if sent else [],
        is_refused=posted and not form.errors,
    )


def _again(request: HttpRequest, since: datetime | None) -> str:
    return f"{request.path}?since={since:%Y-%m-%dT%H:%M}"


def _words(dropped: DroppedRows) -> list[str]:
    return [
        count_of(dropped.events, "event", "events"),
        count_of(dropped.contacts, "contact", "contacts") + " that it named first, except those that others sent, too",
        count_of(dropped.joins, "join", "joins") + " of devices and contacts, which are undone",
    ]


def _message(dropped: DroppedRows, is_done: bool) -> str:
    contacts, joins = count_of(dropped.contacts, "contact", "contacts"), count_of(dropped.joins, "join", "joins")
    gone = f"{count_of(dropped.events, 'event', 'events')}, {contacts} and {joins}"
    return f"Deleted: {gone}." if is_done else f"Deleted so far: {gone}. There is more: delete again."
