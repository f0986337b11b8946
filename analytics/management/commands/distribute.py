"""Spreads the big tables over a Citus cluster."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from analytics.management.commands._data import DataCommand
from analytics.operations.distribution import NoCluster, carry_out, plan


class Command(DataCommand):
    help = (
        "Distribute the tables that grow without bound over the nodes of a Citus cluster, by workspace. "
        "Run it on the coordinator, and again after migrations that bring new tables; what is done is left alone."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--plan", action="store_true", help="only say what would be done")
        parser.add_argument("--shards", type=int, default=32, help="how many shards a first distribution makes (32)")

    def handle(self, *, shards: int, **options: Any) -> None:
        try:
            steps_to_take = plan(shards=shards)
        except NoCluster as error:
            raise CommandError(f"{error} Nothing was changed.") from None
        if steps_to_take.problems:
            raise CommandError("\n".join(("Nothing was changed. These must be mended first:", *steps_to_take.problems)))
        if options["plan"]:
            for step in steps_to_take.steps:
                self.stdout.write(f"-- {step}\n{step.sql};")
        else:
            for step, rows in carry_out(steps_to_take):
                self.stdout.write(f"{step} ({rows:,} rows)" if step.table else str(step))
        if not steps_to_take.steps:
            self.stdout.write("Everything is distributed; nothing to do.")
