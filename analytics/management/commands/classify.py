"""Tells people from machines among all opens and clicks anew."""

from argparse import ArgumentParser
from typing import Any

from tqdm import tqdm

from analytics.ingest.messages.reclassification import opened_messages, reclassify
from analytics.management.commands import _ledger
from analytics.management.commands._data import DataCommand
from workspaces.scope import scope


class Command(DataCommand):
    help = "Classify all opens and clicks anew, as human or machine, after the rules have changed. Safe at any time."

    def add_arguments(self, parser: ArgumentParser) -> None:
        _ledger.add_workspace_argument(parser)

    def handle(self, *, workspace: str | None, **options: Any) -> None:
        for each in _ledger.chosen_workspaces(workspace):
            with scope(each):
                total = 0
                with tqdm(total=opened_messages(each), desc=each.name, unit=" messages") as bar:
                    for number in reclassify(each):
                        total += number
                        bar.update(number)
                self.stdout.write(f"{each.api_id} {each.name}: {total} opened messages classified.")
