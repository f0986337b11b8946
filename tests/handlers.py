"""What serves tests costs less: one chain of middleware for all test clients, and few packets for an answer.

Each client would make a chain of its own, which takes longer than many a request. A change of settings makes a new one,
since middleware reads settings when it is made.
"""

from collections.abc import Callable
from typing import Any

from django.core.servers.basehttp import ServerHandler, WSGIRequestHandler
from django.core.signals import setting_changed
from django.test.client import ClientHandler

_PARTS = ("_view_middleware", "_template_response_middleware", "_exception_middleware", "_middleware_chain")
_loaded: dict[str, Any] = {}


def share_middleware() -> None:
    load: Callable[[ClientHandler], None] = ClientHandler.load_middleware

    def load_once(handler: ClientHandler) -> None:
        if not _loaded:
            load(handler)
            _loaded.update({part: getattr(handler, part) for part in _PARTS})
        vars(handler).update(_loaded)

    ClientHandler.load_middleware = load_once
    setting_changed.connect(_forget)


def send_in_few_packets() -> None:
    """The live server would send each header of an answer by itself, and answers 40 ms late by Nagle's algorithm."""
    close: Callable[[ServerHandler], None] = ServerHandler.close

    def close_sent(handler: ServerHandler) -> None:
        handler._flush()  # an answer without content has not been
        close(handler)

    WSGIRequestHandler.wbufsize = 64 * 1024
    WSGIRequestHandler.disable_nagle_algorithm = True
    ServerHandler.close = close_sent


def _forget(**_: Any) -> None:
    _loaded.clear()
