"""`/healthz`, `/readyz` and `/metrics`."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone

from analytics.models import Delivery, DeliveryState, JobRun, JobState, WebhookEndpoint
from campaignos import __version__
from tests.database import other_writer

TOKEN = "metrics-token"


@pytest.fixture
def scraped(settings):
    settings.METRICS_TOKEN = TOKEN

    def get(token=TOKEN):
        return Client().get("/metrics", headers={"Authorization": f"Bearer {token}"})

    return get


def ended(job, *, ago, state=JobState.DONE, **numbers):
    at = timezone.now() - ago
    return JobRun.objects.create(
        job=job, state=state, started_at=at - timedelta(seconds=2), finished_at=at, result=numbers
    )


def test_healthz_answers_without_a_query(client, django_assert_num_queries, db):
    with django_assert_num_queries(0):
        response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_they_are_for_reading_only(client, path):
    assert client.post(path).status_code == 405


def test_a_new_installation_is_ready_and_says_that_nothing_was_compacted_yet(client, db, django_assert_num_queries):
    of_row_security = 4 if settings.ROW_LEVEL_SECURITY else connection.vendor == "postgresql"
    with django_assert_num_queries(5 + of_row_security):
        response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {
        "ready": True,
        "version": __version__,
        "database": "ok",
        "unappliedMigrations": [],
        "rowLevelSecurity": {"on": settings.ROW_LEVEL_SECURITY, "problems": []},
        "clock": "ok",
        "compaction": {"lagSeconds": None, "late": True},
        "jobs": {},
    }


def test_readyz_tells_what_each_job_did_last(client, db):
    ended("compact", ago=timedelta(hours=3))
    ended("compact", ago=timedelta(minutes=5))
    ended("verify", ago=timedelta(minutes=1), state=JobState.FAILED)
    body = client.get("/readyz").json()
    assert {name: job["state"] for name, job in body["jobs"].items()} == {"compact": "done", "verify": "failed"}
    assert 300 <= body["compaction"]["lagSeconds"] < 310
    assert body["compaction"]["late"] is False


def test_the_lag_counts_from_the_last_pass_that_ended_well(client, db):
    ended("compact", ago=timedelta(hours=2))
    ended("compact", ago=timedelta(minutes=1), state=JobState.FAILED)
    compaction = client.get("/readyz").json()["compaction"]
    assert compaction["lagSeconds"] >= 7200
    assert compaction["late"] is True


def test_a_pass_of_a_clock_that_was_ahead_does_not_count_as_the_last(client, db):
    ended("compact", ago=timedelta(hours=2))
    ended("compact", ago=timedelta(days=-365))
    compaction = client.get("/readyz").json()["compaction"]
    assert compaction["lagSeconds"] >= 7200
    assert compaction["late"] is True


def test_a_database_that_takes_no_changes_is_not_ready(client, db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SET LOCAL transaction_read_only = on" if connection.vendor == "postgresql" else "PRAGMA query_only = on"
        )
        try:
            response = client.get("/readyz")
        finally:
            if connection.vendor == "sqlite":
                cursor.execute("PRAGMA query_only = off")
    assert response.status_code == 503
    assert (response.json()["ready"], response.json()["database"]) == (False, "takes no changes")


@pytest.mark.django_db(transaction=True)
def test_a_database_that_somebody_else_is_changing_is_ready(client):
    with other_writer("analytics_jobrun"):
        assert client.get("/readyz").status_code == 200


def test_a_program_newer_than_its_database_is_not_ready(client, db):
    MigrationRecorder(connection).record_unapplied("analytics", "0006_job_runs")
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["unappliedMigrations"] == ["analytics.0006_job_runs"]


def test_a_database_newer_than_the_program_is_ready(client, db):
    MigrationRecorder(connection).record_applied("analytics", "9999_of_the_next_release")
    assert client.get("/readyz").status_code == 200


def test_without_its_database_the_server_is_not_ready(client, db):
    def away(*args):
        raise OperationalError

    with connection.execute_wrapper(away):
        response = client.get("/readyz")
    assert (response.status_code, response.json()) == (
        503,
        {"ready": False, "version": __version__, "database": "unreachable"},
    )


def test_without_a_token_in_the_settings_there_are_no_metrics(client, db):
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


@pytest.mark.long
def test_another_token_sees_no_metrics(scraped, db):
    assert scraped("guessed").status_code == 404
    assert scraped().status_code == 200


@pytest.mark.long
def test_metrics_tell_of_the_jobs(scraped, db):
    ended("compact", ago=timedelta(minutes=5))
    ended("verify", ago=timedelta(minutes=1), days=4, differences=2)
    ended("expire-sessions", ago=timedelta(minutes=1), state=JobState.FAILED)
    text = scraped().content.decode()
    assert "campaignos_verify_differences 2.0" in text
    assert 'campaignos_job_seconds{job="compact"} 2.0' in text
    assert 'campaignos_job_failed{job="compact"} 0.0' in text
    assert 'campaignos_job_failed{job="expire-sessions"} 1.0' in text
    assert "campaignos_compaction_lag_seconds 30" in text


def value(text, name):
    return sum(float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(name + " "))


@pytest.mark.long
def test_metrics_count_requests_by_route_and_items_by_outcome(scraped, track, db):
    names = [
        'campaignos_request_seconds_count{method="POST",route="ingest-batch",status="200"}',
        'campaignos_ingest_items_total{outcome="accepted"}',
        'campaignos_ingest_items_total{outcome="duplicate"}',
        'campaignos_ingest_items_total{outcome="rejected"}',
    ]
    before = scraped().content.decode()
    call = {"type": "track", "event": "purchase", "userId": "ada", "messageId": "m-1"}
    track(call, call, {**call, "messageId": "m-2"}, {"type": "nonsense"})
    after = scraped().content.decode()
    assert [value(after, name) - value(before, name) for name in names] == [1, 2, 1, 1]


@pytest.mark.long
def test_a_made_up_method_is_no_label_of_its_own(scraped, client, db):
    client.generic("BREW", "/healthz")
    text = scraped().content.decode()
    assert 'method="other",route="healthz",status="405"' in text
    assert "BREW" not in text


def test_metrics_tell_mails_and_webhooks_that_wait_or_have_failed(scraped, workspace):
    now = timezone.now()
    endpoint = WebhookEndpoint.objects.create(workspace=workspace, url="https://example.com", events=[])
    of = {"workspace": workspace, "event": "e", "body": {}, "made_at": now, "due_at": now}
    Delivery.objects.create(email="a@example.com", key="1", **of)
    Delivery.objects.create(email="a@example.com", key="2", state=DeliveryState.DELIVERED, **of)
    Delivery.objects.create(endpoint=endpoint, key="3", state=DeliveryState.FAILED, **of)
    told = [line for line in scraped().content.decode().splitlines() if line.startswith("campaignos_deliveries{")]
    assert sorted(told) == [
        'campaignos_deliveries{kind="mail",state="waiting"} 1.0',
        'campaignos_deliveries{kind="webhook",state="failed"} 1.0',
    ]
