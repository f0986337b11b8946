"""Webhooks of email providers: `/hooks/<token>/<provider>/`, plain views without session or key.

Answers are those that providers act on: 200 taken (also if all of it was known), 4xx for what will never be right, 503
(from the database) for what they shall send again.
"""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, re_path
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from analytics.ingest import Outcome, keep_refusal, keep_remarks, take_message_events
from analytics.ingest.outcome import ItemError
from analytics.intake.calls import MAX_BATCH_ITEMS, outcome_body
from analytics.intake.provider_reports import ProviderReports, Unreadable, read_reports
from analytics.intake.providers import MALFORMED, WrongSecretError, subscription_to_confirm
from campaignos.bodies import keep_body
from campaignos.errors import BodyError, error_body, require_https
from workspaces.access import note_webhook_use, usable_webhook
from workspaces.models import Webhook, Workspace

METHODS = ["POST", "HEAD"]


@csrf_exempt
def webhook(request: HttpRequest, token: str, provider: str) -> HttpResponse:
    """What a provider reports of messages. `HEAD` is answered to those that look whether somebody is there."""
    hook = usable_webhook(token, provider)
    if request.method not in METHODS:
        response = _refusal("method_not_allowed", f"{request.method} is not allowed here; allowed: POST.", 405)
        response["Allow"] = ", ".join(METHODS)
        return response
    if request.method == "HEAD":
        return HttpResponse()
    now = timezone.now()
    try:
        require_https(request)
        keep_body(request)
        reports = _reports_in(hook, request, now)
    except BodyError as error:
        if error.status_code != 401 or "Authorization" in request.headers:  # Amazon first sends without a password
            keep_refusal(hook.workspace, error.code, error.message, source=_source(hook), received_at=now)
        return _refusal(error.code, error.message, error.status_code)
    try:
        outcome = _take(hook, reports, now)
    except Workspace.DoesNotExist:  # it was deleted since the webhook was looked up
        raise Http404 from None
    note_webhook_use(hook, now)
    return JsonResponse(outcome_body(outcome))


def _source(hook: Webhook) -> str:
    """What the webhook is called where its address, which is a secret, may not stand."""
    return f"hooks/{hook.provider}"


def _reports_in(hook: Webhook, request: HttpRequest, now: datetime) -> ProviderReports:
    if hook.waits_for_signing_key:
        raise BodyError("missing_signing_key", "The provider's signing key has not been entered yet.", 403)
    try:
        reports = read_reports(hook, request, received_at=now)
        subscription = subscription_to_confirm(hook, request)
    except WrongSecretError as error:
        if hook.signing_key:
            raise BodyError("invalid_signature", "The signature is missing or wrong.", 403) from error
        raise BodyError(
            "invalid_password", "The address's user name and password are missing or wrong.", 401
        ) from error
    except MALFORMED as error:
        raise BodyError("invalid_body", f"This is nothing that {hook.get_provider_display()} sends.") from error
    if subscription != hook.confirmation_url:
        Webhook.objects.filter(pk=hook.pk).update(confirmation_url=subscription)
    return reports


def _take(hook: Webhook, reports: ProviderReports, now: datetime) -> Outcome:
    """In batches as large as those of the bulk API, each a transaction of its own: sent again, all is known."""
    total = Outcome()
    for start in range(0, len(reports.entries), MAX_BATCH_ITEMS):
        places = range(start, min(start + MAX_BATCH_ITEMS, len(reports.entries)))
        outcome = _take_batch(hook, reports, places, now)
        batch = [reports.entries[place] for place in places]
        sent = [entry.report if isinstance(entry, Unreadable) else entry for entry in batch]
        keep_remarks(hook.workspace, outcome, sent, source=_source(hook), received_at=now)
        total.add(outcome, places)
    return total


def _take_batch(hook: Webhook, reports: ProviderReports, places: range, now: datetime) -> Outcome:
    """The indexes in what is answered begin with the batch."""
    outcome = Outcome()
    items: list[dict[str, Any]] = []
    indexes = []
    for index, place in enumerate(places):
        entry = reports.entries[place]
        if isinstance(entry, Unreadable):
            outcome.reject(index, entry.report, _unreadable(hook))
            continue
        if place in reports.warnings:
            outcome.warn(index, entry, reports.warnings[place])
        items.append(entry)
        indexes.append(index)
    outcome.add(take_message_events(hook.workspace, items, received_at=now, is_lenient=True), indexes)
    outcome.rejected.sort(key=lambda remark: remark.index)
    return outcome


def _unreadable(hook: Webhook) -> ItemError:
    return ItemError("invalid_report", f"This is no report that {hook.get_provider_display()} sends.")


def _refusal(code: str, message: str, status: int) -> JsonResponse:
    """An error's answer. A 401 has a challenge, since Amazon sends its password only when it was asked."""
    response = JsonResponse({"success": False, **error_body(code, message)}, status=status)
    if status == 401:
        response["WWW-Authenticate"] = 'Basic realm="CampaignOS"'
    return response


urlpatterns: list[URLPattern] = [
    re_path(r"^hooks/(?P<token>[A-Za-z0-9_-]{1,64})/(?P<provider>[a-z_]{1,20})/?$", webhook, name="webhook"),
]
