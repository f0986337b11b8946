"""Merges the day ledger's rows."""

import time
from argparse import ArgumentParser
from typing import Any

from analytics.ledger.compaction import merge_crowded, merge_fully
from analytics.management.commands import _ledger
from analytics.management.commands._data import DataCommand
from workspaces.scope import scope


class Command(DataCommand):
    help = "Merge the day ledger's rows, so that reports read as few as may be. Safe at any time, by many at once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        _ledger.add_workspace_argument(parser)
        parser.add_argument("--watch", action="store_true", help="go on merging what gathers, until stopped")
        parser.add_argument("--every", type=float, default=10, metavar="SECONDS", help="how often with --watch (10)")

    def handle(self, *, workspace: str | None, watch: bool, every: float, **options: Any) -> None:
        for each in _ledger.chosen_workspaces(workspace):
            with scope(each):
                self.stdout.write(f"{each.api_id} {each.name}: {merge_fully(each.pk)} rows merged away.")
        while watch:
            time.sleep(every)
            for each in _ledger.chosen_workspaces(workspace):
                with scope(each):
                    merge_crowded(each.pk)
