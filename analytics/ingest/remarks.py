"""What was remarkable about a request or a file, kept for some days: a few rows a batch, none where all was well.

Kept after the batch, in a transaction of its own: a remark that cannot be written is logged, and spoils nothing.
"""

import hashlib
import json
import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import DatabaseError, transaction

from analytics.ingest.ip_addresses import struck_out_ips
from analytics.ingest.outcome import Outcome, Remark, message_id_of, storable
from analytics.models import IngestRemark, RemarkKind
from workspaces.models import Key, Workspace

REMARKS_KEPT_FOR = timedelta(days=7)
FORGOTTEN = "Forgotten, since a contact was erased whom it may have named."
SAMPLE_BYTES = 1024

logger = logging.getLogger(__name__)


def keep_remarks(
    workspace: Workspace,
    outcome: Outcome,
    items: Sequence[object],
    *,
    source: str,
    received_at: datetime,
    key: Key | None = None,
) -> None:
    """Keep what was said of the items of a batch: a row for each kind and code, with a sample of its first item.

    `source` is the route, provider or file they came by, `key` that which they were sent with. One
    statement if there is anything to say, else none.
    """
    rows = [
        _row(kind, same, items)
        for kind, remarks in ((RemarkKind.REJECTED, outcome.rejected), (RemarkKind.WARNING, outcome.warnings))
        for same in _by_code(remarks)
    ]
    if outcome.duplicates:
        rows.append(_duplicates(outcome, items))
    _keep(workspace, rows, source, received_at, key)


def keep_refusal(
    workspace: Workspace,
    code: str,
    message: str,
    *,
    source: str,
    received_at: datetime,
    body: bytes = b"",
    key: Key | None = None,
) -> None:
    """Keep that a whole request was refused, with the beginning of its body as far as it was read. One statement."""
    row = IngestRemark(kind=RemarkKind.REJECTED, code=code, message=message, **_sample_of_text(body))
    _keep(workspace, [row], source, received_at, key)


def expire_remarks(workspace_id: int, now: datetime) -> int:
    """Delete a workspace's remarks that are older than KEPT; how many. One query."""
    return IngestRemark.objects.filter(workspace_id=workspace_id, received_at__lt=now - REMARKS_KEPT_FOR).delete()[0]


def forget_samples(workspace: Workspace) -> None:
    """Keep of all remarks only how many there were of which code: their texts may name somebody. One query."""
    IngestRemark.objects.filter(workspace_id=workspace.pk).update(
        message=FORGOTTEN, message_id="", sample="", sample_hash=""
    )


def _by_code(remarks: Sequence[Remark]) -> Iterable[list[Remark]]:
    of_code: dict[str, list[Remark]] = {}
    for remark in remarks:
        of_code.setdefault(remark.code, []).append(remark)
    return of_code.values()


def _row(kind: RemarkKind, same: list[Remark], items: Sequence[object]) -> IngestRemark:
    first = same[0]
    return IngestRemark(
        kind=kind,
        code=first.code,
        message=first.message,
        count=len(same),
        message_id=first.message_id or "",
        **_sample(items[first.index]),
    )


def _duplicates(outcome: Outcome, items: Sequence[object]) -> IngestRemark:
    index = outcome.first_duplicate
    return IngestRemark(
        kind=RemarkKind.DUPLICATE,
        code="duplicate",
        message=f"{outcome.duplicates:,} of {len(items):,} were there already.",
        count=outcome.duplicates,
        message_id="" if index is None else message_id_of(items[index]) or "",
        **({} if index is None else _sample(items[index])),
    )


def _sample(item: object) -> dict[str, str]:
    try:
        return _sample_of_text(json.dumps(item, ensure_ascii=False).encode("utf-8", "replace"))
    except RecursionError:  # it may be nested as deep as the parser went
        return {}


def _sample_of_text(text: bytes) -> dict[str, str]:
    if not text:
        return {}
    beginning = struck_out_ips(text[:SAMPLE_BYTES].decode("utf-8", "ignore"))
    return {"sample": storable(beginning), "sample_hash": hashlib.sha256(text).hexdigest()}


def _keep(workspace: Workspace, rows: list[IngestRemark], source: str, received_at: datetime, key: Key | None) -> None:
    for row in rows:
        row.key_id = key.pk if key else None
        row.workspace, row.source, row.received_at = workspace, source[:100], received_at
    if not rows:
        return
    try:
        with transaction.atomic():
            IngestRemark.objects.bulk_create(rows)
    except DatabaseError:
        logger.warning("Remarks on %s could not be kept.", source, exc_info=True)
