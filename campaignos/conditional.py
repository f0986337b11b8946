"""ETags: an answer that the caller has already is not sent again, and a change does not undo one it has not seen."""

import hashlib
from collections.abc import Mapping
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


def answer(
    request: Request, data: Any, *, status_code: int = status.HTTP_200_OK, live: Mapping[str, Any] | None = None
) -> Response:
    """The data with its ETag; a 304 without it where If-None-Match names that.

    `live` are numbers in it that move by themselves: they make another ETag, but who changes the rest need not have
    seen them. No cache keeps an answer, for it may be personal: a program that asks with If-None-Match keeps what it
    needs by itself.
    """
    etag = etag_of(data) if live is None else _with_part(etag_of(data), etag_of(live))
    headers = {"ETag": etag}
    if request.method in ("GET", "HEAD") and _names(request.headers.get("If-None-Match", ""), etag):
        return Response(status=status.HTTP_304_NOT_MODIFIED, headers=headers)
    return Response(data if live is None else {**data, **live}, status=status_code, headers=headers)


def _with_part(etag: str, part: str) -> str:
    return f'{etag[:-1]}.{part[1:9]}"'


def _without_part(etag: str) -> str:
    whole, dot, _ = etag.partition(".")
    return f'{whole}"' if dot else etag


def has_precondition(request: Request) -> bool:
    return "If-Match" in request.headers


def check_precondition(request: Request, data: Any) -> None:
    """Raises PreconditionFailed if the request has an If-Match and it does not name the data as it is now."""
    if not has_precondition(request):
        return
    seen = ", ".join(map(_without_part, parse_etags(request.headers["If-Match"])))
    if not _names(seen, etag_of(data)):
        raise PreconditionFailed


def _names(header: str, etag: str) -> bool:
    """Compared weakly: a proxy that compresses answers makes their ETags weak."""
    return any(candidate in ("*", etag) for candidate in (tag.removeprefix("W/") for tag in parse_etags(header)))
