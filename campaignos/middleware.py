"""What every request gets, whoever serves it."""

import logging
import re
import time
import uuid
from collections.abc import Callable

from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError

from campaignos import logs, telemetry
from campaignos.bodies import drain
from campaignos.conflicts import conflict_of
from campaignos.csv_export import RowCount
from campaignos.errors import (
    BodyError,
    conflict_response,
    database_away,
    error_body,
    request_timed_out,
    require_https,
    wants_json,
)
from campaignos.frames import with_room
from campaignos.outage import is_outage

PERMISSIONS_POLICY = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"

logger = logging.getLogger("campaignos.request")

_PROBES = {"healthz", "readyz", "metrics"}
"""Asked every few seconds, so that their lines would bury the others."""
_ASKING = {"GET", "HEAD", "OPTIONS"}
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class RequestMiddleware:
    """Give each request an id, and note in the log and for Prometheus how it was answered and how long that took.

    The id is the caller's `X-Request-Id` if it sent a plain one, and is returned as such.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    @with_room
    def __call__(self, request: HttpRequest) -> HttpResponse:
        begun = time.perf_counter()
        given = request.headers.get("X-Request-Id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        request.META["REQUEST_ID"] = request_id
        logs.begin_request(request_id)
        response = self.get_response(request)
        response["X-Request-Id"] = request_id
        row_count: RowCount | None = getattr(response, "row_count", None)
        if row_count is not None:
            row_count.announce(request, response)
        _note(request, response.status_code, time.perf_counter() - begun)
        return response


def _note(request: HttpRequest, status: int, seconds: float) -> None:
    method, route = str(request.method), logs.route_of(request)
    telemetry.note_request(method=method, route=route, status=status, seconds=seconds)
    fields = {"method": method, "route": route, "status": status, "ms": round(seconds * 1000, 1)}
    level = logging.DEBUG if route in _PROBES else logging.INFO
    logger.log(level, "%s %s %s", method, route, status, extra={"fields": fields})


class HeadersMiddleware:
    """The security headers that Django's own middleware does not know, and no copy of any page in caches.

    A view that says its own Cache-Control keeps it, as static files do.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        response.setdefault("Cache-Control", "no-store")
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response


class SentByHttpsMiddleware:
    """What is sent to the API by plain http where HTTPS is required is a 403: led elsewhere, it would be lost, since a
    redirect is followed by a GET or not at all. Whoever only asks is led to https by Django."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in _ASKING and request.path.startswith("/api/"):
            try:
                require_https(request)
            except BodyError as error:
                drain(request)
                return JsonResponse(error_body(str(error.get_codes()), str(error.detail)), status=error.status_code)
        return self.get_response(request)


class DatabaseAwayMiddleware:
    """Answer 503, to be tried again, where the database is away or a lock was not to be had in time.

    And 408, where the body of a request did not come.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, UnreadablePostError):
            return request_timed_out(request)
        if not is_outage(exception):
            return None
        logger.warning("503 for %s: %s", logs.route_of(request), exception)
        return database_away(request)


class ConflictMiddleware:
    """Answers 409 where nobody nearer has made words of a conflict.

    Not to who sends events: their clients would take a 409 for the end, and try a 500 again.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, IntegrityError) or _takes_events(request):
            return None
        conflict = conflict_of(exception)
        return conflict_response(request, conflict.message) if conflict else None


def _takes_events(request: HttpRequest) -> bool:
    return wants_json(request) and not request.path.startswith("/api/")
