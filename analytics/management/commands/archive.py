"""Writes a whole workspace into a file, reads it into another installation, and compares the two."""

import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone
from tqdm import tqdm

from analytics.export.archive import ArchiveError, Progress, opened_archive, read_manifest, write_archive
from analytics.export.archive_reading import Reception, read_archive
from analytics.export.tallies import snapshot, tally_differences, workspace_tallies
from analytics.management.commands import _ledger
from analytics.management.commands._data import DataCommand
from workspaces.models import User
from workspaces.scope import scope


class Command(DataCommand):
    help = (
        "write FILE: a whole workspace, as it is at one instant. read FILE: into another installation, with the same "
        "ids and numbers. compare FILE: the workspace here with the archive, by table and day; exits with 1 where they "
        "differ."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", choices=("write", "read", "compare"))
        parser.add_argument("file", metavar="FILE", type=Path, help="a zip, such as acme.zip")
        parser.add_argument("--workspace", metavar="ws_N", help="with write: which workspace")
        parser.add_argument("--owner", metavar="EMAIL", help="with read: whose the workspace becomes, an account here")

    def handle(self, *, action: str, file: Path, workspace: str | None, owner: str | None, **options: Any) -> None:
        try:
            if action == "write":
                self._write(file, workspace)
            elif action == "read":
                self._read(file, owner)
            else:
                self._compare(file)
        except (ArchiveError, OSError) as error:
            raise CommandError(f"{file}: {error}") from error

    def _write(self, file: Path, api_id: str | None) -> None:
        if api_id is None:
            raise CommandError("Say which workspace: --workspace ws_1.")
        [workspace] = _ledger.chosen_workspaces(api_id)
        with scope(workspace), _bar() as progress:
            manifest = write_archive(workspace, file, now=timezone.now(), progress=progress)
        self.stdout.write(f"{api_id} {workspace.name}: {manifest.rows:,} rows in {file}. The ledger has the same days.")

    def _read(self, file: Path, email: str | None) -> None:
        owner = User.objects.filter(email__iexact=email or "").first()
        if owner is None:
            raise CommandError("Say whose it becomes by the email of an account here: --owner ada@example.com.")
        with opened_archive(file) as zipped, _bar() as progress:
            workspace = read_archive(zipped, by=Reception(owner, timezone.now()), progress=progress)
        self.stdout.write(
            f"{workspace.api_id} {workspace.name} is here, its owner is {owner.email}: each day of each table is as in "
            "the archive, and the ledger counts the same. Its keys let nobody in: make new ones."
        )

    def _compare(self, file: Path) -> None:
        with opened_archive(file) as zipped:
            manifest = read_manifest(zipped)
        [workspace] = _ledger.chosen_workspaces(f"ws_{manifest.workspace_id}")
        with scope(workspace), snapshot():
            differences = [*tally_differences(workspace_tallies(workspace, manifest.columns), manifest.tallies)]
        for difference in differences:
            self.stdout.write(str(difference))
        if differences:
            sys.exit(1)
        self.stdout.write(f"{workspace.api_id} {workspace.name} has what the archive of {manifest.written_at} has.")


@contextmanager
def _bar() -> Iterator[Progress]:
    with tqdm(unit=" rows", mininterval=0.5) as bar:

        def progress(table: str, rows: int) -> None:
            bar.set_description(table, refresh=False)
            bar.update(rows)

        yield progress
