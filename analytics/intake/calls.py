"""The ingest routes that clients of Segment's and PostHog's kind use: plain views, no session, no redirect.

Their answers are those the clients understand: 200 taken, 400 bad JSON, 401 bad key, 413 too large, 415 unknown
encoding, 429 too often (docs/decisions/0008).
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, re_path
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from rest_framework.exceptions import APIException

from analytics.ingest import Outcome, keep_refusal, keep_remarks, take_calls
from analytics.ingest.formats.call_values import CallKind
from analytics.ingest.formats.posthog import call_of
from analytics.ingest.senders import BROWSER, TRUSTED, WRITE_KEY, Sender
from analytics.telemetry import note_items
from campaignos.bodies import drain, parse_items, read_body
from campaignos.errors import BodyError, error_body, error_headers, require_https
from workspaces.access import authorization_token, usable_key
from workspaces.models import SECRET_PREFIX, Key, KeyKind, Workspace
from workspaces.roles import Right

MAX_BATCH_ITEMS = 1000
PREFLIGHT_ANSWER = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": "authorization, content-type, x-retry-count",
    "Access-Control-Max-Age": "86400",
}


class IngestRequest:
    """A request to an ingest route, as far as it was read: its workspace is known from its key on."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.received_at = timezone.now()
        self.source = request.path.strip("/")
        self.workspace: Workspace | None = None
        self.sender: Sender = WRITE_KEY
        self.key: Key | None = None
        self._token: object = authorization_token(request)
        self._text = b""

    def read(self) -> tuple[Workspace, dict[str, Any]]:
        """The workspace of the key, and the body without it. A key in the header is looked at before the body."""
        if self._token:
            self.workspace = self._workspace_of_token()
        self._text = read_body(self.request)
        body = parse_items(self._text)
        if not isinstance(body, dict):
            raise BodyError("invalid_body", "The body must be a JSON object.")
        in_body = body.pop("writeKey", None), body.pop("api_key", None)
        if self.workspace is None:
            self._token = in_body[0] or in_body[1]
            self.workspace = self._workspace_of_token()
        if "Origin" in self.request.headers:
            self._check_browser()
        return self.workspace, body

    def _check_browser(self) -> None:
        if self.sender is TRUSTED:
            raise BodyError(
                "secret_key_in_browser", "A secret key must not be in a page: make a write key for web pages.", 403
            )
        if self.sender.browser_key is None:
            raise BodyError(
                "browsers_not_allowed",
                "This write key is for servers: make one for web pages (Settings, Keys), which everybody may read.",
                403,
            )

    def _workspace_of_token(self) -> Workspace:
        """A secret key that may write sends as a write key does, and may join contacts; one for web pages may less."""
        token = self._token
        if not token:
            raise BodyError(
                "missing_key", "A write key is required: as user name of Basic authorization or as writeKey.", 401
            )
        kind = KeyKind.SECRET if isinstance(token, str) and token.startswith(SECRET_PREFIX) else KeyKind.WRITE
        key = usable_key(token, kind) if isinstance(token, str) else None
        if key is None:
            raise _unknown_key()
        self.key = key
        if kind is KeyKind.SECRET:
            if Right.WRITE not in key.rights:
                raise BodyError("missing_scope", "The secret key lacks the scope write.", 403)
            self.sender = TRUSTED
        elif key.allows_browsers:
            self.sender = replace(BROWSER, browser_key=key.pk)
        return key.workspace

    def note_refusal(self, workspace: Workspace, error: BodyError) -> None:
        """The key shall not stand in the sample of the body."""
        body = self._text.replace(str(self._token).encode(), b"[key]")
        keep_refusal(
            workspace,
            error.code,
            error.message,
            source=self.source,
            received_at=self.received_at,
            body=body,
            key=self.key,
        )

    def take(
        self,
        workspace: Workspace,
        items: Sequence[object],
        *,
        calls: Sequence[object] | None = None,
        kind: CallKind | None = None,
        sent_at: object = None,
    ) -> Outcome:
        """Take what was sent; `calls` are the items in our shape where they came in PostHog's."""
        outcome = take_calls(
            workspace,
            items if calls is None else calls,
            received_at=self.received_at,
            kind=kind,
            sent_at=sent_at,
            sender=self.sender if calls is None else replace(self.sender, names_provisionally=True),
        )
        keep_remarks(workspace, outcome, items, source=self.source, received_at=self.received_at, key=self.key)
        return outcome


