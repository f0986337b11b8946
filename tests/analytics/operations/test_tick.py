"""Scheduled jobs: what is due runs, one tick at a time, and a job that fails stops no other."""

import re
import threading
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection
from django.utils import timezone

from analytics import ingest
from analytics.ledger.compaction import FAN_IN
from analytics.models import DayCount, Event, IngestRemark, JobRun, JobState, Upload
from analytics.operations import jobs
from analytics.operations import tick as ticking
from analytics.operations.tick import tick
from campaignos.exclusive import Busy
from tests.analytics.rows import row
from workspaces.changes import create_workspace
from workspaces.models import AuditEvent, KeptAnswer, Session

DAY = timedelta(days=1)

EACH_TIME = ("compact", "build-columns", "follow-money-rules", "judge-alerts", "send-emails", "deliver")


@pytest.fixture
def only_jobs(monkeypatch):
    def use(*those):
        monkeypatch.setattr(ticking, "JOBS", those)

    return use


def said(*arguments):
    out = StringIO()
    call_command("tick", *arguments, stdout=out)
    return out.getvalue()


def names(runs):
    return [run.job for run in runs]


def test_the_first_tick_runs_every_job_and_the_next_one_what_is_due(db):
    assert names(tick(timezone.now())) == [job.name for job in jobs.JOBS]
    assert names(tick(timezone.now() + timedelta(minutes=1))) == [*EACH_TIME]
    due_each_hour = [*EACH_TIME, "verify", "expire-uploads"]
    assert names(tick(timezone.now() + timedelta(hours=1))) == due_each_hour


def test_one_job_can_be_asked_for_by_name_due_or_not(db):
    list(tick(timezone.now()))
    assert names(tick(timezone.now(), only="verify")) == ["verify"]


def test_a_job_that_fails_is_noted_and_the_next_one_runs(only_jobs, db, caplog):
    def breaks(now):
        raise ZeroDivisionError("secret ada@example.com")

    only_jobs(jobs.Job("breaks", DAY, breaks), jobs.Job("works", DAY, lambda now: {"rows": 3}))
    failed, done = tick(timezone.now())
    assert (failed.state, failed.error, failed.result) == (JobState.FAILED, "ZeroDivisionError", {})
    assert (done.state, done.error, done.result) == (JobState.DONE, "", {"rows": 3})
    assert "The job breaks failed." in caplog.text


def test_a_run_that_was_killed_is_noted_and_due_again(only_jobs, db):
    only_jobs(jobs.Job("works", DAY, lambda now: {}))
    JobRun.objects.create(job="works", started_at=timezone.now())
    assert names(tick(timezone.now())) == ["works"]
    assert list(JobRun.objects.order_by("pk").values_list("state", "error")) == [("failed", "Stopped"), ("done", "")]


def test_a_job_that_found_the_database_locked_is_due_again_at_the_next_tick(only_jobs, db):
    def fails(now):
        raise OperationalError("database is locked")

    only_jobs(jobs.Job("works", DAY, fails))
    assert names(tick(timezone.now())) == ["works"]
    assert names(tick(timezone.now())) == ["works"]


def test_a_tick_of_a_clock_that_was_a_year_ahead_puts_nothing_off(only_jobs, db):
    only_jobs(jobs.Job("works", DAY, lambda now: {}))
    JobRun.objects.create(job="works", state=JobState.DONE, started_at=timezone.now() + 365 * DAY)
    assert names(tick(timezone.now())) == ["works"]
    assert names(tick(timezone.now() + timedelta(minutes=1))) == []


@pytest.mark.django_db(transaction=True)
def test_two_ticks_never_run_at_once(only_jobs):
    second = []

    def tick_elsewhere():
        try:
            second.extend(tick(timezone.now()))
        except Busy:
            second.append("refused")
        finally:
            connection.close()

    def job(now):
        other = threading.Thread(target=tick_elsewhere)
        other.start()
        other.join()
        return {}

    only_jobs(jobs.Job("slow", DAY, job))
    assert names(tick(timezone.now())) == ["slow"]
    assert second == ["refused"]
    assert names(tick(timezone.now() + DAY)) == ["slow"]


def test_the_command_says_what_ran(db):
    assert "compact: done in " in said()
    assert re.match(r"expire-runs: done in [0-9.]+ s\. runs 0", said("--job", "expire-runs"))


def test_old_remarks_of_all_workspaces_go(workspace, owner):
    for of in (workspace, create_workspace(name="Elsewhere", time_zone="UTC", by=owner)):
        for days in (8, 6):
            row(IngestRemark, of, received_at=timezone.now() - timedelta(days=days))
    assert said("--job", "expire-remarks").endswith("remarks 2\n")
    assert IngestRemark.objects.count() == 2


def test_kept_answers_expire(db, workspace):
    now = timezone.now()
    for key, hours in (("old", 24), ("new", 23)):
        KeptAnswer.objects.create(workspace=workspace, key=key, created_at=now - timedelta(hours=hours))
    assert said("--job", "expire-answers").endswith("answers 1\n")
    assert KeptAnswer.objects.get().key == "new"


def test_compaction_merges_what_has_gathered(track, workspace):
    for n in range(FAN_IN):
        track({"type": "track", "event": "purchase", "userId": "ada", "messageId": f"m-{n:04}"})
    before = DayCount.objects.filter(workspace_id=workspace.pk).count()
    (run,) = tick(timezone.now(), only="compact")
    assert run.result["rows_merged"] > 0
    assert DayCount.objects.filter(workspace_id=workspace.pk).count() < before


