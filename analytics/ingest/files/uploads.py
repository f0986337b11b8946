"""Importing a file by hand: it is kept, what it would change is shown, and then it is imported, block by block."""

import gzip
import io
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from analytics.audited import DataAction
from analytics.ingest.files.blocks import KEPT_ROWS_BEGIN, in_memory, with_plain_lines
from analytics.ingest.files.decoding import checked_blocks, is_header_of, raw_item
from analytics.ingest.files.foresight import foresight
from analytics.ingest.files.imports import import_blocks
from analytics.ingest.files.kept_mappings import keep_mapping, proposed_mapping, with_own_id
from analytics.ingest.files.mappings import FileMapping
from analytics.ingest.files.problems import FileError
from analytics.ingest.files.unpacking import GZIP_BEGINS, openers, refusing_broken_files
from analytics.ingest.outcome import storable
from analytics.ledger.locks import share
from analytics.models import Upload
from workspaces.audit import record
from workspaces.models import User, Workspace
from workspaces.scope import scope_of_all

UPLOADS_KEPT_FOR = timedelta(days=1)
_FOUND = ("expected", "changes", "rejected", "warnings")
"""What looking through a file says of it."""
_COUNTED = ("new", "updated", "unchanged", "empty", "things")
_EXTENSIONS = re.compile(r"(\.(csv|tsv|txt|jsonl|ndjson|json|gz))+$", re.IGNORECASE)


def keep_upload(
    *, workspace: Workspace, user: User, resource: str, file_name: str, content: bytes, now: datetime
) -> Upload:
    """Keep a file together with what importing it would change. Raises FileError.

    It takes the place of the user's last one, unless that is being imported. It is kept before anything is compared
    with it: so an erasure, which deletes what names the contact, leaves nothing of the one it was compared to.
    """
    _check_size(content)
    content = with_plain_lines(content, is_header=is_header_of(resource))
    resource, mapping = proposed_mapping(workspace, resource, in_memory(content))
    upload = Upload.objects.create(
        workspace=workspace,
        user=user,
        resource=resource,
        mapping=None if mapping is None else mapping.as_json(),
        file_name=storable(file_name)[:255],
        content=content,
        uploaded_at=now,
    )
    mine = Upload.objects.filter(pk=upload.pk)
    try:
        _look_through(upload, now)
    except FileError:
        mine.delete()
        raise
    if not mine.update(**{name: getattr(upload, name) for name in _FOUND}):
        raise FileError(
            "Meanwhile you uploaded another file, or a contact was erased that this one names. Upload it again."
        )
    Upload.objects.filter(workspace=workspace, user=user, resource=resource, handled=0).exclude(pk=upload.pk).delete()
    return upload


def map_upload(upload: Upload, mapping: FileMapping, *, now: datetime) -> None:
    """Read the file by another mapping from now on, unless it is being imported. Raises FileError."""
    upload.mapping, upload.resource = mapping.as_json(), mapping.resource
    _look_through(upload, now)
    names = ("mapping", "resource", *_FOUND)
    Upload.objects.filter(pk=upload.pk, handled=0).update(**{name: getattr(upload, name) for name in names})


def mapping_of(upload: Upload) -> FileMapping | None:
    return None if upload.mapping is None else FileMapping.of_json(upload.mapping)


def _look_through(upload: Upload, now: datetime) -> None:
    """Raises FileError. Where somebody must first say what columns mean, nothing is expected yet."""
    mapping = mapping_of(upload)
    if mapping is not None and not mapping.is_settled:
        upload.expected = dict.fromkeys((*_COUNTED, "rejected", "warnings"), 0) | {"isOpen": True}
        upload.changes, upload.rejected, upload.warnings = [], [], []
        return
    seen = foresight(upload.workspace, upload.resource, in_memory(bytes(upload.content)), now=now, mapping=mapping)
    upload.expected = {name: getattr(seen, name) for name in _COUNTED}
    upload.expected |= {"rejected": len(seen.rejected), "warnings": seen.warned}
    upload.changes = list(map(asdict, seen.changes))
    upload.rejected, upload.warnings = (
        [[remark.line, remark.code, remark.message] for remark in remarks] for remarks in (seen.rejected, seen.warnings)
    )


def _check_size(content: bytes) -> None:
    """Unpacks no more than is allowed. Raises FileError; a workbook is checked as it is read."""
    left = settings.MAX_UPLOAD_BYTES
    with refusing_broken_files():
        for opened in openers(in_memory(content))[0]:
            left -= len(opened().read(left + 1))
            if left < 0:
                raise FileError(f"Unpacked, the file is larger than {settings.MAX_UPLOAD_BYTES // 1024**2} MB.")


def import_upload(upload: Upload, *, by: User, seconds: float) -> None:
    """Import what is left of the file, or as much of it as goes in about so long.

    Each block is a transaction together with how far it went: whoever asks twice, or goes on after a crash, imports
    no row again. Raises Upload.DoesNotExist where the file has gone meanwhile.
    """
    end = time.monotonic() + seconds
    while not _import_block(upload, by) and time.monotonic() < end:
        pass


