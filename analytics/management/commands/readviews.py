"""Makes views for warehouses that read the database, and says which role reads which workspace."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from analytics.export.read_views import (
    SCHEMA,
    NoReadViews,
    Reader,
    drop_read_views,
    let_read,
    make_read_views,
    readers,
    stop_reading,
)
from analytics.management.commands import _ledger
from analytics.management.commands._data import DataCommand
from workspaces.scope import scope_of_all


class Command(DataCommand):
    help = (
        f"Make the views of the schema {SCHEMA} in PostgreSQL, or bring them up to date, and tell who reads what. A "
        "role sees the rows of the workspaces that it was let read, and no table. docs/export.md tells the columns."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--let", metavar="ROLE", help="let a role of the database read --workspace")
        parser.add_argument("--stop", metavar="ROLE", help="let it read --workspace no more")
        parser.add_argument("--workspace", metavar="ws_N", help="whose rows")
        parser.add_argument("--drop", action="store_true", help="drop the schema")

    def handle(self, *, drop: bool, **options: Any) -> None:
        try:
            with scope_of_all("the views have the rows of every workspace"):
                self._drop() if drop else self._make(**options)
        except NoReadViews as error:
            raise CommandError(f"{error} Nothing was changed.") from None

    def _drop(self) -> None:
        drop_read_views()
        self.stdout.write(f"The schema {SCHEMA} is dropped.")

    def _make(self, *, let: str | None, stop: str | None, workspace: str | None, **options: Any) -> None:
        if (let or stop) and not workspace:
            raise CommandError("--let and --stop need --workspace.")
        made = make_read_views()
        if workspace and (role := let or stop):
            [of_workspace] = _ledger.chosen_workspaces(workspace)
            (let_read if let else stop_reading)(Reader(role, of_workspace.pk))
        self.stdout.write(f"{SCHEMA} has {', '.join(made)}.")
        for reader in readers():
            self.stdout.write(f"{reader.role} reads ws_{reader.workspace_id}.")