def _unknown_key() -> BodyError:
    return BodyError("invalid_key", "The write key is unknown or revoked.", 401)


def ingest_route(answer: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A view of `answer`: with errors as JSON, and open to pages of any origin, for the key is what lets in."""

    @csrf_exempt
    @wraps(answer)
    def view(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if request.method == "OPTIONS":
            return HttpResponse(status=204, headers=PREFLIGHT_ANSWER)
        sent = IngestRequest(request)
        try:
            if request.method != "POST":
                raise BodyError("method_not_allowed", f"{request.method} is not allowed here; allowed: POST.", 405)
            require_https(request)
            response = answer(sent, **kwargs)
        except APIException as error:
            if sent.workspace is not None and isinstance(error, BodyError):
                sent.note_refusal(sent.workspace, error)
            drain(request)
            response = _refusal(error)
        except Workspace.DoesNotExist:  # it was deleted since the key was looked up
            response = _refusal(_unknown_key())
        if "Origin" in request.headers:
            response["Access-Control-Allow-Origin"] = "*"
            response["Access-Control-Expose-Headers"] = "Retry-After, X-RateLimit-Reset"
        return response

    return view


@ingest_route
def batch(sent: IngestRequest) -> HttpResponse:
    """Many calls, each with its type: `{"batch": [ … ], "sentAt", "writeKey"}`."""
    workspace, body = sent.read()
    outcome = sent.take(workspace, batch_items(body, "batch"), sent_at=body.get("sentAt"))
    return JsonResponse(outcome_body(outcome))


@ingest_route
def single(sent: IngestRequest, kind: CallKind) -> HttpResponse:
    """One call, of the route's type. If it is refused, the answer is a 400 that says why."""
    workspace, body = sent.read()
    return _single_answer(sent.take(workspace, [body], kind=kind))


@ingest_route
def posthog(sent: IngestRequest) -> HttpResponse:
    """Events of PostHog's shape, `{"batch": [ … ], "sent_at", "api_key"}` or a single one."""
    workspace, body = sent.read()
    items = batch_items(body, "batch") if "batch" in body else [body]
    outcome = sent.take(workspace, items, calls=list(map(call_of, items)), sent_at=body.get("sent_at"))
    return JsonResponse(outcome_body(outcome)) if "batch" in body else _single_answer(outcome)


@ingest_route
def client_metrics(sent: IngestRequest) -> HttpResponse:
    """What Segment's browser client tells Segment of itself, without a key: welcomed, and dropped."""
    drain(sent.request)
    return JsonResponse({"success": True})


def _single_answer(outcome: Outcome) -> HttpResponse:
    if not outcome.rejected:
        return JsonResponse(outcome_body(outcome))
    remark = outcome.rejected[0]
    body = {**outcome_body(outcome), "success": False, **error_body(remark.code, remark.message)}
    return JsonResponse(body, status=400)


def batch_items(body: dict[str, Any], name: str) -> list[object]:
    items = body.get(name)
    if not isinstance(items, list):
        raise BodyError(f"invalid_{name}", f"{name} must be a list of JSON objects.")
    if len(items) > MAX_BATCH_ITEMS:
        raise BodyError("batch_too_large", f"{name} has {len(items):,} items; allowed are {MAX_BATCH_ITEMS:,}.", 413)
    return items


def outcome_body(outcome: Outcome) -> dict[str, Any]:
    """What a batch is answered, and counted as."""
    note_items(
        accepted=outcome.accepted,
        updated=outcome.updated,
        duplicate=outcome.duplicates,
        rejected=len(outcome.rejected),
    )
    return {
        "success": True,
        "accepted": outcome.accepted,
        "updated": outcome.updated,
        "duplicates": outcome.duplicates,
        "rejected": [remark.as_json() for remark in outcome.rejected],
        "warnings": [remark.as_json() for remark in outcome.warnings],
    }


def _refusal(error: APIException) -> JsonResponse:
    body = {"success": False, **error_body(str(error.get_codes()), str(error.detail))}
    response = JsonResponse(body, status=error.status_code, headers=error_headers(error))
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
    re_path(r"^v1/m/?$", client_metrics, name="ingest-client-metrics"),
    re_path(r"^(?:batch|capture|e)/?$", posthog, name="ingest-posthog"),
]
