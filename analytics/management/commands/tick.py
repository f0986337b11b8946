"""Runs the scheduled jobs that are due."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.utils import timezone

from analytics.management.commands._data import DataCommand
from analytics.models import JobState
from analytics.operations.jobs import JOBS
from analytics.operations.tick import tick
from campaignos.exclusive import Busy


class Command(DataCommand):
    help = (
        "Run the scheduled jobs that are due; to be called by a timer, every minute or few. "
        "Exits with 1 if a job failed, or found that ledger and facts differ."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--job", choices=[job.name for job in JOBS], help="only this one, due or not")
        parser.add_argument(
            "--clock-is-right",
            action="store_true",
            help="delete what is old also where the clock seems to have jumped, as after days without a tick",
        )

    def handle(self, *, job: str | None, clock_is_right: bool, **options: Any) -> None:
        well = True
        try:
            for run in tick(timezone.now(), only=job, trusts_clock=clock_is_right):
                numbers = ", ".join(f"{name} {number:,}" for name, number in run.result.items())
                assert run.duration is not None
                self.stdout.write(
                    f"{run.job}: {run.state} in {run.duration.total_seconds():.1f} s. {numbers or run.error}".rstrip()
                )
                well = well and run.state == JobState.DONE and not run.result.get("differences")
        except Busy:
            self.stdout.write("Another tick is under way; nothing to do.")
        if not well:
            sys.exit(1)
