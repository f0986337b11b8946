"""`manage.py doctor`: what is not well is told, with what to do, and nothing else is."""

import os
from datetime import timedelta
from io import StringIO

import pytest
from django.conf import settings as project
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from analytics.models import JobState
from analytics.operations.doctor import Condition, diagnoses
from analytics.operations.doctor.database_check import check_database
from analytics.operations.doctor.host_check import check_backup, check_disk, check_host_clock, check_timer
from analytics.operations.doctor.proxy_check import check_proxy
from analytics.operations.doctor.settings_check import check_mail, check_settings, check_static_files, check_timeouts
from campaignos.environment import read_environment
from campaignos.static_files import StaticFilesStorage
from tests.analytics.operations.test_health import ended
from tests.test_documents import free_port

HOUR = timedelta(hours=1)


@pytest.fixture
def environment(tmp_path):
    """What the program reads where these variables are set, and no file."""

    def read(**variables):
        return read_environment(tmp_path, variables)

    return read


def not_well(found):
    return [(diagnosis.condition.value, diagnosis.text) for diagnosis in found if diagnosis.condition != Condition.WELL]


def test_settings_of_a_laptop_are_warned_of(environment):
    assert not_well(check_settings(environment())) == [
        ("warning", "Pages and cookies go unencrypted."),
        ("warning", "Nobody can read /metrics."),
    ]


def test_a_site_that_nobody_can_reach_by_its_name_is_a_problem(environment, settings):
    found = check_settings(environment(HTTPS="true", METRICS_TOKEN="t", ALLOWED_HOSTS="127.0.0.1"))
    assert ("problem", "ALLOWED_HOSTS names this host alone.") in not_well(found)
    found = check_settings(environment(DEBUG="true", HTTPS="true", METRICS_TOKEN="t", ALLOWED_HOSTS="*"))
    assert {text for _, text in not_well(found)} >= {
        "DEBUG shows strangers the program's insides.",
        "ALLOWED_HOSTS takes every name.",
    }


def test_settings_that_everybody_may_read_are_a_problem(environment, settings, tmp_path):
    settings.BASE_DIR = tmp_path
    file = tmp_path / "settings.env"
    file.write_text("")
    file.chmod(0o644)
    [(condition, text)] = not_well(check_settings(environment(METRICS_TOKEN="t")))[1:]
    assert (condition, text) == ("problem", f"Everybody on this host may read {file} (mode 644).")
    file.chmod(0o640)
    assert len(not_well(check_settings(environment(METRICS_TOKEN="t")))) == 1


def test_waits_that_end_after_the_one_around_them_are_told(environment):
    assert not_well(check_timeouts(environment())) == []
    found = not_well(check_timeouts(environment(DATABASE_LOCK_SECONDS="12", DATABASE_STATEMENT_SECONDS="130")))
    assert [condition for condition, _ in found] == ["warning", "problem"]


def test_the_database_is_well_and_is_a_problem_when_it_is_away(environment, db, monkeypatch):
    assert not_well(check_database(environment())) == []
    assert not_well(check_database(environment(WEB_WORKERS="500"))) == (
        [("problem", "It takes 97 connections, and this host alone may need 4,005.")]
        if connection.vendor == "postgresql"
        else []
    )


def test_a_tick_that_never_ran_failed_or_stopped_is_told(db):
    now = timezone.now()
    assert not_well(check_timer(now)) == [("problem", "No tick ran yet.")]
    ended("compact", ago=timedelta(minutes=2))
    ended("verify", ago=timedelta(minutes=2), differences=3)
    ended("expire-runs", ago=timedelta(minutes=2), state=JobState.FAILED)
    assert not_well(check_timer(now)) == [
        ("problem", "The job expire-runs failed: ."),
        ("problem", "verify found 3 differences between ledger and facts."),
    ]
    late = not_well(check_timer(now + HOUR))
    assert late[0][0] == "warning"
    assert not_well(check_timer(now + 30 * HOUR))[0][0] == "problem"


