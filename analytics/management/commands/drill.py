"""Shows what users see when something befalls the server."""

import os
import signal
import subprocess
import sys
import tempfile
from argparse import SUPPRESS, ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from analytics.operations.drill import Incident, Sight, incidents
from analytics.operations.drill.commands import DrillError
from analytics.operations.drill.databases import Cluster, Database, SQLiteFile, postgresql_programs
from analytics.operations.drill.scratch import Scratch, serve

_DISK_MB = 192


class Command(BaseCommand):
    help = (
        "Make a scratch copy of this installation, without its data, and serve it; stop its database, fill its disk, "
        "kill its processes, set its clock an hour ahead and behind, and show what users see of that. The "
        "installation itself is only read. Takes about a minute; as root it can do all of it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--programs", metavar="FOLDER", help="PostgreSQL's programs, where they are not found")
        parser.add_argument("--apart", action="store_true", help=SUPPRESS)

    def handle(self, *, programs: str | None, apart: bool, **options: Any) -> None:
        if not apart and _can_mount():
            os.execvp("unshare", ["unshare", "--mount", sys.executable, *sys.argv, "--apart"])  # noqa: S606  the same again
        signal.signal(signal.SIGTERM, lambda *_: sys.exit("The drill was stopped."))
        with (
            tempfile.TemporaryDirectory(prefix="drill-", ignore_cleanup_errors=True) as name,
            _disk(name, is_apart=apart) as disk,
        ):
            scratch = Scratch(Path(name), _database(disk, programs))
            try:
                with serve(scratch):
                    for incident in incidents(scratch, disk):
                        self._show(incident)
            except DrillError as error:
                raise CommandError(str(error)) from error

    def _show(self, incident: Incident) -> None:
        if incident.why_not:
            self.stdout.write(f"{incident.title}: not tried, {incident.why_not}\n\n")
            return
        self.stdout.write(f"{incident.title}.")
        for sight in incident.sights:
            self.stdout.write(_line(sight))
        failing = [sight for sight in incident.after if sight.status != 200]
        self.stdout.write("  Afterwards:" if failing else "  Afterwards all are answered.")
        for sight in failing:
            self.stdout.write(_line(sight))
        self.stdout.write(f"  {_count(incident)}\n\n")


def _line(sight: Sight) -> str:
    status = "–" if sight.status is None else str(sight.status)
    return f"  {sight.who:<10}{status:<5}{sight.wait:<13}{sight.text}".rstrip()


def _count(incident: Incident) -> str:
    if incident.counted == incident.accepted:
        return "Every event that was accepted is counted, and no other."
    return f"NOT what was accepted is counted: {incident.counted:,} events of {incident.accepted:,}."


def _can_mount() -> bool:
    return os.geteuid() == 0 and subprocess.run(["unshare", "--mount", "true"], check=False).returncode == 0


@contextmanager
def _disk(folder: str, *, is_apart: bool) -> Iterator[Path]:
    """A small one, where nobody else sees what is mounted; else a folder."""
    disk = Path(folder) / "disk"
    disk.mkdir()
    Path(folder).chmod(0o755)  # PostgreSQL runs as another user than root
    options = f"size={_DISK_MB}m,mode=755"
    if is_apart:
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "drill", str(disk)], check=False)
    try:
        yield disk
    finally:
        if disk.is_mount():
            subprocess.run(["umount", "--lazy", str(disk)], check=False)


def _database(disk: Path, programs: str | None) -> Database:
    if settings.DATABASE_VENDOR == "sqlite3":
        return SQLiteFile(disk)
    return Cluster(disk, Path(programs) if programs else postgresql_programs())
