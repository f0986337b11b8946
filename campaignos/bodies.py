"""Reading a JSON request body: bounded in size, also after decompression, and with errors that say what was wrong."""

import json
import zlib
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, NoReturn, Protocol

from django.conf import settings
from django.http import HttpRequest
from rest_framework.parsers import BaseParser

from campaignos.errors import BodyError, body_incomplete, too_deep
from campaignos.lenient_json import parse_leniently

DRAINED_BYTES = 64 * 1024 * 1024
"""How much of a body that is too large is read and dropped, so that the client reads our 413 and no reset."""
MAX_MEMBERS = 1000
"""The most members of a gzip body: clients that write piece by piece make a member of each piece."""
_CHUNK_BYTES = 64 * 1024
_WINDOW_BITS = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def read_body(request: HttpRequest) -> bytes:
    """The request's body, decompressed. Raises BodyError: 400 incomplete or not what it says, 413, 415."""
    return _decompress(_read_body(request), request.headers.get("Content-Encoding", ""))


def keep_body(request: HttpRequest) -> None:
    """Read the body, as it came, for whoever asks `request.body` for it. Raises BodyError: 400 incomplete, 413."""
    request._body = _read_body(request)


def parse_json(body: bytes) -> Any:
    """How deep a body may be nested does not depend on where this is called: Python's own limit from an empty stack."""
    try:
        try:
            return _json(body)
        except RecursionError:  # the parser's depth and that of its callers count together
            with ThreadPoolExecutor(1) as empty_stack:
                return empty_stack.submit(_json, body).result()
    except UnicodeDecodeError as error:
        raise BodyError("invalid_json", "The body is not JSON in UTF-8.") from error
    except RecursionError:
        raise too_deep() from None
    except ValueError as error:
        raise BodyError("invalid_json", f"The body is not valid JSON: {error}.") from error


def parse_items(body: bytes) -> Any:
    """As `parse_json`, for a body of many items: what is wrong with one of them is left to be refused with it."""
    try:
        return parse_leniently(body)
    except UnicodeDecodeError as error:
        raise BodyError("invalid_json", "The body is not JSON in UTF-8.") from error
    except ValueError as error:
        raise BodyError("invalid_json", f"The body is not valid JSON: {error}.") from error


def _json(body: bytes) -> Any:
    return json.loads(body, parse_constant=_refuse_constant)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _read_body(request: HttpRequest) -> bytes:
    limit = settings.MAX_BODY_BYTES
    try:
        body = _read_up_to(request, limit + 1)
        if len(body) > limit:
            drain(request)
            _refuse_size(limit)
    except OSError as error:
        raise body_incomplete() from error
    return body


def drain(request: HttpRequest) -> None:
    """Read and drop a body that is not wanted, so that the client gets to read why."""
    with suppress(OSError):
        for _ in range(DRAINED_BYTES // _CHUNK_BYTES):
            if not request.read(_CHUNK_BYTES):
                break


def _read_up_to(stream: _Readable, size: int) -> bytes:
    """A stream may give less than was asked for before its end."""
    parts: list[bytes] = []
    while size > 0 and (part := stream.read(min(size, _CHUNK_BYTES))):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _decompress(body: bytes, encoding: str) -> bytes:
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        return body
    if encoding not in _WINDOW_BITS:
        raise BodyError(
            "unsupported_encoding",
            f"Content-Encoding {encoding[:50]!r} is unknown; allowed: gzip, deflate.",
            415,
        )
    limit = settings.MAX_BODY_BYTES
    parts: list[bytes] = []
    size = 0
    try:
        for part in _members(body, encoding, limit + 1):
            parts.append(part)
            size += len(part)
            if size > limit:
                _refuse_size(limit)
    except zlib.error as error:
        raise BodyError("invalid_encoding", f"The body is not valid {encoding}.") from error
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _members(body: bytes, encoding: str, most: int) -> Iterator[bytes]:
    """What each member of a compressed body holds, up to so many bytes. Raises zlib.error, or BodyError for a body that
    ends early. gzip may have several members, and zeros behind them."""
    for _ in range(MAX_MEMBERS):
        decompressor = zlib.decompressobj(_WINDOW_BITS[encoding])
        yield decompressor.decompress(body, most)
        if not decompressor.eof:
            raise BodyError("invalid_encoding", f"The {encoding} body ended early.")
        body = decompressor.unused_data.lstrip(b"\0")
        if not body or encoding == "deflate":
            return
    raise BodyError("invalid_encoding", f"The {encoding} body has more than {MAX_MEMBERS} members.")


def _refuse_size(limit: int) -> NoReturn:
    raise BodyError("body_too_large", f"The body is larger than {limit:,} bytes (after decompression).", 413)


def _is_deeper(value: Any, levels: int) -> bool:
    """Whether lists and objects lie in each other more than so many levels deep."""
    layer = [value]
    for _ in range(levels + 1):
        containers = [container for container in layer if isinstance(container, dict | list)]
        if not containers:
            return False
        layer = [
            inner
            for container in containers
            for inner in (container.values() if isinstance(container, dict) else container)
        ]
    return True


class JSONParser(BaseParser):
    """DRF's way to the same reader, so that every JSON body has the same bounds and errors.

    What gets through is flat enough for whatever reads it: a RecursionError after this is our mistake.
    """

    media_type = "application/json"
    parse_body = staticmethod(parse_json)
    max_levels: int | None = 32

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        assert parser_context is not None
        body = self.parse_body(read_body(parser_context["request"]._request))
        if self.max_levels is not None and _is_deeper(body, self.max_levels):
            raise too_deep()
        return body


class ItemsParser(JSONParser):
    """For a list whose items are looked at one by one: what is wrong with one does not spoil the others."""

    parse_body = staticmethod(parse_items)
    max_levels = None
