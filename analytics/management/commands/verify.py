"""Compares the day ledger with a recount of the facts."""

import sys
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import CommandError
from tqdm import tqdm

from analytics.ledger.rebuild import Difference, verify
from analytics.management.commands import _ledger
from analytics.management.commands._data import DataCommand
from workspaces.scope import scope


class Command(DataCommand):
    help = "Compare the day ledger with a recount of the facts. Exits with 1 if they differ anywhere."

    def add_arguments(self, parser: ArgumentParser) -> None:
        _ledger.add_workspace_argument(parser)
        _ledger.add_day_arguments(parser)

    def handle(
        self, *, workspace: str | None, day: date | None, first: date | None, last: date | None, **options: Any
    ) -> None:
        first, last = _ledger.chosen_days(day, first, last)
        differences = 0
        if not (workspaces := _ledger.chosen_workspaces(workspace)):
            raise CommandError("There is no workspace in this database: nothing was compared.")
        for each in workspaces:
            with scope(each):
                days = 0
                for answer in tqdm(verify(each, first=first, last=last), desc=each.name, unit=" days"):
                    if isinstance(answer, Difference):
                        differences += 1
                        self.stdout.write(f"{each.api_id} {answer}")
                    else:
                        days += 1
                self.stdout.write(f"{each.api_id} {each.name}: {days} days compared.")
        if differences:
            self.stderr.write(f"{differences} differences. `manage.py rebuild` mends them; please report this.")
            sys.exit(1)
        self.stdout.write("Ledger and facts agree.")
