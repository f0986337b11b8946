"""Files that a form sends: in memory, and bounded."""

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import MemoryFileUploadHandler, StopUpload
from django.http import HttpRequest


class InMemoryUploadHandler(MemoryFileUploadHandler):
    """Writes nothing to a disk. A file larger than MAX_UPLOAD_BYTES is read and dropped: the view finds none."""

    def handle_raw_input(self, *args: Any, **kwargs: Any) -> None:
        self.activated = True

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        if start + len(raw_data) > settings.MAX_UPLOAD_BYTES:
            raise StopUpload(connection_reset=False)
        return super().receive_data_chunk(raw_data, start)


def is_too_large(request: HttpRequest) -> bool:
    """Whether a file was sent that has been dropped."""
    return not request.FILES and int(request.META.get("CONTENT_LENGTH") or 0) > settings.MAX_UPLOAD_BYTES
