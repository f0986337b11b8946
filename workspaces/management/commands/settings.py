"""Says which version this is, what is set, and where."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from campaignos import __version__
from campaignos.command_line import database_name
from campaignos.environment import SETTINGS, Setting, read_environment, settings_example


class Command(BaseCommand):
    help = (
        "Say which version this is, what is set, and where; secrets are not shown. docs/operations.md says what each "
        "setting means."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--example", action="store_true", help="Print a settings file with the defaults instead.")

    def handle(self, **options: Any) -> None:
        if options["example"]:
            self.stdout.write(settings_example(), ending="")
            return
        environment = read_environment(settings.BASE_DIR)
        self.stdout.write(f"Database: {database_name()}")
        self.stdout.write(f"Version: {__version__}")
        for setting in SETTINGS:
            source = environment.sources.get(setting.name, "default")
            self.stdout.write(f"{setting.name}={_value_text(setting, environment[setting.name], source)}  ({source})")


def _value_text(setting: Setting, value: Any, source: str) -> str:
    if setting.is_secret:
        return "" if source == "default" else "…"
    if isinstance(value, list):
        return ",".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)
