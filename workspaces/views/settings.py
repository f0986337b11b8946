"""A workspace's general settings, and its end."""

from typing import cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from campaignos.conflicts import FormErrors
from campaignos.texts import one_line
from workspaces.access import page_membership
from workspaces.changes import ChangedMeanwhile, change_settings, delete_workspace
from workspaces.models import Membership, User, time_zones, validate_time_zone
from workspaces.roles import RIGHTS, Right, Role
from workspaces.versions import StoredForm, stored_fields
from workspaces.views.page import settings_page


class GeneralForm(StoredForm):
    name = forms.CharField(max_length=200, validators=[one_line])
    slug = forms.SlugField(
        label="Address",
        max_length=80,
        help_text="Part of the address of each page: /w/address/. Links with a former one still work.",
    )
    time_zone = forms.CharField(
        max_length=64,
        validators=[validate_time_zone],
        help_text="Where days begin and end. Changing it counts all days anew: for millions of events that takes"
        " minutes, in which new events wait. Figures of past days change, as their events fall on other days.",
        widget=forms.TextInput(attrs={"list": "time-zones", "autocomplete": "off"}),
    )
    second_factor_required = forms.BooleanField(
        label="Require two-factor authentication for owners and admins",
        required=False,
        help_text="Those without it are asked to set it up before they come in. Only owners can change this.",
    )

    def __init__(self, data: QueryDict | None, *, membership: Membership) -> None:
        self.workspace = membership.workspace
        super().__init__(data, stored=stored_fields(self.workspace, self.base_fields))
        if Right.OWN not in RIGHTS[Role(membership.role)]:
            self.fields["second_factor_required"].disabled = True

    def clean_slug(self) -> str:
        return str(self.cleaned_data["slug"]).lower()


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def general(request: HttpRequest, slug: str) -> HttpResponse:
    """Every member sees it; those who manage change it."""
    posted = request.method == "POST"
    membership = page_membership(request, slug, Right.MANAGE if posted else Right.READ)
    form = GeneralForm(request.POST if posted else None, membership=membership)
    if posted and form.is_valid():
        workspace, by = membership.workspace, cast(User, request.user)
        try:
            with FormErrors(form):
                change_settings(workspace=workspace, by=by, as_seen=form.stored, **form.cleaned_data)
                messages.success(request, "Saved.")
                return redirect("settings", workspace.slug)
            workspace.refresh_from_db()
        except ChangedMeanwhile:
            workspace.refresh_from_db()
            form = GeneralForm(request.POST, membership=membership)
    return settings_page(
        request,
        membership,
        "general",
        status=400 if form.errors else 200,
        form=form,
        time_zones=time_zones(),
    )


class DeleteForm(forms.Form):
    name = forms.CharField(
        label="Type the workspace's name to confirm", widget=forms.TextInput(attrs={"autocomplete": "off"})
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, slug: str) -> HttpResponse:
    membership = page_membership(request, slug, Right.OWN)
    posted = request.method == "POST"
    form = DeleteForm(request.POST if posted else None)
    if form.is_valid():
        if form.cleaned_data["name"] == membership.workspace.name:
            delete_workspace(workspace=membership.workspace, by=cast(User, request.user))
            messages.success(request, f"{membership.workspace.name} is deleted.")
            return redirect("workspaces")
        form.add_error("name", f"This is not its name, {membership.workspace.name}.")
    return settings_page(request, membership, "delete", status=400 if form.errors else 200, form=form)