def test_a_clock_that_jumped_is_told(db):
    assert check_host_clock(timezone.now()).condition == Condition.WELL
    ended("compact", ago=timedelta(days=40))
    assert "The clock went from" in check_host_clock(timezone.now()).text


def test_room_on_the_disk_is_told(db, settings, tmp_path, monkeypatch):
    settings.VAR_DIR = tmp_path
    assert f"free at {tmp_path}." in " ".join(diagnosis.text for diagnosis in check_disk())
    full = os.statvfs_result((4096, 4096, 10, 5, 5, 9, 9, 9, 0, 255))
    monkeypatch.setattr(os, "statvfs", lambda place: full)
    assert ("problem", f"0 MB are free at {tmp_path}.") in not_well(check_disk())
    no_files = os.statvfs_result((4096, 4096, 10**9, 10**9, 10**9, 9, 9, 9, 0, 255))
    monkeypatch.setattr(os, "statvfs", lambda place: no_files)
    assert ("problem", f"{tmp_path} takes 9 files more.") in not_well(check_disk())


def test_a_backup_that_is_missing_old_empty_or_open_is_told(environment, tmp_path):
    now, file = timezone.now(), tmp_path / "campaignos.dump"

    def of(now=now):
        return check_backup(environment(BACKUP_FILE=str(file)), now)

    assert check_backup(environment(), now).condition == Condition.WARNING
    assert of().text == f"{file}: No such file or directory."
    file.write_bytes(b"")
    assert of().text == f"{file} is empty."
    file.write_bytes(b"dump")
    file.chmod(0o644)
    assert of().text == f"Everybody on this host may read {file}."
    file.chmod(0o600)
    assert of().condition == Condition.WELL
    assert of(now + 30 * HOUR).text == f"{file} is 30 hours old."


def test_static_files_of_another_program_are_a_problem(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    assert check_static_files().condition == Condition.WARNING
    (tmp_path / StaticFilesStorage.manifest_name).write_text('{"paths": {"js/charts.js": "js/charts.0.js"}}')
    found = check_static_files()
    assert found.condition == Condition.PROBLEM
    assert "are not those of this program, such as account/js/account.js." in found.text


def test_mail_that_reaches_nobody_or_no_server_is_told(environment, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    assert check_mail(environment()).condition == Condition.WARNING
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    found = check_mail(environment())
    assert (found.condition, found.remedy) == (Condition.PROBLEM, "Correct EMAIL_URL.")
    assert "Connection refused" in found.text


@pytest.fixture
def site(live_server, settings, environment):
    settings.METRICS_TOKEN = "token"
    settings.ALLOWED_HOSTS = ["localhost"]

    def check(**more):
        return not_well(check_proxy(environment(METRICS_TOKEN="token", **more), live_server.url))

    return check


def test_a_visitor_who_is_believed_is_a_problem_and_what_should_be_closed_is_told(site, settings):
    open_to_all = [("warning", "Strangers can ask for /readyz: it answers 200.")]
    assert site() == open_to_all
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    assert site() == [("problem", "A visitor's own X-Forwarded-For is believed."), *open_to_all]


def test_a_site_that_is_away_is_a_problem_and_one_without_address_a_warning(environment):
    assert not_well(check_proxy(environment())) == [
        ("warning", "The site's address is not known, so nothing was asked of its proxy.")
    ]
    [(condition, text)] = not_well(check_proxy(environment(), f"http://127.0.0.1:{free_port()}"))
    assert (condition, "Connection refused" in text) == ("problem", True)


def test_the_command_prints_each_topic_and_fails_for_a_problem(db):
    out = StringIO()
    with pytest.raises(SystemExit) as stop:
        call_command("doctor", stdout=out)
    assert stop.value.code == 1
    lines = out.getvalue().splitlines()
    assert "problem  timer: No tick ran yet." in lines
    assert lines[-1].startswith("1 problems, ")
    topics = {diagnosis.topic for diagnosis in diagnoses(read_environment(project.BASE_DIR), timezone.now())}
    assert all(any(f" {topic}: " in line for line in lines) for topic in topics)
    assert len(topics) == 10
