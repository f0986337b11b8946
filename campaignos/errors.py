"""One error body for everything that answers JSON: `{"code", "message", "detail", …}`.

`message` and `detail` carry the same text: SDKs read the one or the other.
"""

import logging
import re
import time
from collections.abc import Mapping
from typing import Any

from allauth.core.exceptions import ReauthenticationRequired
from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from rest_framework import exceptions, status
from rest_framework.response import Response

from campaignos.kept_forms import kept_fields

RETRY_SECONDS = 2
"""When to try again after the database was away: clients wait for themselves, and longer each time."""

logger = logging.getLogger(__name__)


class ParameterError(exceptions.APIException):
    """400: one parameter is bad. Names it, what was given and what is allowed."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_code = "invalid_parameter"

    def __init__(self, parameter: str, *, given: str | None, allowed: str) -> None:
        self.parameter, self.given, self.allowed = parameter, given, allowed
        problem = "is required" if given is None else f"cannot be {_shortened_text(given)!r}"
        super().__init__(f"{parameter} {problem}; allowed: {allowed}.", self.default_code)


class BodyError(exceptions.APIException):
    """A request that is refused as a whole: 400, 413, 415 and the like."""

    def __init__(self, code: str, message: str, status_code: int = status.HTTP_400_BAD_REQUEST) -> None:
        self.code, self.message, self.status_code = code, message, status_code
        super().__init__(message, code)


BODY_INCOMPLETE = "The body did not arrive in time, or not whole. Send it again."


def body_incomplete() -> BodyError:
    return BodyError("body_incomplete", BODY_INCOMPLETE, status.HTTP_408_REQUEST_TIMEOUT)


def require_https(request: HttpRequest) -> None:
    """Raises BodyError for a request by plain http where HTTPS is required: a redirect would lose what was sent."""
    if settings.HTTPS and not request.is_secure():
        raise BodyError("https_required", "This is taken by HTTPS alone: send it to the address with https://.", 403)


def too_deep() -> BodyError:
    return BodyError("invalid_json", "The body is nested too deeply.")


class FieldsError(exceptions.APIException):
    """400: what was sent is well-formed and still wrong. `fields` says where, and "" stands for all of it."""

    status_code = status.HTTP_400_BAD_REQUEST

    def __init__(self, code: str, message: str, fields: dict[str, list[str]]) -> None:
        self.fields = fields
        super().__init__(message, code)


class Conflict(exceptions.APIException):
    """409: what is asked for does not go together with what is there."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"


class TooOften(exceptions.Throttled):
    """429: the message says what was too often, and when it may be tried again."""

    def __init__(self, message: str, *, wait: int) -> None:
        super().__init__(detail=message)
        self.wait = wait


class MissingRight(PermissionDenied):
    """403: the message says to the caller what they lack, and how to get it."""


class ProofRequired(exceptions.PermissionDenied):
    """403: the session alone is not enough for what is asked."""

    default_code = "proof_required"
    default_detail = (
        "This asks you to prove who you are: send your password (or a code of your second factor) to "
        "/api/session/proof, and this request again within 5 minutes."
    )


def _shortened_text(text: str, length: int = 100) -> str:
    return text if len(text) <= length else text[:length] + "…"


def error_body(code: str, message: str, **more: Any) -> dict[str, Any]:
    return {"code": code, "message": message, "detail": message, **more}


