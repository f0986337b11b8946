"""What is to be done again and again; a job more is a line in JOBS.

A job gets one clock reading, does its work in transactions of its own, so that none is long and what is done stays
done when it is stopped, and answers numbers.
"""

import logging
import random
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta

from analytics.ingest import remarks, removals
from analytics.ingest.files import uploads
from analytics.ingest.removal.expiry import expire
from analytics.ledger import compaction
from analytics.ledger.column_building import build_next_day
from analytics.ledger.rebuild import Difference, days_of_ledger, verify
from analytics.models import EventProperty, JobRun
from analytics.operations.alerting import judge_alerts
from analytics.operations.delivering import deliver, expire_deliveries
from analytics.operations.emailing import send_emails
from analytics.operations.money_moves import follow_money
from workspaces import kept_answers
from workspaces.models import Session, Workspace
from workspaces.scope import scope, scope_of_all

logger = logging.getLogger(__name__)

JobNumbers = Mapping[str, int]

VERIFY_SECONDS = 30
"""How long one run of `verify` goes on taking further samples."""
EXPIRY_SECONDS = 600
"""After how long a run of `expire_facts` takes no further step."""
BUILD_SECONDS = 30
"""After how long a run of `build_columns` takes no further step."""
RUNS_KEPT_FOR = timedelta(days=30)


@dataclass(frozen=True)
class Job:
    name: str
    every: timedelta
    run: Callable[[datetime], JobNumbers]
    goes_by_age: bool = False
    """Whether the job deletes what is old: only by a clock that is right."""


def compact_crowded(now: datetime) -> JobNumbers:
    """Merge what the ledger has gathered since the web processes last looked."""
    return {"rows_merged": _in_each_workspace(compaction.merge_crowded)}


def compact_fully(now: datetime) -> JobNumbers:
    """Merge each key of the ledger into one row, so that reading a past day is reading as little as may be."""
    return {"rows_merged": _in_each_workspace(_merge_fully)}


def _merge_fully(workspace_id: int) -> int:
    """Merge the workspace's rows, and remove what an interrupted erasure has left."""
    compaction.forget_taken(workspace_id)
    return compaction.merge_fully(workspace_id)


def build_columns(now: datetime) -> JobNumbers:
    """Build columns that were switched on and take away those switched off, for as long as BUILD_SECONDS allow: the
    rest is for the next run. One workspace after the other, in random order."""
    end = time.monotonic() + BUILD_SECONDS
    days = 0
    with scope_of_all("whoever waits for a column"):
        waiting = {*EventProperty.objects.filter(building_before__isnull=False).values_list("workspace", flat=True)}
    for workspace in random.sample(list(Workspace.objects.filter(pk__in=waiting)), len(waiting)):
        with scope(workspace):
            for wanted in EventProperty.objects.filter(workspace=workspace, building_before__isnull=False):
                while build_next_day(workspace, wanted):
                    days += 1
                    if time.monotonic() > end:
                        return {"days": days}
    return {"days": days}


def follow_money_rules(now: datetime) -> JobNumbers:
    """Build the columns of money of workspaces that changed its settings, for as long as BUILD_SECONDS allow, and tell
    the audit trail how far the numbers moved. One workspace after the other, in random order."""
    end = time.monotonic() + BUILD_SECONDS
    days = 0
    waiting = list(Workspace.objects.filter(money_before__isnull=False))
    for workspace in random.sample(waiting, len(waiting)):
        with scope(workspace):
            for _ in follow_money(workspace, now):
                days += 1
                if time.monotonic() > end:
                    return {"days": days}
    return {"days": days}


def verify_sample(now: datetime) -> JobNumbers:
    """Recount a random day of each workspace, in random order, for as long as VERIFY_SECONDS allow."""
    end = time.monotonic() + VERIFY_SECONDS
    days = differences = 0
    for workspace in random.sample(list(Workspace.objects.all()), Workspace.objects.count()):
        with scope(workspace):
            if (day := _random_day(workspace)) is None:
                continue
            for answer in verify(workspace, first=day, last=day):
                if isinstance(answer, Difference):
                    differences += 1
                    logger.error("%s %s", workspace.api_id, answer)
        days += 1
        if time.monotonic() > end:
            break
    return {"days": days, "differences": differences}


def _random_day(workspace: Workspace) -> date | None:
    """A day between the ledger's first and its last, with data or without, so that missing ones are found, too."""
    days = days_of_ledger(workspace)
    if not days:
        return None
    return min(days) + timedelta(days=random.randint(0, (max(days) - min(days)).days))


def expire_sessions(now: datetime) -> JobNumbers:
    return {"sessions": Session.objects.filter(expire_date__lt=now).delete()[0]}


def expire_remarks_of_all(now: datetime) -> JobNumbers:
    return {"remarks": _in_each_workspace(lambda pk: remarks.expire_remarks(pk, now))}


def expire_removals_of_all(now: datetime) -> JobNumbers:
    return {"removals": _in_each_workspace(lambda pk: removals.expire_removals(pk, now))}


def expire_facts(now: datetime) -> JobNumbers:
    """Delete what workspaces keep no longer, for as long as EXPIRY_SECONDS allow: the rest is for the next run."""
    end = time.monotonic() + EXPIRY_SECONDS
    total = Counter(events=0, messages=0, contacts=0)
    for workspace in Workspace.objects.filter(kept_days__isnull=False).order_by("pk"):
        with scope(workspace):
            for gone in expire(workspace, now):
                total.update(asdict(gone))
                if time.monotonic() > end:
                    return total
    return total


def expire_uploads_of_all(now: datetime) -> JobNumbers:
    return {"uploads": uploads.expire_uploads(now)}


def expire_answers(now: datetime) -> JobNumbers:
    return {"answers": kept_answers.expire_answers(now)}


def expire_runs(now: datetime) -> JobNumbers:
    return {"runs": JobRun.objects.filter(started_at__lt=now - RUNS_KEPT_FOR).delete()[0]}


def _in_each_workspace(work: Callable[[int], int]) -> int:
    """The sum of what is done, one workspace after the other."""
    done = 0
    for pk in Workspace.objects.order_by("pk").values_list("pk", flat=True):
        with scope(pk):
            done += work(pk)
    return done


JOBS = (
    Job("compact", timedelta(0), compact_crowded),
    Job("build-columns", timedelta(0), build_columns),
    Job("follow-money-rules", timedelta(0), follow_money_rules),
    Job("judge-alerts", timedelta(0), judge_alerts),
    Job("send-emails", timedelta(0), send_emails),
    Job("deliver", timedelta(0), deliver),
    Job("verify", timedelta(hours=1), verify_sample),
    Job("compact-fully", timedelta(days=1), compact_fully),
    Job("expire-uploads", timedelta(hours=1), expire_uploads_of_all, goes_by_age=True),
    Job("expire-sessions", timedelta(days=1), expire_sessions, goes_by_age=True),
    Job("expire-remarks", timedelta(days=1), expire_remarks_of_all, goes_by_age=True),
    Job("expire-removals", timedelta(days=1), expire_removals_of_all, goes_by_age=True),
    Job("expire-facts", timedelta(days=1), expire_facts, goes_by_age=True),
    Job("expire-answers", timedelta(days=1), expire_answers, goes_by_age=True),
    Job("expire-deliveries", timedelta(days=1), expire_deliveries, goes_by_age=True),
    Job("expire-runs", timedelta(days=1), expire_runs, goes_by_age=True),
)
