"""Brings a folder up to a workspace's facts: days that are over, once each, and what was erased since."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from typing import Any

from django.db.models import Count, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from analytics.export.exported_tables import (
    EXPORTED,
    EXPORTED_EVENTS,
    FACT_TABLES,
    WHOLE_TABLES,
    ColumnKind,
    ExportedColumn,
    ExportedTable,
    TriplesByKey,
)
from analytics.export.manifest import TOMBSTONES, ExportedFile, ExportFolder, Manifest
from analytics.export.parquet import copy_without, row_count, row_keys, write_rows
from analytics.metrics import Counted
from analytics.models import DayCount, Event, UtmTriple
from workspaces.models import Workspace

DAY_IS_OVER = timedelta(hours=1)
"""How long after the end of a day nobody still writes what was received on it."""
ROWS_OF_A_FETCH, KEYS_ASKED = 5_000, 5_000
_TOMBSTONE_COLUMNS = tuple(ExportedColumn(name, ColumnKind.TEXT, name) for name in ("table", "key", "day"))


class LedgerDiffers(Exception):
    """The files do not have what the ledger counts."""

    def __init__(self, exported: int, later: int, ledger: int) -> None:
        super().__init__(
            f"The files have {exported:,} events and {later:,} came later, but the ledger counts {ledger:,}. Run this "
            "again; if that remains, look with `manage.py verify`. The manifest is as it was."
        )


def export_workspace(workspace: Workspace, folder: ExportFolder, *, now: datetime) -> Manifest:
    """Writes what is missing, and the manifest last. Returns it. Raises ExportRunning and LedgerDiffers.

    Facts are read once, in the order of their receipt. Whoever is stopped leaves what the manifest says.
    """
    with folder.lock():
        manifest = folder.manifest()
        last = (now - DAY_IS_OVER).astimezone(UTC).date() - timedelta(days=1)
        gone = [*_write_without_the_erased(workspace, folder, manifest)]
        for table in FACT_TABLES:
            _write_new_days(workspace, folder, manifest, table, last)
        for table in WHOLE_TABLES:
            gone += _write_whole(workspace, folder, manifest, table, now.astimezone(UTC).date())
        if gone:
            _write_tombstones(folder, manifest, gone, now.astimezone(UTC).date())
        manifest.through = max(str(last), manifest.through or "")
        manifest.ledger = {"events": _events_compared(workspace, manifest)}
        folder.write_manifest(manifest)
        return manifest


def folder_differences(workspace: Workspace, folder: ExportFolder) -> Iterator[str]:
    """Where the files are not what the manifest lists, or the ledger counts other rows of events than they have, in
    words. Reads every file. Raises ExportRunning, and OSError where there is no manifest."""
    with folder.lock():
        manifest = folder.manifest()
        if manifest.through is None:
            raise OSError(f"There is no export in {folder.path}.")
        for file in manifest.files:
            yield from _file_differences(folder, file)
        listed = {file.path for file in manifest.files}
        there = sorted(str(path.relative_to(folder.path)) for path in folder.path.glob("*/*.parquet"))
        yield from (f"{path} is not listed." for path in there if path not in listed)
        try:
            _events_compared(workspace, manifest)
        except LedgerDiffers as difference:
            yield str(difference)


def _file_differences(folder: ExportFolder, file: ExportedFile) -> Iterator[str]:
    try:
        rows = row_count(folder.path / file.path)
    except FileNotFoundError:
        yield f"{file.path} is missing."
        return
    except (OSError, ValueError) as error:
        yield f"{file.path} cannot be read: {error}"
        return
    found = folder.entry(file.table, file.received_on, file.version, rows)
    for name in ("rows", "bytes", "sha256"):
        there, listed = getattr(found, name), getattr(file, name)
        if there != listed:
            yield f"{file.path}: {name} is {there}, and listed as {listed}."


def _write_new_days(
    workspace: Workspace, folder: ExportFolder, manifest: Manifest, table: ExportedTable, last: date
) -> None:
    """Of each day since the last one that the manifest has; days without rows have no file."""
    rows = _rows(workspace, table).filter(received_at__lt=_start(last + timedelta(days=1)))
    if manifest.through:
        rows = rows.filter(received_at__gte=_start(date.fromisoformat(manifest.through) + timedelta(days=1)))
    place = table.fields.index("received_at")
    found = rows.order_by("received_at", "pk").values_list(*table.fields).iterator(chunk_size=ROWS_OF_A_FETCH)
    triples = _triples(workspace)
    for day, of_day in groupby(found, key=lambda values: values[place].astimezone(UTC).date()):
        records = (table.record(values, triples) for values in of_day)
        version = manifest.next_version(table.name, day)
        count = write_rows(folder.file_path(table.name, day, version), table.columns, records)
        manifest.files.append(folder.entry(table.name, day, version, count))


def _write_whole(
    workspace: Workspace, folder: ExportFolder, manifest: Manifest, table: ExportedTable, day: date
) -> list["RemovedRow"]:
    """All rows of a table, unless they are as in the file before, which they replace. Returns who is not there any
    more."""
    version, before = manifest.next_version(table.name, day), manifest.of_table(table.name)
    found = _rows(workspace, table).order_by(table.key).values_list(*table.fields).iterator(chunk_size=ROWS_OF_A_FETCH)
    path = folder.file_path(table.name, day, version)
    count = write_rows(path, table.columns, (table.record(values, {}) for values in found))
    file = folder.entry(table.name, day, version, count)
    if any(old.sha256 == file.sha256 for old in before):
        path.unlink()
        return []
    manifest.files.append(file)
    now_there = set(row_keys(path, table.name))
    gone = []
    for old in before:
        gone += [RemovedRow(table.name, key, old.day) for key in row_keys(folder.path / old.path, table.name)]
        manifest.replace(old, None)
    return [each for each in gone if each.key not in now_there]


@dataclass(frozen=True)
class RemovedRow:
    """A row that was exported, and is there no more: erased, or deleted for its age."""

    table: str
    key: Any
    day: str


def _write_without_the_erased(workspace: Workspace, folder: ExportFolder, manifest: Manifest) -> Iterator[RemovedRow]:
    """A new version of each file of facts that has rows that are there no more. Returns these rows."""
    for file in [file for table in FACT_TABLES for file in _doubtful(workspace, manifest, table)]:
        table = EXPORTED[file.table]
        keys = row_keys(folder.path / file.path, file.table)
        gone = {*keys} - _existing(workspace, table, keys)
        if not gone:
            continue
        version = manifest.next_version(file.table, file.received_on)
        new = folder.file_path(file.table, file.received_on, version)
        count = copy_without(folder.path / file.path, new, table.key, gone)
        entry = folder.entry(file.table, file.received_on, version, count)
        manifest.replace(file, entry)
        yield from (RemovedRow(file.table, key, file.day) for key in sorted(gone))


def _doubtful(workspace: Workspace, manifest: Manifest, table: ExportedTable) -> list[ExportedFile]:
    """The files that may have rows that are gone: of messages all of them, which move to the day of each change; of
    others those of days on which fewer were received than they have."""
    files = manifest.of_table(table.name)
    if table.name == "messages" or not files:
        return files
    end = _start(date.fromisoformat(manifest.through or "") + timedelta(days=1))
    rows = _rows(workspace, table).filter(received_at__lt=end)
    if rows.count() == sum(file.rows for file in files):
        return []
    counts: dict[str, int] = defaultdict(int)
    for received_at in rows.order_by().values_list("received_at", flat=True).iterator(chunk_size=ROWS_OF_A_FETCH):
        counts[str(received_at.astimezone(UTC).date())] += 1
    return [file for file in files if counts[file.day] != file.rows]


def _existing(workspace: Workspace, table: ExportedTable, keys: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for start in range(0, len(keys), KEYS_ASKED):
        some = _rows(workspace, table).filter(pk__among=keys[start : start + KEYS_ASKED])
        found |= {pk.hex for pk in some.order_by().values_list("pk", flat=True)}
    return found


def _write_tombstones(folder: ExportFolder, manifest: Manifest, gone: Sequence[RemovedRow], day: date) -> None:
    version = manifest.next_version(TOMBSTONES, day)
    rows = [(each.table, str(each.key), each.day) for each in gone]
    count = write_rows(folder.file_path(TOMBSTONES, day, version), _TOMBSTONE_COLUMNS, rows)
    manifest.files.append(folder.entry(TOMBSTONES, day, version, count))


def _events_compared(workspace: Workspace, manifest: Manifest) -> dict[str, int]:
    """What the files have, what came later, and what the ledger counts: one statement, of one instant. Raises
    LedgerDiffers."""
    exported = sum(file.rows for file in manifest.of_table(EXPORTED_EVENTS.name))
    end = _start(date.fromisoformat(manifest.through or "") + timedelta(days=1))
    events = Event.objects.filter(workspace_id=workspace.pk, received_at__gte=end)
    counted = DayCount.objects.filter(workspace_id=workspace.pk, counted=Counted.EVENTS)
    one_row = Workspace.objects.filter(pk=workspace.pk)
    later, ledger = one_row.values_list(
        Coalesce(Subquery(_aggregate(events, Count("pk"))), 0), Coalesce(Subquery(_aggregate(counted, Sum("n"))), 0)
    ).get()
    if exported + later != ledger:
        raise LedgerDiffers(exported, later, ledger)
    return {"exported": exported, "later": later, "ledger": ledger}


def _aggregate(rows: QuerySet[Any], what: Count | Sum) -> QuerySet[Any]:
    found: QuerySet[Any] = rows.order_by().values("workspace_id").annotate(found=what).values("found")
    return found


def _rows(workspace: Workspace, table: ExportedTable) -> QuerySet[Any]:
    model: Any = table.model
    rows: QuerySet[Any] = model.objects.filter(workspace_id=workspace.pk)
    return rows


def _triples(workspace: Workspace) -> TriplesByKey:
    rows = UtmTriple.objects.filter(workspace=workspace)
    return {triple.pk: (triple.source, triple.medium, triple.campaign) for triple in rows}


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
