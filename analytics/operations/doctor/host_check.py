"""Whether the host does its part: the timer, the clock, the disk and the backup."""

import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection

from analytics.models import JobRun, JobState
from analytics.operations.clock import CLOCKS_APART, LONGEST_STEP, ClockJumped, check_clock
from analytics.operations.doctor.database_check import sqlite_file
from analytics.operations.doctor.diagnosis import Diagnosis, problem, warning, well
from analytics.operations.health import database_bytes
from campaignos.environment import Environment

_TICK_IS_LATE = timedelta(minutes=30)
_BACKUP_IS_LATE = timedelta(hours=26)
_LEAST_FREE_BYTES = 2**30
_LEAST_FREE_FILES = 10_000


def check_timer(now: datetime) -> Iterator[Diagnosis]:
    """Whether the tick runs, and what its jobs end with. Two queries."""
    newest = list(JobRun.objects.newest().order_by("job"))
    last = max((run.started_at for run in newest), default=None)
    remedy = "Enable the timer: `systemctl enable --now campaignos-tick.timer`."
    if last is None or now - last > LONGEST_STEP:
        yield problem("timer", f"No tick ran {f'since {last:%Y-%m-%d %H:%M} UTC' if last else 'yet'}.", remedy)
    elif now - last > _TICK_IS_LATE:
        yield warning("timer", f"The last tick ran at {last:%H:%M} UTC.", remedy)
    else:
        yield well("timer", f"The last tick ran at {last:%H:%M:%S} UTC.")
    for run in newest:
        if run.state == JobState.FAILED and run.error != ClockJumped.__name__:
            yield problem("timer", f"The job {run.job} failed: {run.error}.", f"See its log; `tick --job {run.job}`.")
        if run.result.get("differences"):
            text = f"{run.job} found {run.result['differences']:,} differences between ledger and facts."
            yield problem("timer", text, "Report it; `manage.py rebuild` mends the numbers.")


def check_host_clock(now: datetime) -> Diagnosis:
    """Whether the clock has gone on evenly, and is the database's."""
    try:
        check_clock(now)
    except ClockJumped as jump:
        return problem("clock", str(jump), "Set it right; if it is, run `manage.py tick --clock-is-right` once.")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            apart = abs(cursor.fetchone()[0] - datetime.now(UTC))
        if apart > CLOCKS_APART:
            text = f"It is {apart.total_seconds():,.0f} s apart from the database's."
            return problem("clock", text, "Have both hosts follow one time server.")
    return well("clock", f"{now:%Y-%m-%d %H:%M:%S} UTC.")


def check_disk() -> Iterator[Diagnosis]:
    """Whether there is room where the program writes: for a second copy of the database, as backups need it."""
    places = {settings.VAR_DIR, Path(sqlite_file()).parent if sqlite_file() else settings.VAR_DIR}
    needed = max(_LEAST_FREE_BYTES, database_bytes() if sqlite_file() else 0)
    for place in sorted(places):
        room = os.statvfs(place)
        free = room.f_bavail * room.f_frsize
        text = f"{free // 2**20:,} MB are free at {place}."
        if free < needed:
            yield problem(
                "disk", text, f"Make room for {needed // 2**20:,} MB: backups and the log of changes need it."
            )
        elif room.f_files and room.f_favail < _LEAST_FREE_FILES:
            yield problem("disk", f"{place} takes {room.f_favail:,} files more.", "Delete some that nobody needs.")
        else:
            yield well("disk", text)


def check_backup(environment: Environment, now: datetime) -> Diagnosis:
    """Whether the last backup is there, of today and nobody else's to read."""
    name = environment["BACKUP_FILE"]
    if not name:
        return warning("backup", "Nothing is known of a backup.", "Make one each night and name it in BACKUP_FILE.")
    remedy = "See *Backup and restore* in docs/operations.md."
    try:
        state = (settings.BASE_DIR / name).stat()
    except OSError as error:
        return problem("backup", f"{name}: {error.strerror}.", remedy)
    age = now - datetime.fromtimestamp(state.st_mtime, UTC)
    hours = age.total_seconds() / 3600
    if not state.st_size:
        return problem("backup", f"{name} is empty.", remedy)
    if age > _BACKUP_IS_LATE:
        return problem("backup", f"{name} is {hours:,.0f} hours old.", remedy)
    if state.st_mode & stat.S_IROTH:
        return problem("backup", f"Everybody on this host may read {name}.", f"chmod o= {name}")
    return well("backup", f"{name}, {hours:.0f} hours old, {state.st_size // 2**20:,} MB.")
