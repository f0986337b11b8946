"""Outgoing webhooks among the settings: endpoints with what was sent to them lately, added, switched and deleted."""

from typing import cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from analytics.endpoints import add_endpoint, delete_endpoint, send_again, switch_endpoint
from analytics.models import Delivery, DeliveryState, OutgoingEvent, WebhookEndpoint
from campaignos.conflicts import FormErrors
from campaignos.page_parameters import PAGE, understands
from workspaces.access import page_membership
from workspaces.models import Membership, User
from workspaces.roles import Right
from workspaces.views.page import confirmation_page, page_of, settings_page


class EndpointForm(forms.Form):
    url = forms.CharField(
        label="Address",
        max_length=2000,
        widget=forms.URLInput(attrs={"placeholder": "https://", "autocomplete": "off"}),
    )
    events = forms.MultipleChoiceField(
        choices=OutgoingEvent.choices, widget=forms.CheckboxSelectMultiple, initial=OutgoingEvent.values
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@understands(page=PAGE)
def endpoints_page(request: HttpRequest, slug: str) -> HttpResponse:
    """A new secret is in one answer and nowhere else."""
    membership = page_membership(request, slug, Right.MANAGE)
    form, secret = EndpointForm(request.POST if request.method == "POST" else None), ""
    if form.is_valid():
        with FormErrors(form):
            _, secret = add_endpoint(
                workspace=membership.workspace,
                url=form.cleaned_data["url"],
                events=form.cleaned_data["events"],
                by=cast(User, request.user),
            )
    return _page(request, membership, EndpointForm() if secret else form, secret)


def _page(request: HttpRequest, membership: Membership, form: EndpointForm, secret: str) -> HttpResponse:
    of = {"workspace": membership.workspace}
    sent = Delivery.objects.filter(endpoint__isnull=False, **of).select_related("endpoint").order_by("-made_at", "-pk")
    return settings_page(
        request,
        membership,
        "endpoints",
        status=400 if form.errors else 200,
        form=form,
        secret=secret,
        endpoints=WebhookEndpoint.objects.filter(**of).order_by("pk"),
        pages=page_of(sent, request.GET.get("page", "")),
    )


def _endpoint(membership: Membership, pk: int) -> WebhookEndpoint:
    return get_object_or_404(WebhookEndpoint, workspace=membership.workspace, pk=pk)


@login_required
@require_POST
def endpoint_switch(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    membership = page_membership(request, slug, Right.MANAGE)
    is_on = request.POST.get("on") == "true"
    switch_endpoint(endpoint=_endpoint(membership, pk), is_on=is_on, by=cast(User, request.user), at=timezone.now())
    messages.success(request, "It is on again." if is_on else "Nothing is sent to it until it is switched on.")
    return redirect("settings-endpoints", slug)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def endpoint_deletion(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    membership = page_membership(request, slug, Right.MANAGE)
    endpoint = _endpoint(membership, pk)
    if request.method == "POST":
        delete_endpoint(endpoint=endpoint, by=cast(User, request.user))
        messages.success(request, "The webhook is deleted.")
        return redirect("settings-endpoints", slug)
    return confirmation_page(
        request,
        membership,
        "endpoints",
        heading=f"Delete the webhook to {endpoint.url}",
        consequences=["Nothing more is sent there, and what waits to be sent is dropped.", "Its secret is gone."],
        button="Delete webhook",
    )


@login_required
@require_POST
def delivery_again(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Sends what has ended once more, under the same id."""
    membership = page_membership(request, slug, Right.MANAGE)
    of = {"workspace": membership.workspace, "endpoint__isnull": False}
    rows = Delivery.objects.exclude(state=DeliveryState.WAITING).select_related("endpoint")
    delivery = get_object_or_404(rows, pk=pk, **of)
    try:
        send_again(delivery, at=timezone.now())
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(request, "It is sent again within minutes.")
    return redirect("settings-endpoints", slug)
