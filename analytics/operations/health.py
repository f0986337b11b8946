"""For load balancers and monitoring: `/healthz`, `/readyz`, `/metrics`."""

import sqlite3
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.db import Error, OperationalError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Count, Max, Q
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from analytics.models import Delivery, DeliveryState, JobRun, JobState
from analytics.operations.clock import CLOCKS_APART, ClockJumped
from campaignos import __version__, telemetry
from campaignos.bookkeeping import without_waiting
from campaignos.limits import client_ip
from campaignos.postgresql import waiting_at_most
from campaignos.sqlite import primary_code
from workspaces import row_security
from workspaces.access import authorization_token
from workspaces.scope import scope_of_all

COMPACTION = "compact"
PATIENCE_SECONDS = 3
"""How long `/readyz` waits for an answer of PostgreSQL."""
LATE_AFTER_SECONDS = 3600
"""From here on `/readyz` calls the compaction late. The server stays ready: reports are right, if slower."""


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Whether the process answers at all; to callers who send METRICS_TOKEN also how it sees their request through the
    proxies: `seen` has the scheme, the host and the visitor's address. No query."""
    seen = {"scheme": request.scheme, "host": request.get_host(), "client": client_ip(request)}
    return JsonResponse({"status": "ok"} | ({"seen": seen} if _has_token(request) else {}))


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 if the database answers, takes changes, has this program's migrations and lets it read its rows, else 503.

    It also tells the version, what the scheduled jobs did last, whether the jobs wait that delete by the clock, and
    what row level security lacks. Five queries, on PostgreSQL six, with row level security nine.
    """
    try:
        with waiting_at_most(PATIENCE_SECONDS):
            missing = unapplied_migrations()
            jobs = [] if missing else list(JobRun.objects.newest().order_by("job"))
            lag = None if missing else compaction_lag(timezone.now())
            closed = row_security.why_closed()
            lacking = [closed] if closed else [] if missing else row_security.problems()
            can_change = takes_changes()
    except Error:
        return JsonResponse({"ready": False, "version": __version__, "database": "unreachable"}, status=503)
    body = {
        "ready": not missing and not closed and can_change,
        "version": __version__,
        "database": "ok" if can_change else "takes no changes",
        "unappliedMigrations": missing,
        "rowLevelSecurity": {"on": settings.ROW_LEVEL_SECURITY, "problems": lacking},
        "clock": "jumped" if any(run.error == ClockJumped.__name__ for run in jobs) else "ok",
        "compaction": {"lagSeconds": lag, "late": lag is None or lag > LATE_AFTER_SECONDS},
        "jobs": {
            run.job: {"state": run.state, "startedAt": run.started_at, "finishedAt": run.finished_at} for run in jobs
        },
    }
    return JsonResponse(body, status=200 if body["ready"] else 503)


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus' text format for callers who send METRICS_TOKEN as bearer token, a 404 for others. Four queries."""
    if not _has_token(request):
        raise Http404
    return HttpResponse(telemetry.exposition([_JobCollector()]), content_type=telemetry.CONTENT_TYPE)


def _has_token(request: HttpRequest) -> bool:
    token = authorization_token(request) or ""
    return bool(settings.METRICS_TOKEN) and constant_time_compare(token, settings.METRICS_TOKEN)


def takes_changes() -> bool:
    """Whether the database takes changes: SQLite's disk has room and may be written, PostgreSQL is no standby.

    One that somebody else is changing at the moment does.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SHOW transaction_read_only")
            return bool(cursor.fetchone()[0] == "off")
        try:
            with without_waiting(), connection.cursor() as impatient:
                impatient.execute("PRAGMA user_version = 0")  # writes the file's first page, whatever was there
        except OperationalError as error:
            return primary_code(error.__cause__) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    return True


def unapplied_migrations() -> list[str]:
    """Those that this program has and the database has not, as `app.name`. Two queries."""
    applied = MigrationRecorder(connection).applied_migrations()
    return [f"{app}.{name}" for app, name in _migrations() if (app, name) not in applied]


@cache
def _migrations() -> tuple[tuple[str, str], ...]:
    """Read from the program's files, once a process."""
    return tuple(sorted(MigrationLoader(None).disk_migrations))


def compaction_lag(now: datetime) -> float | None:
    """Seconds since the last pass over all workspaces that ended well, None if there was none. One query.

    A pass of a clock that was ahead tells nothing.
    """
    passes = JobRun.objects.filter(job=COMPACTION, state=JobState.DONE, finished_at__lte=now + CLOCKS_APART)
    ended = passes.aggregate(last=Max("finished_at"))["last"]
    return None if ended is None else max(0.0, round((now - ended).total_seconds(), 1))


def database_bytes() -> int:
    """How large the database is, with its indexes; of SQLite without the log that is yet to be moved in. One query."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_database_size(current_database())")
        else:
            cursor.execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
        return int(cursor.fetchone()[0])


def _deliveries() -> GaugeMetricFamily:
    """What goes out and has not ended well, of the days for which it is kept. One query."""
    found = GaugeMetricFamily(
        "campaignos_deliveries", "Mails and webhooks that wait, or have failed for good.", labels=["kind", "state"]
    )
    with scope_of_all("whoever sends something"):
        unsent = Delivery.objects.exclude(state=DeliveryState.DELIVERED)
        counts = (
            unsent.annotate(is_mail=Q(endpoint=None)).values_list("is_mail", "state").annotate(Count("pk")).order_by()
        )
        for is_mail, state, number in counts:
            found.add_metric(["mail" if is_mail else "webhook", state], number)
    return found


def _backup_time() -> float | None:
    """None where BACKUP_FILE names none that can be seen."""
    try:
        return (settings.BASE_DIR / settings.BACKUP_FILE).stat().st_mtime if settings.BACKUP_FILE else None
    except OSError:
        return None


class _JobCollector(Collector):
    """The version, the last run of each job, what waits to be sent, the database's size and the backup's age."""

    def collect(self) -> Iterable[Metric]:
        runs: list[Any] = list(JobRun.objects.newest().order_by("job"))
        if (lag := compaction_lag(timezone.now())) is not None:
            yield GaugeMetricFamily(
                "campaignos_compaction_lag_seconds", "Seconds since the last pass of compaction ended.", lag
            )
        seconds = GaugeMetricFamily("campaignos_job_seconds", "How long a job's last run took.", labels=["job"])
        failed = GaugeMetricFamily("campaignos_job_failed", "Whether a job's last run failed.", labels=["job"])
        ended = GaugeMetricFamily(
            "campaignos_job_finished_timestamp_seconds", "When a job's last run ended.", labels=["job"]
        )
        for run in runs:
            failed.add_metric([run.job], run.state == JobState.FAILED)
            if run.finished_at is not None:
                seconds.add_metric([run.job], run.duration.total_seconds())
                ended.add_metric([run.job], run.finished_at.timestamp())
            if run.job == "verify" and "differences" in run.result:
                yield GaugeMetricFamily(
                    "campaignos_verify_differences",
                    "Differences between ledger and facts in the last sample.",
                    run.result["differences"],
                )
        yield _deliveries()
        yield GaugeMetricFamily("campaignos_database_bytes", "How large the database is.", database_bytes())
        if backed_up := _backup_time():
            yield GaugeMetricFamily("campaignos_backup_timestamp_seconds", "Of when the last backup is.", backed_up)
        yield InfoMetricFamily("campaignos_build", "The version of the program.", {"version": __version__})
        yield from (seconds, failed, ended)
