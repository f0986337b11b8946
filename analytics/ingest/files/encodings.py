"""Which encoding a file has, by its beginning, and its lines as text.

A byte order mark says it. Else it is UTF-8, if its beginning is. What is not, is guessed: for want of other evidence it
is Windows-1252, as Excel in western Europe and America writes it.
"""

import codecs
import io
import re
from collections.abc import Iterator

from charset_normalizer import from_bytes

BEGINNING_BYTES = 256 * 1024
MAX_LINE_BYTES = 1024 * 1024
"""A longer line is skipped: no item is as large."""
UTF_8 = "utf-8"
_MARKS = {
    codecs.BOM_UTF8: UTF_8,
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_MOSTLY_OTHER_LETTERS = 0.4
"""From so many letters beyond ASCII on, a text is in Cyrillic, Greek or the like, and the guess is good."""
_CENTRAL_EUROPEAN = re.compile(rb"[\xa3\xa5\xaa\xaf\xb3\xb9\xbc\xbe\xbf][a-z]")
"""Polish, Czech or Hungarian letters, which in Windows-1252 would be signs within words."""
_GUESSES = [
    "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "koi8_r", "shift_jis", "cp932", "euc_jp",
    "gb18030", "big5", "euc_kr",
]  # fmt: skip
_LINE_END = re.compile(rb"\r(?!\n)")

LINE_TOO_LONG = f"The line has over {MAX_LINE_BYTES:,} bytes, more than an item may have."
NOT_UTF_8 = (
    "The line is not UTF-8, as the file is (at its byte {byte}, 0x{value:02x}); save the file as “CSV UTF-8” in Excel, "
    "or convert it, for instance with: iconv -f windows-1252 -t utf-8"
)


def encoding_of(sample: bytes) -> str:
    """The codec's name; for UTF-8 without a mark it is `UTF_8`."""
    for mark, name in _MARKS.items():
        if sample.startswith(mark):
            return name
    if wide := _wide_encoding(sample):
        return wide
    whole = sample[: sample.rfind(b"\n") + 1] or sample
    try:
        codecs.getincrementaldecoder(UTF_8)().decode(sample)
    except UnicodeDecodeError:
        return UTF_8 if _is_mostly_utf_8(whole) else _guess(whole)
    return UTF_8


def _wide_encoding(sample: bytes) -> str | None:
    """UTF-16 without a mark: every second byte of what is mostly ASCII is 0."""
    head = sample[:512]
    if len(head) < 4:
        return None
    high, low = head[0::2].count(0), head[1::2].count(0)
    if low * 3 > len(head) and not high:
        return "utf-16-le"
    return "utf-16-be" if high * 3 > len(head) and not low else None


def _is_mostly_utf_8(sample: bytes) -> bool:
    """Whether of the lines beyond ASCII most are UTF-8: then the others are odd, and not the file."""
    good = bad = 0
    for line in sample.splitlines():
        if line.isascii():
            continue
        try:
            line.decode()
            good += 1
        except UnicodeDecodeError:
            bad += 1
    return good > bad


def _guess(sample: bytes) -> str:
    beyond = sum(byte >= 0x80 for byte in sample)
    letters = beyond + sum(chr(byte).isalpha() for byte in sample if byte < 0x80)
    if beyond > _MOSTLY_OTHER_LETTERS * letters and (best := from_bytes(sample, cp_isolation=_GUESSES).best()):
        return best.encoding
    return "cp1250" if _CENTRAL_EUROPEAN.search(sample) else "cp1252"


def ends_lines_oddly(sample: bytes) -> bool:
    """Whether lines end as those of old Macs do."""
    return b"\n" not in sample and _LINE_END.search(sample) is not None


class Lines:
    """The lines of a stream as text, with their ends. `odd` says by number, from 1, what is wrong with a line."""

    def __init__(self, stream: io.BufferedReader, encoding: str, *, has_odd_ends: bool = False) -> None:
        self.odd: dict[int, str] = {}
        self._stream, self._encoding, self._has_odd_ends = stream, encoding, has_odd_ends

    def __iter__(self) -> Iterator[str]:
        if self._encoding == UTF_8 and not self._has_odd_ends:
            return self._utf_8_lines()
        return self._other_lines()

    def _utf_8_lines(self) -> Iterator[str]:
        for number, line in enumerate(raw_lines(self._stream), 1):
            if len(line) > MAX_LINE_BYTES:
                self.odd[number] = LINE_TOO_LONG
            try:
                yield line.decode()
            except UnicodeDecodeError as error:
                self.odd.setdefault(number, not_utf_8(line, error))
                yield line.decode(errors="replace")

    def _other_lines(self) -> Iterator[str]:
        """A byte that the encoding has not becomes U+FFFD: the encoding is a guess."""
        text = io.TextIOWrapper(self._stream, encoding=self._encoding, errors="replace", newline="")
        number = 0
        while line := text.readline(MAX_LINE_BYTES):
            number += 1
            while len(line) >= MAX_LINE_BYTES and line[-1] not in "\r\n" and (rest := text.readline(MAX_LINE_BYTES)):
                self.odd[number], line = LINE_TOO_LONG, line[:100] + rest[-1:]
                if rest[-1] in "\r\n":
                    break
            yield line


def not_utf_8(line: bytes, error: UnicodeDecodeError) -> str:
    return NOT_UTF_8.format(byte=error.start + 1, value=line[error.start])


def raw_lines(stream: io.BufferedReader) -> Iterator[bytes]:
    """The lines of a stream; of one that is too long, as much as shows that it is."""
    most = MAX_LINE_BYTES + 1
    while line := stream.readline(most):
        yield line
        if len(line) == most and not line.endswith(b"\n"):
            while (rest := stream.readline(most)) and not rest.endswith(b"\n"):
                pass
