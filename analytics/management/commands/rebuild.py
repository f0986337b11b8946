"""Makes the day ledger anew from the facts."""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from tqdm import tqdm

from analytics.ledger.rebuild import rebuild
from analytics.management.commands import _ledger
from analytics.management.commands._data import DataCommand
from workspaces.scope import scope


class Command(DataCommand):
    help = "Make the day ledger anew from the facts: of a day, a range of days, a workspace, or all."

    def add_arguments(self, parser: ArgumentParser) -> None:
        _ledger.add_workspace_argument(parser)
        _ledger.add_day_arguments(parser)

    def handle(
        self, *, workspace: str | None, day: date | None, first: date | None, last: date | None, **options: Any
    ) -> None:
        first, last = _ledger.chosen_days(day, first, last)
        for each in _ledger.chosen_workspaces(workspace):
            with scope(each):
                days = sum(1 for _ in tqdm(rebuild(each, first=first, last=last), desc=each.name, unit=" days"))
                self.stdout.write(f"{each.api_id} {each.name}: {days} days made anew.")