def api_error_response(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """DRF's exception handler. Anything it does not know goes on to Django, and is a 500."""

    match error:
        case Http404():
            error = exceptions.NotFound("Not found, or not yours to see.")
        case PermissionDenied():
            error = exceptions.PermissionDenied(_what_is_missing(error) or None)
        case ReauthenticationRequired():
            error = ProofRequired()
        case RequestDataTooBig():
            error = BodyError("body_too_large", "The request body is too large.", 413)
        case exceptions.APIException():
            pass
        case _:
            return None
    return Response(_body_of(error), status=error.status_code, headers=error_headers(error))


def error_headers(error: exceptions.APIException) -> dict[str, str]:
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if (wait := getattr(error, "wait", None)) is not None:
        seconds = int(wait) + 1
        headers |= {"Retry-After": str(seconds), "X-RateLimit-Reset": str(int(time.time()) + seconds)}
    return headers


def _body_of(error: exceptions.APIException) -> dict[str, Any]:
    if isinstance(error, ParameterError):
        return error_body(
            error.default_code,
            str(error.detail),
            parameter=error.parameter,
            given=error.given,
            allowed=error.allowed,
        )
    if isinstance(error, FieldsError):
        return error_body(str(error.get_codes()), str(error.detail), fields=error.fields)
    if isinstance(error, exceptions.ValidationError):
        fields = error.detail if isinstance(error.detail, dict) else {"": error.detail}
        path, problem = _first_problem(fields)
        return error_body("invalid", f"{path}: {problem}" if path else problem, fields=fields)
    codes = error.get_codes()
    return error_body(codes if isinstance(codes, str) else error.default_code, str(error.detail))


def _first_problem(detail: Any, path: str = "") -> tuple[str, str]:
    """The path of the first field that is wrong (`steps.0`), and what is wrong with it."""
    if isinstance(detail, dict):
        name, below = next(iter(detail.items()))
        return _first_problem(below, f"{path}.{name}".strip("."))
    if isinstance(detail, list):
        return _first_problem(next(filter(None, detail), ""), path)
    return path, str(detail)


_JSON_PATH = re.compile(r"/(?:api|v1|hooks)/|/(?:batch|capture|e)/?$")


def wants_json(request: HttpRequest) -> bool:
    return _JSON_PATH.match(request.path) is not None


_PAGES = {
    400: ("bad_request", "The request could not be understood."),
    403: ("permission_denied", "You don't have permission to do this."),
    404: ("not_found", "Not found, or not yours to see."),
    409: ("conflict", "This is there already."),
    408: ("body_incomplete", BODY_INCOMPLETE),
    429: ("throttled", "Too many attempts. Wait a minute, then try again."),
    500: ("server_error", "Something went wrong on our side. Changes are saved whole or not at all."),
    503: ("database_away", "The database does not answer just now. Changes are saved whole or not at all; try again."),
}


def _error(request: HttpRequest, status_code: int, message: str = "") -> HttpResponse:
    code, usual_message = _PAGES[status_code]
    message = message or usual_message
    request_id = request.META.get("REQUEST_ID", "")
    if wants_json(request):
        return JsonResponse(error_body(code, message, requestId=request_id), status=status_code)
    context = {"status": status_code, "message": message, "request_id": request_id}
    return render(request, "error.html", context, status=status_code)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _error(request, 400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _error(request, 403, _what_is_missing(exception))


def _what_is_missing(error: Exception) -> str:
    """What the caller lacks, in words; other refusals keep their details to themselves."""
    return str(error) if isinstance(error, MissingRight) else ""


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _error(request, 404)


def conflict_response(request: HttpRequest, message: str) -> HttpResponse:
    return _error(request, 409, message)


def too_many_requests(request: HttpRequest) -> HttpResponse:
    return _error(request, 429)


def server_error(request: HttpRequest) -> HttpResponse:
    return _error(request, 500)


def database_away(request: HttpRequest) -> HttpResponse:
    response = _error(request, 503)
    response["Retry-After"] = str(RETRY_SECONDS)
    return response


SESSION_CHANGED = "Your session changed, please try again."


def request_timed_out(request: HttpRequest) -> HttpResponse:
    return _error(request, 408)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form of a page that is older than the session, to be sent again; a stranger's form is refused."""
    if wants_json(request):
        return _error(request, 403)
    if (fields := kept_fields(request)) is not None:
        return kept_form(request, fields)
    return _error(request, 403, SESSION_CHANGED)


def kept_form(request: HttpRequest, fields: list[tuple[str, str]], *, is_logged_out: bool = False) -> HttpResponse:
    """Hands a form back to whoever sent it, to be sent again."""
    return render(request, "kept_form.html", {"fields": fields, "is_logged_out": is_logged_out}, status=403)