def test_a_difference_is_told_logged_and_is_an_exit_status(track, workspace, caplog):
    track({"type": "track", "event": "purchase", "userId": "ada"})
    assert "days 1, differences 0" in said("--job", "verify")
    DayCount.objects.filter(workspace_id=workspace.pk, counted="events").update(n=5)
    with pytest.raises(SystemExit) as status:
        said("--job", "verify")
    assert status.value.code == 1
    assert JobRun.objects.newest().get().result == {"days": 1, "differences": 1}
    assert "the ledger has 5, the facts say 1" in caplog.text


def test_sessions_and_old_runs_expire(db):
    now = timezone.now()
    for key, expires_at in (("old", now - DAY), ("new", now + DAY)):
        used = {"started_at": now - 2 * DAY, "last_seen_at": now - 2 * DAY}
        Session.objects.create(session_key=key, session_data="", expire_date=expires_at, **used)
    old = JobRun.objects.create(
        job="compact", state=JobState.DONE, started_at=now - 31 * DAY, finished_at=now - 31 * DAY
    )
    JobRun.objects.create(job="compact", state=JobState.DONE, started_at=now - DAY)
    list(tick(now))
    assert list(Session.objects.values_list("session_key", flat=True)) == ["new"]
    assert not JobRun.objects.filter(pk=old.pk).exists()


def test_staff_sees_the_runs_and_changes_none(admin_client, db):
    list(tick(timezone.now()))
    page = admin_client.get("/admin/analytics/jobrun/")
    assert page.status_code == 200
    assert "rows merged: 0" in page.content.decode()
    assert admin_client.get("/admin/analytics/jobrun/add/").status_code == 403
    run = JobRun.objects.newest().first()
    assert admin_client.post(f"/admin/analytics/jobrun/{run.pk}/delete/").status_code == 403


@pytest.fixture
def old_things(workspace, time_machine):
    """What is old in a year, and a tick of today."""
    time_machine.move_to(TODAY, tick=False)
    used = {"started_at": TODAY, "last_seen_at": TODAY, "expire_date": TODAY + 14 * DAY}
    Session.objects.create(session_key="s", session_data="", **used)
    row(IngestRemark, workspace, received_at=TODAY)
    KeptAnswer.objects.create(workspace=workspace, key="k", created_at=TODAY)
    row(Upload, workspace, uploaded_at=TODAY)
    workspace.kept_days = 30
    workspace.save()
    ingest.take_events(workspace, [{"type": "x", "contact": "ada", "occurredAt": TODAY.isoformat()}], received_at=TODAY)
    list(tick(TODAY))
    assert left() == ALL


TODAY = datetime(2026, 3, 31, 12, tzinfo=UTC)
GOES_BY_AGE = [job.name for job in jobs.JOBS if job.name.startswith("expire-")]
ALL = {"Session": 1, "IngestRemark": 1, "KeptAnswer": 1, "Upload": 1, "Event": 1}


def left():
    return {model.__name__: model.objects.count() for model in (Session, IngestRemark, KeptAnswer, Upload, Event)}


@pytest.mark.long
def test_a_tick_a_year_ahead_deletes_nothing_and_says_so(old_things, client, time_machine, caplog):
    runs = JobRun.objects.count()
    time_machine.move_to(TODAY + 365 * DAY, tick=False)
    failed = [run for run in tick(timezone.now()) if run.state == JobState.FAILED]

    assert [(run.job, run.error) for run in failed] == [(name, "ClockJumped") for name in GOES_BY_AGE]
    assert left() == ALL
    assert JobRun.objects.count() > runs
    assert "The clock went from 2026-03-31 12:00 to 2027-03-31 12:00 UTC at once." in caplog.text
    assert client.get("/readyz").json()["clock"] == "jumped"


@pytest.mark.long
def test_after_a_clock_was_put_right_it_must_go_on_for_a_day_and_the_next_jump_is_one_again(old_things, time_machine):
    ahead = TODAY + 365 * DAY
    for at in (ahead, TODAY + timedelta(hours=1), ahead + timedelta(minutes=5)):
        time_machine.move_to(at, tick=False)
        list(tick(timezone.now()))
        assert left() == ALL
    for hour in range(2, 50):
        time_machine.move_to(TODAY + timedelta(hours=hour), tick=False)
        list(tick(timezone.now()))
    assert JobRun.objects.newest().filter(error="ClockJumped").count() == 0
    assert left() == {**ALL, "KeptAnswer": 0, "Upload": 0}


@pytest.mark.long
def test_a_clock_that_goes_on_for_a_day_after_its_jump_is_believed(old_things, client, time_machine):
    for hour in range(25):
        time_machine.move_to(TODAY + 365 * DAY + timedelta(hours=hour), tick=False)
        list(tick(timezone.now()))
    assert set(left().values()) == {0}
    assert client.get("/readyz").json()["clock"] == "ok"


@pytest.mark.long
def test_who_knows_that_the_clock_is_right_says_so(old_things, time_machine):
    time_machine.move_to(TODAY + 365 * DAY, tick=False)
    with pytest.raises(SystemExit):
        said()
    assert "events 1" in said("--job", "expire-facts", "--clock-is-right")
    assert left() == {**ALL, "Event": 0}


def test_without_a_tick_before_the_audit_log_tells_what_time_it_was(workspace, time_machine):
    time_machine.move_to(AuditEvent.objects.latest("pk").at + 365 * DAY, tick=False)
    with pytest.raises(SystemExit):
        said()  # as the timer calls it, for no workspace
    assert set(JobRun.objects.filter(job__in=GOES_BY_AGE).values_list("error", flat=True)) == {"ClockJumped"}


def test_every_job_that_deletes_by_age_waits_for_a_clock_that_jumped():
    assert [job.name for job in jobs.JOBS if job.goes_by_age] == GOES_BY_AGE
