"""What a file is packed with: gzip or a zip archive, whose members are read one after another; each opened in turn."""

import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import Any, cast

from analytics.ingest.files.problems import FileError
from analytics.ingest.files.workbooks import is_workbook

GZIP_BEGINS = b"\x1f\x8b"
ZIP_BEGINS = b"PK\x03\x04"
MOST_MEMBERS = 1_000
MEMBER_BYTES = 1_000
"""How much each member of a gzip file beyond those must hold on average: to begin one takes about as long to read."""
BUFFER_BYTES = 256 * 1024
PACKED_BYTES = 16 * 1024
_DATA = re.compile(r"\.(csv|tsv|tab|txt|json|jsonl|ndjson|gz)$", re.IGNORECASE)
_IS_ENCRYPTED = 0x1

Opener = Callable[[], io.BufferedReader]


@contextmanager
def refusing_broken_files() -> Iterator[None]:
    """Within it, what cannot be unpacked raises FileError."""
    try:
        yield
    except (EOFError, zlib.error) as error:
        raise FileError(f"The file is broken gzip or was cut off: {error}") from error
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise FileError(f"The zip archive cannot be read: {error}") from error


def openers(file: io.BufferedReader) -> tuple[list[Opener], io.BytesIO | None]:
    """What opens each file within this one, in their order; or a workbook. Raises FileError.

    All but one that is no archive can be opened again.
    """
    if file.peek(len(ZIP_BEGINS))[: len(ZIP_BEGINS)] != ZIP_BEGINS:
        return [lambda: _contents(file)], None
    archive = zipfile.ZipFile(_seekable(file))
    if is_workbook(archive):
        archive.fp.seek(0)  # type: ignore[union-attr]
        return [], io.BytesIO(archive.fp.read())  # type: ignore[union-attr]
    return [_opener(archive, member) for member in _members(archive)], None


def _seekable(file: io.BufferedReader) -> io.BufferedReader:
    if file.seekable():
        return file
    copy: Any = TemporaryFile()  # noqa: SIM115  it goes when the archive does
    while data := file.read(BUFFER_BYTES):
        copy.write(data)
    copy.seek(0)
    return cast(io.BufferedReader, copy)


def _members(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """Those with data, by name, without what Macs add. Raises FileError."""
    names = [
        member
        for member in archive.infolist()
        if _DATA.search(member.filename)
        and not member.filename.startswith("__MACOSX/")
        and not member.filename.rpartition("/")[2].startswith(".")
    ]
    if not names:
        raise FileError("There is no CSV or JSON file in the zip archive.")
    if len(names) > MOST_MEMBERS:
        raise FileError(f"There are {len(names):,} files in the zip archive; it may have {MOST_MEMBERS:,}.")
    if any(member.flag_bits & _IS_ENCRYPTED for member in names):
        raise FileError("The zip archive has a password; unpack it first.")
    return sorted(names, key=lambda member: member.filename)


def _opener(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Opener:
    return lambda: _contents(io.BufferedReader(cast(io.RawIOBase, archive.open(member)), BUFFER_BYTES))


def _contents(stream: io.BufferedReader) -> io.BufferedReader:
    if stream.peek(len(GZIP_BEGINS))[: len(GZIP_BEGINS)] != GZIP_BEGINS:
        return stream
    return io.BufferedReader(_GzipContents(stream), BUFFER_BYTES)


class _GzipContents(io.RawIOBase):
    """What the members of a gzip file hold, one after another. Zeros between and behind them are passed over.

    Reading raises EOFError, zlib.error, or FileError for too many members that hold next to nothing.
    """

    def __init__(self, packed: io.BufferedReader) -> None:
        self._packed = packed
        self._unread = b""
        self._member: Any = None
        self._members = self._size = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while self._member is not None or self._begins_member():
            if not self._unread and not self._read_on():
                raise EOFError("it ends early")
            data = self._member.decompress(self._unread, len(buffer))
            if self._member.eof:
                self._unread, self._member = self._member.unused_data, None
            else:
                self._unread = self._member.unconsumed_tail
            if data:
                buffer[: len(data)] = data
                self._size += len(data)
                return len(data)
        return 0

    def _read_on(self) -> bool:
        self._unread = self._packed.read1(PACKED_BYTES)
        return bool(self._unread)

    def _begins_member(self) -> bool:
        while not (begins := self._unread.lstrip(b"\0")):
            if not self._read_on():
                return False
        self._unread = begins
        self._members += 1
        if self._members > MOST_MEMBERS + self._size // MEMBER_BYTES:
            raise FileError(
                f"The gzip file is made of more than {MOST_MEMBERS:,} pieces that hold next to nothing: unpack it, and "
                "pack it again."
            )
        self._member = zlib.decompressobj(16 + zlib.MAX_WBITS)
        return True


class StreamWithHead(io.RawIOBase):
    """A stream of which the beginning was read already."""

    def __init__(self, head: bytes, rest: io.BufferedReader) -> None:
        self._head, self._rest = memoryview(head), rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if not self._head:
            return self._rest.readinto(buffer)
        count = min(len(buffer), len(self._head))
        buffer[:count] = self._head[:count]
        self._head = self._head[count:]
        return count
