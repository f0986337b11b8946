"""Django's, for every workspace, one at a time; what it leaves without row level security is told."""

from typing import Any

from django.core.management.commands import migrate

from campaignos.exclusive import alone
from workspaces.row_security import problems
from workspaces.scope import scope_of_all


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        with (
            scope_of_all("migrations change the rows of every workspace"),
            alone("migrate", wait=lambda: self.stderr.write("Another migrate is under way; this one waits for it.")),
        ):
            super().handle(*args, **options)
        for problem in problems():
            self.stderr.write(problem)
