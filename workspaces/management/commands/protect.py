"""Puts row level security on the tables of a PostgreSQL, or takes it off."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from workspaces.row_security import NoRowSecurity, carry_out, plan, plan_off, problems, role_problems


class Command(BaseCommand):
    help = (
        "Let PostgreSQL itself keep the workspaces apart, for a program with ROW_LEVEL_SECURITY. "
        "Run it again after migrations that bring new tables; what is done is left alone."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--plan", action="store_true", help="only say what would be done")
        parser.add_argument("--off", action="store_true", help="take it off again")

    def handle(self, *, off: bool, **options: Any) -> None:
        try:
            steps = plan_off() if off else plan()
        except NoRowSecurity as error:
            raise CommandError(f"{error} Nothing was changed.") from None
        if options["plan"]:
            for step in steps:
                self.stdout.write("\n".join((f"-- {step.table}: {step.what}", *(f"{sql};" for sql in step.statements))))
        elif off or settings.ROW_LEVEL_SECURITY:
            if not off and (why_not := list(role_problems())):
                raise CommandError(f"{why_not[0]} Nothing was changed.")
            for step in carry_out(steps):
                self.stdout.write(f"{step.table}: {step.what}")
        else:
            raise CommandError(
                "ROW_LEVEL_SECURITY is off: with the tables protected, the program could read no rows. Nothing was "
                "changed. Set it first, for every process."
            )
        if not steps:
            self.stdout.write("No table is protected." if off else "Every table is protected; nothing to do.")
        if not off and not options["plan"]:
            for problem in problems():
                self.stderr.write(problem)
