"""A whole workspace in one file: what it knows and how it counts, to be read by another installation.

The file is a zip with `<table>.jsonl`, a row a line, and `archive.json`, which comes last.
"""

import json
import os
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from analytics.export.archive_tables import ARCHIVED, ArchiveTable
from analytics.export.tallies import DayTally, TableTally, ledger_differences, snapshot, table_tally
from workspaces.models import Workspace

ARCHIVE_FORMAT = 1
ARCHIVE_MANIFEST = "archive.json"
FASTEST = 1
_LINES_AT_ONCE = 2_000
_SETTINGS_THAT_STAY = ("id", "form_id", "money_before")

Progress = Callable[[str, int], Any]
"""Is given a table's name and how many rows of it are done."""


class ArchiveError(Exception):
    """What is wrong with an archive, or in the way of one."""


@dataclass(frozen=True)
class ArchiveManifest:
    """What an archive says of itself: whose it is, its settings, and by table the columns and the rows of each day."""

    workspace_id: int
    settings: Mapping[str, Any]
    columns: Mapping[str, Sequence[str]]
    tallies: Mapping[str, TableTally]
    written_at: str

    @property
    def rows(self) -> int:
        return sum(tally.rows for table in self.tallies.values() for tally in table.values())

    @property
    def data(self) -> dict[str, Any]:
        tables = {
            name: {"columns": [*columns], "days": {day: of.data for day, of in self.tallies[name].items()}}
            for name, columns in self.columns.items()
        }
        return {
            "format": ARCHIVE_FORMAT,
            "workspace": self.workspace_id,
            "writtenAt": self.written_at,
            "settings": self.settings,
            "tables": tables,
        }

    @classmethod
    def of_data(cls, data: Mapping[str, Any]) -> "ArchiveManifest":
        """Raises ArchiveError."""
        if data.get("format") != ARCHIVE_FORMAT:
            raise ArchiveError(f"It has format {data.get('format')}, and this release reads {ARCHIVE_FORMAT}.")
        tables = data["tables"]
        return cls(
            data["workspace"],
            data["settings"],
            {name: table["columns"] for name, table in tables.items()},
            {name: {day: DayTally(**of) for day, of in table["days"].items()} for name, table in tables.items()},
            data["writtenAt"],
        )


def write_archive(workspace: Workspace, path: Path, *, now: datetime, progress: Progress) -> ArchiveManifest:
    """Writes all of a workspace, as it was at one instant, whole or not at all. Returns what the file says of itself.

    Raises ArchiveError where the ledger does not count what the rows are.
    """
    with _new_file(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=FASTEST) as zipped:
        with snapshot():
            workspace = Workspace.objects.get(pk=workspace.pk)
            tallies = {table.name: _write_table(workspace, table, zipped, progress) for table in ARCHIVED}
            differences = [*ledger_differences(workspace, tallies)]
        if differences:
            raise ArchiveError(f"{differences[0]} ({len(differences):,} such days). Look with `manage.py verify`.")
        columns = {table.name: [*table.fields] for table in ARCHIVED}
        manifest = ArchiveManifest(workspace.pk, _settings(workspace), columns, tallies, now.isoformat())
        zipped.writestr(ARCHIVE_MANIFEST, json.dumps(manifest.data, ensure_ascii=False, indent=1) + "\n")
    return manifest


def read_manifest(zipped: zipfile.ZipFile) -> ArchiveManifest:
    """Raises ArchiveError."""
    try:
        data = json.loads(zipped.read(ARCHIVE_MANIFEST))
    except KeyError:
        raise ArchiveError(f"It has no {ARCHIVE_MANIFEST}: it is no archive of a workspace.") from None
    return ArchiveManifest.of_data(data)


@contextmanager
def opened_archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """Raises ArchiveError for what is no zip."""
    try:
        with zipfile.ZipFile(path) as zipped:
            yield zipped
    except zipfile.BadZipFile as error:
        raise ArchiveError(f"It is no archive, or not whole: {error}.") from error


def _settings(workspace: Workspace) -> dict[str, Any]:
    fields = [field for field in workspace._meta.concrete_fields if field.name not in _SETTINGS_THAT_STAY]
    return {field.name: field.value_from_object(workspace) for field in fields if field.name != "created_at"} | {
        "created_at": workspace.created_at.isoformat()
    }


def _write_table(workspace: Workspace, table: ArchiveTable, zipped: zipfile.ZipFile, progress: Progress) -> TableTally:
    with zipped.open(f"{table.name}.jsonl", "w", force_zip64=True) as file:
        lines: list[str] = []

        def write() -> None:
            file.write("".join(f"{line}\n" for line in lines).encode())
            progress(table.name, len(lines))
            lines.clear()

        def add(line: str) -> None:
            lines.append(line)
            if len(lines) >= _LINES_AT_ONCE:
                write()

        tally = table_tally(workspace, table, [*table.fields], add)
        write()
    return tally


@contextmanager
def _new_file(path: Path) -> Iterator[IO[bytes]]:
    """For its owner alone. It has its name once it is whole."""
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(descriptor)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
