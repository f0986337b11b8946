"""How far the import of a file has come, kept with what was refused: so that it can be stopped anywhere.

Beside the file or, where its folder takes no files, under `var/imports`.
"""

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from django.conf import settings

from analytics.ingest.files.decoding import raw_item
from analytics.ingest.files.imports import ImportedBlock
from analytics.ingest.files.mappings import FileMapping

_HEAD_BYTES = 64 * 1024
_COUNTED = ("accepted", "updated", "duplicates")


@dataclass
class ImportState:
    """`handled` lines or rows of a file are imported; `counts` says what became of them.

    `path` is None for what has no file, and cannot be gone on with. `warnings` has the first of each code.
    """

    name: str
    path: Path | None
    rejects_path: Path
    about: dict[str, Any]
    handled: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    rejects_bytes: int = 0
    warnings: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of_file(cls, file: Path, resource: str, workspace_id: int, mapping: FileMapping | None = None) -> "ImportState":
        """Where an import of the same file's beginning was stopped, else at the beginning. Raises OSError."""
        folder = _folder_for(file)
        path, rejects = (folder / f"{file.name}.{name}" for name in ("import.json", "rejected.jsonl"))
        about = {"resource": resource, "workspace": workspace_id, "begins": _digest_of_head(file)}
        if mapping is not None:
            about["mapping"] = hashlib.sha256(_json_line(mapping.as_json())).hexdigest()
        state = cls(file.name, path, rejects, about)
        if path.exists() and (kept := json.loads(path.read_text())).items() >= about.items():
            state.handled, state.rejects_bytes = kept["handled"], kept["rejectsBytes"]
            state.counts.update(kept["counts"])
        return state

    @classmethod
    def of_stream(cls, resource: str, workspace_id: int) -> "ImportState":
        name = "standard-input.rejected.jsonl"
        rejects = _folder_for(Path(name)) / name
        return cls("standard input", None, rejects, {"resource": resource, "workspace": workspace_id})

    def begin(self) -> None:
        """Make the file of what was refused as it was when the state was kept."""
        if self.rejects_path.exists():
            with self.rejects_path.open("r+b") as rejects:
                rejects.truncate(self.rejects_bytes)

    def add(self, part: ImportedBlock) -> None:
        """Note a block that is committed. If this is not reached, it is imported once more, which changes nothing."""
        self.handled += len(part.block.numbers)
        self.counts.update({name: getattr(part.outcome, name) for name in _COUNTED})
        self.counts["rejected"] += len(part.rejected)
        self.counts["warnings"] += len(part.warnings)
        self.counts["empty"] += part.empty
        for remark in part.warnings:
            if remark.code not in self.warnings:
                self.warnings[remark.code] = f"line {part.block.numbers[remark.index]}: {remark.message}"
        if part.rejected:
            with self.rejects_path.open("ab") as rejects:
                for remark in part.rejected:
                    line = {"line": part.block.numbers[remark.index], "code": remark.code, "message": remark.message}
                    rejects.write(_json_line({**line, "item": raw_item(part.block, remark.index)}))
                self.rejects_bytes = rejects.tell()
        self._keep()

    def _keep(self) -> None:
        if self.path is None:
            return
        kept = {"handled": self.handled, "counts": self.counts, "rejectsBytes": self.rejects_bytes, **self.about}
        new = self.path.with_name(f"{self.path.name}.new")
        new.write_text(json.dumps(kept, indent=2) + "\n")
        new.replace(self.path)

    def end(self) -> None:
        """All is imported: run again, it begins anew."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)
        if not self.rejects_bytes:
            self.rejects_path.unlink(missing_ok=True)


def _folder_for(file: Path) -> Path:
    """Raises OSError."""
    try:
        with TemporaryFile(dir=file.parent):
            return file.parent
    except OSError:
        digest = hashlib.sha256(str(file.absolute().parent).encode()).hexdigest()[:12]
        folder: Path = settings.VAR_DIR / "imports" / digest
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def _digest_of_head(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.sha256(stream.read(_HEAD_BYTES)).hexdigest()


def _json_line(value: object) -> bytes:
    return json.dumps(value).encode() + b"\n"
