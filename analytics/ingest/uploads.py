"""Importing a file by hand: it is kept, what it would change is shown, and then it is imported, block by block."""

import gzip
import io
import time
import zlib
from collections import Counter
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import cast

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from analytics.ingest.files import GZIP_BEGINS, FileError
from analytics.ingest.foresight import foreseen
from analytics.ingest.imports import imported
from analytics.ingest.outcome import storable
from analytics.ledger.locks import share
from analytics.models import Upload
from workspaces.audit import record
from workspaces.models import Action, User, Workspace
from workspaces.scope import scope_of_all

KEPT = timedelta(days=1)


def keep_upload(
    *, workspace: Workspace, user: User, resource: str, file_name: str, content: bytes, now: datetime
) -> Upload:
    """Keep a file together with what importing it would change. Raises FileError.

    It takes the place of the user's last one, unless that is being imported. It is kept before anything is compared
    with it: so an erasure, which deletes it, leaves nothing of the contact it was compared to.
    """
    _check_size(content)
    upload = Upload.objects.create(
        workspace=workspace,
        user=user,
        resource=resource,
        file_name=storable(file_name)[:255],
        content=content,
        uploaded_at=now,
    )
    mine = Upload.objects.filter(pk=upload.pk)
    try:
        found = foreseen(workspace, resource, _opened(content), now=now)
    except FileError:
        mine.delete()
        raise
    upload.expected = {name: getattr(found, name) for name in ("new", "updated", "unchanged", "things")}
    upload.expected["rejected"] = len(found.rejected)
    upload.changes = list(map(asdict, found.changes))
    upload.rejected = [[one.line, one.code, one.message] for one in found.rejected]
    if not mine.update(expected=upload.expected, changes=upload.changes, rejected=upload.rejected):
        raise FileError("Meanwhile another file was uploaded or a contact erased, and this one dropped. Try again.")
    Upload.objects.filter(workspace=workspace, user=user, resource=resource, handled=0).exclude(pk=upload.pk).delete()
    return upload


def _check_size(content: bytes) -> None:
    """Unpacks no more than is allowed."""
    if not content.startswith(GZIP_BEGINS):
        return
    try:
        size = len(gzip.GzipFile(fileobj=io.BytesIO(content)).read(settings.MAX_UPLOAD_BYTES + 1))
    except (EOFError, OSError, zlib.error):
        return  # reading its lines says what is wrong
    if size > settings.MAX_UPLOAD_BYTES:
        raise FileError(f"Unpacked, the file is larger than {settings.MAX_UPLOAD_BYTES // 1024**2} MB.")


def _opened(content: bytes) -> io.BufferedReader:
    return io.BufferedReader(cast(io.RawIOBase, io.BytesIO(content)))


def import_upload(upload: Upload, *, by: User, seconds: float) -> None:
    """Import what is left of the file, or as much of it as goes in about so long.

    Each block is a transaction together with how far it went: whoever asks twice, or goes on after a crash, imports
    no row again. Raises Upload.DoesNotExist where the file has gone meanwhile.
    """
    end = time.monotonic() + seconds
    while not _import_block(upload, by) and time.monotonic() < end:
        pass


@transaction.atomic
def _import_block(given: Upload, by: User) -> bool:
    """Whether that was the end."""
    share(given.workspace_id)  # before the row's lock: an erasure, which deletes the row, has this one first
    upload = Upload.objects.select_for_update(of=("self",)).select_related("workspace").get(pk=given.pk)
    if upload.finished_at is not None:
        return True
    if not upload.handled:
        rows = sum(upload.expected[name] for name in ("new", "updated", "unchanged"))
        after = {"resource": upload.resource, "rows": rows}
        record(Action.DATA_IMPORTED, by=by, workspace=upload.workspace, target=upload.api_id, after=after)
    source = f"import/{upload.resource}"  # not the file's name, which may be somebody's
    file = _opened(bytes(upload.content))
    one = next(imported(upload.workspace, upload.resource, file, source=source, skip=upload.handled), None)
    if one is None:
        upload.content, upload.changes, upload.finished_at = b"", [], timezone.now()
        upload.save(update_fields=["content", "changes", "finished_at"])
        return True
    upload.handled += len(one.block.numbers)
    done = Counter(upload.done)
    done.update(new=one.outcome.accepted, updated=one.outcome.updated, unchanged=one.outcome.duplicates)
    done.update(rejected=len(one.rejected))
    upload.done = done
    upload.save(update_fields=["handled", "done"])
    return False


def drop_uploads(workspace: Workspace) -> None:
    """Delete all of a workspace: any of them may name somebody. One query."""
    Upload.objects.filter(workspace=workspace).delete()


def expire_uploads(now: datetime) -> int:
    """Delete those kept for long enough; how many. One query."""
    with scope_of_all("they go by their age alone"):
        return Upload.objects.filter(uploaded_at__lte=now - KEPT).delete()[0]
