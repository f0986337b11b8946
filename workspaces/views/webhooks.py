"""The addresses at which a workspace's email providers report."""

from collections.abc import Callable, Sequence
from typing import cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.humanize.templatetags.humanize import naturaltime
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods

from campaignos.conflicts import FormErrors
from workspaces.access import page_membership
from workspaces.changes import create_webhook, revoke_webhook, rotate_webhook, set_signing_key
from workspaces.models import PROVIDERS, User, Webhook
from workspaces.models.webhooks import PROVIDER_CHOICES
from workspaces.roles import Right
from workspaces.views.page import confirmation_page, settings_page


class WebhookForm(forms.Form):
    provider = forms.ChoiceField(choices=PROVIDER_CHOICES)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def webhooks(request: HttpRequest, slug: str) -> HttpResponse:
    """Addresses in use, with their secrets, which must be copied to the provider; and a form for another one."""
    membership = page_membership(request, slug, Right.MANAGE)
    form = WebhookForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        provider = PROVIDERS[form.cleaned_data["provider"]]
        with FormErrors(form):
            create_webhook(workspace=membership.workspace, provider=provider.name, by=cast(User, request.user))
            messages.success(request, f"The address for {provider.label} was created: copy it to the provider.")
            return redirect("settings-webhooks", slug)
    origin = f"{request.scheme}://{request.get_host()}"
    rows = membership.workspace.webhooks.usable().order_by("provider")
    return settings_page(
        request,
        membership,
        "webhooks",
        status=400 if form.errors else 200,
        form=form,
        webhooks=[(row, row.address(origin), row.may_sign) for row in rows],
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def rotate(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    def change(webhook: Webhook, by: User) -> str:
        rotate_webhook(webhook=webhook, by=by)
        return "There is a new address: copy it to the provider. The old one no longer works."

    return _change(
        request,
        slug,
        pk,
        change,
        heading="Rotate the address of {provider}",
        consequences=(
            "The old address stops working at once. {last_report}",
            "Reports are refused until the new address is entered at {provider}.",
        ),
        button="Rotate",
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def revoke(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    def change(webhook: Webhook, by: User) -> str:
        revoke_webhook(webhook=webhook, by=by)
        return "The address was revoked and no longer works."

    return _change(
        request,
        slug,
        pk,
        change,
        heading="Revoke the address of {provider}",
        consequences=(
            "It stops working at once. {last_report}",
            "What {provider} reports from then on is lost: deliveries, opens, clicks, bounces.",
            "This cannot be undone.",
        ),
        button="Revoke address",
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def sign(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Keeps the provider's signing key; an empty one forgets it, which is asked for first."""

    def change(webhook: Webhook, by: User) -> str:
        set_signing_key(webhook=webhook, key=request.POST.get("key", "")[:500], by=by)
        return "The signing key was saved." if webhook.signing_key else "The signing key was removed."

    return _change(
        request,
        slug,
        pk,
        change,
        heading="Remove the signing key of {provider}",
        consequences=(
            "Without it nobody can tell whether a report is from {provider}. Where it must sign, reports are refused.",
            "You can enter another key at any time.",
        ),
        button="Remove key",
    )


def _change(
    request: HttpRequest,
    slug: str,
    pk: int,
    change: Callable[[Webhook, User], str],
    *,
    heading: str,
    consequences: Sequence[str],
    button: str,
) -> HttpResponse:
    """Asks first, and carries it out once it is posted; `change` answers what to say then.

    In the texts, {provider} and {last_report} stand for those of the webhook.
    """
    membership = page_membership(request, slug, Right.MANAGE)
    webhook = get_object_or_404(membership.workspace.webhooks, pk=pk)
    if request.method != "POST":
        words = {"provider": webhook.get_provider_display(), "last_report": _last_report(webhook)}
        return confirmation_page(
            request,
            membership,
            "webhooks",
            heading=heading.format(**words),
            consequences=[text.format(**words) for text in consequences],
            button=button,
        )
    try:
        messages.success(request, change(webhook, cast(User, request.user)))
    except ValidationError as error:
        messages.error(request, error.message)
    return redirect("settings-webhooks", slug)


def _last_report(webhook: Webhook) -> str:
    if webhook.last_event_at is None:
        return "No report ever came."
    return f"The last report came {naturaltime(webhook.last_event_at)}."
