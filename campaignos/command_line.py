"""Django's command line, which says what is wrong with the settings in a sentence, and on which database it works.

Ctrl-C ends a command in a word and with the status that shells give to it.
"""

import sys
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from campaignos import __version__

WITHOUT_DATABASE = {
    "check",
    "collectstatic",
    "diffsettings",
    "drill",
    "findstatic",
    "help",
    "makemigrations",
    "settings",
    "spectacular",
    "test",
    "vendor",
    "version",
}
"""Commands that neither change nor judge data."""
INTERRUPTED = 130
"""The exit status after Ctrl-C: 128 and the number of the signal."""
_MAKES_DATABASE = "migrate"
_PATIENT = {"classify", "compact", "demo", "drop", "rebuild", "tick", "verify"}
"""Commands that nobody waits for. `import` says itself that it waits; while `migrate` waits, all others wait for it."""
_PATIENCE_SECONDS = 600
"""How long their statements wait for a lock."""


def run(arguments: list[str]) -> None:
    if arguments[1:] in (["version"], ["--version"]):
        print(__version__)  # noqa: T201  Django would tell its own
        return
    try:
        if problem := _database_problem(arguments):
            sys.exit(problem)
        execute_from_command_line(arguments)
    except ImproperlyConfigured as error:
        sys.exit(f"The settings cannot be used.\n{error}")
    except KeyboardInterrupt:
        print("\nInterrupted.", file=sys.stderr)  # noqa: T201
        sys.exit(INTERRUPTED)


def database_name() -> str:
    """Which database the settings name, and where they name it; without its user and password."""
    from django.conf import settings

    database = settings.DATABASES["default"]
    if settings.DATABASE_VENDOR == "sqlite3":
        return f"SQLite, {database['NAME']} ({settings.DATABASE_SOURCE})"
    host = database["HOST"] or database["OPTIONS"].get("host", "the local server")
    port = f":{database['PORT']}" if database["PORT"] else ""
    return f"PostgreSQL, {database['NAME']} at {host}{port} ({settings.DATABASE_SOURCE})"


def _database_problem(arguments: list[str]) -> str | None:
    """Says on standard error which database a command is about; why it cannot be, if there is none."""
    command = next(iter(arguments[1:]), "help")
    if command in WITHOUT_DATABASE or command.startswith("-") or {"-h", "--help"} & set(arguments):
        return None
    from django.conf import settings

    if not ({"-v0", "--verbosity=0"} & set(arguments) or "--verbosity 0" in " ".join(arguments)):
        print(f"Database: {database_name()}", file=sys.stderr)  # noqa: T201
    if command in _PATIENT:
        be_patient(settings.DATABASES["default"]["OPTIONS"])
    if settings.DATABASE_VENDOR == "sqlite3" and command != _MAKES_DATABASE:
        path = Path(settings.DATABASES["default"]["NAME"])
        if not path.exists():
            return (
                f"There is no database {path}. `manage.py migrate` makes one; if the data is elsewhere, name that as "
                "DATABASE_URL in settings.env or the environment."
            )
    return None


def be_patient(options: dict[str, Any]) -> None:
    """Let a database's statements wait longer for locks, by its options, before it connects."""
    if "timeout" in options:
        options["timeout"] = _PATIENCE_SECONDS
    else:
        options["options"] += f" -c lock_timeout={_PATIENCE_SECONDS}s"
