"""The clock's work: run the jobs that are due, one tick at a time, and keep what became of each."""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.utils import timezone

from analytics.models import JobRun, JobState
from analytics.operations.clock import ClockJumped, check_clock
from analytics.operations.jobs import JOBS, Job
from campaignos.exclusive import alone

logger = logging.getLogger(__name__)

_TRIED_AGAIN = ("Stopped", "OperationalError", "InterfaceError")
"""What a job may end with and be due at the next tick: it was killed, or the database was away or locked."""
_EARLY = timedelta(seconds=30)
"""How much sooner than `every` a job may run again: timers are not punctual."""


def tick(now: datetime, *, only: str | None = None, trusts_clock: bool = False) -> Iterator[JobRun]:
    """Run what is due, or the one job named, due or not; answers each run when it has ended.

    Jobs that delete what is old wait where the clock has jumped, unless somebody `trusts_clock`. Raises Busy
    where a tick is under way, on this host or another.
    """
    with alone("tick"):
        JobRun.objects.filter(state=JobState.RUNNING).update(state=JobState.FAILED, error="Stopped")
        for job in JOBS:
            if job.name == only or (only is None and _is_due(job, now)):
                yield _run(job, trusts_clock=trusts_clock)


def _is_due(job: Job, now: datetime) -> bool:
    """A run in the future was a clock's that was ahead: it puts nothing off; nor does one that found no database."""
    runs = JobRun.objects.filter(job=job.name, started_at__gt=now - job.every + _EARLY, started_at__lte=now + _EARLY)
    return not runs.exclude(error__in=_TRIED_AGAIN).exists()


def _run(job: Job, *, trusts_clock: bool) -> JobRun:
    run = JobRun.objects.create(job=job.name, started_at=timezone.now())
    try:
        if job.goes_by_age and not trusts_clock:
            check_clock(run.started_at)
        run.result = dict(job.run(run.started_at))
        run.state = JobState.DONE
    except ClockJumped as jump:
        logger.error("%s The job %s deletes nothing until it has gone evenly for a day.", jump, job.name)
        run.state, run.error = JobState.FAILED, type(jump).__name__
    except Exception as error:  # whatever stopped one job is logged and shown, and the next one must have its turn
        logger.exception("The job %s failed.", job.name)
        run.state, run.error = JobState.FAILED, type(error).__name__
    run.finished_at = timezone.now()
    run.save()
    return run
