"""The elements of a JSON array, one by one, however long it is."""

import io
import json
from collections.abc import Iterator

from analytics.ingest.files.encodings import MAX_LINE_BYTES
from analytics.ingest.files.problems import FileError

_READ_CHARACTERS = 256 * 1024
_BETWEEN = " \t\r\n"


def array_elements(text: io.TextIOBase) -> Iterator[bytes]:
    """Each as it was written, in UTF-8. Raises FileError where the array is none, from there on."""
    elements = _Elements(text)
    elements.skip("[")
    if elements.next_sign() == "]":
        return
    while True:
        yield elements.element()
        if elements.next_sign() != ",":
            break
        elements.skip(",")
    elements.skip("]")


class _Elements:
    def __init__(self, text: io.TextIOBase) -> None:
        self._text = text
        self._buffer = ""
        self._at = 0
        self._count = 0
        self._decode = json.JSONDecoder().raw_decode

    def _more(self) -> bool:
        data = self._text.read(_READ_CHARACTERS)
        self._buffer, self._at = self._buffer[self._at :] + data, 0
        return bool(data)

    def next_sign(self) -> str:
        """The next character that is no space; empty at the end."""
        while True:
            while self._at < len(self._buffer) and self._buffer[self._at] in _BETWEEN:
                self._at += 1
            if self._at < len(self._buffer):
                return self._buffer[self._at]
            if not self._more():
                return ""

    def skip(self, sign: str) -> None:
        if self.next_sign() != sign:
            raise FileError(f"The JSON array is broken or was cut off after its element {self._count:,}.")
        self._at += 1

    def element(self) -> bytes:
        self.next_sign()
        while True:
            try:
                _, end = self._decode(self._buffer, self._at)
                if end < len(self._buffer) or not self._more():
                    break
            except (ValueError, RecursionError) as error:
                if len(self._buffer) - self._at > MAX_LINE_BYTES or not self._more():
                    raise FileError(
                        f"The JSON array is broken or was cut off within its element {self._count + 1:,}: {error}."
                    ) from error
        written, self._at = self._buffer[self._at : end], end
        self._count += 1
        return written.encode(errors="replace")
