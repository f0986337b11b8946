"""What has come of a request that is not whole yet, so that no thread has to wait for the rest."""

import re
import socket
from collections import deque
from typing import Any

from gunicorn.http.unreader import SocketUnreader  # type: ignore[import-untyped]

HEAD_BYTES = 64 * 1024
"""How long a head may be, and how much is taken at once."""
MOST_BYTES = 12 * 1024 * 1024
"""The most bytes of a request: a longer one is not waited for, and whoever answers it refuses it."""
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,9})[ \t]*(?:\r\n|$)")
_EXPECTS = re.compile(rb"\r\nexpect:[ \t]*100-continue[ \t]*(?=\r\n)", re.IGNORECASE)
_GO_AHEAD = b"HTTP/1.1 100 Continue\r\n\r\n"
_LAST_CHUNK = b"0\r\n\r\n"


class GatheringUnreader(SocketUnreader):  # type: ignore[misc]
    """gunicorn's reader of a connection, with what the main loop has taken from it: the beginning of the request in
    `buf`, as gunicorn has it, and the rest in pieces, since gunicorn copies all of `buf` for each part that is read.
    """

    def __init__(self, sock: socket.socket) -> None:
        super().__init__(sock)
        self.pieces: deque[bytes] = deque()
        self.begin()

    def begin(self) -> None:
        """The next request: of it comes first what came behind the one before."""
        for piece in self.pieces:
            self.buf.write(piece)
        self.pieces.clear()
        self.size = len(self.buf.getvalue())
        self._needed: int | None = None
        self._ends_with = b""

    @property
    def is_begun(self) -> bool:
        return self.size > 0

    @property
    def is_large(self) -> bool:
        return self.size > HEAD_BYTES

    def chunk(self, size_hint: int | None = None) -> Any:
        return self.pieces.popleft() if self.pieces else super().chunk(size_hint)

    def take(self) -> bool | None:
        """Take what is there, without waiting; whether that is all that is waited for, None where nothing will come.

        Raises BlockingIOError where nothing is there.
        """
        left = HEAD_BYTES if self._needed is None else min(HEAD_BYTES, self._needed - self.size)
        data = self.sock.recv(left)
        if not data:
            return None
        self.size += len(data)
        if self._needed is not None:
            self.pieces.append(data)
        else:
            self.buf.seek(0, 2)
            self.buf.write(data)
            self._read_head(self.buf.getvalue())
        if self._needed is None or not self._ends_with:
            return self.size >= (HEAD_BYTES if self._needed is None else self._needed)
        return self.size >= MOST_BYTES or self._tail().endswith(self._ends_with)

    def _read_head(self, data: bytes) -> None:
        end = data.find(b"\r\n\r\n")
        if end < 0:
            return
        head, begin_of_body = data[:end].lower(), end + 4
        length = _LENGTH.search(head)
        if b"\r\ntransfer-encoding:" in head:
            self._needed, self._ends_with = MOST_BYTES, _LAST_CHUNK
        else:
            self._needed = min(begin_of_body + int(length[1] if length else 0), MOST_BYTES)
        if (expects := _EXPECTS.search(data, 0, begin_of_body)) and self.size < self._needed:
            self.sock.send(_GO_AHEAD)
            self._forget(data, expects)

    def _forget(self, data: bytes, header: re.Match[bytes]) -> None:
        """Take a header out, so that gunicorn does not heed it once more."""
        self.buf.seek(0)
        self.buf.truncate()
        self.buf.write(data[: header.start()] + data[header.end() :])
        removed = header.end() - header.start()
        self.size -= removed
        assert self._needed is not None
        if not self._ends_with and self._needed < MOST_BYTES:
            self._needed -= removed

    def _tail(self) -> bytes:
        """Its last bytes."""
        tail = b""
        for piece in reversed(self.pieces):
            tail = piece[-len(_LAST_CHUNK) :] + tail
            if len(tail) >= len(_LAST_CHUNK):
                return tail
        return bytes(self.buf.getvalue()[-len(_LAST_CHUNK) :]) + tail
