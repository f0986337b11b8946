"""What the log says: one JSON object a line, with the request it belongs to, and neither secrets nor personal data.

Addresses are never logged, for they carry tokens and searches; a route's name stands for them. What slips into a
message all the same (keys, email addresses, the rows that PostgreSQL quotes in an error's DETAIL) is struck out.
"""

import json
import logging
import re
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest

_SECRETS = (
    (re.compile(r"\b([ws]k_)[\w-]{8,}"), r"\1…"),
    (re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+"), "(email)"),
    (re.compile(r"^DETAIL: .*$", re.MULTILINE), "DETAIL: …"),
)

_request: ContextVar[dict[str, Any] | None] = ContextVar("request", default=None)


def begin_request(request_id: str) -> None:
    """From here on lines belong to this request; what was bound before is forgotten."""
    _request.set({"request_id": request_id})


def current_request_id() -> str | None:
    return (_request.get() or {}).get("request_id")


def bind(**fields: str | int) -> None:
    """Add to every line of the current request, such as `user` and `workspace` by their numbers."""
    if (bound := _request.get()) is not None:
        bound.update(fields)


def route_of(request: HttpRequest) -> str:
    """The name of the route that the request took, `unknown` where none matched."""
    match = request.resolver_match
    return (match.view_name or match.route) if match is not None else "unknown"


def without_secrets(text: str) -> str:
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text


def _message(record: logging.LogRecord) -> str:
    """Django's own messages about a request end in its path."""
    message = record.getMessage()
    request = getattr(record, "request", None)
    if isinstance(request, HttpRequest):
        message = message.replace(request.path, route_of(request), 1)
    return without_secrets(message)


class JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": _message(record),
            **(_request.get() or {}),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["exception"] = without_secrets(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False, default=str)


class LineFormatter(logging.Formatter):
    """The same to be read by people: time, level, logger, message, and the traceback below."""

    def format(self, record: logging.LogRecord) -> str:
        line = f"{self.formatTime(record)} {record.levelname} {record.name}: {_message(record)}"
        return f"{line}\n{without_secrets(self.formatException(record.exc_info))}" if record.exc_info else line
