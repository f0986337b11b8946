"""Exports facts, contacts and people as Parquet files, for warehouses."""

import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from analytics.export.manifest import ExportFolder, ExportRunning
from analytics.management.commands import _ledger
from analytics.management.commands._data import DataCommand
from workspaces.scope import scope


class Command(DataCommand):
    help = (
        "Write what is missing in a folder of Parquet files: facts by the day of their receipt, each day once; "
        "contacts, people and campaigns whole; what was erased since. Needs requirements-export.txt."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", metavar="FOLDER", help="each workspace has a folder in it, such as ws_1")
        _ledger.add_workspace_argument(parser)
        parser.add_argument(
            "--check",
            action="store_true",
            help="write nothing: hold each file against the manifest (rows, bytes, hash), and events against the "
            "ledger; exits with 1 where anything differs",
        )

    def handle(self, *, folder: str, workspace: str | None, check: bool, **options: Any) -> None:
        if find_spec("pyarrow") is None:
            raise CommandError("The package pyarrow is not installed: pip install -r requirements-export.txt")
        from analytics.export.export import LedgerDiffers, export_workspace, folder_differences

        differences = 0
        for each in _ledger.chosen_workspaces(workspace):
            target = ExportFolder(Path(folder) / each.api_id, each.api_id)
            with scope(each):
                try:
                    if check:
                        found = [*folder_differences(each, target)]
                        self._tell(each.api_id, found)
                        differences += len(found)
                        continue
                    manifest = export_workspace(each, target, now=timezone.now())
                except (ExportRunning, LedgerDiffers, OSError) as error:
                    raise CommandError(f"{each.api_id}: {error}") from error
            rows = sum(file.rows for file in manifest.files)
            self.stdout.write(
                f"{each.api_id}: {len(manifest.files):,} files, {rows:,} rows, through {manifest.through}."
            )
        if differences:
            sys.exit(1)

    def _tell(self, name: str, differences: Sequence[str]) -> None:
        for difference in differences:
            self.stdout.write(f"{name}: {difference}")
        if not differences:
            self.stdout.write(f"{name}: all files are as they are listed.")
