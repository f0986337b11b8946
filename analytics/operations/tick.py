"""The clock's work: run the jobs that are due, one tick at a time, and keep what became of each."""

import fcntl
import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from django.db import connection
from django.utils import timezone

from analytics.models import JobRun, JobState
from analytics.operations.jobs import JOBS, Job

logger = logging.getLogger(__name__)

_LOCK = int.from_bytes(hashlib.sha256(b"campaignos tick").digest()[:8], "big", signed=True)
_EARLY = timedelta(seconds=30)
"""How much sooner than `every` a job may run again: timers are not punctual."""


class AnotherTick(Exception):
    """Somebody else is at it."""


def tick(now: datetime, *, only: str | None = None) -> Iterator[JobRun]:
    """Run what is due, or the one job named, due or not; answers each run when it has ended.

    Raises AnotherTick where one is under way, on this host or another.
    """
    with _alone():
        JobRun.objects.filter(state=JobState.RUNNING).update(state=JobState.FAILED, error="Stopped")
        for job in JOBS:
            if job.name == only or (only is None and _is_due(job, now)):
                yield _run(job)


def _is_due(job: Job, now: datetime) -> bool:
    """A run in the future was a clock's that was ahead: it puts nothing off."""
    runs = JobRun.objects.filter(job=job.name, started_at__gt=now - job.every + _EARLY, started_at__lte=now + _EARLY)
    return not runs.exclude(error="Stopped").exists()


def _run(job: Job) -> JobRun:
    run = JobRun.objects.create(job=job.name, started_at=timezone.now())
    try:
        run.result = dict(job.run(run.started_at))
        run.state = JobState.DONE
    except Exception as error:  # whatever stopped one job is logged and shown, and the next one must have its turn
        logger.exception("The job %s failed.", job.name)
        run.state, run.error = JobState.FAILED, type(error).__name__
    run.finished_at = timezone.now()
    run.save()
    return run


@contextmanager
def _alone() -> Iterator[None]:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
            if not cursor.fetchone()[0]:
                raise AnotherTick
            try:
                yield
            finally:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
        return
    with Path(f"{connection.settings_dict['NAME']}.tick").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AnotherTick from None
        yield
