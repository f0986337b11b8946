"""Requests as the server hands them on, also those that do not say how long they are."""

from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import LimitedStream, WSGIHandler, WSGIRequest
from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.template.loader import get_template
from django.urls import get_resolver

from campaignos.bodies import DRAINED_BYTES
from campaignos.errors import wants_json


class Request(WSGIRequest):
    """A request whose body may come in chunks (`Transfer-Encoding: chunked`). These have no length, and Django would
    take the body for empty.

    Where JSON is spoken, as much of it can be read as of any other body; its length is given as the most that is taken.
    """

    def __init__(self, environ: dict[str, Any]) -> None:
        super().__init__(environ)
        is_chunked = not environ.get("CONTENT_LENGTH") and environ.get("HTTP_TRANSFER_ENCODING")
        if is_chunked and environ.get("wsgi.input_terminated") and wants_json(self):
            environ["CONTENT_LENGTH"] = str(settings.MAX_BODY_BYTES)
            most = settings.MAX_BODY_BYTES + DRAINED_BYTES
            self._stream = LimitedStream(environ["wsgi.input"], most)  # type: ignore[assignment]  # reads all the same


class Handler(WSGIHandler):
    request_class = Request

    def warm_up(self) -> None:
        """Do what the first requests would wait for: read templates and migrations, compile addresses, connect."""
        read_templates()
        get_resolver().reverse_dict  # noqa: B018  which the first link on a page would make of all addresses
        MigrationLoader(None)  # whose modules `/readyz` would read
        with suppress(Error):  # whoever asks is told
            connection.ensure_connection()
        connection.close()


def read_templates() -> None:
    """All of the program's, so that none is read when its page is asked for."""
    folder = settings.BASE_DIR / "templates"
    for path in folder.rglob("*.html"):
        get_template(str(path.relative_to(folder)))
