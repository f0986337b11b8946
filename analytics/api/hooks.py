"""Webhooks of e-mail providers: `/hooks/<token>/<provider>/`, plain views without session or key.

Answers are those that providers act on: 200 taken (also if all of it was known), 4xx for what will never be right, 503
(from the database) for what they shall send again.
"""

from datetime import datetime
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.request import UnreadablePostError
from django.urls import URLPattern, re_path
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from analytics.api.ingest import MAX_BATCH_ITEMS, outcome_body
from analytics.api.providers import MALFORMED, WrongSecretError, reported, subscription_to_confirm
from analytics.ingest import Outcome, keep_refusal, keep_remarks, take_message_events
from campaignos.errors import BodyError, body_incomplete, error_body
from workspaces.access import note_webhook_use, usable_webhook
from workspaces.models import Webhook

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
        _read(request)
        items = _items(hook, request, now)
    except BodyError as error:
        if error.status_code != 401 or "Authorization" in request.headers:  # Amazon first sends without a password
            keep_refusal(hook.workspace, error, source=_source(hook), received_at=now)
        return _refusal(str(error.get_codes()), str(error.detail), error.status_code)
    outcome = _take(hook, items, now)
    note_webhook_use(hook, now)
    return JsonResponse(outcome_body(outcome))


def _source(hook: Webhook) -> str:
    """What the webhook is called where its address, which is a secret, may not stand."""
    return f"hooks/{hook.provider}"


def _items(hook: Webhook, request: HttpRequest, now: datetime) -> list[dict[str, Any]]:
    if hook.waits_for_signing_key:
        raise BodyError("missing_signing_key", "The provider's signing key has not been entered yet.", 403)
    try:
        items = reported(hook, request, received_at=now)
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
    return items


def _take(hook: Webhook, items: list[dict[str, Any]], now: datetime) -> Outcome:
    """In batches as large as those of the bulk API, each a transaction of its own: sent again, all is known."""
    total = Outcome()
    for start in range(0, len(items), MAX_BATCH_ITEMS):
        batch = items[start : start + MAX_BATCH_ITEMS]
        outcome = take_message_events(hook.workspace, batch, received_at=now)
        keep_remarks(hook.workspace, outcome, batch, source=_source(hook), received_at=now)
        total.add(outcome, range(start, start + len(batch)))
    return total


def _read(request: HttpRequest) -> None:
    """Read the body, which Django keeps, here: what it raises is none of the provider's errors."""
    try:
        _ = request.body
    except RequestDataTooBig:
        raise BodyError("body_too_large", "The request body is too large.", 413) from None
    except UnreadablePostError:
        raise body_incomplete() from None


def _refusal(code: str, message: str, status: int) -> JsonResponse:
    """With a challenge where a password is wanted: Amazon sends its only when it was asked."""
    response = JsonResponse({"success": False, **error_body(code, message)}, status=status)
    if status == 401:
        response["WWW-Authenticate"] = 'Basic realm="CampaignOS"'
    return response


urlpatterns: list[URLPattern] = [
    re_path(r"^hooks/(?P<token>[A-Za-z0-9_-]{1,64})/(?P<provider>[a-z_]{1,20})/?$", webhook, name="webhook"),
]