@transaction.atomic
def _import_block(waiting: Upload, by: User) -> bool:
    """Whether that was the end."""
    share(waiting.workspace_id)  # before the row's lock: an erasure, which deletes the row, has this one first
    upload = Upload.objects.select_for_update(of=("self",)).select_related("workspace").get(pk=waiting.pk)
    if upload.finished_at is not None:
        return True
    mapping = mapping_of(upload)
    if mapping is not None and not mapping.is_settled:
        return True
    if not upload.handled:
        rows = sum(upload.expected[name] for name in ("new", "updated", "unchanged"))
        after = {"resource": upload.resource, "rows": rows}
        record(DataAction.DATA_IMPORTED, by=by, workspace=upload.workspace, target=upload.api_id, after=after)
        if mapping is not None:
            keep_mapping(upload.workspace, mapping, now=timezone.now())
    source = f"import/{upload.resource}"  # not the file's name, which may be somebody's
    file = in_memory(bytes(upload.content))
    parts = import_blocks(upload.workspace, upload.resource, file, source=source, skip=upload.handled, mapping=mapping)
    part = next(parts, None)
    if part is None:
        upload.content, upload.changes, upload.warnings, upload.finished_at = b"", [], [], timezone.now()
        upload.save(update_fields=["content", "changes", "warnings", "finished_at"])
        return True
    upload.handled += len(part.block.numbers)
    done = Counter(upload.done)
    done.update(new=part.outcome.accepted, updated=part.outcome.updated, unchanged=part.outcome.duplicates)
    done.update(rejected=len(part.rejected), warnings=len(part.warnings), empty=part.empty)
    upload.done = done
    upload.save(update_fields=["handled", "done"])
    return False


def take_out_rows(
    workspace: Workspace, *, is_named: Callable[[str, object], bool], is_told: Callable[[str], bool]
) -> None:
    """Take out of all files of a workspace the rows that name somebody, and what is said of them.

    `is_named` judges a row of a file of a resource, `is_told` a text. Nobody imports meanwhile. What is left of a file
    is looked through again. A file that is being looked through just now goes: it is there to be uploaded again.
    """
    for upload in Upload.objects.filter(workspace=workspace).select_related("workspace").iterator(chunk_size=1):
        if is_told(_EXTENSIONS.sub("", upload.file_name)):
            upload.file_name = f"{upload.resource}.csv"
        content = bytes(upload.content)
        lines = {number for number, item in _numbered_rows(upload, content) if is_named(upload.resource, item)}
        if lines and not upload.expected:
            upload.delete()
            continue
        upload.content = _without_rows(upload, content, lines) if lines else content
        upload.changes = [
            change for change in upload.changes if change["line"] not in lines and not is_told(json.dumps(change))
        ]
        upload.rejected, upload.warnings = (
            [remark for remark in remarks if remark[0] not in lines and not is_told(remark[2])]
            for remarks in (upload.rejected, upload.warnings)
        )
        if lines and not upload.handled:
            _look_through_again(upload)
        else:
            upload.save(update_fields=["file_name", "content", "changes", "rejected", "warnings"])


def _look_through_again(upload: Upload) -> None:
    try:
        _look_through(upload, timezone.now())
    except FileError:  # nothing is left in it
        upload.delete()
        return
    upload.save(update_fields=["file_name", "content", *_FOUND])


def _numbered_rows(upload: Upload, content: bytes) -> Iterator[tuple[int, object]]:
    """Each row of a file with the number of the line that it begins on."""
    mapping = mapping_of(upload)
    if content:
        for block in checked_blocks(upload.resource, in_memory(content), mapping=mapping):
            for place, number in enumerate(block.numbers):
                item = raw_item(block, place)
                yield number, item if mapping is None else with_own_id(mapping, item)


def _without_rows(upload: Upload, content: bytes, begins: Collection[int]) -> bytes:
    """The file with an empty line in the place of each row that begins on one of these lines."""
    is_packed = content.startswith(GZIP_BEGINS)
    lines = io.BytesIO(gzip.decompress(content) if is_packed else content).readlines()
    if lines and lines[0].startswith(KEPT_ROWS_BEGIN):
        return gzip.compress(
            b"".join(line for place, line in enumerate(lines) if not place or json.loads(line)[0] not in begins)
        )
    numbers = [number for number, _ in _numbered_rows(upload, content)]
    for number, following in zip(numbers, [*numbers[1:], len(lines) + 1], strict=True):
        if number in begins:
            lines[number - 1 : following - 1] = [b"\n", *[b""] * (following - number - 1)]
    left = b"".join(lines)
    return gzip.compress(left) if is_packed else left


def expire_uploads(now: datetime) -> int:
    """Delete those kept for long enough; how many. One query."""
    with scope_of_all("they go by their age alone"):
        return Upload.objects.filter(uploaded_at__lte=now - UPLOADS_KEPT_FOR).delete()[0]
