"""Looks an installation over."""

import sys
from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.conf import settings
from django.utils import timezone

from analytics.management.commands._data import DataCommand
from analytics.operations.doctor import Condition, diagnoses
from campaignos.environment import read_environment


class Command(DataCommand):
    help = (
        "Look over settings, timeouts, database, timer, clock, disk, backup, static files, mail and proxy, and say "
        "what to do about what is not well. Changes nothing. Exits with 1 where there is a problem."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--address", default="", help="the site's origin, such as https://analytics.example.com")
        parser.add_argument(
            "--mail-to", default="", metavar="ADDRESS", help="send a mail there, to see whether it comes"
        )

    def handle(self, *, address: str, mail_to: str, **options: Any) -> None:
        count: Counter[Condition] = Counter()
        environment = read_environment(settings.BASE_DIR)
        for diagnosis in diagnoses(environment, timezone.now(), address=address, mail_to=mail_to):
            count[diagnosis.condition] += 1
            self.stdout.write(f"{diagnosis.condition:<8} {diagnosis.topic}: {diagnosis.text}")
            if diagnosis.remedy:
                self.stdout.write(f"{'':8} → {diagnosis.remedy}")
        self.stdout.write(f"{count[Condition.PROBLEM]} problems, {count[Condition.WARNING]} warnings.")
        if count[Condition.PROBLEM]:
            sys.exit(1)
