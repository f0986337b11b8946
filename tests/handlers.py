"""One chain of middleware for all test clients: each would make its own, which takes longer than many a request.

A change of settings makes a new one, since middleware reads settings when it is made.
"""

from collections.abc import Callable
from typing import Any

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


def _forget(**_: Any) -> None:
    _loaded.clear()
