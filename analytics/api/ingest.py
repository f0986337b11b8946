"""The ingest routes that Segment's clients use: plain views with a write key, no session, no redirect.

Their answers are those the clients understand: 200 taken, 400 bad JSON, 401 bad key, 413 too large, 415 unknown
encoding.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, re_path
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from analytics.ingest import Outcome, take_calls
from analytics.ingest.calls import CallKind
from campaignos.bodies import read_json
from campaignos.errors import BodyError, error_body
from workspaces.access import authorization_token, usable_key
from workspaces.models import KeyKind, Workspace

MAX_BATCH_ITEMS = 1000


@csrf_exempt
def batch(request: HttpRequest) -> HttpResponse:
    """Many calls, each with its type: `{"batch": [ … ], "sentAt", "writeKey"}`."""
    try:
        workspace, body = _opened(request)
        outcome = take_calls(
            workspace, batch_items(body, "batch"), received_at=timezone.now(), sent_at=body.get("sentAt")
        )
    except BodyError as error:
        return _refusal(error)
    return JsonResponse(outcome_body(outcome))


@csrf_exempt
def single(request: HttpRequest, kind: CallKind) -> HttpResponse:
    """One call, of the route's type. If it is refused, the answer is a 400 that says why."""
    try:
        workspace, body = _opened(request)
        outcome = take_calls(workspace, [body], received_at=timezone.now(), kind=kind)
    except BodyError as error:
        return _refusal(error)
    if outcome.rejected:
        remark = outcome.rejected[0]
        body = {**outcome_body(outcome), "success": False, **error_body(remark.code, remark.message)}
        return JsonResponse(body, status=400)
    return JsonResponse(outcome_body(outcome))


def _opened(request: HttpRequest) -> tuple[Workspace, dict[str, Any]]:
    """The workspace of the request's write key, and its body."""
    if request.method != "POST":
        raise BodyError("method_not_allowed", f"{request.method} is not allowed here; allowed: POST.", 405)
    body = read_json(request)
    if not isinstance(body, dict):
        raise BodyError("invalid_body", "The body must be a JSON object.")
    token = authorization_token(request) or body.pop("writeKey", None) or body.pop("api_key", None)
    body.pop("writeKey", None)
    if not token:
        raise BodyError(
            "missing_key", "A write key is required: as user name of Basic authorization or as writeKey.", 401
        )
    key = usable_key(token, KeyKind.WRITE) if isinstance(token, str) else None
    if key is None:
        raise BodyError("invalid_key", "The write key is unknown or revoked.", 401)
    return key.workspace, body


def batch_items(body: dict[str, Any], name: str) -> list[object]:
    items = body.get(name)
    if not isinstance(items, list):
        raise BodyError(f"invalid_{name}", f"{name} must be a list of JSON objects.")
    if len(items) > MAX_BATCH_ITEMS:
        raise BodyError("batch_too_large", f"{name} has {len(items):,} items; allowed are {MAX_BATCH_ITEMS:,}.", 413)
    return items


def outcome_body(outcome: Outcome) -> dict[str, Any]:
    return {
        "success": True,
        "accepted": outcome.accepted,
        "updated": outcome.updated,
        "duplicates": outcome.duplicates,
        "rejected": [remark.as_json() for remark in outcome.rejected],
        "warnings": [remark.as_json() for remark in outcome.warnings],
    }


def _refusal(error: BodyError) -> JsonResponse:
    body = {"success": False, **error_body(str(error.get_codes()), str(error.detail))}
    response = JsonResponse(body, status=error.status_code)
    if error.status_code == 405:
        response["Allow"] = "POST"
    if error.status_code == 401:
        response["WWW-Authenticate"] = 'Basic realm="CampaignOS"'
    return response


_LETTERS = {
    "t": CallKind.TRACK,
    "i": CallKind.IDENTIFY,
    "p": CallKind.PAGE,
    "s": CallKind.SCREEN,
    "g": CallKind.GROUP,
}
_SINGLE = {**{kind.value: kind for kind in CallKind}, **_LETTERS, "a": CallKind.ALIAS}

urlpatterns: list[URLPattern] = [
    re_path(r"^v1/(?:batch|import|b)/?$", batch, name="ingest-batch"),
    *(re_path(rf"^v1/{name}/?$", single, {"kind": kind}, name=f"ingest-{name}") for name, kind in _SINGLE.items()),
]
