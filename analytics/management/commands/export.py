"""Exports facts, contacts and people as Parquet files, for warehouses."""

from argparse import ArgumentParser
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

    def handle(self, *, folder: str, workspace: str | None, **options: Any) -> None:
        if find_spec("pyarrow") is None:
            raise CommandError("The package pyarrow is not installed: pip install -r requirements-export.txt")
        from analytics.export.export import LedgerDiffers, export_workspace

        for each in _ledger.chosen_workspaces(workspace):
            target = ExportFolder(Path(folder) / each.api_id, each.api_id)
            with scope(each):
                try:
                    manifest = export_workspace(each, target, now=timezone.now())
                except (ExportRunning, LedgerDiffers, OSError) as error:
                    raise CommandError(f"{each.api_id}: {error}") from error
            rows = sum(file.rows for file in manifest.files)
            self.stdout.write(
                f"{each.api_id}: {len(manifest.files):,} files, {rows:,} rows, through {manifest.through}."
            )
