"""ETags: an answer that the caller has already is not sent again, and a change does not undo one it has not seen."""

import hashlib
from typing import Any

from django.utils.http import parse_etags
from rest_framework import exceptions, status
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response


class PreconditionFailed(exceptions.APIException):
    """412: what the caller would change is not what they have seen."""

    status_code = status.HTTP_412_PRECONDITION_FAILED
    default_code = "precondition_failed"
    default_detail = "It has changed since you read it: read it again, and send the new ETag as If-Match."


def etag_of(data: Any) -> str:
    return f'"{hashlib.sha256(JSONRenderer().render(data)).hexdigest()[:32]}"'


def answer(request: Request, data: Any, *, status_code: int = status.HTTP_200_OK) -> Response:
    """The data with its ETag; a 304 without it where If-None-Match names that.

    No cache keeps it, for it may be personal: a program that asks with If-None-Match keeps what it needs by itself.
    """
    etag = etag_of(data)
    headers = {"ETag": etag}
    if request.method in ("GET", "HEAD") and _names(request.headers.get("If-None-Match", ""), etag):
        return Response(status=status.HTTP_304_NOT_MODIFIED, headers=headers)
    return Response(data, status=status_code, headers=headers)


def has_precondition(request: Request) -> bool:
    return "If-Match" in request.headers


def check_precondition(request: Request, data: Any) -> None:
    """Raises PreconditionFailed if the request has an If-Match and it does not name the data as it is now."""
    if has_precondition(request) and not _names(request.headers["If-Match"], etag_of(data)):
        raise PreconditionFailed


def _names(header: str, etag: str) -> bool:
    """Compared weakly: a proxy that compresses answers makes their ETags weak."""
    return any(candidate in ("*", etag) for candidate in (tag.removeprefix("W/") for tag in parse_etags(header)))
