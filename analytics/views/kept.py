"""How long a workspace keeps its data: what would go is shown first, and confirmed with the password."""

from typing import cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from analytics.ingest.removal.expiry import to_expire
from analytics.periods import first_kept_day
from campaignos.page_parameters import understands
from workspaces.access import page_membership
from workspaces.changes import ChangedMeanwhile, change_settings
from workspaces.models import MAX_KEPT_DAYS, User, Workspace
from workspaces.roles import Right
from workspaces.versions import StoredForm, stored_fields
from workspaces.views.page import settings_page


class KeptForm(StoredForm):
    kept_days = forms.IntegerField(
        label="Days to keep events and messages",
        required=False,
        min_value=1,
        max_value=MAX_KEPT_DAYS,
        help_text="Today counts as the first day. Empty: forever.",
    )
    erases_idle_contacts = forms.BooleanField(
        label="Also delete contacts without any activity in that time",
        required=False,
        help_text="Otherwise contacts and their enrollments stay, and still count as signups.",
    )

    def __init__(self, data: QueryDict | None, *, workspace: Workspace) -> None:
        super().__init__(data, stored=stored_fields(workspace, self.base_fields))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@understands(*KeptForm.base_fields)
def kept_page(request: HttpRequest, slug: str) -> HttpResponse:
    """With settings in the query, what would go by them; posted, they are kept, and the next tick deletes."""
    membership = page_membership(request, slug, Right.OWN)
    workspace, posted = membership.workspace, request.method == "POST"
    data = request.POST if posted else request.GET if "kept_days" in request.GET else None
    form = KeptForm(data, workspace=workspace)
    if posted and form.is_valid():
        try:
            change_settings(workspace=workspace, by=cast(User, request.user), as_seen=form.stored, **form.cleaned_data)
            messages.success(request, "Saved. Older data is deleted with the next daily run.")
            return redirect("settings-data", slug)
        except ChangedMeanwhile:
            workspace.refresh_from_db()
            form = KeptForm(data, workspace=workspace)
    now = timezone.now()
    asked = form.cleaned_data if form.is_bound and form.is_valid() else {}
    return settings_page(
        request,
        membership,
        "data",
        status=400 if form.errors else 200,
        form=form,
        asked=asked,
        going=to_expire(workspace, now=now, **asked) if asked.get("kept_days") else None,
        first_kept=first_kept_day(asked.get("kept_days"), zone=workspace.zone, now=now),
    )
