"""The list of an export's files: what is not in it is no part of the export."""

import fcntl
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from analytics.export.exported_tables import EXPORT_FORMAT

MANIFEST = "manifest.json"
TOMBSTONES = "tombstones"


class ExportRunning(Exception):
    """Another process exports into the same folder."""


@dataclass(frozen=True)
class ExportedFile:
    """`day` is that of receipt (UTC) or, of a table that is written whole, that on which it was; each (table, day,
    version) is written once, and a later version takes the place of those before."""

    table: str
    day: str
    version: int
    path: str
    rows: int
    bytes: int
    sha256: str

    @property
    def received_on(self) -> date:
        return date.fromisoformat(self.day)


@dataclass
class Manifest:
    """`through` is the last day of facts that it has; `replaced` are the (table, day, version) that are deleted."""

    workspace: str
    through: str | None = None
    files: list[ExportedFile] = field(default_factory=list)
    replaced: list[dict[str, Any]] = field(default_factory=list)
    ledger: dict[str, dict[str, int]] = field(default_factory=dict)
    format: int = EXPORT_FORMAT

    def of_table(self, table: str) -> list[ExportedFile]:
        return [file for file in self.files if file.table == table]

    def next_version(self, table: str, day: date) -> int:
        versions = [file.version for file in self.files if (file.table, file.day) == (table, str(day))]
        versions += [each["version"] for each in self.replaced if (each["table"], each["day"]) == (table, str(day))]
        return max(versions, default=0) + 1

    def replace(self, old: ExportedFile, new: ExportedFile | None) -> None:
        self.files.remove(old)
        self.replaced.append({"table": old.table, "day": old.day, "version": old.version})
        if new is not None:
            self.files.append(new)


@dataclass(frozen=True)
class ExportFolder:
    """Of one workspace."""

    path: Path
    workspace: str

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Raises ExportRunning."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self.path / ".lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise ExportRunning(f"Another process exports into {self.path}.") from None
            yield

    def manifest(self) -> Manifest:
        try:
            told = json.loads((self.path / MANIFEST).read_text())
        except FileNotFoundError:
            return Manifest(self.workspace)
        return Manifest(**{**told, "files": [ExportedFile(**each) for each in told["files"]]})

    def write_manifest(self, manifest: Manifest) -> None:
        """Whole or not at all; then what it has replaced is deleted."""
        manifest.files.sort(key=lambda file: (file.table, file.day, file.version))
        new = self.path / f"{MANIFEST}.new"
        new.write_text(json.dumps(asdict(manifest), indent=1) + "\n")
        new.replace(self.path / MANIFEST)
        listed = {file.path for file in manifest.files}
        for path in self.path.glob("*/*.parquet*"):
            if str(path.relative_to(self.path)) not in listed:
                path.unlink()

    def entry(self, table: str, day: date, version: int, rows: int) -> ExportedFile:
        """A file that lies there."""
        path = self.file_path(table, day, version)
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        relative = str(path.relative_to(self.path))
        return ExportedFile(table, str(day), version, relative, rows, path.stat().st_size, digest)

    def file_path(self, table: str, day: date, version: int) -> Path:
        return self.path / table / f"{day}.{version}.parquet"
