"""Commands that the drill runs: with settings of its own, and none of the installation that it is run from."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings

from campaignos.environment import TABLE

_SECONDS = 300


class DrillError(Exception):
    """The drill cannot be done here; says why."""


def with_settings(file: Path, command: Sequence[str], **environment: str) -> list[str]:
    """The command, for which only the settings of a file hold, and these variables."""
    variables = {"SETTINGS_FILE": str(file), **environment}
    others = [word for name in TABLE for word in ("-u", name)]
    return ["env", *others, *(f"{name}={value}" for name, value in variables.items()), *command]


def program(*arguments: str) -> list[str]:
    return [sys.executable, *arguments]


def output_of(command: Sequence[str], **options: Any) -> str:
    """What a command prints that ends well. Raises DrillError, with what it said."""
    done = subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, timeout=_SECONDS, check=False, **options)
    if done.returncode:
        raise DrillError(f"{Path(command[0]).name}: {(done.stderr or done.stdout).decode(errors='replace').strip()}")
    return str(done.stdout, "utf-8")
