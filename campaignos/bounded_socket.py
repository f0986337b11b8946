"""Connections with clients whose reading and sending ends in time, whatever the other side does."""

import logging
import math
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

logger = logging.getLogger("gunicorn.error")

SEND_SECONDS = 60
"""How long a piece of an answer may wait to be taken, without what it takes at SLOWEST."""
SLOWEST = 16 * 1024
"""Bytes a second."""


class TooSlow(ConnectionResetError):
    """The other side sends or takes too little. For gunicorn, it has gone."""

    def __init__(self) -> None:
        super().__init__(104, "The other side is too slow")


class BoundedSocket(socket.socket):
    """A connection with a client whose reading and sending ends in time.

    While an answer is under way, whatever ends the connection resets it: without a length and in HTTP/1.0 the answer
    would else seem to be complete.
    """

    read_seconds = 10
    """How long a request may keep us waiting, without what it takes at SLOWEST."""
    active_at = 0.0
    """When something was last read or sent; never, while that is under way, which ends by itself."""
    sent = 0
    """Bytes of the answer under way."""
    trailer = b""
    """What is told behind the last chunk of the answer, as lines of a header."""
    _received = 0
    _waited = 0.0
    _is_answering = False

    def begin(self) -> None:
        """A thread takes the connection's next request."""
        self.active_at = time.monotonic()
        self._received, self._waited, self.sent, self.trailer = 0, 0.0, 0, b""

    def setblocking(self, flag: bool) -> None:
        """Where gunicorn wants to wait, it waits for a bounded time."""
        self.settimeout(self.read_seconds if flag else 0)

    def begin_answer(self) -> None:
        """From here to `end_answer` an answer is under way."""
        self._is_answering = True
        self._reset_at_end(True)

    def end_answer(self) -> None:
        """The answer is complete, or never began."""
        self._is_answering = False
        self._reset_at_end(False)

    def _reset_at_end(self, is_reset: bool) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            self.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", is_reset, 0))

    def recv(self, size: int, flags: int = 0) -> bytes:
        """Raises TooSlow in a thread that has waited too long for what came of this request."""
        if self.gettimeout() == 0:
            return super().recv(size, flags)
        begun, self.active_at = time.monotonic(), math.inf
        try:
            data = super().recv(size, flags)
        except TimeoutError:
            raise self._too_slow("was not sent") from None
        self.active_at = time.monotonic()
        self._received += len(data)
        self._waited += self.active_at - begun
        if self._waited > self.read_seconds + self._received / SLOWEST:
            raise self._too_slow("is sent too slowly")
        return data

    def sendall(self, data: Any, flags: int = 0) -> None:
        """Raises TooSlow."""
        if self.trailer and data == b"0\r\n\r\n":
            data = b"0\r\n" + self.trailer + b"\r\n"
        with self._sending(SEND_SECONDS + len(data) / SLOWEST):
            super().sendall(data, flags)
        self.sent += len(data)

    def sendfile(self, file: Any, offset: int = 0, count: int | None = None) -> int:
        """Raises TooSlow."""
        with self._sending(SEND_SECONDS):
            sent = super().sendfile(file, offset, count)
        self.sent += sent
        return sent

    @contextmanager
    def _sending(self, seconds: float) -> Iterator[None]:
        self.active_at = math.inf
        self.settimeout(seconds)
        try:
            yield
        except TimeoutError:
            raise self._too_slow("is not taken") from None
        self.settimeout(self.read_seconds)
        self.active_at = time.monotonic()

    def shutdown(self, how: int) -> None:
        """An answer that is broken off must not end like one that is complete."""
        if self._is_answering:
            raise ConnectionAbortedError
        super().shutdown(how)

    def _too_slow(self, what: str) -> TooSlow:
        logger.warning("A request or its answer %s; its connection is closed.", what)
        return TooSlow()
